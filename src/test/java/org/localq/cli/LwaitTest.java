package org.localq.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
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
class LwaitTest {
  private static final String FAILED =
      "{\"state\": \"FAILED\", \"exit_code\": %d, \"ended\": \"2026-11-22T11:00:00Z\"}";
  private static final String LOST = "{\"state\": \"LOST\", \"ended\": \"2026-11-22T11:00:00Z\"}";

  @TempDir Path home;
  private CommandContext context;

  @BeforeEach
  void set_up() {
    context = new CommandContext(home);
    for (int i = 0; i < 3; i++) {
      context.run("lbatch", "x").exits(0);
    }
  }

  /** What somebody does to the spool. */
  private interface Hand {
    void changes() throws Exception;
  }

  /** Somebody else, a moment later. */
  private static Thread later(Hand hand) {
    Thread person =
        new Thread(
            () -> {
              try {
                Thread.sleep(Duration.ofMillis(200).toMillis());
                hand.changes();
              } catch (Exception failed) {
                throw new IllegalStateException(failed);
              }
            });
    person.start();
    return person;
  }

  @Nested
  class The_exit_code {
    @ParameterizedTest
    @CsvSource({"1, 0", "2, 37", "1 2, 37", "'2,1', 37", "-j 2 1, 37", "3, 1", "3 1, 1", "2 3, 37"})
    void is_the_highest_that_is_recorded(String ids, int code) throws Exception {
      context.completes(1);
      context.ends(2, FAILED.formatted(37));
      context.ends(3, LOST);
      CommandContext.Ran ran = context.run(("lwait " + ids).split(" ")).exits(code);
      assertEquals("", ran.out());
      assertEquals(
          ids.contains("3") ? "lwait: job 3 is LOST; it has no exit code\n" : "", ran.err());
    }

    @Test
    void of_an_unknown_job_is_1_and_the_others_are_waited_for() throws Exception {
      context.completes(1);
      context.worker();
      Thread worker = later(() -> context.ends(2, FAILED.formatted(3)));
      CommandContext.Ran ran = context.run("lwait", "99", "1", "2").exits(3);
      worker.join();
      String unknown =
          "lwait: job 99: no such job in "
              + context.uriFile()
              + "; lqueue shows those that are there\n";
      assertEquals(unknown, ran.err());
      assertEquals(unknown, context.run("lwait", "99", "1").exits(1).err());
    }

    @Test
    void of_a_job_that_is_removed_meanwhile_is_1() throws Exception {
      context.worker();
      Thread person = later(() -> Files.delete(context.spool("1.json")));
      CommandContext.Ran ran = context.run("lwait", "1").exits(1);
      person.join();
      assertEquals(
          "lwait: job 1: its file was removed by hand, so its end is not known\n", ran.err());
    }

    @Test
    void of_an_array_is_the_highest_of_its_tasks() throws Exception {
      context.run("lbatch", "-a", "0-4:4", "x").exits(0);
      context.worker();
      Thread worker =
          later(
              () ->
                  context.ends(
                      4,
                      "{\"state\": \"FAILED\", \"exit_code\": 9, \"ended\": \"2026-11-22T11:00:00Z\","
                          + " \"tasks\": {\"COMPLETED\": 1, \"FAILED\": 1}}"));
      context.run("lwait", "4").exits(9);
      worker.join();
    }

    @Test
    void of_a_task_is_its_own() {
      context.run("lbatch", "-a", "0-8:4", "x").exits(0);
      context.run("lcancel", "4_[0,8]").exits(0);
      CommandContext.Ran ran = context.run("lwait", "4_[0-8:8]").exits(1);
      assertEquals(
          "lwait: job 4_0 is CANCELLED; it has no exit code\n"
              + "lwait: job 4_8 is CANCELLED; it has no exit code\n",
          ran.err());
    }
  }

  @Nested
  class All {
    @Test
    void means_every_job_that_is_pending_or_running() throws Exception {
      context.ends(1, FAILED.formatted(37));
      context.runs(2);
      context.worker();
      Thread worker =
          later(
              () -> {
                context.completes(3);
                Files.move(context.spool("running/2.json"), context.spool("2.json"));
                context.ends(2, FAILED.formatted(4));
              });
      context.run("lwait", "--all").exits(4);
      worker.join();
      context.run("lwait", "--all").exits(0);
    }
  }

  @Nested
  class Without_a_worker {
    @Test
    void that_is_said_while_something_is_waited_for() throws Exception {
      Thread worker = later(() -> context.completes(1));
      CommandContext.Ran ran = context.run("lwait", "1").exits(0);
      worker.join();
      assertEquals(
          "lwait: no worker is alive: nothing starts, and no end is recorded, before localqd"
              + " start\n",
          ran.err());
      assertEquals("", context.run("lwait", "1").exits(0).err());
    }
  }

  @Nested
  class Refuses {
    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "lwait | no job named; expected ids, as lqueue shows them, or --all",
          "lwait --all 1 | --all and ids exclude each other; expected one of them",
          "lwait x | \"x\" is no job id, expected a whole number of at least 1 as lqueue shows it",
          "lwait 1_[3-1] | \"1_[3-1]\" names no tasks, expected some as in 17_3, 17_[1-3] or"
              + " 17_[1,5-7]",
        })
    void a_command_line_that_is_wrong_in_itself(String line, String message) {
      CommandContext.Ran ran = context.run(line.strip().split(" ")).exits(2);
      assertEquals("lwait: " + message + "\n", ran.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "--all"})
    void a_queue_that_is_not_there(String what) {
      CommandContext.Ran ran =
          new CommandContext(home.resolve("nowhere")).run("lwait", what).exits(1);
      assertTrue(ran.err().contains("there is no queue yet"), ran::toString);
    }
  }
}
