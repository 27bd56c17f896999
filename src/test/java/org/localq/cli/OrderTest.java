package org.localq.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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

/** What lbatch takes of the order of start, and what lqueue and linfo show of it. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class OrderTest {
  @TempDir Path home;
  private CommandContext context;

  @BeforeEach
  void set_up() {
    context = new CommandContext(home);
  }

  private void submit(String... options) {
    List<String> words = new ArrayList<>(List.of("lbatch"));
    words.addAll(List.of(options));
    words.add("x");
    context.run(words.toArray(new String[0])).exits(0);
  }

  private void queue() throws IOException {
    context.limit(1).worker();
  }

  /** Of each row the id, the place and the reason. */
  private String rows(String... options) {
    List<String> words = new ArrayList<>(List.of("lqueue"));
    words.addAll(List.of(options));
    List<String> rows = new ArrayList<>();
    for (String line : context.run(words.toArray(new String[0])).exits(0).lines()) {
      String[] cells = line.strip().split(" +");
      if (cells[0].matches("[0-9_\\[\\]-]+")) {
        rows.add(cells[0] + " " + cells[1] + " " + cells[6]);
      }
    }
    return String.join(", ", rows);
  }

  private String reason(int id) {
    return context.run("linfo", "" + id).exits(0).lines().stream()
        .filter(line -> line.startsWith("Reason:"))
        .findFirst()
        .orElse("")
        .replaceFirst("Reason: +", "");
  }

  @Nested
  class Lbatch {
    @ParameterizedTest(name = "{0}: {1} {2}")
    @CsvSource({
      "--priority 7,           7, 0",
      "--priority=-7,         -7, 0",
      "--nice,                 0, 100",
      "--nice=5,               0, 5",
      "--nice=-5,              0, -5",
      "--nice --priority=3,    3, 100",
      "--nice=1 --nice,        0, 100",
    })
    void keeps_the_rank_in_the_job_file(String options, int priority, int nice) throws IOException {
      submit(options.split(" "));
      assertEquals(priority, context.job("1.json").path("priority").asInt());
      assertEquals(nice, context.job("1.json").path("nice").asInt());
      assertEquals(List.of("x"), List.of(context.job("1.json").get("command").get(0).asText()));
      assertEquals(
          (long) priority - nice > 0, Files.exists(context.spool(".localq/early/1")), options);
    }

    @Test
    void never_takes_the_command_for_the_number_of_nice() throws IOException {
      context.run("lbatch", "--nice", "5", "--nice=6").exits(0);
      assertEquals("[\"5\",\"--nice=6\"]", context.job("1.json").get("command").toString());
      assertEquals(100, context.job("1.json").get("nice").asInt());
    }

    @ParameterizedTest
    @CsvSource({
      "-b now+60, 2026-11-22T11:01:00.123Z",
      "--begin=16:00, 2026-11-22T15:00:00Z",
      "-b 2026-12-24T18:00, 2026-12-24T17:00:00Z",
    })
    void keeps_the_time_to_begin_in_the_job_file(String options, String expected)
        throws IOException {
      submit(options.split(" "));
      assertEquals(expected, context.job("1.json").get("begin").asText());
    }

    @Test
    void puts_a_job_on_hold_where_that_is_asked_for() {
      submit("-H", "--priority", "5");
      assertTrue(Files.exists(context.spool("held/1.json")));
      context.input(new ByteArrayInputStream("a\nb\n".getBytes(StandardCharsets.US_ASCII)));
      context.run("lbatch", "--hold", "--each-line", "-").exits(0);
      assertTrue(Files.exists(context.spool("held/2.json")));
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "-d 1 | afterany:1",
          "-d afterok:1:2 | afterok:1,afterok:2",
          "--dependency=after:1+5?singleton | after:1+5?singleton",
          "-d after:1+5?2 | after:1+5?afterany:2",
        })
    void keeps_the_dependency_in_the_job_file(String options, String expected) throws IOException {
      submit();
      submit();
      submit(options.split(" "));
      assertEquals(expected, context.job("3.json").get("dependency").asText());
    }

    @Test
    void keeps_it_for_arrays_too() throws IOException {
      submit();
      context.input(new ByteArrayInputStream("a\nb\n".getBytes(StandardCharsets.US_ASCII)));
      context.run("lbatch", "-d", "afterok:1", "--priority", "2", "--each-line", "-").exits(0);
      assertEquals("afterok:1", context.job("2.json").get("dependency").asText());
      assertTrue(Files.exists(context.spool(".localq/early/2")));
    }

    @Test
    void takes_tasks_in_brackets() throws IOException {
      context.input(new ByteArrayInputStream("a\nb\nc\n".getBytes(StandardCharsets.US_ASCII)));
      context.run("lbatch", "--each-line", "-").exits(0);
      submit("-d", "afterok:1_[1,3]");
      assertEquals("afterok:1_1,afterok:1_3", context.job("2.json").get("dependency").asText());
    }

    @Test
    void refuses_an_id_that_is_not_there_and_accepts_nothing() throws IOException {
      submit();
      CommandContext.Ran ran = context.run("lbatch", "-d", "afterok:1:2", "x").exits(1);
      assertEquals(
          "lbatch: -d afterok:1:2: it depends on job 2: no such job; nothing was accepted;"
              + " lqueue shows the jobs that are there\n",
          ran.err());
      assertFalse(Files.exists(context.spool("2.json")));
      assertTrue(Files.exists(context.spool(".localq/seq/1")), "no id is used up");
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '#',
        value = {
          "-d aftercorr:1 # -d aftercorr:1: Slurm's type aftercorr, which localq lacks; expected after, afterany, afterok, afternotok or singleton",
          "-d afterok # -d afterok: expected TYPE:ID[:ID…] with after, afterany, afterok or afternotok, or singleton; more of them behind a , for all or a ? for any, as in afterok:17:18,afterany:19_3",
          "-d 1_[1-2000] # -d '1_[1-2000]': expected TYPE:ID[:ID…] with after, afterany, afterok or afternotok, or singleton; more of them behind a , for all or a ? for any, as in afterok:17:18,afterany:19_3; in brackets at most 1000 tasks, as in 19_[1,5-7]",
          "-b soon # -b soon: expected HH:MM[:SS], YYYY-MM-DD[THH:MM[:SS]], MM/DD/YY, today, tomorrow, midnight, noon, teatime, or now+COUNT[seconds|minutes|hours|days|weeks]",
          "--priority high # --priority high: not a number, expected a whole number of at least -2147483647",
          "--nice=x # --nice x: not a number, expected a whole number of at least -2147483647",
        })
    void refuses_what_it_does_not_know(String options, String expected) {
      List<String> words = new ArrayList<>(List.of("lbatch"));
      words.addAll(List.of(options.split(" ")));
      words.add("x");
      assertEquals(
          "lbatch: " + expected + "\n", context.run(words.toArray(new String[0])).exits(2).err());
    }
  }

  @Nested
  class The_queue {
    @Test
    void shows_places_by_rank_and_then_by_id() throws IOException {
      submit();
      submit("--nice");
      submit("--priority", "1");
      submit();
      submit("--priority", "9");
      queue();
      assertEquals(
          "1 3 Priority, 2 5 Priority, 3 2 Resources, 4 4 Priority, 5 1 -", rows(), "by id");
      assertEquals("4 4 Priority", rows("-j", "4"));
      assertEquals("Priority, other jobs start before it", reason(1));
      assertEquals("Priority, other jobs start before it", reason(2));
      assertEquals("None, it starts at any moment", reason(5));
      Files.writeString(context.spool(".localq/options"), "policy=mcf\n");
      assertEquals("1 3 Priority, 2 5 Priority, 3 2 Resources, 4 4 Priority, 5 1 -", rows());
    }

    @Test
    void gives_no_place_to_a_job_that_takes_no_turn() throws IOException {
      submit("-b", "now+1hour");
      submit("-d", "afterany:1");
      submit("-H");
      submit();
      submit("-d", "singleton");
      queue();
      assertEquals("1 - BeginTime, 2 - Dependency, 3 - JobHeldUser, 4 1 -, 5 - Dependency", rows());
      assertEquals("BeginTime, its time comes at 2026-11-22T13:00:00", reason(1));
      assertEquals("Dependency, it waits for 1", reason(2));
      assertEquals("None, it starts at any moment", reason(4));
      assertEquals("Dependency, an earlier job of its name is there", reason(5));
      context.at("2026-11-22T12:00:01Z");
      assertEquals("1 1 -, 2 - Dependency", rows("-j", "1,2"));
    }

    @Test
    void shows_what_became_of_those_that_were_waited_for() throws IOException {
      for (int i = 0; i < 3; i++) {
        submit();
      }
      submit("-d", "afterok:1");
      submit("-d", "afternotok:1");
      submit("-d", "afterok:2?afterok:3");
      submit("-d", "after:2");
      queue();
      context.completes(1);
      context.runs(2);
      assertEquals(
          "4 2 Priority, 5 - DependencyNeverSatisfied, 6 - Dependency, 7 3 Priority",
          rows("-j", "4,5,6,7"));
      assertEquals("Dependency, it waits for 2, 3", reason(6));
      assertEquals(
          "DependencyNeverSatisfied, what it waits for can never be any more; the next worker"
              + " cancels it",
          reason(5));
    }

    @Test
    void shows_the_reason_of_an_array() throws IOException {
      submit();
      context.input(new ByteArrayInputStream("a\nb\n".getBytes(StandardCharsets.US_ASCII)));
      context.run("lbatch", "-d", "afterok:1", "--each-line", "-").exits(0);
      queue();
      assertEquals("1 1 -, 2_[1-2] - Dependency", rows());
      assertEquals("2_2 - Dependency", rows("-j", "2_2"));
      assertEquals("Dependency, it waits for 1", reason(2));
    }

    @Test
    void shows_in_linfo_what_was_asked_for() {
      submit();
      submit("--priority", "5", "--nice=2", "-b", "noon", "-d", "afterok:1");
      String text = context.run("linfo", "2").out().replaceAll(" +", " ");
      assertTrue(text.contains("\nPriority: 3\n"), text);
      assertTrue(text.contains("\nBegin: 2026-11-23T12:00:00"), text);
      assertTrue(text.contains("\nDependency: afterok:1\n"), text);
    }

    @Test
    void of_hundreds_does_not_read_all_for_the_place_of_a_lowered_job() throws IOException {
      submit("--nice");
      byte[] job = Files.readAllBytes(context.spool("1.json"));
      for (int id = 2; id <= 250; id++) {
        Files.write(context.spool(id + ".json"), job);
      }
      Files.move(context.spool(".localq/seq/1"), context.spool(".localq/seq/250"));
      submit("--priority", "1");
      queue();
      assertEquals("1 - Priority, 251 1 -", rows("-j", "1,251"));
    }
  }
}
