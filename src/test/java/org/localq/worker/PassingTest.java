package org.localq.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.localq.SampleJob;
import org.localq.core.JobId;
import org.localq.core.State;
import org.localq.core.TimeLimit;

/**
 * A worker with four cores, of which job 1 takes two and may for ten minutes, and job 2 waits for
 * all four.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class PassingTest {
  private static final JobId FIRST = new JobId(1);

  @TempDir Path scratch;
  @AutoClose private Rig rig;

  @BeforeEach
  void begin() throws IOException {
    rig = new Rig(scratch.resolve("spool"), 4);
    submit(2, 600);
    rig.tick();
    rig.shimStarts(FIRST, 1);
    rig.submit(4);
  }

  private JobId submit(int cores, long seconds) throws IOException {
    return rig.submit(
        SampleJob.of("work")
            .cores(cores)
            .timeLimit(new TimeLimit(Optional.of(Duration.ofSeconds(seconds)), Optional.empty())));
  }

  private void assertStarts(String... starts) {
    assertEquals(List.of(starts), rig.engine.starts(), rig::evidence);
  }

  @Nested
  class A_job_behind_one_that_waits {
    @Test
    void starts_where_it_is_gone_by_then() throws IOException {
      submit(1, 571);
      submit(1, 570);
      rig.submit(1);
      rig.tick();
      assertStarts("1.1", "4.1");
    }

    @Test
    void has_as_much_less_time_as_the_running_job_ran() throws IOException {
      rig.pass(Duration.ofSeconds(100));
      submit(1, 471);
      submit(1, 470);
      rig.tick();
      assertStarts("1.1", "4.1");
    }

    @Test
    void counts_those_that_passed_before_it() throws IOException {
      submit(1, 500);
      rig.tick();
      submit(2, 10);
      rig.tick();
      assertStarts("1.1", "3.1");
      submit(1, 10);
      rig.tick();
      assertStarts("1.1", "3.1", "5.1");
    }

    @Test
    void does_so_likewise_under_the_next_worker() throws IOException {
      rig.pass(Duration.ofSeconds(100));
      submit(1, 471);
      submit(1, 470);
      rig.tick(rig.anotherWorker());
      assertStarts("1.1", "4.1");
    }

    @Test
    void passes_nothing_once_that_one_fits() throws IOException {
      submit(1, 10);
      rig.shimEnds(FIRST, 1, "0");
      rig.settle();
      assertStarts("1.1", "2.1");
    }

    @Test
    void waits_where_nobody_knows_what_a_running_job_takes() throws IOException {
      Files.writeString(rig.running("1.json"), "{");
      submit(1, 10);
      rig.tick(rig.anotherWorker());
      assertStarts("1.1");
    }

    @Test
    void waits_behind_a_running_job_without_a_limit() throws IOException {
      submit(1, 10);
      rig.tick();
      rig.runs(FIRST, "0");
      rig.runs(new JobId(3), "0");
      rig.shimStarts(new JobId(2), 1);
      rig.shimEnds(new JobId(2), 1, "0");
      JobId endless = rig.submit(1);
      rig.settle();
      rig.shimStarts(endless, 1);
      rig.submit(4);
      submit(1, 10);
      rig.settle();
      assertStarts("1.1", "3.1", "2.1", "4.1");
    }

    @Test
    void is_decided_upon_anew_where_its_file_was_replaced() throws IOException {
      JobId wide = submit(2, 100);
      rig.tick();
      rig.shimStarts(wide, 1);
      JobId late = submit(1, 100);
      rig.tick();
      // nobody announces this
      Path file = rig.path(late + ".json");
      String endless = Files.readString(file).replace("\"time_limit_seconds\"", "\"no_limit\"");
      Files.writeString(rig.path("draft"), endless);
      Files.setPosixFilePermissions(
          rig.path("draft"), PosixFilePermissions.fromString("rw-------"));
      Files.move(rig.path("draft"), file, StandardCopyOption.ATOMIC_MOVE);
      rig.shimEnds(wide, 1, "0");
      for (int i = 0; i < 5; i++) {
        rig.tickFor("running");
      }
      assertEquals(State.COMPLETED, rig.state(wide));
      assertStarts("1.1", wide + ".1");
    }

    @Test
    void is_found_far_behind_it() throws IOException {
      for (int i = 0; i < 1200; i++) {
        rig.submit(1);
      }
      JobId last = submit(1, 10);
      for (int i = 0; i < 20 && rig.tick() == Worker.Pace.SOON; i++) {
        // it is read in portions
      }
      assertStarts("1.1", last + ".1");
    }
  }

  @Nested
  class An_array_behind_it {
    @Test
    void starts_as_many_tasks_as_may() throws IOException {
      JobId array = array(3, 1, 3, 570);
      assertStarts("1.1", array + "_1.1", array + "_2.1");
      assertTrue(rig.names("").contains(array + ".json"), rig.evidence());
    }

    @Test
    void starts_none_that_would_delay_it() throws IOException {
      array(3, 1, 3, 571);
      assertStarts("1.1");
    }

    @Test
    void is_claimed_beside_another_without_either_being_looked_through_again() throws IOException {
      rig.limit(5);
      JobId broad = array(3, 2, 4, 100);
      JobId narrow = array(4, 1, 4, 100);
      for (int task = 1; task <= 4; task++) {
        assertTrue(rig.claimed().contains(broad.ofTask(task)), rig::evidence);
        assertTrue(rig.claimed().contains(narrow.ofTask(task)), rig::evidence);
        if (task > 1 && task < 4) {
          // up to there the next worker need not look
          assertTrue(rig.names("running").contains("3.claimed-" + (task - 1)), rig::evidence);
          assertTrue(rig.names("running").contains("4.claimed-" + (task - 1)), rig::evidence);
        }
        for (JobId array : List.of(broad, narrow)) {
          rig.shimStarts(array.ofTask(task), 1);
          rig.shimEnds(array.ofTask(task), 1, "0");
        }
        rig.tick();
      }
      rig.settle();
      assertEquals(State.COMPLETED, rig.state(broad), rig::evidence);
      assertEquals(State.COMPLETED, rig.state(narrow), rig::evidence);
    }

    private JobId array(int id, int cores, int tasks, long seconds) throws IOException {
      String lines = "\"x\"" + ", \"x\"".repeat(tasks - 1);
      Path draft =
          Files.writeString(
              rig.path("array"),
              "{\"command\": [\"sh\", \"-c\"], \"directory\": \"/d\", \"cores\": %d,"
                      .formatted(cores)
                  + " \"stdout\": \"x\", \"time_limit_seconds\": %d, \"tasks\": %d, \"lines\": [%s]}"
                      .formatted(seconds, tasks, lines));
      Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rw-------"));
      Files.move(draft, rig.path("array.json"));
      rig.tick();
      return new JobId(id);
    }
  }
}
