package org.localq.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.localq.SampleJob;
import org.localq.core.Conditions;
import org.localq.core.Dependency;
import org.localq.core.JobId;
import org.localq.core.Outcome;
import org.localq.core.Policy;
import org.localq.core.Presence;
import org.localq.core.Retry;
import org.localq.core.State;
import org.localq.spool.Holding;
import org.localq.spool.Locked;

/** Which pending jobs take their turn, and which go first. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class EligibilityTest {
  private static final Outcome NEVER =
      new Outcome(State.CANCELLED, java.util.OptionalInt.empty(), "DependencyNeverSatisfied");

  @TempDir Path scratch;
  @AutoClose private Rig rig;

  @BeforeEach
  void begin() throws IOException {
    rig = new Rig(scratch.resolve("spool"), 1);
  }

  private JobId submit(String dependency) throws IOException {
    return rig.submit(SampleJob.of("work").after(dependency));
  }

  private JobId running() throws IOException {
    JobId id = rig.submitStarted(1);
    rig.settle();
    return id;
  }

  private void ends(JobId id, String code) throws IOException {
    rig.shimEnds(id, 1, code);
    rig.settle();
  }

  private List<String> starts() {
    return rig.engine.starts();
  }

  private boolean isClaimed(JobId id) throws IOException {
    return rig.claimed().contains(id);
  }

  @Nested
  class The_priority {
    @Test
    void decides_who_starts_first_under_either_policy() throws IOException {
      for (Policy policy : Policy.values()) {
        rig.policy(policy);
        JobId usual = rig.submit(1);
        JobId low = rig.submit(SampleJob.of("low").priority(-1));
        JobId high = rig.submit(SampleJob.of("high").priority(7));
        for (JobId next : List.of(high, usual, low)) {
          rig.settle();
          assertEquals(Set.of(next), rig.claimed(), policy + rig.evidence());
          rig.runs(next, "0");
        }
      }
    }

    @Test
    void of_a_job_that_comes_later_passes_those_that_wait() throws IOException {
      JobId first = running();
      rig.submit(1);
      JobId high = rig.submit(SampleJob.of("high").priority(1));
      ends(first, "0");
      assertEquals(Set.of(high), rig.claimed());
    }

    @Test
    void is_looked_at_again_when_the_job_is_claimed() throws IOException {
      JobId first = running();
      JobId high = rig.submit(SampleJob.of("high").priority(1));
      JobId usual = rig.submit(1);
      rig.tick();
      String file = Files.readString(rig.path(high + ".json"));
      Path draft =
          Files.writeString(
              rig.path(".draft"), file.replace("\"priority\" : 1", "\"priority\" : -1"));
      Files.setPosixFilePermissions(
          draft, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
      Files.move(draft, rig.path(high + ".json"), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
      ends(first, "0");
      assertEquals(Set.of(usual), rig.claimed(), rig.evidence());
    }
  }

  @Nested
  class The_time_to_begin {
    @Test
    void is_waited_for_and_the_worker_wakes_then() throws IOException {
      JobId id = rig.submit(SampleJob.of("work").begin(rig.wall().plus(Duration.ofSeconds(90))));
      assertEquals(Optional.of(Duration.ofSeconds(90)), rig.due());
      rig.pass(Duration.ofSeconds(89));
      rig.settle();
      assertFalse(isClaimed(id));
      assertEquals(Optional.of(Duration.ofSeconds(1)), rig.due());
      rig.pass(Duration.ofSeconds(1));
      rig.settle();
      assertTrue(isClaimed(id), rig.evidence());
      assertEquals(Optional.empty(), rig.due());
    }

    @Test
    void holds_up_no_other_job() throws IOException {
      rig.submit(SampleJob.of("work").begin(rig.wall().plusSeconds(90)));
      JobId other = rig.submit(1);
      rig.settle();
      assertEquals(Set.of(other), rig.claimed());
    }

    @Test
    void is_by_the_wall_clock_also_when_it_is_set() throws IOException {
      Instant begin = rig.wall().plus(Duration.ofHours(5));
      JobId id = rig.submit(SampleJob.of("work").begin(begin));
      rig.settle();
      rig.setClock(begin);
      rig.settle();
      assertTrue(isClaimed(id));
    }

    @Test
    void does_not_wake_a_worker_that_drains() throws IOException {
      running();
      rig.submit(SampleJob.of("work").begin(rig.wall().plusSeconds(1)));
      rig.settle();
      rig.drain();
      rig.pass(Duration.ofSeconds(5));
      assertEquals(Optional.empty(), rig.due());
    }
  }

  @Nested
  class A_dependency {
    @ParameterizedTest(name = "{0} on a job that ends with {1}: {2}")
    @CsvSource({
      "afterok, 0, RUNNING",
      "afterok, 3, CANCELLED",
      "afternotok, 0, CANCELLED",
      "afternotok, 3, RUNNING",
      "afterany, 0, RUNNING",
      "afterany, 3, RUNNING",
    })
    void is_decided_when_the_other_ends(String kind, String code, State expected)
        throws IOException {
      JobId first = running();
      JobId second = submit(kind + ":" + first);
      rig.settle();
      assertEquals(State.PENDING, rig.state(second));
      ends(first, code);
      assertEquals(expected, rig.state(second), rig.evidence());
      if (expected == State.CANCELLED) {
        assertEquals(NEVER, rig.outcome(second));
        assertTrue(
            rig.logged().contains("job " + second + ": CANCELLED, DependencyNeverSatisfied"),
            rig.evidence());
      }
    }

    @Test
    void is_noticed_by_the_token_of_the_other_alone() throws IOException {
      JobId first = running();
      JobId second = submit("afterok:" + first);
      rig.settle();
      rig.shimEnds(first, 1, "0");
      rig.tickForFile("running/" + first + ".1.exit-0");
      assertTrue(isClaimed(second), rig.evidence());
    }

    @Test
    void never_satisfied_any_more_ends_all_that_wait_for_that_job_in_turn() throws IOException {
      JobId first = running();
      JobId second = submit("afterok:" + first);
      JobId third = submit("afterok:" + second);
      JobId clean = submit("afternotok:" + third);
      ends(first, "1");
      assertEquals(NEVER, rig.outcome(second));
      assertEquals(NEVER, rig.outcome(third));
      assertTrue(isClaimed(clean), rig.evidence());
      assertEquals(1, rig.names("running").stream().filter(n -> n.endsWith(".json")).count());
    }

    @Test
    void on_one_that_had_ended_before_is_decided_at_once() throws IOException {
      JobId first = running();
      ends(first, "0");
      JobId good = submit("afterok:" + first);
      JobId bad = submit("afternotok:" + first);
      rig.settle();
      assertTrue(isClaimed(good));
      assertEquals(NEVER, rig.outcome(bad));
    }

    @Test
    void on_one_that_is_cancelled_while_it_waits_is_noticed_by_the_marker() throws IOException {
      running();
      JobId waits = rig.submit(1);
      JobId dependent = submit("afterok:" + waits);
      rig.settle();
      assertEquals(Cancellation.Answer.CANCELLED, rig.cancel(waits, Duration.ZERO));
      rig.tickForFile("running/" + waits + ".cancel");
      assertEquals(NEVER, rig.outcome(dependent), rig.evidence());
    }

    @Test
    void of_one_that_is_cancelled_as_the_other_is_claimed_keeps_no_worker_awake()
        throws IOException {
      JobId first = rig.submit(1);
      JobId second = submit("afterany:" + first);
      rig.tick();
      assertTrue(isClaimed(first), rig.evidence());
      rig.cancel(second, Duration.ZERO);
      rig.tick();
      assertEquals(Worker.Pace.IDLE, rig.tick(), rig.evidence());
      assertEquals(Optional.empty(), rig.due());
    }

    @Test
    void on_one_that_is_cancelled_unnoticed_is_decided_at_the_next_poll() throws IOException {
      running();
      JobId waits = rig.submit(1);
      JobId held = rig.submit(1);
      new Holding(rig.spool()).hold(held);
      JobId first = submit("afterok:" + waits);
      JobId second = submit("afterok:" + held);
      rig.settle();
      rig.cancel(waits, Duration.ZERO);
      rig.cancel(held, Duration.ZERO);
      rig.settle();
      assertEquals(NEVER, rig.outcome(first), rig.evidence());
      assertEquals(NEVER, rig.outcome(second), rig.evidence());
    }

    @Test
    void on_a_job_of_another_worker_is_decided_when_that_has_recorded_it() throws IOException {
      JobId first = running();
      JobId second = submit("afterok:" + first);
      rig.settle();
      Worker other = rig.anotherWorker();
      rig.shimEnds(first, 1, "0");
      rig.tick(other);
      rig.settle();
      assertTrue(isClaimed(second), rig.evidence());
    }

    @Test
    void on_the_start_of_a_job_is_met_when_its_command_begins() throws IOException {
      rig.limit(2);
      JobId first = rig.submit(1);
      JobId second = submit("after:" + first);
      assertEquals(Worker.Pace.SOON, rig.tick());
      assertTrue(isClaimed(first));
      assertFalse(isClaimed(second));
      rig.shimStarts(first, 1);
      rig.tickForFile("nothing");
      assertTrue(isClaimed(second), rig.evidence());
    }

    @Test
    void on_the_start_of_a_job_and_minutes_is_met_then() throws IOException {
      rig.limit(2);
      JobId first = rig.submit(1);
      rig.settle();
      rig.shimStarts(first, 1);
      Files.setLastModifiedTime(rig.running(first + ".1.started"), FileTime.from(rig.wall()));
      JobId second = submit("after:" + first + "+2");
      rig.settle();
      assertEquals(Optional.of(Duration.ofMinutes(2)), rig.due());
      rig.pass(Duration.ofMinutes(2));
      rig.settle();
      assertTrue(isClaimed(second), rig.evidence());
    }

    @Test
    void of_one_that_is_run_again_is_not_looked_at_again() throws IOException {
      JobId first = running();
      JobId second =
          rig.submit(
              SampleJob.of("work")
                  .after("afterok:" + first)
                  .retry(new Retry(false, 1, Duration.ZERO)));
      ends(first, "0");
      rig.shimStarts(second, 1);
      rig.tick();
      Files.delete(rig.path("done/" + first + ".json"));
      rig.shimEnds(second, 1, "3");
      rig.settle();
      assertEquals(State.RUNNING, rig.state(second), rig.evidence());
      assertTrue(starts().contains(second + ".2"), starts().toString());
    }

    @Test
    void is_decided_by_a_worker_that_comes_later() throws IOException {
      JobId first = running();
      JobId good = submit("afterok:" + first);
      JobId bad = submit("afternotok:" + first);
      rig.settle();
      rig.shimEnds(first, 1, "0");
      rig.boot(Rig.BOOT);
      rig.limit(1);
      rig.settle();
      assertTrue(isClaimed(good), rig.evidence());
      assertEquals(NEVER, rig.outcome(bad));
    }

    @Test
    void never_satisfied_keeps_its_reason_when_the_worker_dies_behind_the_marker()
        throws IOException {
      JobId first = running();
      ends(first, "1");
      JobId second = submit("afterok:" + first);
      try (Locked locked = rig.spool().lock()) {
        locked.markCancelled(second, org.localq.core.Reason.DEPENDENCY_NEVER_SATISFIED);
      }
      rig.settle();
      assertEquals(NEVER, rig.outcome(second), rig.evidence());
      JobId third = submit("afterok:" + first);
      try (Locked locked = rig.spool().lock()) {
        locked.markCancelled(third, org.localq.core.Reason.DEPENDENCY_NEVER_SATISFIED);
        locked.withdraw(third);
      }
      rig.boot(Rig.BOOT);
      rig.limit(1);
      rig.settle();
      assertEquals(NEVER, rig.outcome(third), rig.evidence());
    }

    @Test
    void of_a_job_that_is_put_on_hold_ends_nothing() throws IOException {
      JobId first = running();
      JobId second = submit("afterok:" + first);
      rig.settle();
      new Holding(rig.spool()).hold(second);
      ends(first, "1");
      assertEquals(State.PENDING, rig.state(second));
      new Holding(rig.spool()).release(second);
      rig.settle();
      assertEquals(NEVER, rig.outcome(second), rig.evidence());
    }

    @Test
    void whose_record_the_disk_refuses_holds_up_no_other_job() throws IOException {
      rig.limit(2);
      JobId first = running();
      ends(first, "1");
      rig.breakDisk("done");
      JobId second = submit("afterok:" + first);
      JobId other = rig.submit(1);
      rig.worker().tick(Duration.ofHours(6));
      assertTrue(rig.worker().tick(Duration.ofHours(6)).trouble().isPresent());
      assertTrue(isClaimed(other), rig.evidence());
      rig.mendDisk();
      rig.settle();
      assertEquals(NEVER, rig.outcome(second), rig.evidence());
    }

    @Test
    void of_very_many_jobs_is_decided_in_slices() throws IOException {
      JobId first = running();
      List<JobId> jobs = new ArrayList<>();
      for (int i = 0; i < 3000; i++) {
        jobs.add(submit("afterany:" + first));
      }
      for (int i = 0; i < 100 && rig.tick() == Worker.Pace.SOON; i++) {
        assertEquals(Set.of(first), rig.claimed());
      }
      assertEquals(Worker.Pace.IDLE, rig.tick());
      ends(first, "0");
      assertEquals(Set.of(jobs.get(0)), rig.claimed(), "in the order of ids");
    }
  }

  @Nested
  class A_singleton {
    private JobId singleton(String name) throws IOException {
      return rig.submit(SampleJob.of("work").named(name).after("singleton"));
    }

    private JobId named(String name) throws IOException {
      return rig.submit(SampleJob.of("work").named(name));
    }

    @Test
    void waits_for_each_earlier_job_of_its_name_and_no_other() throws IOException {
      rig.limit(4);
      JobId first = named("a");
      JobId other = named("b");
      JobId second = singleton("a");
      JobId third = singleton("a");
      JobId alone = singleton("c");
      rig.settle();
      assertEquals(Set.of(first, other, alone), rig.claimed(), rig.evidence());
      rig.runs(other, "0");
      assertFalse(isClaimed(second));
      rig.runs(first, "1");
      assertTrue(isClaimed(second), rig.evidence());
      assertFalse(isClaimed(third));
      rig.runs(second, "0");
      assertTrue(isClaimed(third), rig.evidence());
    }

    @Test
    void waits_for_one_on_hold() throws IOException {
      JobId first = named("a");
      new Holding(rig.spool()).hold(first);
      JobId second = singleton("a");
      rig.settle();
      assertEquals(Set.of(), rig.claimed(), rig.evidence());
      rig.cancel(first, Duration.ZERO);
      rig.settle();
      assertTrue(isClaimed(second), rig.evidence());
    }

    @Test
    void waits_for_one_that_was_released_and_that_nobody_has_noticed() throws IOException {
      rig.limit(4);
      JobId first = named("a");
      new Holding(rig.spool()).hold(first);
      JobId second = singleton("a");
      rig.settle();
      new Holding(rig.spool()).release(first);
      rig.tickForFile("running/nothing");
      assertFalse(isClaimed(second), rig.evidence());
      rig.settle();
      assertEquals(Set.of(first), rig.claimed(), rig.evidence());
    }

    @Test
    void waits_for_one_that_was_released_before_anybody_followed_such_jobs() throws IOException {
      rig.limit(4);
      JobId other = singleton("b");
      rig.settle();
      assertTrue(isClaimed(other));
      JobId first = named("a");
      new Holding(rig.spool()).hold(first);
      JobId second = singleton("a");
      new Holding(rig.spool()).hold(second);
      rig.settle();
      new Holding(rig.spool()).release(first);
      new Holding(rig.spool()).release(second);
      rig.tickForFile(second + ".json");
      assertFalse(isClaimed(second), rig.evidence());
      rig.settle();
      assertEquals(Set.of(other, first), rig.claimed(), rig.evidence());
    }

    @Test
    void waits_for_one_that_another_worker_has_put_back_into_the_queue() throws IOException {
      rig.limit(4);
      JobId first =
          rig.submit(
              SampleJob.of("work").named("a").retry(new Retry(false, 1, Duration.ofMinutes(1))));
      JobId second = singleton("a");
      rig.settle();
      rig.shimStarts(first, 1);
      rig.settle();
      rig.shimEnds(first, 1, "3");
      Files.setLastModifiedTime(rig.running(first + ".1.exit-3"), FileTime.from(rig.wall()));
      rig.tick(rig.anotherWorker());
      assertEquals(State.PENDING, rig.state(first), rig.evidence());
      rig.tickForFile("running/" + first + ".1.exit-3");
      assertFalse(isClaimed(second), rig.evidence());
      rig.cancel(first, Duration.ZERO);
      rig.settle();
      assertTrue(isClaimed(second), rig.evidence());
    }

    @Test
    void waits_for_what_a_former_worker_started() throws IOException {
      rig.limit(4);
      JobId first = named("a");
      rig.settle();
      rig.shimStarts(first, 1);
      rig.boot(Rig.BOOT);
      rig.limit(4);
      JobId second = singleton("a");
      rig.settle();
      assertFalse(isClaimed(second));
      ends(first, "0");
      assertTrue(isClaimed(second), rig.evidence());
    }

    @Test
    void of_a_high_priority_waits_for_earlier_ones_that_were_not_read_yet() throws IOException {
      for (int i = 0; i < 600; i++) {
        rig.submit(1);
      }
      JobId namesake = named("a");
      JobId high =
          rig.submit(
              SampleJob.of("work")
                  .named("a")
                  .conditions(
                      new Conditions(Optional.empty(), Dependency.parse("singleton"), 9, 0)));
      for (int i = 0; i < 5; i++) {
        rig.settle();
        assertFalse(isClaimed(high), rig.evidence());
      }
      rig.cancel(namesake, Duration.ZERO);
      JobId first = rig.claimed().iterator().next();
      rig.engine.set(first, Presence.GONE);
      rig.runs(first, "0");
      assertEquals(Set.of(high), rig.claimed());
    }
  }

  @Nested
  class An_array {
    private JobId array(String dependency, int tasks) throws IOException {
      StringBuilder text = new StringBuilder("{\"command\": [\"sh\", \"-c\"]");
      if (!dependency.isEmpty()) {
        text.append(", \"dependency\": \"").append(dependency).append('"');
      }
      text.append(", \"stdout\": \"/dev/null\", \"lines\": [");
      for (int i = 0; i < tasks; i++) {
        text.append(i == 0 ? "" : ", ").append("\"true\"");
      }
      Path drop = Files.writeString(rig.path("array.json"), text.append("]}").toString());
      Files.setPosixFilePermissions(
          drop, java.nio.file.attribute.PosixFilePermissions.fromString("rw-------"));
      rig.settle();
      return rig.spool().listing().pending().get(rig.spool().listing().pending().size() - 1);
    }

    @Test
    void is_ok_where_all_its_tasks_are() throws IOException {
      rig.limit(3);
      JobId blocker = rig.submitStarted(3);
      JobId good = array("", 2);
      JobId afterGood = submit("afterok:" + good);
      JobId afterBad = submit("afternotok:" + good);
      JobId afterTask = submit("afterok:" + good + "_1");
      ends(blocker, "0");
      rig.runs(good.ofTask(1), "0");
      assertTrue(isClaimed(afterTask), rig.evidence());
      assertEquals(State.PENDING, rig.state(afterGood));
      rig.runs(good.ofTask(2), "0");
      assertTrue(isClaimed(afterGood), rig.evidence());
      assertEquals(NEVER, rig.outcome(afterBad));
    }

    @Test
    void of_which_a_task_was_claimed_does_not_wait_again() throws IOException {
      JobId first = running();
      JobId array = array("afterok:" + first, 2);
      ends(first, "0");
      assertTrue(isClaimed(array.ofTask(1)), rig.evidence());
      Files.delete(rig.path("done/" + first + ".json"));
      rig.boot(Rig.BOOT);
      rig.limit(1);
      rig.settle();
      rig.runs(array.ofTask(1), "0");
      assertTrue(isClaimed(array.ofTask(2)), rig.evidence());
    }

    @Test
    void waits_as_a_whole_and_is_cancelled_as_a_whole() throws IOException {
      JobId first = running();
      JobId good = array("afterok:" + first, 2);
      JobId bad = array("afternotok:" + first, 2);
      rig.settle();
      assertEquals(Set.of(first), rig.claimed());
      ends(first, "0");
      assertTrue(isClaimed(good.ofTask(1)), rig.evidence());
      assertEquals(NEVER, rig.outcome(bad), rig.evidence());
    }
  }

  @Nested
  class The_record {
    @Test
    void of_a_job_is_kept_as_long_as_another_waits_for_it() throws IOException {
      JobId first = running();
      ends(first, "0");
      JobId second =
          rig.submit(
              SampleJob.of("work")
                  .conditions(
                      new Conditions(
                          Optional.of(rig.wall().plus(Duration.ofDays(400))),
                          Dependency.parse("afterok:" + first),
                          0,
                          0)));
      rig.settle();
      rig.setClock(Instant.now().plus(Duration.ofDays(2)));
      Collector collector = rig.collector("1s,0");
      collector.poll();
      collector.work(Duration.ofSeconds(10));
      assertTrue(rig.names("done").contains(first + ".json"), rig.evidence());
      rig.cancel(second, Duration.ZERO);
      Collector later = rig.collector("1s,0");
      later.poll();
      later.work(Duration.ofSeconds(10));
      assertFalse(rig.names("done").contains(first + ".json"), rig.evidence());
    }
  }
}
