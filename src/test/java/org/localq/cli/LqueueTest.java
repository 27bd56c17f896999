package org.localq.cli;

import static java.nio.file.StandardCopyOption.COPY_ATTRIBUTES;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class LqueueTest {
  private static final String DOWN = "no worker is alive, start one with: localqd start; ";

  @TempDir Path home;
  private CommandContext context;

  @BeforeEach
  void set_up() throws Exception {
    context = new CommandContext(home);
  }

  private void submit(String... words) {
    List<String> line = new ArrayList<>(List.of("lbatch"));
    line.addAll(List.of(words));
    context.run(line.toArray(new String[0])).exits(0);
  }

  /** The first column of the rows. */
  private static List<String> ids(CommandContext.Ran ran) {
    return ran.lines().stream()
        .skip(1)
        .filter(line -> line.matches(" *[0-9]+  .*"))
        .map(line -> line.strip().split(" ")[0])
        .toList();
  }

  /** Five jobs: cancelled, running, completed, two pending; and a worker with two cores. */
  private void mixed() throws IOException {
    submit("-n", "2", "sleep", "1");
    submit("-J", "my job", "-n", "2", "sleep", "100");
    submit("ls", "-l");
    submit("-n", "2", "echo", "a b");
    submit("x");
    context.run("lcancel", "1").exits(0);
    context.runs(2);
    context.completes(3);
    context.limit(2).worker();
  }

  @Nested
  class The_table {
    @Test
    void shows_every_job_aligned_in_the_order_of_ids() throws Exception {
      mixed();
      CommandContext.Ran ran = context.run("lqueue").exits(0);
      assertEquals(
          """
          JOBID  PRIO  STATUS     NUM_CORES  START_TIME           END_TIME             REASON     NAME      CMD
              1     -  CANCELLED          2  -                    2026-11-22T12:00:00  -          sleep     sleep 1
              2     -  RUNNING            2  2026-11-22T12:00:05  -                    -          'my job'  sleep 100
              3     -  COMPLETED          1  2026-11-22T12:00:01  2026-11-22T12:01:02  -          ls        ls -l
              4     1  PENDING            2  -                    -                    Resources  echo      echo 'a b'
              5     2  PENDING            1  -                    -                    Priority   x         x
          """,
          ran.out());
      assertEquals(
          "worker " + CommandContext.pid() + " alive; 2 of 2 cores busy, 2 pending\n", ran.err());
    }

    @Test
    void is_in_the_order_of_numbers_and_not_of_digits() throws Exception {
      for (int i = 1; i <= 11; i++) {
        submit("x");
      }
      assertEquals(
          IntStream.rangeClosed(1, 11).mapToObj(Integer::toString).toList(),
          ids(context.run("lqueue").exits(0)));
    }

    @Test
    void of_an_empty_queue_is_its_header() throws Exception {
      submit("x");
      Files.delete(context.spool("1.json"));
      CommandContext.Ran ran = context.run("lqueue").exits(0);
      assertEquals(
          "JOBID  PRIO  STATUS  NUM_CORES  START_TIME  END_TIME  REASON  NAME  CMD\n", ran.out());
      assertEquals(DOWN + "0 cores busy\n", ran.err());
    }

    @Test
    void says_why_a_job_waits() throws Exception {
      submit("-n", "5", "wide");
      submit("x");
      Files.move(context.spool("2.json"), context.spool("held/2.json"));
      assertEquals(
          List.of("1 1 PENDING 5 - - WorkerDown wide wide", "2 - PENDING 1 - - JobHeldUser x x"),
          rows());
      context.limit(2).worker();
      assertEquals("1 - PENDING 5 - - CoreLimit wide wide", rows().get(0));
      Files.createFile(context.spool(".localq/drain"));
      assertEquals("1 - PENDING 5 - - WorkerDraining wide wide", rows().get(0));
      assertTrue(
          context.run("lqueue").err().contains(" alive, draining; 0 of 2 cores busy, 2 pending"));
    }

    private List<String> rows() {
      return context.run("lqueue").exits(0).lines().stream()
          .skip(1)
          .map(line -> line.strip().replaceAll(" +", " "))
          .toList();
    }

    @Test
    void gives_the_first_word_of_the_reason_of_an_end() throws Exception {
      submit("x");
      context.ends(
          1,
          "{\"state\": \"FAILED\", \"ended\": \"2026-11-22T11:00:00Z\","
              + " \"reason\": \"JobLaunchFailure: /no/where\"}");
      assertEquals("1 - FAILED 1 - 2026-11-22T12:00:00 JobLaunchFailure x x", rows().get(0));
    }

    @Test
    void shows_refused_drops_and_damaged_files() throws Exception {
      submit("x");
      submit("x");
      Files.writeString(context.spool("2.json"), "{");
      Files.createDirectory(context.spool("rejected/3.json"));
      Files.writeString(context.spool("rejected/3.reason"), "x.json is no regular file\n");
      CommandContext.Ran ran = context.run("lqueue").exits(0);
      assertTrue(ran.lines().get(2).contains("PENDING"), ran::toString);
      assertTrue(ran.lines().get(2).endsWith("InvalidJobFile  -     -"), ran::toString);
      assertTrue(
          ran.lines().get(3).matches(" +3 +- +REJECTED .*InvalidJobFile  -     -"), ran.out());
    }
  }

  @Nested
  class A_choice {
    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "-t pending | 4 5",
          "-t pending,running | 2 4 5",
          "-t PENDING,Running | 2 4 5",
          "-t pd,r | 2 4 5",
          "-t completed | 3",
          "-t cancelled,cd | 1 3",
          "-t all | 1 2 3 4 5",
          "-t lost | ''",
          "--states=failed,running | 2",
          "-j 3 | 3",
          "-j 5,1 | 1 5",
          "3 1 | 1 3",
          "3,1 2 | 1 2 3",
          "-t pending 1 4 | 4",
        })
    void of_states_and_ids_shows_those_alone(String words, String expected) throws Exception {
      mixed();
      assertEquals(
          expected,
          String.join(" ", ids(context.run(("lqueue " + words.strip()).split(" ")).exits(0))));
    }

    @Test
    void of_an_unknown_id_shows_the_others_and_fails() throws Exception {
      mixed();
      CommandContext.Ran ran = context.run("lqueue", "3", "77").exits(1);
      assertEquals(List.of("3"), ids(ran));
      assertTrue(
          ran.err()
              .endsWith(
                  "lqueue: job 77: no such job in "
                      + context.uriFile()
                      + "; lqueue shows those that are there\n"),
          ran::toString);
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "-t frob | -t frob: no such state, expected some of [PENDING, RUNNING, SUSPENDED,"
              + " COMPLETED, FAILED, CANCELLED, TIMEOUT, OUT_OF_MEMORY, REJECTED, LOST]",
          "x | \"x\" is no job id, expected a whole number of at least 1 as lqueue shows it",
          "-j 0 | \"0\" is no job id, expected a whole number of at least 1 as lqueue shows it",
          "-j 1,,2 | \"\" is no job id, expected a whole number of at least 1 as lqueue shows it",
          "--frob | unknown option: '--frob'; see lqueue --help",
        })
    void that_means_nothing_is_refused(String words, String message) throws Exception {
      submit("x");
      CommandContext.Ran ran = context.run(("lqueue " + words.strip()).split(" ")).exits(2);
      assertEquals("lqueue: " + message + "\n", ran.err());
      assertEquals("", ran.out());
    }
  }

  @Nested
  class A_long_queue {
    private static final int MANY = 450;

    /** One job that runs on the only core, and many behind it. */
    @BeforeEach
    void submit_many() throws Exception {
      submit("x");
      for (int i = 2; i <= MANY; i++) {
        Files.copy(context.spool("1.json"), context.spool(i + ".json"), COPY_ATTRIBUTES);
      }
      context.runs(1);
      context.limit(1).worker();
    }

    /** Makes another file of a job, of which nothing can be read. */
    private void spoil(int id) throws IOException {
      Files.writeString(context.spool(id + ".json"), "{");
    }

    /** Makes a job one of another width. */
    private void widen(int id, int cores, String name) throws IOException {
      Files.writeString(
          context.spool(id + ".json"),
          "{\"command\": [\"" + name + "\"], \"cores\": " + cores + "}");
    }

    private List<String> places(CommandContext.Ran ran) {
      return ran.exits(0).lines().stream()
          .skip(1)
          .map(line -> line.strip().split(" +"))
          .map(words -> words[0] + " " + words[1] + " " + words[6])
          .toList();
    }

    @Test
    void is_shown_whole_with_the_place_of_each_job() throws Exception {
      widen(300, 2, "wide");
      List<String> expected = new ArrayList<>(List.of("1 - -", "2 1 Resources"));
      for (int i = 3; i <= MANY; i++) {
        expected.add(i < 300 ? i + " " + (i - 1) + " Priority" : i + " " + (i - 2) + " Priority");
      }
      expected.set(299, "300 - CoreLimit");
      CommandContext.Ran ran = context.run("lqueue");
      assertEquals(expected, places(ran));
      assertTrue(ran.err().endsWith(" 1 of 1 core busy, 449 pending\n"), ran::err);
    }

    @Test
    void has_columns_as_wide_as_its_first_rows_want() throws Exception {
      widen(300, 1, "a-very-long-name");
      List<String> lines = context.run("lqueue").exits(0).lines();
      assertTrue(lines.get(299).endsWith(" x     x"), lines.get(299));
      assertTrue(lines.get(300).endsWith(" a-very-long-name  a-very-long-name"), lines.get(300));
    }

    @Test
    void is_not_read_for_the_place_of_one_job() throws Exception {
      spoil(400);
      assertEquals("449 447 Priority", places(context.run("lqueue")).get(448));
      // behind the front names are counted, and nobody looked into this one
      assertEquals(List.of("449 448 Priority"), places(context.run("lqueue", "449")));
      spoil(5);
      assertEquals(List.of("449 447 Priority"), places(context.run("lqueue", "449")));
    }

    @Test
    void by_another_policy_is_read_first() throws Exception {
      context.limit(8);
      widen(300, 5, "wide");
      Files.writeString(context.spool(".localq/options"), "policy=mcf\n");
      assertEquals(List.of("300 1 -"), places(context.run("lqueue", "300")));
      assertEquals("2 2 -", places(context.run("lqueue")).get(1));
    }
  }

  /** A job that runs and may for 10 minutes on two of four cores, and one that waits for all. */
  @Nested
  class Behind_a_job_that_waits {
    @BeforeEach
    void submit_both() throws Exception {
      submit("-n", "2", "-t", "10", "long");
      submit("-n", "4", "wide");
      context.runs(1);
      context.limit(4).worker();
      // it has run for a minute
      context.at("2026-11-22T11:01:05Z");
    }

    private List<String> reasons(String... words) {
      List<String> line = new ArrayList<>(List.of("lqueue", "-t", "pending"));
      line.addAll(List.of(words));
      return context.run(line.toArray(new String[0])).exits(0).lines().stream()
          .skip(1)
          .map(row -> row.strip().split(" +"))
          .map(row -> row[0] + " " + row[1] + " " + row[6])
          .toList();
    }

    @Test
    void one_that_is_gone_by_then_can_start_now() throws Exception {
      submit("-t", "8:31", "late");
      submit("-t", "8:30", "early");
      submit("endless");
      submit("-n", "2", "-t", "1", "broad");
      List<String> expected =
          List.of("2 1 Resources", "3 2 Priority", "4 3 -", "5 4 Priority", "6 5 Priority");
      assertEquals(expected, reasons());
      // whether the others were asked for or not
      assertEquals(expected.subList(2, 3), reasons("4"));
      assertEquals(expected.subList(4, 5), reasons("6"));
      String first = context.run("linfo", "4").exits(0).lines().get(2);
      assertTrue(first.endsWith(" None, it starts at any moment"), first);
      String second = context.run("linfo", "3").exits(0).lines().get(2);
      assertTrue(second.endsWith(" Priority, other jobs start before it"), second);
    }

    @Test
    void none_can_start_now_where_one_that_runs_has_no_limit() throws Exception {
      submit("endless");
      context.runs(3);
      submit("-t", "1", "early");
      assertEquals(List.of("2 1 Resources", "4 2 Priority"), reasons());
      String reason = context.run("linfo", "4").exits(0).lines().get(2);
      assertTrue(reason.endsWith(" Priority, other jobs start before it"), reason);
    }

    @Test
    void as_many_tasks_of_an_array_can_start_now_as_may() throws Exception {
      Files.writeString(home.resolve("grid"), "1\n2\n3\n");
      submit("--each-line", "grid", "-t", "8");
      assertEquals(
          List.of("3_1 2 -", "3_2 2 -", "3_3 2 Priority"), reasons("3_[1-3]").subList(0, 3));
      String reason = context.run("linfo", "3_3").exits(0).lines().get(2);
      assertTrue(reason.endsWith(" Priority, other jobs start before it"), reason);
    }
  }

  /** Four tasks, the second of which runs; and a job behind them. */
  @Nested
  class An_array {
    @BeforeEach
    void submit_lines() throws Exception {
      Files.writeString(home.resolve("grid"), "echo 1\nsleep 2\necho 3\necho 4\n");
      submit("--each-line", "grid");
      submit("x");
      context.runsTask(1, 2);
      context.limit(1).worker();
    }

    @Test
    void is_a_row_for_each_task_that_runs_and_one_for_all_that_wait() throws Exception {
      CommandContext.Ran ran = context.run("lqueue").exits(0);
      assertEquals(
          """
            JOBID  PRIO  STATUS   NUM_CORES  START_TIME           END_TIME  REASON     NAME  CMD
              1_2     -  RUNNING          1  2026-11-22T12:00:05  -         -          grid  sh -c 'sleep 2'
          1_[3-4]     1  PENDING          1  -                    -         Resources  grid  sh -c … (2 tasks)
                2     2  PENDING          1  -                    -         Priority   x     x
          """,
          ran.out());
      assertEquals(
          "worker " + CommandContext.pid() + " alive; 1 of 1 core busy, 3 pending\n", ran.err());
    }

    @Test
    void of_which_one_task_waits_has_a_bare_number() throws Exception {
      context.run("lcancel", "1").exits(0);
      Files.writeString(home.resolve("two"), "a\nb\n");
      submit("--each-line", "two");
      context.runsTask(3, 1);
      CommandContext.Ran ran = context.run("lqueue", "-t", "PENDING", "3").exits(0);
      assertTrue(ran.lines().get(1).startsWith("3_[2]  "), ran::toString);
      assertTrue(ran.lines().get(1).endsWith(" … (1 task)"), ran::toString);
    }

    @Test
    void that_has_ended_is_one_row() throws Exception {
      context.run("lcancel", "1").exits(0);
      CommandContext.Ran ran = context.run("lqueue", "-t", "all").exits(0);
      assertTrue(
          ran.lines().get(1).matches("    1     -  CANCELLED .* … \\(4 tasks\\)"), ran::toString);
      assertEquals(List.of("1", "2"), ids(ran));
    }

    @Test
    void has_a_row_for_each_task_that_is_named() throws Exception {
      context.run("lcancel", "1_4").exits(0);
      assertEquals(
          List.of("1_2 - RUNNING", "1_3 1 PENDING", "1_4 - CANCELLED"),
          context.run("lqueue", "1_[2-4]").exits(0).lines().stream()
              .skip(1)
              .map(line -> String.join(" ", List.of(line.strip().split(" +")).subList(0, 3)))
              .toList());
    }

    @Test
    void has_a_row_for_each_task_that_its_cancellation_kept_from_starting() throws Exception {
      context.run("lcancel", "1").exits(0);
      CommandContext.Ran ran = context.run("lqueue", "1_3", "1_5");
      assertEquals(1, ran.code());
      assertTrue(ran.lines().get(1).matches("  1_3     -  CANCELLED +1  - .*"), ran::toString);
      assertTrue(ran.err().contains("lqueue: job 1_5: no such job in "), ran::toString);
    }

    @Test
    void tells_programs_its_id_its_tasks_and_how_many_wait() throws Exception {
      JsonNode jobs =
          CommandContext.json(context.run("lqueue", "--json").exits(0).out()).get("jobs");
      assertEquals(
          CommandContext.json(
              "{\"id\": 1, \"task\": 2, \"state\": \"RUNNING\","
                  + " \"started\": \"2026-11-22T11:00:05Z\", \"cores\": 1, \"name\": \"grid\","
                  + " \"command\": [\"sh\", \"-c\", \"sleep 2\"]}"),
          jobs.get(0));
      assertEquals(
          CommandContext.json(
              "{\"id\": 1, \"state\": \"PENDING\", \"tasks\": 4, \"unclaimed\": 2,"
                  + " \"place\": 1, \"reason\": \"Resources\", \"cores\": 1, \"name\": \"grid\","
                  + " \"command\": [\"sh\", \"-c\"]}"),
          jobs.get(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1_", "1_[2-1]", "1_[1-]", "1_[]", "1_[1", "_3", "1_2_3", "1_[1,]"})
    void names_no_task_by(String id) {
      CommandContext.Ran ran = context.run("lqueue", id).exits(2);
      assertTrue(
          ran.err().contains("expected some as in 17_3, 17_[1-3] or 17_[1,5-7]"), ran::toString);
    }

    @Test
    void names_no_more_tasks_than_a_table_is_read_for() {
      CommandContext.Ran ran = context.run("lqueue", "1_[1-999999]").exits(2);
      assertEquals(
          "lqueue: \"1_[1-999999]\" names too many tasks, expected at most 100000 ids;"
              + " the whole array is 1\n",
          ran.err());
    }
  }

  /** Tasks 0, 4 and so on up to 96, of which 8 runs; and a job behind them. */
  @Nested
  class An_array_of_numbers {
    private void submitted(String numbers) throws Exception {
      submit("-a", numbers, "-J", "sweep", "run");
      submit("x");
      context.limit(4).worker();
    }

    private List<String> rows(String... words) {
      return context.run(words).exits(0).lines().stream()
          .skip(1)
          .map(line -> String.join(" ", List.of(line.strip().split(" {2,}"))))
          .toList();
    }

    @Test
    void is_a_row_for_each_task_that_runs_and_one_with_the_numbers_that_wait() throws Exception {
      submitted("0-99:4%1");
      context.runsTask(1, 8, 3);
      assertEquals(
          List.of(
              "1_8 - RUNNING 1 2026-11-22T12:00:05 - - sweep run",
              "1_[12-96:4%1] 1 PENDING 1 - - JobArrayTaskLimit sweep run (22 tasks)",
              "2 2 PENDING 1 - - - x x"),
          rows("lqueue"));
    }

    @Test
    void of_which_the_last_task_waits_for_another_attempt_is_the_row_of_that() throws Exception {
      submitted("7");
      context.runsTask(1, 7, 1);
      Files.move(context.spool("1.json"), context.spool("running/1.json"));
      assertEquals(
          List.of("1_7 - RUNNING 1 2026-11-22T12:00:05 - - sweep run", "2 1 PENDING 1 - - - x x"),
          rows("lqueue"));
      Files.move(context.spool("running/1_7.json"), context.spool("1_7.json"));
      assertEquals(
          List.of("1_7 1 PENDING 1 - - - sweep run", "2 2 PENDING 1 - - - x x"), rows("lqueue"));
    }

    @Test
    void whose_numbers_have_no_order_shows_as_many_as_serve() throws Exception {
      String numbers =
          IntStream.range(0, 60).mapToObj(i -> "" + i * i).collect(Collectors.joining(","));
      submitted(numbers);
      String first = rows("lqueue").get(0);
      assertTrue(
          first.startsWith("1_[0-1,4,9,16,25,36,49,64,81,100,121,144,169,196,225,256,289,324,…] "),
          first);
      JsonNode row =
          CommandContext.json(context.run("lqueue", "--json").exits(0).out()).get("jobs").get(0);
      assertTrue(row.get("array").asText().endsWith(",3364,3481"), row::toString);
    }

    @Test
    void has_a_row_for_each_task_that_is_named_also_as_lqueue_names_them() throws Exception {
      submitted("0-99:4%2");
      context.runsTask(1, 0, 1);
      assertEquals(
          List.of("1_0 RUNNING -", "1_4 PENDING -", "1_8 PENDING JobArrayTaskLimit"),
          rows("lqueue", "1_[0-8:4%2]").stream()
              .map(row -> row.split(" "))
              .map(cells -> cells[0] + " " + cells[2] + " " + cells[6])
              .toList());
      CommandContext.Ran ran = context.run("lqueue", "1_[0-4]").exits(1);
      assertTrue(ran.err().contains("lqueue: job 1_1: no such job in "), ran::toString);
    }

    @Test
    void of_a_million_tasks_is_one_row() throws Exception {
      submitted("0-999999%2");
      assertEquals(
          "1_[0-999999%2] 1 PENDING 1 - - - sweep run (1000000 tasks)", rows("lqueue").get(0));
    }

    @Test
    void tells_programs_its_numbers() throws Exception {
      submitted("0-99:4%8");
      JsonNode jobs =
          CommandContext.json(context.run("lqueue", "--json").exits(0).out()).get("jobs");
      assertEquals(
          CommandContext.json(
              "{\"id\": 1, \"state\": \"PENDING\", \"tasks\": 25, \"unclaimed\": 25,"
                  + " \"array\": \"0-96:4%8\", \"place\": 1, \"cores\": 1, \"name\": \"sweep\","
                  + " \"command\": [\"run\"]}"),
          jobs.get(0));
    }

    @Test
    void that_has_ended_is_one_row() throws Exception {
      submitted("0-99:4%8");
      context.run("lcancel", "1").exits(0);
      assertTrue(
          rows("lqueue", "1").get(0).matches("1 - CANCELLED 1 - .* run \\(25 tasks\\)"),
          () -> rows("lqueue", "1").toString());
    }
  }

  @Nested
  class Json {
    @Test
    void holds_rows_and_load() throws Exception {
      mixed();
      CommandContext.Ran ran = context.run("lqueue", "--json").exits(0);
      assertEquals("", ran.err());
      JsonNode queue = CommandContext.json(ran.out());
      assertEquals(CommandContext.pid(), queue.get("workers").get(0).asLong());
      assertEquals(2, queue.get("cores").asInt());
      assertEquals(2, queue.get("cores_busy").asInt());
      assertEquals(5, queue.get("jobs").size());
      assertEquals(
          CommandContext.json(
              "{\"id\": 4, \"state\": \"PENDING\", \"place\": 1, \"reason\": \"Resources\","
                  + " \"cores\": 2, \"name\": \"echo\", \"command\": [\"echo\", \"a b\"]}"),
          queue.get("jobs").get(3));
      assertEquals(
          CommandContext.json(
              "{\"id\": 3, \"state\": \"COMPLETED\", \"started\": \"2026-11-22T11:00:01Z\","
                  + " \"ended\": \"2026-11-22T11:01:02Z\", \"exit_code\": 0, \"cores\": 1,"
                  + " \"name\": \"ls\", \"command\": [\"ls\", \"-l\"]}"),
          queue.get("jobs").get(2));
    }

    @Test
    void gives_back_every_byte_and_nothing_that_a_terminal_acts_upon() throws Exception {
      String name = "\u001b[31m\u007f\udcff\u009b\u202eé😀\n";
      submit("-J", name, "x", "\udc80");
      String out = context.run("lqueue", "--json").exits(0).out();
      JsonNode job = CommandContext.json(out).get("jobs").get(0);
      assertEquals(name, job.get("name").asText());
      assertEquals("\udc80", job.get("command").get(1).asText());
      assertTrue(out.chars().allMatch(c -> c == '\n' || c >= 0x20 && c < 0x7f), out);
    }
  }

  @Nested
  class On_a_terminal {
    @BeforeEach
    void end_many() throws Exception {
      for (int i = 1; i <= 24; i++) {
        submit("x");
        if (i != 2) {
          context.completes(i);
        }
      }
      context.onTerminal();
    }

    @Test
    void the_latest_20_ended_jobs_are_shown_and_the_rest_is_counted() throws Exception {
      CommandContext.Ran ran = context.run("lqueue").exits(0);
      List<String> expected = new ArrayList<>(List.of("2"));
      IntStream.rangeClosed(5, 24).forEach(i -> expected.add(Integer.toString(i)));
      assertEquals(expected, ids(ran));
      assertEquals(
          List.of("3 earlier jobs not shown: lqueue -a", DOWN + "0 cores busy, 1 pending"),
          ran.lines().subList(22, 24));
      assertEquals("", ran.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"-a", "--all"})
    void all_of_them_are_shown_where_one_asks_for_it(String option) throws Exception {
      CommandContext.Ran ran = context.run("lqueue", option).exits(0);
      assertEquals(24, ids(ran).size());
      assertFalse(ran.out().contains("not shown"), ran::toString);
    }

    @Test
    void nothing_is_said_of_ended_jobs_where_nobody_asked_for_them() throws Exception {
      CommandContext.Ran ran = context.run("lqueue", "-t", "pending").exits(0);
      assertEquals(List.of("2"), ids(ran));
      assertFalse(ran.out().contains("not shown"), ran::toString);
    }

    @Test
    void an_old_job_is_shown_where_one_asks_for_it() throws Exception {
      assertEquals(List.of("1"), ids(context.run("lqueue", "1").exits(0)));
    }

    @Test
    void json_holds_all_of_them() throws Exception {
      JsonNode queue = CommandContext.json(context.run("lqueue", "--json").exits(0).out());
      assertEquals(24, queue.get("jobs").size());
    }

    @Test
    void times_are_short_where_the_terminal_is_narrow() throws Exception {
      context.variable("COLUMNS", "80");
      List<String> lines = context.run("lqueue").exits(0).lines();
      assertTrue(lines.get(0).endsWith("  NAME  CMD"), lines::toString);
      assertTrue(lines.stream().noneMatch(line -> line.contains("2026-11-22T")), lines::toString);
      context.variable("COLUMNS", "200");
      assertTrue(
          context.run("lqueue").exits(0).out().contains("2026-11-22T"), "the whole where it fits");
    }

    @Test
    void lines_end_where_the_terminal_does() throws Exception {
      context.variable("COLUMNS", "40");
      List<String> lines = context.run("lqueue").exits(0).lines();
      assertTrue(
          lines.subList(0, 22).stream().allMatch(line -> line.length() <= 40), lines::toString);
      assertTrue(lines.get(1).endsWith("…"), lines::toString);
    }
  }

  @Nested
  class Odd_names {
    @ParameterizedTest
    @MethodSource("org.localq.cli.LqueueTest#oddNames")
    void are_shown_harmlessly_and_without_loss(String name, String shown) throws Exception {
      submit("-J", name, "x", name);
      CommandContext.Ran ran = context.run("lqueue").exits(0);
      assertEquals(2, ran.lines().size(), ran::toString);
      assertTrue(
          ran.lines().get(1).replaceAll(" {2,}", "  ").endsWith("  " + shown + "  x " + shown),
          ran::toString);
      assertTrue(
          ran.out()
              .codePoints()
              .noneMatch(c -> c != '\n' && Character.isISOControl(c) || c == 0x202e || c == '?'),
          ran::toString);
    }
  }

  static List<org.junit.jupiter.params.provider.Arguments> oddNames() {
    return List.of(
        org.junit.jupiter.params.provider.Arguments.of("a b", "'a b'"),
        org.junit.jupiter.params.provider.Arguments.of("it's", "'it'\\''s'"),
        org.junit.jupiter.params.provider.Arguments.of("a\nb", "$'a\\nb'"),
        org.junit.jupiter.params.provider.Arguments.of("\u001b[31mred", "$'\\x1b[31mred'"),
        org.junit.jupiter.params.provider.Arguments.of("\u009b31m", "$'\\u009b31m'"),
        org.junit.jupiter.params.provider.Arguments.of("\u202eevil", "$'\\u202eevil'"),
        org.junit.jupiter.params.provider.Arguments.of("\u007f", "$'\\x7f'"),
        org.junit.jupiter.params.provider.Arguments.of("\udcff\udc80", "$'\\xff\\x80'"),
        org.junit.jupiter.params.provider.Arguments.of("é😀", "'é😀'"),
        org.junit.jupiter.params.provider.Arguments.of("", "''"),
        org.junit.jupiter.params.provider.Arguments.of("-", "-"));
  }
}
