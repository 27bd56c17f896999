package org.localq.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
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
import org.localq.Executed;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class LinfoTest {
  @TempDir Path home;
  private CommandContext context;

  @BeforeEach
  void set_up() {
    context = new CommandContext(home);
    context.run("lbatch", "-n", "2", "-J", "my job", "-e", "err", "ls", "a b").exits(0);
  }

  /** What is shown of any job. */
  private List<String> about() throws Exception {
    String umask = Executed.run(home, "sh", "-c", "umask").orFail().out().strip();
    return List.of(
        "Name: my job",
        "Command: ls 'a b'",
        "Cores: 2",
        "Directory: " + home,
        "Input: /dev/null",
        "Output: " + home + "/localq-1-20261122T120000.out",
        "Errors: " + home + "/err",
        "Submitted: 2026-11-22T12:00:00",
        "Submitted in: " + home,
        "Umask: " + umask,
        "Environment: 4 variables, see --json");
  }

  /** The lines with one blank behind the colon. */
  private List<String> sheet(String... words) {
    List<String> line = new ArrayList<>(List.of("linfo"));
    line.addAll(List.of(words));
    return context.run(line.toArray(new String[0])).exits(0).lines().stream()
        .map(text -> text.replaceFirst(": +", ": "))
        .toList();
  }

  private void shows(List<String> first) throws Exception {
    List<String> expected = new ArrayList<>(first);
    expected.addAll(about());
    assertEquals(expected, sheet("-j", "1"));
  }

  @Nested
  class The_sheet {
    @Test
    void of_a_pending_job_says_why_it_waits() throws Exception {
      shows(
          List.of(
              "Job: 1", "State: PENDING", "Reason: WorkerDown, no worker is alive; localqd start"));
      context.worker();
      context.limit(2);
      assertEquals("Reason: None, it starts at any moment", sheet("1").get(2));
      context.limit(1);
      assertEquals(
          "Reason: CoreLimit, it wants 2 cores and the queue has 1 core; raise it: localqd -n 2"
              + " restart",
          sheet("1").get(2));
      context.limit(2);
      context.run("lbatch", "-n", "2", "y").exits(0);
      assertEquals(
          "Reason: Resources, it is next and waits for 2 cores of 2 cores", sheet("2").get(2));
      context.run("lbatch", "z").exits(0);
      assertEquals("Reason: Priority, other jobs start before it", sheet("3").get(2));
      Files.move(context.spool("3.json"), context.spool("held/3.json"));
      assertEquals("Reason: JobHeldUser, it is on hold; lctl release 3", sheet("3").get(2));
    }

    @Test
    void of_a_job_that_is_run_again_tells_of_the_attempts_before() throws Exception {
      token("1.1.run-12345678", "");
      token("1.1.started", "5 5\n");
      token("1.1.exit-3", "");
      token("1.1.requeued", "");
      token("1.2.run-12345678", "");
      token("1.2.started", "6 6\n");
      token("1.2.requeued", "");
      List<String> attempts =
          List.of(
              "Attempt 1: FAILED, exit code 3, NonZeroExitCode, from TIME to TIME",
              "Attempt 2: LOST, NodeFail, from TIME");
      assertEquals(attempts, attempts());
      Files.move(context.spool("1.json"), context.spool("held/1.json"));
      assertEquals(attempts, attempts());
      Files.move(context.spool("held/1.json"), context.spool("running/1.json"));
      token("1.3.run-12345678", "");
      token("1.3.started", "7 7\n");
      List<String> all = new ArrayList<>(List.of("Attempt: 3"));
      all.add("Attempt 1: FAILED, exit code 3, NonZeroExitCode, from TIME to TIME");
      all.add("Attempt 2: LOST, ShimLost, from TIME");
      assertEquals(all, attempts());
    }

    private void token(String name, String content) throws Exception {
      Files.writeString(context.spool("running/" + name), content);
    }

    private List<String> attempts() {
      return sheet("1").stream()
          .filter(line -> line.startsWith("Attempt"))
          .map(line -> line.replaceAll("[0-9]{4}-[0-9-]+T[0-9:]+", "TIME"))
          .toList();
    }

    @Test
    void of_a_pending_job_far_behind_the_one_before_it_says_the_same() throws Exception {
      context.worker();
      context.limit(2);
      Files.move(context.spool("1.json"), context.spool("150.json"));
      Files.move(context.spool(".localq/seq/1"), context.spool(".localq/seq/400"));
      context.run("lbatch", "x").exits(0);
      assertEquals(
          "Reason: Resources, it is next and waits for 1 core of 2 cores", sheet("401").get(2));
      assertEquals("Reason: None, it starts at any moment", sheet("150").get(2));
      context.run("lbatch", "x").exits(0);
      assertEquals("Reason: Priority, other jobs start before it", sheet("402").get(2));
    }

    @Test
    void of_a_pending_job_of_a_queue_in_another_order_says_why_it_waits() throws Exception {
      context.worker();
      context.limit(2);
      Files.writeString(context.spool(".localq/options"), "policy=mcf\n");
      context.run("lbatch", "x").exits(0);
      context.run("lbatch", "-n", "2", "x").exits(0);
      assertEquals("Reason: None, it starts at any moment", sheet("1").get(2));
      assertEquals("Reason: Priority, other jobs start before it", sheet("2").get(2));
      assertEquals(
          "Reason: Resources, it is next and waits for 2 cores of 2 cores", sheet("3").get(2));
    }

    @Test
    void of_a_running_job_says_where_to_find_it() throws Exception {
      context.runs(1);
      context.at("2026-11-23T13:01:07Z");
      shows(
          List.of(
              "Job: 1",
              "State: RUNNING",
              "Attempt: 1",
              "Started: 2026-11-22T12:00:05",
              "Elapsed: 1-02:01:02",
              "Session: " + CommandContext.pid()));
    }

    @Test
    void of_a_running_job_that_was_told_to_end_says_so() throws Exception {
      context.runs(1);
      Files.writeString(context.spool("running/1.cancel"), "7\n");
      assertEquals("Cancelled: it was told to end; KILL 7 s after TERM", sheet("1").get(6));
      assertEquals("Elapsed: 00:00:00", sheet("1").get(4), "its start is later than now");
    }

    @Test
    void of_a_completed_job_says_what_it_took() throws Exception {
      context.completes(1);
      shows(
          List.of(
              "Job: 1",
              "State: COMPLETED",
              "Exit code: 0",
              "Started: 2026-11-22T12:00:01",
              "Ended: 2026-11-22T12:01:02",
              "Elapsed: 00:01:01",
              "User time: 1.500 s",
              "System time: 0.250 s",
              "Largest RSS: 5.0 MiB"));
    }

    @Test
    void of_a_killed_job_names_the_signal_and_the_restarts() throws Exception {
      context.ends(
          1,
          "{\"state\": \"FAILED\", \"exit_code\": 137, \"signal\": 9,"
              + " \"ended\": \"2026-11-22T11:00:00Z\", \"restarts\": 2,"
              + " \"reason\": \"NonZeroExitCode\"}");
      shows(
          List.of(
              "Job: 1",
              "State: FAILED",
              "Reason: NonZeroExitCode",
              "Exit code: 137",
              "Signal: 9",
              "Ended: 2026-11-22T12:00:00",
              "Restarts: 2"));
    }

    @Test
    void of_a_job_that_could_not_be_launched_names_the_path() throws Exception {
      context.ends(
          1,
          "{\"state\": \"FAILED\", \"ended\": \"2026-11-22T11:00:00Z\","
              + " \"reason\": \"JobLaunchFailure: /no/wh\\u001bere\"}");
      shows(
          List.of(
              "Job: 1",
              "State: FAILED",
              "Reason: JobLaunchFailure: /no/wh\\x1bere",
              "Ended: 2026-11-22T12:00:00"));
    }

    @Test
    void of_a_refused_drop_says_why_and_where_it_is() throws Exception {
      Path drop = Files.writeString(context.spool("rejected/2.json"), "{ garbage");
      Files.setLastModifiedTime(
          drop,
          java.nio.file.attribute.FileTime.from(java.time.Instant.parse("2026-11-22T10:00:00Z")));
      Files.writeString(context.spool("rejected/2.reason"), "a\u001b.json is not JSON\n");
      assertEquals(
          List.of(
              "Job: 2",
              "State: REJECTED",
              "Reason: a\\x1b.json is not JSON",
              "Rejected: 2026-11-22T11:00:00",
              "File: " + drop),
          sheet("2"));
    }

    @Test
    void of_a_damaged_job_file_says_what_is_wrong_with_it() throws Exception {
      Files.writeString(context.spool("1.json"), "{\"command\": [\"x\"], \"cores\": 0}");
      assertEquals(
          List.of(
              "Job: 1",
              "State: PENDING",
              "Reason: its file field \"cores\" is 0, expected a whole number from 1 to 2147483647; to see what to do:"
                  + " localqd check"),
          sheet("1"));
      String uriFile = context.uriFile().toString();
      assertEquals(
          "Reason: its file field \"cores\" is 0, expected a whole number from 1 to 2147483647; to see what"
              + " to do: localqd -u "
              + uriFile
              + " check",
          sheet("-u", uriFile, "1").get(2));
    }

    @Test
    void of_several_jobs_is_one_each_in_the_order_of_ids() throws Exception {
      context.run("lbatch", "x").exits(0);
      for (List<String> words :
          List.of(List.of("2", "1"), List.of("-j", "2,1"), List.of("-j2", "1"))) {
        List<String> lines = sheet(words.toArray(new String[0]));
        assertEquals("Job: 1", lines.get(0));
        assertEquals("", lines.get(14));
        assertEquals("Job: 2", lines.get(15));
      }
    }

    @Test
    void aligns_its_values() throws Exception {
      List<String> lines = context.run("linfo", "1").exits(0).lines();
      assertEquals("Job:          1", lines.get(0));
      assertEquals("Submitted in: " + home, lines.get(11));
    }

    @Test
    void shows_no_control_character_whatever_the_names() throws Exception {
      String odd = "\u001b[31m\udcff\n\u202e\u009b";
      context
          .run(
              "lbatch", "-J", odd, "-o", "o" + odd, "-e", odd, "-i", odd, "-D", "\udcff\u001b", odd)
          .exits(0);
      String out = context.run("linfo", "2").exits(0).out();
      assertTrue(out.codePoints().allMatch(c -> c == '\n' || c >= 0x20 && c < 0x7f), () -> out);
      assertTrue(out.contains("Name:         \\x1b[31m\\xff\\n\\u202e\\u009b\n"), () -> out);
    }
  }

  /** Three tasks, the second of which runs, behind a job that wants both cores. */
  @Nested
  class An_array {
    @BeforeEach
    void submit_lines() throws Exception {
      Files.writeString(home.resolve("grid"), "echo 1\nsleep 2\necho 3\n");
      context.run("lbatch", "--each-line", "grid").exits(0);
      context.runsTask(2, 2);
      context.worker();
      context.limit(2);
    }

    @Test
    void has_a_sheet_that_counts_its_tasks() {
      assertEquals(
          List.of(
              "Job: 2",
              "State: RUNNING",
              "Reason: Priority, other jobs start before it",
              "Tasks: 3: 1 running, 1 to start, 1 ended",
              "Name: grid",
              "Command: sh -c …",
              "Cores: 1"),
          sheet("2").subList(0, 7));
    }

    @Test
    void that_has_ended_says_how_many_of_its_tasks_ended_how() throws Exception {
      context.run("lcancel", "2").exits(0);
      List<String> lines = sheet("2");
      assertEquals("State: CANCELLED", lines.get(1));
      // the record of the first is not there
      assertTrue(lines.contains("Tasks: 3: 2 CANCELLED, 1 LOST"), lines::toString);
      assertEquals(
          List.of("Job: 2_3", "State: CANCELLED", "Ended: 2026-11-22T12:00:00"),
          sheet("2_3").subList(0, 3));
    }

    @Test
    void has_a_sheet_of_each_task() {
      List<String> running = sheet("2_2");
      assertEquals(List.of("Job: 2_2", "State: RUNNING"), running.subList(0, 2));
      assertTrue(running.contains("Command: sh -c 'sleep 2'"), running::toString);
      List<String> line = sheet("2_3");
      assertEquals(
          List.of(
              "Job: 2_3",
              "State: PENDING",
              "Reason: Priority, other jobs start before it",
              "Name: grid",
              "Command: sh -c 'echo 3'"),
          line.subList(0, 5));
      assertTrue(
          line.contains("Output: " + home + "/localq-2_3-20261122T120000.out"), line::toString);
    }

    @Test
    void is_a_document_without_its_lines() throws Exception {
      JsonNode array = CommandContext.json(context.run("linfo", "--json", "2").exits(0).out());
      assertEquals(2, array.get("id").asInt());
      assertEquals(3, array.get("tasks").asInt());
      assertFalse(array.has("lines"));
    }

    @Test
    void has_a_document_of_each_task() throws Exception {
      for (String id : List.of("2_2", "2_3")) {
        JsonNode task = CommandContext.json(context.run("linfo", "--json", id).exits(0).out());
        assertEquals(id, task.get("id").asInt() + "_" + task.get("task").asInt());
        assertEquals(3, task.get("command").size());
      }
      context.run("lcancel", "2").exits(0);
      JsonNode task = CommandContext.json(context.run("linfo", "--json", "2_3").exits(0).out());
      assertEquals("CANCELLED", task.get("state").asText());
      assertEquals(3, task.get("task").asInt());
      assertFalse(task.has("result"), "that would be its array's");
    }
  }

  @Nested
  class An_array_of_numbers {
    @BeforeEach
    void submit_numbers() throws Exception {
      context.run("lbatch", "-a", "0-99:4%1", "-J", "sweep", "run", "me").exits(0);
      context.runsTask(2, 8, 3);
      context.worker();
      context.limit(4);
    }

    @Test
    void has_a_sheet_with_its_numbers_and_how_many_run_at_a_time() {
      assertEquals(
          List.of(
              "Job: 2",
              "State: RUNNING",
              "Reason: JobArrayTaskLimit, as many tasks of its array run as may at a time",
              "Tasks: 25: 1 running, 22 to start, 2 ended",
              "Array: 0-96:4, at most 1 at a time",
              "Name: sweep",
              "Command: run me",
              "Cores: 1"),
          sheet("2").subList(0, 8));
    }

    @Test
    void has_a_sheet_of_each_task() {
      List<String> last = sheet("2_96");
      assertEquals(
          List.of(
              "Job: 2_96",
              "State: PENDING",
              "Reason: JobArrayTaskLimit, as many tasks of its array run as may at a time",
              "Name: sweep",
              "Command: run me"),
          last.subList(0, 5));
      CommandContext.Ran ran = context.run("linfo", "2_9").exits(1);
      assertTrue(ran.err().startsWith("linfo: job 2_9: no such job in "), ran::toString);
    }

    @Test
    void is_a_document_with_its_numbers_and_each_task_one_without() throws Exception {
      JsonNode array = CommandContext.json(context.run("linfo", "--json", "2").exits(0).out());
      assertEquals("0-96:4%1", array.get("array").asText());
      context.run("lcancel", "2").exits(0);
      for (String id : List.of("2_0", "2_96")) {
        JsonNode task = CommandContext.json(context.run("linfo", "--json", id).exits(0).out());
        assertEquals(id, "2_" + task.get("task").asInt());
        assertFalse(task.has("array"), task::toString);
      }
      assertTrue(sheet("2").contains("Array: 0-96:4, at most 1 at a time"));
    }
  }

  @Nested
  class The_bare_state {
    @Test
    void is_one_word_a_job() throws Exception {
      context.run("lbatch", "x").exits(0);
      context.runs(2);
      CommandContext.Ran ran = context.run("linfo", "--state", "1", "2").exits(0);
      assertEquals("PENDING\nRUNNING\n", ran.out());
      assertEquals("", ran.err());
    }
  }

  @Nested
  class Json {
    @Test
    void is_the_job_file_with_id_and_state() throws Exception {
      context.completes(1);
      JsonNode job = CommandContext.json(context.run("linfo", "--json", "1").exits(0).out());
      assertEquals(1, job.get("id").asInt());
      assertEquals("COMPLETED", job.get("state").asText());
      assertEquals("ls", job.get("command").get(0).asText());
      assertEquals(home.toString(), job.get("environment").get("HOME").asText());
      assertEquals(0, job.get("result").get("exit_code").asInt());
    }

    @Test
    void keeps_the_fields_that_this_version_does_not_know() throws Exception {
      Files.writeString(
          context.spool("1.json"), "{\"command\": [\"x\"], \"colour\": {\"deep\": [1.50]}}");
      String out = context.run("linfo", "--json", "1").exits(0).out();
      assertTrue(out.contains("1.50"), out);
    }

    @Test
    void gives_back_every_byte_and_nothing_that_a_terminal_acts_upon() throws Exception {
      String word = "\u001b[31m\u007f\udcff\u009b\u202eé😀\n";
      context.run("lbatch", "x", word).exits(0);
      String out = context.run("linfo", "--json", "2").exits(0).out();
      assertEquals(word, CommandContext.json(out).get("command").get(1).asText());
      assertTrue(out.chars().allMatch(c -> c == '\n' || c >= 0x20 && c < 0x7f), out);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{ garbage", "\u0000\u0001", "{\"a\": 1"})
    void is_refused_for_what_is_no_json(String content) throws Exception {
      Files.writeString(context.spool("rejected/2.json"), content);
      CommandContext.Ran ran = context.run("linfo", "--json", "2").exits(1);
      assertEquals("", ran.out());
      assertEquals("linfo: job 2: its file is no JSON; to see what is known: linfo 2\n", ran.err());
    }
  }

  @Nested
  class Refuses {
    @Test
    void an_unknown_id_after_it_showed_the_others() throws Exception {
      CommandContext.Ran ran = context.run("linfo", "--state", "1", "99").exits(1);
      assertEquals("PENDING\n", ran.out());
      assertEquals(
          "linfo: job 99: no such job in "
              + context.uriFile()
              + "; lqueue shows those that are there\n",
          ran.err());
    }

    @Test
    void an_id_whose_record_is_no_longer_kept_by_saying_so() throws Exception {
      Files.createFile(context.spool(".localq/seq/.collected-99"));
      for (String command : List.of("linfo", "lcancel")) {
        assertEquals(
            command
                + ": job 99 of "
                + context.uriFile()
                + ": if it was one, it ended; its record was removed (localqd --keep), nothing more is"
                + " known\n",
            context.run(command, "99").exits(1).err());
        assertTrue(context.run(command, "100").exits(1).err().contains("no such job"));
      }
    }

    @Test
    void an_unknown_id_of_another_queue_by_naming_that() throws Exception {
      Path other = context.queue("tmp/a\u001b[31m b");
      CommandContext.Ran ran = context.run("linfo", "-u", other.toString(), "99").exits(1);
      String shown = other.toString().replace("\u001b", "\\x1b");
      assertEquals(
          "linfo: job 99: no such job in "
              + shown
              + "; lqueue -u $'"
              + shown
              + "' shows those that are there\n",
          ran.err());
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "linfo | no job named; expected ids, as lqueue shows them",
          "linfo abc | \"abc\" is no job id, expected a whole number of at least 1 as lqueue shows"
              + " it",
          "linfo -j 007 | \"007\" is no job id, expected a whole number of at least 1 as lqueue"
              + " shows it",
          "linfo 1.5 | \"1.5\" is no job id, expected a whole number of at least 1 as lqueue shows"
              + " it",
          "linfo 9999999999999999999 | \"9999999999999999999\" is no job id, expected a whole"
              + " number of at least 1 as lqueue shows it",
          "linfo --frob 1 | unknown option: '--frob'; see linfo --help",
        })
    void a_command_line_that_is_wrong_in_itself(String line, String message) {
      CommandContext.Ran ran = context.run(line.strip().split(" ")).exits(2);
      assertEquals("linfo: " + message + "\n", ran.err());
      assertEquals("", ran.out());
    }
  }
}
