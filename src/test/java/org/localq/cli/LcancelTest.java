package org.localq.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
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

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class LcancelTest {
  @TempDir Path home;
  private CommandContext context;

  @BeforeEach
  void set_up() {
    context = new CommandContext(home);
    for (int i = 0; i < 3; i++) {
      context.run("lbatch", "x").exits(0);
    }
  }

  private String states() {
    return context.run("linfo", "--state", "1", "2", "3").exits(0).out().replace('\n', ' ').strip();
  }

  @Nested
  class A_pending_job {
    @ParameterizedTest
    @ValueSource(strings = {"lcancel -j 1", "lcancel 1", "lcancel --jobs=1", "lcancel --grace 0 1"})
    void is_cancelled_without_a_worker(String line) throws Exception {
      CommandContext.Ran ran = context.run(line.split(" ")).exits(0);
      assertEquals("job 1 cancelled\n", ran.out());
      assertEquals("", ran.err());
      assertEquals("CANCELLED PENDING PENDING", states());
      assertFalse(context.job("done/1.json").get("result").has("exit_code"));
      try (Stream<Path> left = Files.list(context.spool("running"))) {
        assertEquals(List.of(), left.toList());
      }
    }

    @Test
    void is_said_in_the_log_of_the_workers_where_there_is_one() throws Exception {
      Path log = home.resolve(".localq/localqd.log");
      context.run("lcancel", "1").exits(0);
      assertFalse(Files.exists(log), "made by workers alone");
      Files.createFile(log);
      context.run("lcancel", "2").exits(0);
      String line = ", pid " + CommandContext.pid() + ": job 2: CANCELLED";
      assertEquals(List.of("2026-11-22T12:00:00 lcancel" + line), Files.readAllLines(log));
      Files.delete(log);
      Files.createDirectory(log);
      context.run("lcancel", "3").exits(0);
    }

    @Test
    void on_hold_is_cancelled_too() throws Exception {
      Files.move(context.spool("1.json"), context.spool("held/1.json"));
      assertEquals("job 1 cancelled\n", context.run("lcancel", "1").exits(0).out());
    }

    @ParameterizedTest
    @ValueSource(strings = {"lcancel 3 1", "lcancel -j 1,3", "lcancel -j 1 3", "lcancel 1,3 1"})
    void is_one_of_several(String line) {
      CommandContext.Ran ran = context.run(line.split(" ")).exits(0);
      assertEquals("job 1 cancelled\njob 3 cancelled\n", ran.out());
      assertEquals("CANCELLED PENDING CANCELLED", states());
    }
  }

  /** Three tasks, which wait. */
  @Nested
  class An_array {
    @BeforeEach
    void submit_lines() throws Exception {
      Files.writeString(home.resolve("grid"), "a\nb\nc\n");
      context.run("lbatch", "--each-line", "grid").exits(0);
    }

    private String statesOf(String... ids) {
      List<String> words = new ArrayList<>(List.of("linfo", "--state"));
      words.addAll(List.of(ids));
      return context.run(words.toArray(new String[0])).exits(0).out().replace('\n', ' ').strip();
    }

    @Test
    void is_cancelled_as_a_whole() throws Exception {
      CommandContext.Ran ran = context.run("lcancel", "4").exits(0);
      assertEquals("array 4 cancelled\n", ran.out());
      assertEquals("CANCELLED CANCELLED CANCELLED", statesOf("4_1", "4_3", "4"));
      assertEquals(3, context.job("done/4.json").at("/result/tasks/CANCELLED").asInt());
      assertEquals(
          "array 4 had already ended, CANCELLED\n", context.run("lcancel", "4").exits(0).out());
      assertEquals(
          "job 4_3 had already ended, CANCELLED\n", context.run("lcancel", "4_3").exits(0).out());
    }

    @Test
    void loses_the_tasks_that_are_named_and_no_others() {
      CommandContext.Ran ran = context.run("lcancel", "4_[2-3]").exits(0);
      assertEquals("job 4_2 cancelled\njob 4_3 cancelled\n", ran.out());
      assertEquals("PENDING CANCELLED CANCELLED PENDING", statesOf("4_1", "4_2", "4_3", "4"));
    }

    @Test
    void is_one_of_all() {
      assertEquals(
          "job 1 cancelled\njob 2 cancelled\njob 3 cancelled\narray 4 cancelled\n",
          context.run("lcancel", "--all").exits(0).out());
    }

    @Test
    void has_no_more_tasks_than_it_has() {
      CommandContext.Ran ran = context.run("lcancel", "4_4").exits(1);
      assertTrue(ran.err().startsWith("lcancel: job 4_4: no such job in "), ran::toString);
    }
  }

  @Nested
  class An_array_of_numbers {
    @Test
    void loses_the_tasks_that_are_named_and_no_others() {
      context.run("lbatch", "-a", "0-8:4%1", "x").exits(0);
      assertEquals(
          "job 4_0 cancelled\njob 4_8 cancelled\n",
          context.run("lcancel", "4_[0,8]").exits(0).out());
      assertEquals(
          "CANCELLED\nPENDING\nCANCELLED\n",
          context.run("linfo", "--state", "4_[0-8:4]").exits(0).out());
      assertEquals("array 4 cancelled\n", context.run("lcancel", "4").exits(0).out());
      assertEquals("CANCELLED\n", context.run("linfo", "--state", "4_4").exits(0).out());
    }
  }

  @Nested
  class All {
    @Test
    void means_every_job_that_has_not_ended() throws Exception {
      context.completes(2);
      assertEquals(
          "job 1 cancelled\njob 3 cancelled\n", context.run("lcancel", "--all").exits(0).out());
      assertEquals("CANCELLED COMPLETED CANCELLED", states());
      assertEquals("", context.run("lcancel", "--all").exits(0).out());
    }
  }

  @Nested
  class A_job_that_has_ended {
    @Test
    void stays_as_it_is_and_that_is_no_error() throws Exception {
      context.completes(1);
      context.run("lcancel", "2").exits(0);
      CommandContext.Ran ran = context.run("lcancel", "1", "2").exits(0);
      assertEquals(
          "job 1 had already ended, COMPLETED\njob 2 had already ended, CANCELLED\n", ran.out());
      assertEquals("COMPLETED CANCELLED PENDING", states());
    }

    @Test
    void by_being_refused_is_no_error_either() throws Exception {
      Files.writeString(context.spool("rejected/9.json"), "{");
      assertEquals(
          "job 9 had already ended, REJECTED\n", context.run("lcancel", "9").exits(0).out());
    }
  }

  @Nested
  class A_claimed_job_of_a_dead_worker {
    @Test
    void that_never_started_is_cancelled_on_the_spot() throws Exception {
      context.runs(1);
      Files.delete(context.spool("running/1.1.started"));
      assertEquals("job 1 cancelled\n", context.run("lcancel", "1").exits(0).out());
      assertEquals("CANCELLED PENDING PENDING", states());
    }

    @Test
    void whose_processes_are_gone_is_cancelled_on_the_spot() throws Exception {
      context.runs(1);
      assertEquals("job 1 cancelled\n", context.run("lcancel", "1").exits(0).out());
      assertEquals("CANCELLED PENDING PENDING", states());
    }
  }

  @Nested
  class Refuses {
    @Test
    void an_unknown_id_after_it_cancelled_the_others() {
      CommandContext.Ran ran = context.run("lcancel", "1", "99").exits(1);
      assertEquals("job 1 cancelled\n", ran.out());
      assertEquals(
          "lcancel: job 99: no such job in "
              + context.uriFile()
              + "; lqueue shows those that are there\n",
          ran.err());
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "lcancel | no job named; expected ids, as lqueue shows them, or --all",
          "lcancel --all 1 | --all and ids exclude each other; expected one of them",
          "lcancel --grace -1 1 | --grace -1: expected a whole number from 0 to 2147483647",
          "lcancel --grace soon 1 | --grace soon: not a number, expected a whole number of at least"
              + " 0",
          "lcancel x | \"x\" is no job id, expected a whole number of at least 1 as lqueue shows"
              + " it",
          "lcancel -9 1 | \"-9\" is no job id, expected a whole number of at least 1 as lqueue shows"
              + " it",
        })
    void a_command_line_that_is_wrong_in_itself(String line, String message) {
      CommandContext.Ran ran = context.run(line.strip().split(" ")).exits(2);
      assertEquals("lcancel: " + message + "\n", ran.err());
      assertEquals("", ran.out());
      assertEquals("PENDING PENDING PENDING", states());
    }
  }
}
