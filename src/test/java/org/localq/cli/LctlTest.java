package org.localq.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
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

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class LctlTest {
  @TempDir Path home;
  private CommandContext context;

  @BeforeEach
  void set_up() {
    context = new CommandContext(home);
    for (int i = 0; i < 3; i++) {
      context.run("lbatch", "x").exits(0);
    }
  }

  private void holds(int id) {
    assertTrue(Files.exists(context.spool("held/" + id + ".json")), "job " + id + " is held");
  }

  private void waits(int id) {
    assertTrue(Files.exists(context.spool(id + ".json")), "job " + id + " is pending");
  }

  @Nested
  class Hold_and_release {
    @ParameterizedTest
    @ValueSource(strings = {"1 3", "1,3", "-j 1,3", "-j 1 3"})
    void take_ids_as_other_commands_do_and_print_nothing(String ids) {
      CommandContext.Ran held = context.run(("lctl hold " + ids).split(" ")).exits(0);
      assertEquals("", held.out() + held.err());
      holds(1);
      waits(2);
      holds(3);
      CommandContext.Ran released = context.run(("lctl release " + ids).split(" ")).exits(0);
      assertEquals("", released.out() + released.err());
      waits(1);
      waits(3);
    }

    @Test
    void are_silent_where_it_was_so_before() {
      context.run("lctl", "release", "1").exits(0);
      context.run("lctl", "hold", "1").exits(0);
      assertEquals("", context.run("lctl", "hold", "1").exits(0).err());
      holds(1);
    }

    @Test
    void show_in_lqueue_and_linfo() throws IOException {
      context.limit(4).worker();
      context.run("lctl", "hold", "2").exits(0);
      assertTrue(
          context
              .run("lqueue", "-t", "pending")
              .lines()
              .get(2)
              .matches(" *2 +- +PENDING .* JobHeldUser .*"),
          context.run("lqueue").out());
      assertTrue(
          context.run("linfo", "2").out().contains("JobHeldUser, it is on hold; lctl release 2"),
          context.run("linfo", "2").out());
    }

    @Test
    void refuse_a_job_that_runs_and_do_the_others() throws IOException {
      context.runs(1);
      CommandContext.Ran ran = context.run("lctl", "hold", "1", "2").exits(1);
      assertEquals(
          "lctl: job 1 runs, and only what is pending can be held; to end it: lcancel 1\n",
          ran.err());
      holds(2);
    }

    @Test
    void refuse_a_job_that_has_ended_and_say_how_to_run_it_again() throws IOException {
      context.completes(1);
      String refusal = context.run("lctl", "release", "1").exits(1).err();
      assertEquals("lctl: job 1 has ended, COMPLETED; to run it again: lctl requeue 1\n", refusal);
      context.run("lctl", "requeue", "1").exits(0);
      context.run("lctl", "hold", "1").exits(0);
      holds(1);
    }

    @Test
    void send_to_lbatch_whoever_names_an_array_that_has_ended() {
      context.run("lbatch", "-a", "1-2", "true").exits(0);
      context.run("lcancel", "4").exits(0);
      assertEquals(
          "lctl: job 4 has ended, CANCELLED; to run its command again: lbatch\n",
          context.run("lctl", "hold", "4").exits(1).err());
    }

    @Test
    void refuse_a_job_that_is_not_there() {
      assertEquals(
          "lctl: job 9: no such job in "
              + context.uriFile()
              + "; lqueue shows those that are there\n",
          context.run("lctl", "hold", "9").exits(1).err());
    }

    @Test
    void take_an_array_as_a_whole() throws IOException {
      context.input(new java.io.ByteArrayInputStream("true\ntrue\n".getBytes()));
      context.run("lbatch", "--each-line", "-").exits(0);
      assertEquals(
          "lctl: job 4_2 is one of the tasks that have not started, which wait together; expected"
              + " the array: lctl hold 4\n",
          context.run("lctl", "hold", "4_2").exits(1).err());
      context.run("lctl", "hold", "4").exits(0);
      holds(4);
    }
  }

  @Nested
  class A_command_line {
    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "lctl | no verb; expected hold, release or requeue and ids",
          "lctl hold | hold: no job named; expected ids, as lqueue shows them",
          "lctl keep 1 | keep: no such verb, expected hold, release or requeue",
          "lctl hold x | \"x\" is no job id, expected a whole number of at least 1 as lqueue shows it",
        })
    void that_is_wrong_is_refused(String line, String expected) {
      CommandContext.Ran ran = context.run(line.split(" ")).exits(2);
      assertEquals("lctl: " + expected + "\n", ran.err());
    }
  }

  @Nested
  class Requeue {
    @Test
    void of_what_waits_is_refused() throws Exception {
      CommandContext.Ran ran = context.run("lctl", "requeue", "1").exits(1);
      assertEquals("lctl: job 1 does not run: it starts when it is its turn\n", ran.err());
      assertEquals("", ran.out());
    }

    @Test
    void of_what_has_ended_makes_it_pending_and_prints_nothing() throws Exception {
      context.completes(2);
      CommandContext.Ran ran = context.run("lctl", "requeue", "2").exits(0);
      assertEquals("", ran.out() + ran.err());
      assertEquals("PENDING\n", context.run("linfo", "--state", "2").exits(0).out());
    }
  }
}
