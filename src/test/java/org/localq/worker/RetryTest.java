package org.localq.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.localq.SampleJob;
import org.localq.core.Attempted;
import org.localq.core.Conditions;
import org.localq.core.JobId;
import org.localq.core.Outcome;
import org.localq.core.Presence;
import org.localq.core.Reason;
import org.localq.core.Retry;
import org.localq.core.State;
import org.localq.core.TaskNumbers;
import org.localq.spool.Holding;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class RetryTest {
  @TempDir Path scratch;
  @AutoClose private Rig rig;

  @BeforeEach
  void begin() throws IOException {
    rig = new Rig(scratch.resolve("spool"), 4);
  }

  private JobId submit(boolean requeue, int retries) throws IOException {
    JobId id = rig.submit(SampleJob.of("work").retry(new Retry(requeue, retries, Duration.ZERO)));
    rig.settle();
    return id;
  }

  private void attempt(JobId id, int number, String code) throws IOException {
    rig.shimStarts(id, number);
    rig.tick();
    rig.shimEnds(id, number, code);
    rig.settle();
  }

  private void endNow(JobId id, int attempt, String code) throws IOException {
    rig.shimEnds(id, attempt, code);
    Path token = rig.running(id + "." + attempt + ".exit-" + code);
    Files.setLastModifiedTime(token, FileTime.from(rig.wall()));
    rig.settle();
  }

  private List<Integer> codes(JobId id) throws IOException {
    return rig.result(id).attempts().stream()
        .map(attempt -> attempt.outcome().exitCode().orElse(-1))
        .toList();
  }

  @Nested
  class A_job_that_fails {
    @Test
    void is_run_again_until_it_does_not() throws IOException {
      JobId id = submit(false, 3);
      attempt(id, 1, "3");
      assertEquals(State.RUNNING, rig.state(id));
      attempt(id, 2, "4");
      attempt(id, 3, "0");
      assertEquals(State.COMPLETED, rig.state(id));
      assertEquals(List.of("1.1", "1.2", "1.3"), rig.engine.starts());
      assertEquals(List.of(3, 4, 0), codes(id));
      assertEquals(2, rig.result(id).restarts());
      assertEquals(0, rig.names("running").size(), rig.evidence());
    }

    @Test
    void ends_as_its_last_attempt_did_once_there_are_no_more() throws IOException {
      JobId id = submit(false, 1);
      attempt(id, 1, "3");
      attempt(id, 2, "5");
      assertEquals(OptionalInt.of(5), rig.outcome(id).exitCode());
      assertEquals(List.of(3, 5), codes(id));
    }

    @Test
    void tells_its_command_which_attempt_it_is() throws IOException {
      JobId id = submit(false, 2);
      attempt(id, 1, "3");
      assertEquals(List.of(0, 1), rig.engine.launches().stream().map(l -> l.restarts()).toList());
    }

    @Test
    void waits_as_long_as_it_asked_for() throws IOException {
      Duration delay = Duration.ofMinutes(1);
      JobId id = rig.submit(SampleJob.of("work").retry(new Retry(false, 1, delay)));
      rig.settle();
      rig.shimStarts(id, 1);
      rig.tick();
      rig.shimEnds(id, 1, "3");
      Files.setLastModifiedTime(rig.running("1.1.exit-3"), FileTime.from(rig.wall()));
      rig.settle();
      assertEquals(State.PENDING, rig.state(id), rig.evidence());
      assertEquals(Optional.of(delay), rig.due());
      rig.pass(Duration.ofSeconds(59));
      rig.boot(Rig.BOOT);
      rig.settle();
      assertEquals(Optional.of(Duration.ofSeconds(1)), rig.due());
      rig.pass(Duration.ofSeconds(1));
      rig.settle();
      assertEquals(State.RUNNING, rig.state(id), rig.evidence());
    }

    @Test
    void that_could_not_be_launched_is_run_again_too() throws IOException {
      JobId id = submit(false, 1);
      attempt(id, 1, "stdout");
      attempt(id, 2, "0");
      assertEquals(State.COMPLETED, rig.state(id));
    }

    @Test
    void is_recorded_where_nobody_asked_for_more() throws IOException {
      JobId id = submit(true, 0);
      attempt(id, 1, "3");
      assertEquals(State.FAILED, rig.state(id));
      assertEquals(List.of(), rig.result(id).attempts());
    }

    @Test
    void can_be_cancelled_while_it_waits_for_its_cores() throws IOException {
      JobId id = rig.submit(SampleJob.of("x").cores(4).retry(new Retry(false, 1, Duration.ZERO)));
      rig.settle();
      JobId wide = rig.submit(4);
      Files.move(rig.path(wide + ".json"), rig.path("held/" + wide + ".json"));
      rig.shimStarts(id, 1);
      rig.tick();
      rig.drain();
      rig.shimEnds(id, 1, "3");
      rig.tick();
      assertEquals(State.PENDING, rig.state(id), rig.evidence());
      rig.cancel(id, Duration.ZERO);
      assertEquals(Outcome.cancelled(OptionalInt.empty()), rig.outcome(id));
      assertEquals(List.of(3), codes(id));
    }

    @Test
    void can_be_cancelled_before_anybody_has_seen_that_it_failed() throws IOException {
      JobId id = submit(false, 1);
      rig.shimStarts(id, 1);
      rig.tick();
      rig.shimEnds(id, 1, "3");
      assertEquals(Cancellation.Answer.CANCELLED, rig.cancel(id, Duration.ZERO));
      rig.settle();
      assertEquals(Outcome.cancelled(OptionalInt.of(3)), rig.outcome(id));
      assertEquals(List.of("1.1"), rig.engine.starts());
    }

    @Test
    void for_the_last_time_has_ended_and_is_not_cancelled() throws IOException {
      JobId id = submit(false, 1);
      attempt(id, 1, "3");
      rig.shimStarts(id, 2);
      rig.tick();
      rig.shimEnds(id, 2, "4");
      assertEquals(Cancellation.Answer.ENDED, rig.cancel(id, Duration.ZERO));
      rig.settle();
      assertEquals(State.FAILED, rig.state(id));
    }

    @Test
    void goes_on_where_its_worker_died_behind_any_step() throws IOException {
      JobId id = submit(false, 1);
      rig.shimStarts(id, 1);
      rig.tick();
      rig.shimEnds(id, 1, "3");
      // behind the token that closes the attempt
      Files.createFile(rig.running("1.1.requeued"));
      rig.boot(Rig.BOOT);
      rig.settle();
      attempt(id, 2, "0");
      assertEquals(State.COMPLETED, rig.state(id), rig.evidence());
      assertEquals(List.of(3, 0), codes(id));
      assertEquals(List.of("1.1", "1.2"), rig.engine.starts());
    }
  }

  @Nested
  class A_job_whose_end_is_not_known {
    @Test
    void is_run_again_after_a_reboot_where_it_asked_for_that() throws IOException {
      JobId id = submit(true, 0);
      rig.shimStarts(id, 1);
      rig.tick();
      rig.engine.set(id, Presence.GONE);
      rig.boot(Rig.OTHER_BOOT);
      rig.settle();
      attempt(id, 2, "0");
      assertEquals(State.COMPLETED, rig.state(id), rig.evidence());
      Attempted first = rig.result(id).attempts().get(0);
      assertEquals(Outcome.lost(Reason.NODE_FAIL), first.outcome());
    }

    @Test
    void is_run_again_where_its_shim_was_killed() throws IOException {
      JobId id = submit(true, 0);
      rig.shimStarts(id, 1);
      rig.tick();
      rig.engine.set(id, Presence.GONE);
      rig.settle();
      attempt(id, 2, "0");
      Attempted first = rig.result(id).attempts().get(0);
      assertEquals(Outcome.lost(Reason.SHIM_LOST), first.outcome());
    }

    @Test
    void is_LOST_in_the_end_where_that_happens_each_time() throws IOException {
      JobId id = submit(true, 0);
      for (int attempt = 1; attempt <= 1 + Retry.MOST_REQUEUES; attempt++) {
        rig.shimStarts(id, attempt);
        rig.tick();
        rig.engine.set(id, Presence.GONE);
        rig.settle();
      }
      assertEquals(State.LOST, rig.state(id), rig.evidence());
      assertEquals(Retry.MOST_REQUEUES, rig.result(id).restarts());
    }

    @Test
    void is_LOST_where_nobody_asked_for_more() throws IOException {
      JobId id = submit(false, 5);
      rig.shimStarts(id, 1);
      rig.tick();
      rig.engine.set(id, Presence.GONE);
      rig.settle();
      assertEquals(State.LOST, rig.state(id));
    }
  }

  private Requeueing.Answer requeue(JobId id) throws IOException {
    return rig.requeueing().requeue(id);
  }

  @Nested
  class An_ended_job_that_is_requeued {
    private JobId ended(String code, Retry retry) throws IOException {
      JobId id = rig.submit(SampleJob.of("work").retry(retry));
      rig.settle();
      attempt(id, 1, code);
      assertTrue(rig.state(id).isTerminal());
      return id;
    }

    @Test
    void is_pending_and_run_again_with_the_next_number() throws IOException {
      JobId id = ended("3", Retry.NEVER);
      rig.drain();
      assertEquals(Requeueing.Answer.REOPENED, requeue(id));
      assertEquals(State.PENDING, rig.state(id));
      assertEquals(Requeueing.Answer.WAITING, requeue(id));
      assertFalse(rig.names("done").contains(id + ".json"));
      rig.boot(Rig.BOOT);
      rig.limit(4);
      rig.settle();
      assertEquals(List.of("1.1", "1.2"), rig.engine.starts(), rig.evidence());
      assertEquals(List.of(0, 1), rig.engine.launches().stream().map(l -> l.restarts()).toList());
      attempt(id, 2, "0");
      assertEquals(State.COMPLETED, rig.state(id));
      assertEquals(List.of(3, 0), codes(id));
      assertEquals(1, rig.result(id).restarts());
      assertEquals(Set.of(), rig.names("running"), rig.evidence());
    }

    @Test
    void keeps_what_its_record_said_of_each_attempt() throws IOException {
      JobId id = ended("126", Retry.NEVER);
      Attempted first = rig.result(id).allAttempts().get(0);
      requeue(id);
      rig.settle();
      rig.shimStarts(id, 2);
      rig.tick();
      rig.engine.set(id, Presence.GONE);
      rig.settle();
      List<Attempted> two = rig.result(id).attempts();
      assertEquals(first, two.get(0));
      requeue(id);
      rig.settle();
      attempt(id, 3, "0");
      assertEquals(two, rig.result(id).attempts().subList(0, 2));
      assertEquals(List.of(126, -1, 0), codes(id));
    }

    @Test
    void has_all_its_retries_again_and_waits_for_no_delay() throws IOException {
      JobId id = rig.submit(SampleJob.of("work").retry(new Retry(true, 1, Duration.ofHours(1))));
      rig.settle();
      attempt(id, 1, "3");
      rig.pass(Duration.ofHours(2));
      rig.settle();
      attempt(id, 2, "4");
      assertEquals(State.FAILED, rig.state(id), rig.evidence());
      requeue(id);
      rig.settle();
      rig.shimStarts(id, 3);
      rig.tick();
      endNow(id, 3, "5");
      assertEquals(State.PENDING, rig.state(id), rig.evidence());
      rig.pass(Duration.ofHours(2));
      rig.settle();
      attempt(id, 4, "0");
      assertEquals(List.of(3, 4, 5, 0), codes(id));
    }

    @Test
    void that_never_started_starts_with_its_first_attempt() throws IOException {
      rig.drain();
      JobId id = rig.submit(1);
      rig.cancel(id, Duration.ZERO);
      assertEquals(State.CANCELLED, rig.state(id));
      requeue(id);
      rig.boot(Rig.BOOT);
      rig.limit(4);
      rig.settle();
      attempt(id, 1, "0");
      assertEquals(State.COMPLETED, rig.state(id), rig.evidence());
      assertEquals(List.of(), rig.result(id).attempts());
    }

    @Test
    void that_was_claimed_and_given_up_uses_no_number_again() throws IOException {
      JobId id = submit(false, 0);
      rig.cancel(id, Duration.ZERO);
      assertEquals(State.CANCELLED, rig.state(id), rig.evidence());
      requeue(id);
      rig.settle();
      // a shim of the former life that comes only now
      assertEquals(List.of("1.1", "1.2"), rig.engine.starts());
      attempt(id, 2, "0");
      assertEquals(State.COMPLETED, rig.state(id), rig.evidence());
      assertEquals(List.of(), rig.result(id).attempts());
    }

    @Test
    void and_whose_end_nobody_has_recorded_yet_is_recorded_first() throws IOException {
      JobId id = submit(false, 0);
      rig.shimStarts(id, 1);
      rig.tick();
      rig.shimEnds(id, 1, "3");
      assertEquals(Requeueing.Answer.REOPENED, requeue(id));
      rig.settle();
      attempt(id, 2, "0");
      assertEquals(List.of(3, 0), codes(id));
    }

    @Test
    void has_the_tokens_of_who_died_over_the_same_wish_tidied_away() throws IOException {
      JobId id = ended("3", Retry.NEVER);
      for (String token : List.of("1.1.started", "1.1.requeue", "1.1.requeued", "1.2.requeued")) {
        Files.createFile(rig.running(token));
      }
      requeue(id);
      rig.settle();
      attempt(id, 2, "0");
      assertEquals(List.of(3, 0), codes(id));
    }

    @Test
    void is_left_alone_where_only_the_tokens_of_such_a_wish_are_there() throws IOException {
      JobId id = ended("3", Retry.NEVER);
      for (String token : List.of("1.1.started", "1.1.requeue", "1.1.requeued")) {
        Files.createFile(rig.running(token));
      }
      rig.settle();
      assertEquals(State.FAILED, rig.state(id));
      assertEquals(Set.of(), rig.names("running"), rig.evidence());
    }

    @Test
    void and_that_a_power_cut_left_in_both_places_has_ended() throws IOException {
      JobId id = ended("3", Retry.NEVER);
      Files.createLink(rig.path(id + ".json"), rig.path("done/" + id + ".json"));
      rig.settle();
      assertEquals(State.FAILED, rig.state(id));
      assertEquals(Set.of(), rig.names("rejected"), rig.evidence());
      assertFalse(Files.exists(rig.path(id + ".json")));
    }

    @Test
    void can_be_held_and_cancelled_as_any_other() throws IOException {
      JobId id = ended("3", Retry.NEVER);
      rig.drain();
      requeue(id);
      assertEquals(Holding.Answer.DONE, new Holding(rig.spool()).hold(id));
      rig.cancel(id, Duration.ZERO);
      assertEquals(State.CANCELLED, rig.state(id));
      assertEquals(List.of(3), codes(id));
    }

    @Test
    void and_is_an_array_or_a_task_of_one_is_refused() throws IOException {
      JobId array = rig.spool().submitArray(SampleJob.of("sh", "-c").build(), TaskNumbers.upTo(1));
      rig.settle();
      attempt(array.ofTask(1), 1, "0");
      rig.settle();
      assertEquals(Requeueing.Answer.ENDED_ARRAY, requeue(array), rig.evidence());
      assertEquals(Requeueing.Answer.ENDED_ARRAY, requeue(array.ofTask(1)));
      assertEquals(State.COMPLETED, rig.state(array));
    }

    @Test
    void and_whose_record_makes_no_sense_is_refused() throws IOException {
      JobId id = ended("3", Retry.NEVER);
      Path record = rig.path("done/" + id + ".json");
      String attempts =
          "\"attempts\": [{ \"attempt\": 900000000, \"state\": \"FAILED\" }], \"restarts\"";
      Files.writeString(record, Files.readString(record).replace("\"restarts\"", attempts));
      assertEquals(Requeueing.Answer.ENDED, requeue(id));
      Files.writeString(record, "{");
      assertEquals(Requeueing.Answer.ENDED, requeue(id));
      assertEquals(Set.of(), rig.names("running"));
    }

    @Test
    void goes_before_others_where_its_priority_says_so() throws IOException {
      JobId id =
          rig.submit(
              SampleJob.of("work")
                  .conditions(new Conditions(Optional.empty(), Optional.empty(), 9, 0)));
      rig.settle();
      attempt(id, 1, "3");
      requeue(id);
      assertTrue(rig.names(".localq/early").contains(id.toString()), rig.evidence());
    }
  }

  @Nested
  class A_wish_to_requeue {
    @Test
    void ends_the_attempt_and_lets_another_follow() throws IOException {
      JobId id = submit(false, 0);
      rig.shimStarts(id, 1);
      rig.tick();
      assertEquals(Requeueing.Answer.ENDING, requeue(id));
      assertEquals(List.of("TERM 1.1"), rig.engine.signals());
      rig.pass(Duration.ofSeconds(30));
      rig.tick();
      assertEquals(List.of("TERM 1.1", "KILL 1.1"), rig.engine.signals());
      rig.shimEnds(id, 1, "137");
      rig.settle();
      attempt(id, 2, "0");
      assertEquals(State.COMPLETED, rig.state(id), rig.evidence());
      assertEquals(
          Outcome.cancelled(OptionalInt.of(137)), rig.result(id).attempts().get(0).outcome());
    }

    @Test
    void is_kept_by_the_worker_that_comes_after_a_crash() throws IOException {
      JobId id = submit(false, 0);
      rig.shimStarts(id, 1);
      rig.tick();
      requeue(id);
      rig.boot(Rig.BOOT);
      rig.shimEnds(id, 1, "143");
      rig.settle();
      assertTrue(rig.engine.starts().contains("1.2"), rig.evidence());
    }

    @Test
    void gives_way_to_a_cancellation() throws IOException {
      JobId id = submit(false, 0);
      rig.shimStarts(id, 1);
      rig.tick();
      requeue(id);
      rig.cancel(id, Duration.ofSeconds(1));
      rig.shimEnds(id, 1, "143");
      rig.settle();
      assertEquals(State.CANCELLED, rig.state(id));
    }

    @Test
    void takes_nothing_from_the_retries_of_the_job_and_waits_for_no_delay() throws IOException {
      Retry once = new Retry(false, 1, Duration.ofHours(1));
      JobId id = rig.submit(SampleJob.of("work").retry(once));
      rig.settle();
      rig.shimStarts(id, 1);
      rig.tick();
      requeue(id);
      endNow(id, 1, "143");
      assertEquals(List.of("1.1", "1.2"), rig.engine.starts(), rig.evidence());
      rig.shimStarts(id, 2);
      rig.tick();
      endNow(id, 2, "3");
      assertEquals(State.PENDING, rig.state(id), rig.evidence());
      rig.pass(Duration.ofHours(1));
      rig.settle();
      attempt(id, 3, "4");
      assertEquals(State.FAILED, rig.state(id), rig.evidence());
      assertEquals(List.of(143, 3, 4), codes(id));
    }

    @Test
    void is_no_loss_also_where_nobody_knows_how_its_attempt_ended() throws IOException {
      JobId id = submit(true, 0);
      int wishes = Retry.MOST_REQUEUES + 1;
      for (int attempt = 1; attempt <= wishes; attempt++) {
        rig.shimStarts(id, attempt);
        rig.tick();
        requeue(id);
        rig.engine.set(id, Presence.GONE);
        rig.settle();
      }
      rig.shimStarts(id, wishes + 1);
      rig.tick();
      rig.engine.set(id, Presence.GONE);
      rig.settle();
      assertEquals(State.RUNNING, rig.state(id), rig.evidence());
    }

    @Test
    void of_a_job_that_does_not_run_changes_nothing() throws IOException {
      JobId wide = rig.submit(5);
      assertEquals(Requeueing.Answer.WAITING, requeue(wide));
      assertEquals(Requeueing.Answer.UNKNOWN, requeue(new JobId(99)));
    }
  }
}
