package org.localq.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
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
import org.localq.core.State;
import org.localq.spool.Entry;

/** A queue of eight cores, 4 GiB of memory, three GPUs and two licences. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ProvisioningTest {
  private static final long GIB = 1L << 30;

  @TempDir Path scratch;
  @AutoClose private Rig rig;

  @BeforeEach
  void begin() throws IOException {
    rig = new Rig(scratch.resolve("spool"), 8);
    rig.budget(8, "memory " + 4 * GIB, "resource gpu=0,1,5", "resource licence=2");
  }

  private JobId submitGpus(int count) throws IOException {
    return rig.submit(SampleJob.of("work").takes("gpu", count));
  }

  private JobId submitMemory(long bytes) throws IOException {
    return rig.submit(SampleJob.of("work").memory(bytes));
  }

  private String given(JobId id) throws IOException {
    Entry entry = rig.find(id);
    return entry instanceof Entry.Running running
        ? running.provision().given().toString()
        : entry.state().name();
  }

  private String gpus(JobId id) {
    return rig.engine.variables(id).get("CUDA_VISIBLE_DEVICES");
  }

  private void ends(JobId id) throws IOException {
    rig.shimStarts(id, 1);
    rig.shimEnds(id, 1, "0");
    rig.settle();
  }

  private Path run(JobId id, int attempt) {
    return scratch.resolve("spool/running/" + id + "." + attempt + ".run-" + Rig.BOOT);
  }

  @Nested
  class Ids {
    @Test
    void are_given_in_order_and_each_to_one_job_at_a_time() throws IOException {
      JobId one = submitGpus(1);
      JobId two = submitGpus(2);
      JobId late = submitGpus(1);
      rig.tick();
      assertEquals(
          List.of("gpu=0", "gpu=1,5", "PENDING"), List.of(given(one), given(two), given(late)));
      assertEquals(List.of("0", "1,5"), List.of(gpus(one), gpus(two)));
      ends(two);
      assertEquals("gpu=1", given(late));
    }

    @Test
    void that_are_given_back_are_given_again_within_the_same_tick() throws IOException {
      List<JobId> first = List.of(submitGpus(1), submitGpus(1), submitGpus(1));
      List<JobId> second = List.of(submitGpus(1), submitGpus(1), submitGpus(1));
      rig.tick();
      for (JobId id : first) {
        rig.shimStarts(id, 1);
        rig.shimEnds(id, 1, "0");
      }
      rig.settle();
      assertEquals(
          List.of("gpu=0", "gpu=1", "gpu=5"),
          List.of(given(second.get(0)), given(second.get(1)), given(second.get(2))));
    }

    @Test
    void are_kept_by_a_job_until_all_its_processes_are_gone() throws IOException {
      JobId holder = submitGpus(3);
      JobId late = submitGpus(1);
      rig.tick();
      rig.shimStarts(holder, 1);
      rig.shimEnds(holder, 1, "0");
      rig.engine.set(holder, Presence.ALIVE);
      rig.settle();
      assertEquals("PENDING", given(late));
      rig.engine.set(holder, Presence.GONE);
      rig.settle();
      assertEquals("gpu=0", given(late));
    }

    @Test
    void are_known_to_a_worker_that_comes_later() throws IOException {
      JobId one = submitGpus(1);
      rig.tick();
      rig.shimStarts(one, 1);
      rig.boot(Rig.BOOT);
      rig.budget(8, "memory unlimited", "resource gpu=0,1,5");
      JobId two = submitGpus(1);
      rig.tick();
      assertEquals(List.of("gpu=0", "gpu=1"), List.of(given(one), given(two)));
    }

    @Test
    void are_known_to_another_worker_of_the_same_queue() throws IOException {
      Worker other = rig.anotherWorker();
      Set<String> seen = new TreeSet<>();
      for (int i = 0; i < 3; i++) {
        JobId id = submitGpus(1);
        if (i % 2 == 0) {
          rig.tick();
        } else {
          rig.tick(other);
        }
        seen.add(given(id));
      }
      assertEquals(Set.of("gpu=0", "gpu=1", "gpu=5"), seen);
    }

    @Test
    void of_an_attempt_that_another_worker_claimed_anew_are_read_anew() throws IOException {
      Worker other = rig.anotherWorker();
      JobId first = submitGpus(1);
      JobId moving = submitGpus(1);
      rig.tick();
      rig.tick(other);
      assertEquals("gpu=1", given(moving));
      try (var locked = rig.spool().lock()) {
        locked.requeue(moving, 1);
        locked.putBack(moving);
        locked.cleanUp(first);
      }
      rig.tick(other);
      assertEquals("gpu=0", given(moving));
      JobId next = submitGpus(1);
      rig.tick();
      assertEquals("gpu=1", given(next));
    }

    @Test
    void that_can_not_be_read_may_be_any_and_nobody_is_given_one_beside_them() throws IOException {
      JobId holder = submitGpus(1);
      rig.tick();
      rig.shimStarts(holder, 1);
      String text = Files.readString(run(holder, 1));
      Files.writeString(run(holder, 1), text.replace("# given gpu=0\n", ""));
      Worker other = rig.anotherWorker();
      JobId late = submitGpus(1);
      JobId otherwise = rig.submit(SampleJob.of("work").takes("licence", 1));
      rig.tick(other);
      assertEquals("PENDING", given(late));
      Files.delete(run(holder, 1));
      rig.tick(rig.anotherWorker());
      assertEquals("PENDING", given(late));
      ends(holder);
      assertEquals("gpu=0", given(late));
      assertEquals("licence=0", given(otherwise));
    }

    @Test
    void are_no_ones_that_was_taken_out_of_the_queue_to_be_cancelled() throws IOException {
      JobId withdrawn = submitGpus(1);
      try (var locked = rig.spool().lock()) {
        locked.markCancelled(withdrawn, java.time.Duration.ZERO);
        locked.withdraw(withdrawn);
        assertEquals(
            "",
            locked
                .look()
                .given(withdrawn, SampleJob.of("x").takes("gpu", 1).build().requirements().needs())
                .orElseThrow()
                .toString());
      }
    }

    @Test
    void of_tasks_are_given_as_those_of_jobs() throws IOException {
      List<String> lines = new ArrayList<>(List.of("a", "b", "c", "d"));
      JobId array =
          rig.spool()
              .submitArray(
                  SampleJob.of("sh", "-c").takes("gpu", 1).build(),
                  org.localq.core.TaskNumbers.upTo(lines.size()));
      rig.tick();
      assertEquals(
          List.of("gpu=0", "gpu=1", "gpu=5"),
          List.of(given(array.ofTask(1)), given(array.ofTask(2)), given(array.ofTask(3))));
      ends(array.ofTask(2));
      assertEquals("gpu=1", given(array.ofTask(4)));
    }

    @Test
    void are_in_the_record() throws IOException {
      JobId id = submitGpus(2);
      rig.tick();
      ends(id);
      assertEquals("gpu=0,1", rig.result(id).provision().given().toString());
    }

    @Test
    void that_were_renamed_under_a_running_job_are_not_given_beyond_the_new_count()
        throws IOException {
      JobId old = submitGpus(2);
      rig.tick();
      rig.shimStarts(old, 1);
      // which takes a worker that comes while there is none
      rig.budget(8, "memory unlimited", "resource gpu=6,7");
      rig.boot(Rig.BOOT);
      JobId late = submitGpus(1);
      rig.tick();
      assertEquals("PENDING", given(late));
      ends(old);
      assertEquals("gpu=6", given(late));
    }
  }

  @Nested
  class Memory {
    @Test
    void of_running_jobs_never_exceeds_the_budget() throws IOException {
      JobId two = submitMemory(2 * GIB);
      JobId also = submitMemory(2 * GIB);
      JobId small = submitMemory(1);
      JobId none = rig.submit(1);
      rig.tick();
      assertEquals(
          List.of(State.RUNNING, State.RUNNING, State.PENDING, State.PENDING),
          List.of(rig.state(two), rig.state(also), rig.state(small), rig.state(none)));
      ends(two);
      assertEquals(
          List.of(State.RUNNING, State.RUNNING), List.of(rig.state(small), rig.state(none)));
    }

    @Test
    void beyond_the_budget_is_passed_over() throws IOException {
      JobId huge = submitMemory(5 * GIB);
      JobId next = rig.submit(1);
      rig.tick();
      assertEquals(
          List.of(State.PENDING, State.RUNNING), List.of(rig.state(huge), rig.state(next)));
    }

    @Test
    void that_is_only_counted_says_why_in_the_job_and_in_its_record() throws IOException {
      JobId id = submitMemory(GIB);
      rig.tick();
      rig.shimStarts(id, 1);
      Entry.Running running = (Entry.Running) rig.find(id);
      assertFalse(running.provision().enforced());
      assertEquals("no cgroups here", running.provision().why());
      ends(id);
      assertEquals("no cgroups here", rig.result(id).provision().why());
      assertFalse(rig.result(id).provision().enforced());
    }

    @Test
    void that_is_enforced_is_what_its_shim_says() throws IOException {
      rig.engine.enforceMemory();
      JobId id = submitMemory(GIB);
      rig.tick();
      rig.shimStarts(id, 1);
      assertFalse(((Entry.Running) rig.find(id)).provision().enforced());
      token(id, "enforced");
      assertTrue(((Entry.Running) rig.find(id)).provision().enforced());
      ends(id);
      assertTrue(rig.result(id).provision().enforced());
      assertEquals(Set.of(), rig.names("running"));
    }

    @Test
    void that_did_not_suffice_ends_a_job_OUT_OF_MEMORY_with_its_exit_code() throws IOException {
      JobId id = submitMemory(GIB);
      rig.tick();
      rig.shimStarts(id, 1);
      token(id, "oom");
      rig.shimEnds(id, 1, "137");
      rig.settle();
      assertEquals(
          new Outcome(State.OUT_OF_MEMORY, OptionalInt.of(137), "OutOfMemory"), rig.outcome(id));
      assertEquals(Set.of(), rig.names("running"));
    }

    @Test
    void that_did_not_suffice_is_no_reason_to_run_a_job_again() throws IOException {
      JobId id =
          rig.submit(
              SampleJob.of("work")
                  .memory(GIB)
                  .retry(new org.localq.core.Retry(true, 3, java.time.Duration.ZERO)));
      rig.tick();
      rig.shimStarts(id, 1);
      token(id, "oom");
      rig.shimEnds(id, 1, "137");
      rig.settle();
      assertEquals(State.OUT_OF_MEMORY, rig.state(id));
    }

    @Test
    void of_a_job_that_was_cancelled_says_nothing_else() throws IOException {
      JobId id = submitMemory(GIB);
      rig.tick();
      rig.shimStarts(id, 1);
      token(id, "oom");
      try (var locked = rig.spool().lock()) {
        locked.markCancelled(id, java.time.Duration.ZERO);
      }
      rig.shimEnds(id, 1, "137");
      rig.settle();
      assertEquals(State.CANCELLED, rig.state(id));
    }

    private void token(JobId id, String kind) throws IOException {
      Files.createFile(scratch.resolve("spool/running/" + id + ".1." + kind));
    }
  }
}
