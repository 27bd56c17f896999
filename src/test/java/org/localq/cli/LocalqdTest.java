package org.localq.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What localqd says without a worker. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class LocalqdTest {
  @TempDir Path home;
  private CommandContext context;

  @BeforeEach
  void set_up() {
    context = new CommandContext(home);
  }

  @Nested
  class Check {
    @Test
    void of_a_spool_in_order_says_how_many_jobs_are_where() throws Exception {
      context.run("lbatch", "x").exits(0);
      context.run("lbatch", "y").exits(0);
      context.completes(1);
      CommandContext.Ran ran = context.run("localqd", "check").exits(0);
      assertEquals("ok: 1 pending, 0 running, 1 done, 0 rejected\n", ran.out());
      assertEquals("", ran.err());
    }

    @Test
    void says_a_line_for_each_finding_and_exits_with_1() throws Exception {
      context.run("lbatch", "x").exits(0);
      Files.writeString(context.spool("1.json"), "");
      Files.delete(context.spool("held"));
      CommandContext.Ran ran = context.run("localqd", "check").exits(1);
      String root = home + "/.localq/queue/";
      assertEquals(
          root
              + "1.json: is empty, expected a JSON object; --repair moves it to rejected/\n"
              + root
              + "held: is missing, expected a directory; --repair makes it\n"
              + "2 findings: 1 pending, 0 running, 0 done, 0 rejected; localqd check --repair sets"
              + " right what it says\n",
          ran.out());
    }

    @Test
    void sets_right_what_it_finds_where_asked() throws Exception {
      context.run("lbatch", "x").exits(0);
      Files.writeString(context.spool("1.json"), "");
      CommandContext.Ran ran = context.run("localqd", "check", "--repair").exits(0);
      String root = home + "/.localq/queue/";
      assertEquals(
          "repaired: "
              + root
              + "1.json: moved to "
              + root
              + "rejected/1.json\n"
              + "ok: 0 pending, 0 running, 0 done, 1 rejected\n",
          ran.out());
      assertEquals("REJECTED\n", context.run("linfo", "--state", "1").exits(0).out());
    }

    @Test
    void repairs_nothing_beside_a_worker() throws Exception {
      context.run("lbatch", "x").exits(0);
      Files.writeString(context.spool("1.json"), "");
      context.worker();
      assertEquals(
          "localqd: "
              + home
              + "/.localq/queue: a worker is alive; nothing was repaired; first: localqd stop\n",
          context.run("localqd", "check", "--repair").exits(1).err());
      assertEquals("", Files.readString(context.spool("1.json")));
    }

    @Test
    void is_refused_where_no_queue_is() {
      context.run("localqd", "check").exits(1);
      assertFalse(Files.exists(home.resolve(".localq")));
    }
  }

  @Nested
  class Status {
    @Test
    void of_no_queue_says_how_to_make_one() {
      CommandContext.Ran ran = context.run("localqd", "status").exits(3);
      assertEquals(
          "no queue at " + context.uriFile() + " yet; localqd start makes it\n", ran.out());
      assertFalse(Files.exists(home.resolve(".localq")));
    }

    @Test
    void without_a_worker_says_how_to_start_one() throws Exception {
      context.run("lbatch", "x").exits(0);
      assertEquals(
          "no worker is alive, spool " + home + "/.localq/queue; localqd start\n",
          context.run("localqd", "status").exits(3).out());
      Path other = context.queue("o\u001bther");
      String shown = home + "/o\\x1bther";
      assertEquals(
          "no worker is alive, spool " + shown + ".queue; localqd -u $'" + shown + "' start\n",
          context.run("localqd", "-u", other.toString(), "status").exits(3).out());
    }

    @Test
    void with_a_worker_says_how_busy_it_is() throws Exception {
      context.run("lbatch", "x").exits(0);
      context.runs(1);
      context.limit(2).worker();
      assertEquals(
          "localqd is alive, pid "
              + CommandContext.pid()
              + ", 1 of 2 cores busy, spool "
              + home
              + "/.localq/queue\n",
          context.run("localqd", "status").exits(0).out());
    }

    @Test
    void with_a_worker_in_trouble_says_what_it_is_and_what_to_do() throws Exception {
      context.run("lbatch", "x").exits(0);
      context.limit(2).worker();
      Path entry = context.spool(".localq/workers/" + CommandContext.pid());
      Files.writeString(
          entry, Files.readString(entry) + "/s: No space left on device\tfree some space   \n");
      assertEquals(
          "localqd is alive, pid "
              + CommandContext.pid()
              + ", 0 of 2 cores busy, spool "
              + home
              + "/.localq/queue; in trouble: /s: No space left on device; free some space\n",
          context.run("localqd", "status").exits(0).out());
      assertEquals(
          "worker "
              + CommandContext.pid()
              + " alive, in trouble: /s: No space left on device (see localqd status); 0 of 2 cores"
              + " busy, 1 pending\n",
          context.run("lqueue").exits(0).err());
      assertEquals(
          "/s: No space left on device; free some space",
          CommandContext.json(context.run("lqueue", "--json").exits(0).out())
              .get("trouble")
              .asText());
    }

    @Test
    void takes_no_worker_of_another_boot_or_start_for_alive() throws Exception {
      context.run("lbatch", "x").exits(0);
      Path entry = context.spool(".localq/workers/" + CommandContext.pid());
      context.worker();
      String[] words = Files.readString(entry).strip().split(" ");
      Files.writeString(entry, words[0] + " " + "0".repeat(32) + "\n");
      context.run("localqd", "status").exits(3);
      Files.writeString(entry, "1 " + words[1] + "\n");
      context.run("localqd", "status").exits(3);
      Files.writeString(entry, words[0] + " " + words[1] + "\n");
      context.run("localqd", "status").exits(0);
    }
  }

  @Nested
  class Start {
    @Test
    void of_a_second_worker_is_refused() throws Exception {
      context.run("lbatch", "x").exits(0);
      context.worker();
      CommandContext.Ran ran = context.run("localqd", "start").exits(1);
      assertEquals("localqd: already running, pid " + CommandContext.pid() + "\n", ran.err());
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "start | ''",
          "-n 2 -i 30 -p mcf --keep all start | ''",
          "-n 3 start | ; its settings stay as they are, to change them: localqd -n 3 restart",
          "-n 2 --keep 1d,5 start | ; its settings stay as they are, to change them: localqd --keep"
              + " 1d,5 restart",
          "-p fifo -i 10 start | ; its settings stay as they are, to change them: localqd -i 10 -p"
              + " fifo restart",
        })
    void of_a_second_worker_says_which_options_have_changed_nothing(String words, String said)
        throws Exception {
      context.run("lbatch", "x").exits(0);
      Files.writeString(context.spool(".localq/options"), "interval=30\npolicy=mcf\nkeep=all\n");
      context.limit(2).worker();
      assertEquals(
          "localqd: already running, pid " + CommandContext.pid() + said + "\n",
          context.run(("localqd " + words).split(" ")).exits(1).err());
    }

    @Test
    void beside_a_worker_that_drains_says_how_to_claim_again_with_these_options() throws Exception {
      context.run("lbatch", "x").exits(0);
      context.worker();
      Files.createFile(context.spool(".localq/drain"));
      String uriFile = context.uriFile().toString();
      assertEquals(
          "localqd: already running, pid "
              + CommandContext.pid()
              + ", and draining; to claim again: localqd -u "
              + uriFile
              + " -n 3 restart\n",
          context.run("localqd", "-u", uriFile, "start", "-n", "3").exits(1).err());
    }

    @Test
    void with_another_spool_than_the_uri_file_names_is_refused() throws Exception {
      context.run("lbatch", "x").exits(0);
      CommandContext.Ran ran = context.run("localqd", "--spool", "away", "start").exits(1);
      assertEquals(
          "localqd: --spool "
              + home
              + "/away: "
              + context.uriFile()
              + " names "
              + home
              + "/.localq/queue; name another URI file with -u for another spool\n",
          ran.err());
      assertFalse(Files.exists(home.resolve("away")));
    }

    @Test
    void in_a_directory_that_holds_something_else_is_refused() throws Exception {
      Path taken = Files.createDirectory(home.resolve("taken"));
      Files.createFile(taken.resolve("thesis.tex"));
      CommandContext.Ran ran = context.run("localqd", "--spool", "taken", "start").exits(1);
      assertEquals(
          "localqd: "
              + taken
              + ": is no spool and not empty; name another directory with --spool, or move it away\n",
          ran.err());
      assertFalse(Files.exists(context.uriFile()));
    }
  }

  @Nested
  class Stop {
    @ParameterizedTest
    @ValueSource(strings = {"stop", "stop --wait", "--cancel stop"})
    void without_a_worker_and_without_running_jobs_has_nothing_to_do(String words) {
      context.run("lbatch", "x").exits(0);
      assertEquals(
          "no worker was alive\n", context.run(("localqd " + words).split(" ")).exits(0).out());
    }

    @Test
    void without_a_worker_says_what_still_runs() throws Exception {
      context.run("lbatch", "x").exits(0);
      context.runs(1);
      assertEquals(
          "no worker was alive; 1 job still running, recorded by the next worker\n",
          context.run("localqd", "stop").exits(0).out());
    }
  }

  @Nested
  class Refuses {
    private static final String VERBS =
        "expected one of start, stop, restart, status, run, check; see localqd --help";

    private static final String KEEP = ", as in 30d,100000; or all, to keep every record";

    @ParameterizedTest
    @CsvSource(
        delimiterString = " | ",
        value = {
          "'' | nothing to do; " + VERBS,
          "-n 2 | nothing to do; " + VERBS,
          "frob | frob: " + VERBS,
          "start stop | start stop: " + VERBS,
          "-n 0 start | -n 0: expected a whole number from 1 to 2147483647",
          "-n 0 restart | -n 0: expected a whole number from 1 to 2147483647",
          "-n -1 start | -n -1: expected a whole number from 1 to 2147483647",
          "-n two start | -n two: not a number, expected a whole number of at least 1",
          "-i 0 start | -i 0: expected a whole number from 1 to 2147483647",
          "start -i soon | -i soon: not a number, expected a whole number of at least 1",
          "-p lifo start | -p lifo: no such policy, expected fifo or mcf",
          "--keep 30d start | --keep 30d: is no pair, expected AGE,COUNT" + KEEP,
          "--keep start | --keep start: is no pair, expected AGE,COUNT" + KEEP,
          "start --keep | missing required parameter for option '--keep' (AGE,COUNT|all); see"
              + " localqd --help",
          "--keep -1d,5 restart | --keep -1d,5: AGE is \"-1d\", expected a whole number of at most 9"
              + " digits and one of s m h d w"
              + KEEP,
          "--keep 1234567890d,5 run | --keep 1234567890d,5: AGE is \"1234567890d\", expected a whole"
              + " number of at most 9 digits and one of s m h d w"
              + KEEP,
          "--keep 1d,-5 start | --keep 1d,-5: COUNT is \"-5\", expected a whole number of at most 18"
              + " digits"
              + KEEP,
          "--keep 1d,5,6 start | --keep 1d,5,6: COUNT is \"5,6\", expected a whole number of at most 18"
              + " digits"
              + KEEP,
          "--keep all status | --keep: is no option of status; see localqd --help",
          "-n 2 stop | -n: is no option of stop; see localqd --help",
          "status --wait | --wait: is no option of status; see localqd --help",
          "--cancel restart | --cancel: is no option of restart; see localqd --help",
          "-n 2 check | -n: is no option of check; see localqd --help",
          "--wait check | --wait: is no option of check; see localqd --help",
          "--repair stop | --repair: is no option of stop; see localqd --help",
          "--repair start | --repair: is no option of start; see localqd --help",
          "--wait --cancel stop | --wait and --cancel exclude each other; expected one of them",
          "--frob start | unknown option: '--frob'; see localqd --help",
        })
    void a_command_line_that_is_wrong_in_itself(String words, String message) {
      CommandContext.Ran ran =
          context.run(("localqd " + words.strip()).strip().split(" ")).exits(2);
      assertEquals("localqd: " + message + "\n", ran.err());
      assertEquals("", ran.out());
      assertFalse(Files.exists(home.resolve(".localq")));
    }
  }
}
