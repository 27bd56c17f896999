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
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A worker with four cores; job 1 runs on two of them since a minute, and may for ten. It is 12:01
 * and five seconds.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class LqueueStartTest {
  @TempDir Path home;
  private CommandContext context;

  @BeforeEach
  void set_up() throws Exception {
    context = new CommandContext(home);
    submit("-n", "2", "-t", "10", "long");
    context.runs(1);
    context.limit(4).worker();
    context.at("2026-11-22T11:01:05Z");
  }

  private void submit(String... words) {
    List<String> line = new ArrayList<>(List.of("lbatch"));
    line.addAll(List.of(words));
    context.run(line.toArray(new String[0])).exits(0);
  }

  /** Id, time and basis of the rows. */
  private List<String> starts(String... words) {
    List<String> line = new ArrayList<>(List.of("lqueue", "--start"));
    line.addAll(List.of(words));
    return context.run(line.toArray(new String[0])).exits(0).lines().stream()
        .skip(1)
        .map(row -> row.strip().split(" +"))
        .map(row -> row[0] + " " + row[3].replace("2026-11-22T", "") + " " + row[4])
        .toList();
  }

  /** A record of a job of this name that ran for so many seconds. */
  private void ended(int id, String name, int seconds, String state) throws IOException {
    submit("-J", name, "true");
    context.ends(
        id,
        "{\"state\": \"%s\", \"exit_code\": 0, \"started\": \"2026-11-22T10:00:00Z\","
                .formatted(state)
            + " \"ended\": \"2026-11-22T10:%02d:%02dZ\"}".formatted(seconds / 60, seconds % 60));
  }

  @Nested
  class The_table {
    @Test
    void is_in_the_order_of_start() throws Exception {
      submit("-n", "4", "-t", "1:00:00", "wide");
      submit("-t", "5", "-J", "my narrow", "narrow", "a b");
      submit("last");
      CommandContext.Ran ran = context.run("lqueue", "--start").exits(0);
      assertEquals(
          """
          JOBID  PRIO  NUM_CORES  START_TIME           BASIS  REASON     TIME_LIMIT  NAME         CMD
              3     2          1  2026-11-22T12:01:05  limit  -          00:05:00    'my narrow'  narrow 'a b'
              2     1          4  2026-11-22T12:10:05  limit  Resources  01:00:00    wide         wide
              4     3          1  2026-11-22T13:10:05  limit  Priority   -           last         last
          """,
          ran.out());
      assertEquals("", ran.err());
    }

    @Test
    void shows_those_that_were_asked_for_where_the_others_leave_them() throws Exception {
      submit("-n", "4", "-t", "1:00:00", "wide");
      submit("-n", "4", "-t", "5", "next");
      assertEquals(List.of("3 13:10:05 limit"), starts("3"));
      CommandContext.Ran ran = context.run("lqueue", "--start", "77").exits(1);
      assertTrue(ran.err().startsWith("lqueue: job 77: no such job"), ran::err);
    }

    @Test
    void has_no_time_where_it_can_not_be_told() throws Exception {
      submit("-n", "4", "endless");
      submit("-n", "4", "-t", "1", "behind");
      context.limit(9);
      submit("-n", "9", "too-wide");
      context.limit(4);
      submit("held");
      Files.move(context.spool("5.json"), context.spool("held/5.json"));
      assertEquals(List.of("2 12:10:05 limit", "3 N/A -", "4 N/A -", "5 N/A -"), starts());
    }

    @Test
    void has_the_time_that_a_job_waits_for() throws Exception {
      submit("-b", "2026-11-22T13:00", "later");
      submit("-n", "4", "-t", "1", "wide");
      submit("-n", "4", "-t", "1", "-b", "now+60", "soon");
      submit("-a", "1-3", "-b", "2026-11-22T12:05", "array");
      submit("-b", "2026-11-22T13:00", "-d", "afterok:3", "depends");
      submit("-b", "2026-11-22T13:00", "-H", "held");
      assertEquals(
          List.of(
              "4 12:02:05 begin",
              "5_[1-3] 12:05:00 begin",
              "3 12:10:05 limit",
              "2 13:00:00 begin",
              "6 N/A -",
              "7 N/A -"),
          starts());
    }

    @Test
    void has_no_time_where_nobody_is_there_to_start_them() throws Exception {
      submit("x");
      Files.delete(context.spool(".localq/workers/" + CommandContext.pid()));
      assertEquals(List.of("2 N/A -"), starts());
    }

    @Test
    void of_a_long_queue_looks_no_further_than_1000_jobs() throws Exception {
      submit("-t", "1", "x");
      for (int id = 3; id <= 1400; id++) {
        Files.copy(context.spool("2.json"), context.spool(id + ".json"), COPY_ATTRIBUTES);
      }
      CommandContext.Ran ran = context.run("lqueue", "--start").exits(0);
      assertEquals(1 + 1000, ran.lines().size());
      assertEquals("no further than 1000 jobs is looked ahead\n", ran.err());
      assertFalse(ran.out().contains("N/A"), ran::out);
      assertEquals(List.of("1399 N/A -"), starts("1399"));
    }

    @Test
    void of_a_queue_in_another_order_is_by_that_order() throws Exception {
      submit("-n", "3", "-t", "1", "narrow");
      submit("-n", "4", "-t", "1", "wide");
      Files.writeString(context.spool(".localq/options"), "policy=mcf\n");
      assertEquals(List.of("3 12:10:05 limit", "2 12:11:05 limit"), starts());
    }

    @Test
    void is_of_pending_jobs_alone() {
      submit("x");
      CommandContext.Ran ran = context.run("lqueue", "--start", "-t", "running").exits(2);
      assertEquals("lqueue: --start shows pending jobs alone; leave out -t running\n", ran.err());
    }
  }

  @Nested
  class A_job_without_a_limit {
    @Test
    void is_expected_to_take_as_long_as_others_of_its_name_did() throws Exception {
      ended(2, "sort", 60, "COMPLETED");
      ended(3, "sort", 300, "COMPLETED");
      ended(4, "sort", 100, "COMPLETED");
      ended(5, "sort", 1, "FAILED");
      ended(6, "other", 2, "COMPLETED");
      submit("-n", "4", "-J", "sort", "sort", "x");
      submit("-n", "4", "-t", "1", "behind");
      assertEquals(List.of("7 12:10:05 limit", "8 12:11:45 history"), starts());
    }

    @Test
    void that_runs_has_the_rest_of_that() throws Exception {
      ended(2, "sort", 100, "COMPLETED");
      submit("-n", "2", "-J", "sort", "sort", "x");
      context.runs(3);
      submit("-n", "2", "-t", "1", "behind");
      // both have run for a minute
      assertEquals(List.of("4 12:01:45 history"), starts());
    }

    @Test
    void of_which_more_than_ten_ended_is_expected_to_take_what_the_latest_did() throws Exception {
      for (int id = 2; id <= 8; id++) {
        ended(id, "sort", 1000, "COMPLETED");
      }
      for (int id = 9; id <= 14; id++) {
        ended(id, "sort", 10, "COMPLETED");
      }
      submit("-n", "4", "-J", "sort", "sort", "x");
      submit("-n", "4", "-t", "1", "behind");
      assertEquals("16 12:10:15 history", starts().get(1));
    }
  }

  @Nested
  class An_array {
    @Test
    void starts_with_its_next_task_and_those_that_are_asked_for_later() throws Exception {
      Files.writeString(home.resolve("grid"), "1\n2\n3\n4\n5\n");
      submit("--each-line", "grid", "-t", "3", "-n", "2");
      submit("-n", "4", "behind");
      assertEquals(List.of("2_[1-5] 12:01:05 limit", "3 12:13:05 limit"), starts());
      context.runsTask(2, 1);
      // it began a minute ago, as job 1 did
      assertEquals(List.of("2_[2-5] 12:03:05 limit", "3 12:13:05 limit"), starts());
      assertEquals("2_4 12:09:05 limit", starts("2_[4]").get(0));
    }

    @Test
    void without_a_limit_is_expected_to_take_what_its_tasks_took() throws Exception {
      Files.writeString(home.resolve("grid"), "1\n2\n3\n");
      submit("--each-line", "grid", "-n", "4");
      context.runsTask(2, 1);
      String record = Files.readString(context.spool("running/2_1.json"));
      Files.writeString(
          context.spool("done/2_1.json"),
          record.substring(0, record.lastIndexOf('}'))
              + ", \"result\": {\"state\": \"COMPLETED\", \"exit_code\": 0,"
              + " \"started\": \"2026-11-22T10:00:00Z\", \"ended\": \"2026-11-22T10:01:40Z\"}}");
      for (String left : new String[] {"2_1.json", "2_1.1.started"}) {
        Files.delete(context.spool("running/" + left));
      }
      assertEquals(List.of("2_[2-3] 12:10:05 limit"), starts());
      assertEquals("2_3 12:11:45 history", starts("2_[3]").get(0));
    }
  }

  @Test
  void in_JSON_says_when_and_by_what() throws Exception {
    submit("-n", "4", "-t", "1:00:00", "wide");
    context.limit(5);
    submit("-n", "5", "too-wide");
    context.limit(4);
    JsonNode jobs =
        CommandContext.json(context.run("lqueue", "--start", "--json").exits(0).out()).get("jobs");
    assertEquals("2026-11-22T11:10:05Z", jobs.get(0).get("expected_start").asText());
    assertEquals("limit", jobs.get(0).get("expected_by").asText());
    assertEquals(2, jobs.get(0).get("id").asInt());
    assertEquals(3600, jobs.get(0).get("time_limit_seconds").asInt());
    assertFalse(jobs.get(1).has("expected_start"), jobs::toString);
  }

  @Test
  void in_JSON_has_the_very_time_that_a_job_waits_for() throws Exception {
    submit("-b", "2026-11-22T13:00", "later");
    JsonNode job =
        CommandContext.json(context.run("lqueue", "--start", "--json").exits(0).out())
            .get("jobs")
            .get(0);
    assertEquals("2026-11-22T12:00:00Z", job.get("expected_start").asText());
    assertEquals("begin", job.get("expected_by").asText());
  }
}
