package org.localq.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.localq.core.JobId;
import org.localq.core.Outcome;
import org.localq.core.Presence;
import org.localq.core.State;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class CancellationTest {
  private static final Duration GRACE = Duration.ofSeconds(30);
  private static final Outcome CANCELLED = Outcome.cancelled(OptionalInt.empty());

  @TempDir Path base;
  private Rig rig;
  private JobId id;

  @BeforeEach
  void set_up() throws Exception {
    rig = new Rig(base.resolve("spool"), 4);
    id = rig.submit(1);
  }

  @AfterEach
  void close_the_spool() throws Exception {
    rig.close();
  }

  private void isRecordedAs(Outcome expected) throws Exception {
    assertEquals(expected, rig.outcome(id), rig::evidence);
    assertEquals(Set.of(), rig.names("running"), rig::evidence);
    assertFalse(Files.exists(rig.path(id + ".json")), rig::evidence);
  }

  @Nested
  class A_pending_job {
    @Test
    void is_cancelled_at_once_and_never_starts() throws Exception {
      assertEquals(Cancellation.Answer.CANCELLED, rig.cancel(id, GRACE));
      isRecordedAs(CANCELLED);
      assertTrue(rig.result(id).started().isEmpty());
      rig.settle();
      assertEquals(List.of(), rig.engine.starts());
    }

    @Test
    void on_hold_is_cancelled_too() throws Exception {
      Files.move(rig.path("1.json"), rig.path("held/1.json"));
      assertEquals(Cancellation.Answer.CANCELLED, rig.cancel(id, GRACE));
      isRecordedAs(CANCELLED);
    }

    @Test
    void whose_canceller_died_behind_the_marker_is_cancelled_by_a_worker() throws Exception {
      Files.writeString(rig.running("1.cancel"), "30\n");
      rig.settle();
      rig.settle();
      isRecordedAs(CANCELLED);
      assertEquals(List.of(), rig.engine.starts());
    }

    @Test
    void whose_canceller_died_behind_the_move_is_cancelled_by_a_worker() throws Exception {
      Files.writeString(rig.running("1.cancel"), "30\n");
      Files.move(rig.path("1.json"), rig.running("1.json"));
      rig.settle();
      isRecordedAs(CANCELLED);
    }
  }

  @Nested
  class A_claimed_job_without_a_start_token {
    @Test
    void is_closed_to_its_shim() throws Exception {
      rig.tick();
      assertEquals(Cancellation.Answer.CANCELLED, rig.cancel(id, GRACE));
      isRecordedAs(CANCELLED);
      assertEquals(List.of(), rig.engine.signals());
    }

    @Test
    void is_closed_for_ever_where_the_canceller_dies_behind_the_void_token() throws Exception {
      rig.tick();
      Files.writeString(rig.running("1.cancel"), "30\n");
      Files.createLink(rig.running("1.1.started"), rig.path(".localq/void"));
      rig.boot(Rig.BOOT);
      rig.settle();
      isRecordedAs(CANCELLED);
    }
  }

  @Nested
  class A_running_job {
    @BeforeEach
    void runs() throws Exception {
      rig.tick();
      rig.shimStarts(id, 1);
      rig.tick();
    }

    @Test
    void is_told_to_end_and_recorded_with_the_code_it_ended_with() throws Exception {
      assertEquals(Cancellation.Answer.ENDING, rig.cancel(id, GRACE));
      assertEquals(List.of("TERM 1.1"), rig.engine.signals());
      assertEquals(State.RUNNING, rig.state(id));
      rig.shimEnds(id, 1, "143");
      rig.settle();
      isRecordedAs(Outcome.cancelled(OptionalInt.of(143)));
    }

    @Test
    void gets_TERM_once_and_KILL_after_the_grace() throws Exception {
      rig.cancel(id, GRACE);
      for (int i = 0; i < 10; i++) {
        rig.tick();
      }
      rig.pass(GRACE.minusMillis(1));
      rig.tick();
      assertEquals(List.of("TERM 1.1"), rig.engine.signals(), rig::evidence);
      rig.pass(Duration.ofMillis(1));
      rig.tick();
      assertEquals(List.of("TERM 1.1", "KILL 1.1"), rig.engine.signals(), rig::evidence);
    }

    @Test
    void gets_KILL_at_once_where_there_is_no_grace() throws Exception {
      rig.cancel(id, Duration.ZERO);
      rig.tick();
      assertEquals(
          List.of("TERM 1.1", "KILL 1.1"), rig.engine.signals().subList(0, 2), rig::evidence);
    }

    @Test
    void keeps_the_moment_of_TERM_over_a_new_worker() throws Exception {
      rig.cancel(id, GRACE);
      rig.pass(Duration.ofSeconds(20));
      rig.boot(Rig.BOOT);
      rig.tick();
      assertEquals(List.of("TERM 1.1"), rig.engine.signals(), rig::evidence);
      rig.pass(Duration.ofSeconds(10));
      rig.tick();
      assertEquals(List.of("TERM 1.1", "KILL 1.1"), rig.engine.signals(), rig::evidence);
    }

    @Test
    void ends_sooner_when_it_is_cancelled_again_with_less_grace() throws Exception {
      rig.cancel(id, GRACE);
      rig.cancel(id, Duration.ofSeconds(1));
      rig.pass(Duration.ofSeconds(1));
      rig.tick();
      assertEquals(List.of("TERM 1.1", "KILL 1.1"), rig.engine.signals(), rig::evidence);
    }

    @Test
    void ends_no_later_when_it_is_cancelled_again_with_more_grace() throws Exception {
      rig.cancel(id, Duration.ofSeconds(1));
      rig.cancel(id, GRACE);
      rig.pass(Duration.ofSeconds(1));
      rig.tick();
      assertEquals(List.of("TERM 1.1", "KILL 1.1"), rig.engine.signals(), rig::evidence);
    }

    @Test
    void is_marked_anew_on_the_disk_when_who_asked_before_died_behind_the_marker()
        throws Exception {
      rig.engine.set(id, Presence.SHIM_ONLY);
      Files.writeString(rig.running(id + ".cancel"), "30\n");
      int before = rig.forced().size();
      assertEquals(Cancellation.Answer.ENDING, rig.cancel(id, GRACE));
      List<String> forced = rig.forced().subList(before, rig.forced().size());
      assertTrue(forced.contains("running after 1"), forced::toString);
    }

    @Test
    void whose_shim_alone_is_left_loses_that_too() throws Exception {
      rig.cancel(id, GRACE);
      rig.engine.set(id, Presence.SHIM_ONLY);
      rig.tick();
      rig.pass(GRACE.plusSeconds(5));
      rig.tick();
      assertEquals(List.of("TERM 1.1", "KILL shim 1.1"), rig.engine.signals(), rig::evidence);
      rig.engine.set(id, Presence.GONE);
      rig.settle();
      isRecordedAs(CANCELLED);
    }

    @Test
    void is_cancelled_also_when_it_was_killed_with_its_shim() throws Exception {
      rig.cancel(id, GRACE);
      rig.engine.set(id, Presence.GONE);
      rig.settle();
      isRecordedAs(CANCELLED);
    }

    @Test
    void says_what_keeps_it_from_its_end_and_is_brought_there_later() throws Exception {
      rig.cancel(id, GRACE);
      rig.shimEnds(id, 1, "143");
      rig.breakDisk("done");
      assertThrows(IOException.class, () -> rig.cancellation().pursue(id));
      rig.mendDisk();
      assertTrue(rig.cancellation().pursue(id), rig::evidence);
      isRecordedAs(Outcome.cancelled(OptionalInt.of(143)));
    }

    @Test
    void is_brought_to_its_end_without_a_worker() throws Exception {
      rig.cancel(id, GRACE);
      assertFalse(rig.cancellation().pursue(id));
      rig.pass(GRACE);
      assertFalse(rig.cancellation().pursue(id));
      assertEquals(List.of("TERM 1.1", "KILL 1.1"), rig.engine.signals(), rig::evidence);
      rig.shimEnds(id, 1, "137");
      rig.cancellation().pursue(id);
      assertTrue(rig.cancellation().pursue(id), rig::evidence);
      isRecordedAs(Outcome.cancelled(OptionalInt.of(137)));
    }
  }

  @Nested
  class A_job_whose_command_has_ended {
    @Test
    void and_left_something_behind_keeps_its_own_end() throws Exception {
      rig.tick();
      rig.shimStarts(id, 1);
      rig.shimEnds(id, 1, "0");
      rig.engine.set(id, Presence.ALIVE);
      assertEquals(Cancellation.Answer.ENDED, rig.cancel(id, GRACE));
      assertFalse(Files.exists(rig.running("1.cancel")));
      rig.tick();
      assertEquals(List.of("TERM 1.1"), rig.engine.signals());
      rig.engine.set(id, Presence.GONE);
      rig.settle();
      isRecordedAs(new Outcome(State.COMPLETED, OptionalInt.of(0), ""));
    }

    @Test
    void and_is_recorded_stays_as_it_is() throws Exception {
      rig.tick();
      rig.runs(id, "3");
      assertEquals(Cancellation.Answer.ENDED, rig.cancel(id, GRACE));
      isRecordedAs(new Outcome(State.FAILED, OptionalInt.of(3), "NonZeroExitCode"));
    }

    @Test
    void by_being_cancelled_can_be_cancelled_again_to_no_effect() throws Exception {
      rig.cancel(id, GRACE);
      assertEquals(Cancellation.Answer.ENDED, rig.cancel(id, GRACE));
      isRecordedAs(CANCELLED);
    }
  }

  @Nested
  class Any_other_id {
    @Test
    void is_unknown() throws Exception {
      assertEquals(Cancellation.Answer.UNKNOWN, rig.cancel(new JobId(99), GRACE));
      assertFalse(Files.exists(rig.running("99.cancel")));
    }

    @Test
    void of_a_rejected_drop_has_ended() throws Exception {
      Files.createDirectory(rig.path("odd.json"));
      rig.tick();
      assertEquals(State.REJECTED, rig.state(new JobId(2)), rig::evidence);
      assertEquals(Cancellation.Answer.ENDED, rig.cancel(new JobId(2), GRACE));
    }
  }
}
