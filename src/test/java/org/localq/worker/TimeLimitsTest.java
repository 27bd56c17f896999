package org.localq.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.localq.SampleJob;
import org.localq.core.JobId;
import org.localq.core.Outcome;
import org.localq.core.Presence;
import org.localq.core.Reason;
import org.localq.core.State;
import org.localq.core.TimeLimit;
import org.localq.core.Warning;

/** A job that may run for ten minutes. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class TimeLimitsTest {
  private static final Duration LIMIT = Duration.ofMinutes(10);

  @TempDir Path scratch;
  @AutoClose private Rig rig;
  private JobId id;

  @BeforeEach
  void begin() throws IOException {
    rig = new Rig(scratch.resolve("spool"), 4);
  }

  private void submit(Optional<Warning> warning) throws IOException {
    id = rig.submit(SampleJob.of("work").timeLimit(new TimeLimit(Optional.of(LIMIT), warning)));
  }

  private void runs() throws IOException {
    runs(Optional.empty());
  }

  private void runs(Optional<Warning> warning) throws IOException {
    submit(warning);
    rig.tick();
    rig.shimStarts(id, 1);
    rig.tick();
  }

  @Nested
  class Before_the_limit {
    @Test
    void nothing_is_sent_and_the_worker_wakes_at_it() throws IOException {
      runs();
      assertEquals(Optional.of(LIMIT), rig.due());
      rig.pass(Duration.ofSeconds(599));
      assertEquals(Optional.of(Duration.ofSeconds(1)), rig.due());
      assertEquals(List.of(), rig.engine.signals());
    }

    @Test
    void a_worker_that_can_claim_nothing_wakes_at_it_too() throws IOException {
      runs();
      rig.submit(1);
      rig.breakDisk("");
      assertEquals(Optional.of(LIMIT), rig.due());
    }

    @Test
    void a_job_that_ends_is_what_it_ended_with() throws IOException {
      runs();
      rig.pass(Duration.ofSeconds(599));
      rig.shimEnds(id, 1, "0");
      rig.pass(Duration.ofSeconds(30));
      rig.settle();
      assertEquals(State.COMPLETED, rig.state(id));
      assertEquals(Optional.empty(), rig.due());
    }

    @Test
    void a_shim_that_comes_late_has_all_the_time() throws IOException {
      submit(Optional.empty());
      rig.tick();
      rig.pass(Duration.ofSeconds(9));
      assertEquals(Optional.of(LIMIT), rig.due());
      rig.shimStarts(id, 1);
      rig.tick();
      rig.pass(Duration.ofSeconds(591));
      assertEquals(Optional.of(Duration.ofSeconds(9)), rig.due());
    }

    @Test
    void a_job_without_one_is_never_due() throws IOException {
      rig.submitStarted(1);
      assertEquals(Optional.empty(), rig.due());
      rig.pass(Duration.ofDays(1000));
      rig.tick();
      assertEquals(List.of(), rig.engine.signals());
    }
  }

  @Nested
  class At_the_limit {
    @Test
    void a_job_is_sent_TERM_and_KILL_30_seconds_later() throws IOException {
      runs();
      rig.pass(LIMIT);
      rig.tick();
      assertEquals(List.of("TERM 1.1"), rig.engine.signals());
      assertEquals(State.RUNNING, rig.state(id));
      rig.pass(Duration.ofMillis(29_990));
      rig.tick();
      assertEquals(List.of("TERM 1.1"), rig.engine.signals());
      rig.pass(Duration.ofMillis(10));
      rig.tick();
      assertEquals(List.of("TERM 1.1", "KILL 1.1"), rig.engine.signals());
      rig.shimEnds(id, 1, "137");
      rig.settle();
      assertEquals(Outcome.timeout(OptionalInt.of(137)), rig.outcome(id));
      assertEquals(0, rig.names("running").size(), rig.evidence());
    }

    @Test
    void it_is_TIMEOUT_however_it_ends() throws IOException {
      runs();
      rig.pass(LIMIT);
      rig.tick();
      rig.shimEnds(id, 1, "0");
      rig.settle();
      assertEquals(Outcome.timeout(OptionalInt.of(0)), rig.outcome(id));
    }

    @Test
    void a_job_that_went_down_with_its_machine_is_LOST_however_long_ago_that_is()
        throws IOException {
      runs();
      rig.engine.set(id, Presence.GONE);
      rig.pass(Duration.ofDays(1));
      rig.boot(Rig.OTHER_BOOT);
      rig.settle();
      assertEquals(Outcome.lost(Reason.NODE_FAIL), rig.outcome(id), rig.evidence());
    }

    @Test
    void a_job_whose_shim_was_killed_before_it_is_LOST() throws IOException {
      runs();
      rig.engine.set(id, Presence.GONE);
      rig.pass(LIMIT);
      rig.settle();
      assertEquals(Outcome.lost(Reason.SHIM_LOST), rig.outcome(id), rig.evidence());
      assertEquals(Optional.empty(), rig.due());
    }

    @Test
    void an_event_before_the_next_poll_is_enough() throws IOException {
      runs();
      rig.pass(LIMIT);
      rig.tickFor("running");
      assertEquals(List.of("TERM 1.1"), rig.engine.signals());
    }

    @Test
    void a_clock_that_was_set_changes_nothing() throws IOException {
      runs();
      rig.setClock(Instant.parse("2036-01-01T00:00:00Z"));
      rig.tick();
      assertEquals(List.of(), rig.engine.signals());
      rig.setClock(Instant.parse("1999-01-01T00:00:00Z"));
      rig.pass(LIMIT);
      rig.tick();
      assertEquals(List.of("TERM 1.1"), rig.engine.signals());
    }

    @Test
    void time_in_which_the_machine_was_suspended_does_not_count() throws IOException {
      runs();
      rig.pass(Duration.ofMinutes(4));
      rig.suspend(Duration.ofHours(8));
      assertEquals(Optional.of(Duration.ofMinutes(6)), rig.due());
      rig.pass(Duration.ofMinutes(6));
      rig.tick();
      assertEquals(List.of("TERM 1.1"), rig.engine.signals());
    }

    @Test
    void who_cancels_it_gets_CANCELLED() throws IOException {
      runs();
      rig.pass(LIMIT);
      rig.tick();
      rig.cancel(id, Duration.ofSeconds(5));
      rig.shimEnds(id, 1, "143");
      rig.settle();
      assertEquals(Outcome.cancelled(OptionalInt.of(143)), rig.outcome(id));
    }

    @Test
    void a_stopped_shim_is_ended_too() throws IOException {
      runs();
      rig.engine.set(id, Presence.SHIM_ONLY);
      rig.pass(LIMIT);
      rig.tick();
      rig.pass(Duration.ofSeconds(35));
      rig.tick();
      assertTrue(rig.engine.signals().contains("KILL shim 1.1"), rig.evidence());
    }
  }

  @Nested
  class The_worker_that_comes_after_a_crash {
    @Test
    void counts_from_the_start_of_the_job() throws IOException {
      runs();
      rig.pass(Duration.ofMinutes(9));
      rig.boot(Rig.BOOT);
      assertEquals(Optional.of(Duration.ofMinutes(1)), rig.due());
      rig.pass(Duration.ofMinutes(1));
      rig.tick();
      assertEquals(List.of("TERM 1.1"), rig.engine.signals());
    }

    @Test
    void leaves_out_what_the_machine_was_suspended_meanwhile() throws IOException {
      runs();
      rig.suspend(Duration.ofHours(1));
      rig.boot(Rig.BOOT);
      assertEquals(Optional.of(LIMIT), rig.due());
    }

    @Test
    void ends_what_had_reached_it_meanwhile() throws IOException {
      runs();
      rig.pass(Duration.ofHours(1));
      rig.boot(Rig.BOOT);
      rig.tick();
      assertEquals(List.of("TERM 1.1"), rig.engine.signals());
    }

    @Test
    void goes_on_where_the_other_died_behind_the_note() throws IOException {
      runs();
      rig.pass(LIMIT);
      Files.createFile(rig.running("1.1.timeout"));
      rig.boot(Rig.BOOT);
      rig.tick();
      assertEquals(List.of("TERM 1.1"), rig.engine.signals());
      rig.shimEnds(id, 1, "143");
      rig.boot(Rig.BOOT);
      rig.settle();
      assertEquals(Outcome.timeout(OptionalInt.of(143)), rig.outcome(id));
    }

    @Test
    void counts_the_grace_from_the_TERM_that_was_sent() throws IOException {
      runs();
      rig.pass(LIMIT);
      rig.tick();
      rig.pass(Duration.ofSeconds(30));
      rig.boot(Rig.BOOT);
      rig.tick();
      assertEquals(List.of("TERM 1.1", "KILL 1.1"), rig.engine.signals());
    }

    @Test
    void records_it_so_after_a_reboot_too() throws IOException {
      runs();
      rig.pass(LIMIT);
      rig.tick();
      rig.boot(Rig.OTHER_BOOT);
      rig.settle();
      assertEquals(Outcome.timeout(OptionalInt.empty()), rig.outcome(id));
    }

    @Test
    void counts_from_its_first_look_where_the_shim_noted_no_time() throws IOException {
      submit(Optional.empty());
      rig.tick();
      rig.shimStarts(id, 1);
      Files.writeString(rig.running("1.1.started"), "4711 99\n");
      rig.tick();
      rig.pass(Duration.ofMinutes(9));
      assertEquals(Optional.of(Duration.ofMinutes(1)), rig.due());
    }
  }

  @Nested
  class The_warning {
    @Test
    void is_sent_once_before_the_limit() throws IOException {
      runs(Warning.parse("USR1@60"));
      assertEquals(Optional.of(Duration.ofMinutes(9)), rig.due());
      rig.pass(Duration.ofMinutes(9));
      assertEquals(Optional.of(Duration.ofMinutes(1)), rig.due());
      rig.pass(Duration.ofSeconds(30));
      rig.tick();
      assertEquals(List.of("USR1 1.1"), rig.engine.signals());
      rig.pass(Duration.ofSeconds(30));
      rig.tick();
      assertEquals(List.of("USR1 1.1", "TERM 1.1"), rig.engine.signals());
    }

    @Test
    void is_for_the_command_alone_where_that_is_wanted() throws IOException {
      runs(Warning.parse("B:INT@300"));
      rig.pass(Duration.ofMinutes(5));
      rig.tick();
      assertEquals(List.of("B:INT 1.1"), rig.engine.signals());
    }

    @Test
    void is_not_sent_again_by_a_later_worker() throws IOException {
      runs(Warning.parse("USR1@60"));
      rig.pass(Duration.ofMinutes(9));
      rig.tick();
      rig.boot(Rig.BOOT);
      rig.tick();
      assertEquals(List.of("USR1 1.1"), rig.engine.signals());
    }

    @Test
    void of_a_limit_that_is_shorter_is_sent_at_once() throws IOException {
      runs(Warning.parse("USR1@3600"));
      assertEquals(List.of("USR1 1.1"), rig.engine.signals());
      assertEquals(Optional.of(LIMIT), rig.due());
    }
  }
}
