package org.localq.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.SampleJob;
import org.localq.core.JobId;
import org.localq.core.Outcome;
import org.localq.core.Policy;
import org.localq.core.Presence;
import org.localq.core.Result;
import org.localq.core.State;
import org.localq.engine.Launch;
import org.localq.spool.Entry;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class WorkerTest {
  private static final Duration GRACE = Duration.ofSeconds(30);

  @TempDir Path base;
  private Rig rig;

  @BeforeEach
  void set_up() throws Exception {
    rig = new Rig(base.resolve("spool"), 4);
  }

  @AfterEach
  void close_the_spool() throws Exception {
    rig.close();
  }

  private void isLeftWithNothingIn(String directory) throws IOException {
    assertEquals(Set.of(), rig.names(directory), rig::evidence);
  }

  @Nested
  class A_job {
    @Test
    void is_claimed_started_and_recorded_with_its_exit_code() throws Exception {
      JobId id = rig.submit(2);
      assertEquals(State.PENDING, rig.state(id));
      rig.tick();
      assertEquals(State.RUNNING, rig.state(id));
      assertEquals(List.of("1.1"), rig.engine.starts());
      assertEquals(Set.of("1.json", "1.1.run-b0070000"), rig.names("running"));
      rig.shimStarts(id, 1);
      rig.tick();
      assertEquals(State.RUNNING, rig.state(id));
      rig.shimEnds(id, 1, "3");
      rig.settle();
      assertEquals(
          new Outcome(State.FAILED, OptionalInt.of(3), "NonZeroExitCode"), rig.outcome(id));
      isLeftWithNothingIn("running");
      assertEquals(List.of("1.1"), rig.engine.starts());
    }

    @Test
    void is_recorded_with_the_times_of_its_tokens_and_what_it_took() throws Exception {
      JobId id = rig.submitStarted(1);
      rig.engine.setPeak(id, 4096);
      rig.sample();
      rig.engine.setPeak(id, 1024);
      rig.sample();
      rig.shimEnds(id, 1, "0");
      Instant start = Instant.parse("2026-11-22T09:00:00Z");
      Instant end = Instant.parse("2026-11-22T09:00:07.250Z");
      Files.setLastModifiedTime(
          rig.running("1.1.started"), java.nio.file.attribute.FileTime.from(start));
      Files.setLastModifiedTime(
          rig.running("1.1.exit-0"), java.nio.file.attribute.FileTime.from(end));
      rig.settle();
      Result result = rig.result(id);
      assertEquals(State.COMPLETED, result.outcome().state());
      assertEquals(start, result.started().orElseThrow());
      assertEquals(end, result.ended());
      assertEquals(OptionalDouble.of(1.5), result.usage().userSeconds());
      assertEquals(OptionalDouble.of(60.25), result.usage().systemSeconds());
      assertEquals(OptionalLong.of(4096), result.usage().maxRssBytes());
      assertEquals(0, result.restarts());
    }

    @ParameterizedTest
    @CsvSource({
      "0, COMPLETED, ''",
      "1, FAILED, NonZeroExitCode",
      "126, FAILED, NotExecutable",
      "127, FAILED, CommandNotFound",
      "137, FAILED, NonZeroExitCode",
      "255, FAILED, NonZeroExitCode",
    })
    void ends_as_its_exit_code_says(int code, State state, String reason) throws Exception {
      JobId id = rig.submit(1);
      rig.tick();
      rig.runs(id, Integer.toString(code));
      assertEquals(new Outcome(state, OptionalInt.of(code), reason), rig.outcome(id));
    }

    @ParameterizedTest
    @CsvSource({
      "directory, /data/run",
      "stdin, /data/run/in",
      "stdout, /data/run/out",
      "stderr, /err",
    })
    void that_could_not_be_launched_has_the_path_and_no_exit_code(String what, String path)
        throws Exception {
      JobId id =
          rig.submit(SampleJob.of("x").in("/data/run").stdin("in").stdout("out").stderr("/err"));
      rig.tick();
      rig.runs(id, what);
      assertEquals(
          new Outcome(State.FAILED, OptionalInt.empty(), "JobLaunchFailure: " + path),
          rig.outcome(id));
    }

    @Test
    void keeps_its_cores_until_what_it_left_behind_is_gone() throws Exception {
      JobId id = rig.submit(4);
      JobId next = rig.submit(1);
      rig.tick();
      rig.shimStarts(id, 1);
      rig.tick();
      rig.shimEnds(id, 1, "0");
      rig.engine.set(id, Presence.ALIVE);
      rig.tick();
      assertEquals(List.of("TERM 1.1"), rig.engine.signals());
      rig.pass(GRACE);
      rig.tick();
      assertEquals(List.of("TERM 1.1", "KILL 1.1"), rig.engine.signals());
      assertEquals(State.PENDING, rig.state(next));
      rig.engine.set(id, Presence.GONE);
      rig.settle();
      assertEquals(State.COMPLETED, rig.state(id));
      assertEquals(State.RUNNING, rig.state(next));
    }
  }

  @Nested
  class A_process_that_one_look_misses {
    @Test
    void keeps_the_cores_of_the_job_that_left_it_behind() throws Exception {
      JobId id = rig.submitStarted(4);
      rig.tick();
      rig.shimEnds(id, 1, "0");
      rig.engine.set(id, Presence.ALIVE);
      rig.engine.missOnce(id);
      rig.tick();
      assertEquals(State.RUNNING, rig.state(id), rig::evidence);
      rig.engine.set(id, Presence.GONE);
      rig.settle();
      assertEquals(State.COMPLETED, rig.state(id), rig::evidence);
    }

    @Test
    void keeps_a_cancelled_job_from_being_recorded() throws Exception {
      JobId id = rig.submitStarted(4);
      rig.cancel(id, GRACE);
      rig.engine.missOnce(id);
      rig.tick();
      assertEquals(State.RUNNING, rig.state(id), rig::evidence);
      rig.engine.set(id, Presence.GONE);
      rig.settle();
      assertEquals(State.CANCELLED, rig.state(id), rig::evidence);
    }
  }

  @Nested
  class Several_jobs_at_once {
    @Test
    void are_forced_to_the_disk_together_before_the_first_is_started() throws Exception {
      rig.submit(1);
      rig.submit(1);
      rig.submit(1);
      int before = rig.forced().size();
      rig.tick();
      assertEquals(List.of("1.1", "2.1", "3.1"), rig.engine.starts(), rig::evidence);
      List<String> forced = rig.forced().subList(before, rig.forced().size());
      assertEquals(List.of("running after 0", " after 0"), forced, rig::evidence);
    }

    @ParameterizedTest
    @ValueSource(strings = {"running", ""})
    void are_not_started_where_they_can_not_be_forced(String directory) throws Exception {
      rig.submit(1);
      rig.submit(1);
      rig.breakDisk(directory);
      assertThrows(IOException.class, rig::tick);
      assertEquals(List.of(), rig.engine.starts(), rig::evidence);
      rig.mendDisk();
      rig.tick();
      rig.pass(Duration.ofSeconds(10));
      rig.tick();
      assertEquals(List.of("1.1", "2.1"), rig.engine.starts(), rig::evidence);
    }

    @Test
    void that_have_ended_are_recorded_together() throws Exception {
      JobId first = rig.submitStarted(1);
      JobId second = rig.submitStarted(1);
      rig.shimEnds(first, 1, "0");
      rig.shimEnds(second, 1, "3");
      int before = rig.forced().size();
      rig.settle();
      List<String> forced = rig.forced().subList(before, rig.forced().size());
      assertEquals(List.of("done after 2"), forced, rig::evidence);
      assertEquals(State.COMPLETED, rig.state(first), rig::evidence);
      assertEquals(State.FAILED, rig.state(second), rig::evidence);
      isLeftWithNothingIn("running");
    }

    @Test
    void that_have_ended_stay_claimed_until_their_records_can_be_forced() throws Exception {
      JobId first = rig.submitStarted(1);
      JobId second = rig.submitStarted(1);
      rig.shimEnds(first, 1, "0");
      rig.shimEnds(second, 1, "3");
      rig.breakDisk("done");
      assertThrows(IOException.class, rig::tick);
      assertEquals(Set.of(first, second), rig.claimed(), rig::evidence);
      rig.mendDisk();
      rig.settle();
      assertEquals(State.COMPLETED, rig.state(first), rig::evidence);
      assertEquals(State.FAILED, rig.state(second), rig::evidence);
      isLeftWithNothingIn("running");
    }

    @Test
    void are_started_but_for_the_one_with_which_something_went_wrong() throws Exception {
      rig.submit(1);
      rig.submit(1);
      rig.engine.stumbleAt(2);
      assertThrows(IllegalStateException.class, rig::tick);
      assertEquals(List.of("1.1"), rig.engine.starts(), rig::evidence);
      rig.tickFor("running");
      assertEquals(List.of("1.1", "2.1"), rig.engine.starts(), rig::evidence);
    }
  }

  @Nested
  class Between_two_polls {
    @BeforeEach
    void poll() throws Exception {
      rig.settle();
    }

    @Test
    void the_root_is_listed_when_something_was_noticed_there() throws Exception {
      rig.submit(1);
      rig.tickFor("running");
      assertEquals(List.of(), rig.engine.starts(), rig::evidence);
      rig.tickFor("");
      assertEquals(List.of("1.1"), rig.engine.starts(), rig::evidence);
    }

    @Test
    void a_file_that_was_noticed_is_enough_to_claim_its_job() throws Exception {
      rig.submit(1);
      rig.submit(1);
      rig.tickForFile("2.json");
      assertEquals(List.of("2.1"), rig.engine.starts(), rig::evidence);
      rig.tickForFile("1.json");
      assertEquals(List.of("2.1", "1.1"), rig.engine.starts(), rig::evidence);
    }

    @Test
    void what_was_not_noticed_waits_for_the_next_poll() throws Exception {
      rig.submit(1);
      rig.tickFor("running");
      rig.tick();
      assertEquals(List.of("1.1"), rig.engine.starts(), rig::evidence);
    }

    @ParameterizedTest
    @ValueSource(strings = {"running", "", ".localq"})
    void what_a_tick_could_not_do_is_done_by_the_next_one(String noticed) throws Exception {
      rig.submit(1);
      rig.engine.stumbleAt(1);
      assertThrows(IllegalStateException.class, () -> rig.tickFor(""));
      assertEquals(List.of(), rig.engine.starts(), rig::evidence);
      rig.tickFor(noticed);
      assertEquals(List.of("1.1"), rig.engine.starts(), rig::evidence);
    }

    @Test
    void processes_are_looked_at_for_jobs_that_ended_or_are_to_end() throws Exception {
      JobId first = rig.submitStarted(1);
      JobId second = rig.submitStarted(1);
      rig.settle();
      int before = rig.engine.looks();
      rig.tickFor("running");
      assertEquals(before, rig.engine.looks(), rig::evidence);
      rig.shimEnds(first, 1, "0");
      rig.tickFor("running");
      assertEquals(before + 1, rig.engine.looks(), rig::evidence);
      assertEquals(State.COMPLETED, rig.state(first), rig::evidence);
      rig.cancel(second, Duration.ofSeconds(30));
      int cancelled = rig.engine.looks();
      rig.tickFor("running");
      assertEquals(cancelled + 1, rig.engine.looks(), rig::evidence);
    }

    @Test
    void a_shim_that_was_killed_is_met_at_the_next_poll() throws Exception {
      JobId id = rig.submitStarted(1);
      rig.settle();
      rig.engine.set(id, Presence.GONE);
      rig.tickFor("running");
      assertEquals(State.RUNNING, rig.state(id), rig::evidence);
      rig.settle();
      assertEquals(State.LOST, rig.state(id), rig::evidence);
    }
  }

  @Nested
  class The_shim_of_an_attempt {
    @Test
    void can_be_given_another_when_the_first_is_recorded() throws Exception {
      JobId id = rig.submitStarted(1);
      rig.shimEnds(id, 1, "0");
      rig.engine.set(id, Presence.SHIM_ONLY);
      rig.settle();
      assertEquals(State.COMPLETED, rig.state(id), rig::evidence);
      assertEquals(List.of("ended 1.1"), rig.engine.shims(), rig::evidence);
    }

    @Test
    void is_waited_for_and_given_no_other_while_its_exit_token_is_not_whole() throws Exception {
      JobId id = rig.submitStarted(1);
      Files.createFile(rig.running("1.1.exit-3"));
      rig.engine.set(id, Presence.SHIM_ONLY);
      rig.tick();
      assertEquals(State.RUNNING, rig.state(id), rig::evidence);
      assertEquals(List.of(), rig.engine.shims(), rig::evidence);
      rig.pass(Duration.ofSeconds(1));
      rig.tick();
      assertEquals(List.of("abandoned 1.1"), rig.engine.shims(), rig::evidence);
      rig.engine.set(id, Presence.GONE);
      rig.settle();
      assertEquals(OptionalInt.of(3), rig.outcome(id).exitCode(), rig::evidence);
    }

    @Test
    void is_given_no_other_where_it_left_no_exit_token() throws Exception {
      JobId id = rig.submitStarted(1);
      rig.engine.set(id, Presence.GONE);
      rig.settle();
      assertEquals(State.LOST, rig.state(id), rig::evidence);
      assertEquals(List.of("abandoned 1.1"), rig.engine.shims(), rig::evidence);
    }

    @Test
    void is_given_no_other_where_its_token_has_not_named_it_for_ten_seconds() throws Exception {
      JobId id = rig.submit(1);
      rig.tick();
      Files.createFile(rig.running("1.1.started"));
      rig.engine.set(id, Presence.SHIM_ONLY);
      rig.tick();
      rig.pass(Duration.ofSeconds(10));
      assertEquals(List.of(), rig.engine.shims(), rig::evidence);
      rig.tick();
      assertEquals(List.of("abandoned 1.1"), rig.engine.shims(), rig::evidence);
      rig.engine.set(id, Presence.GONE);
      rig.settle();
      assertEquals(State.RUNNING, rig.state(id), rig::evidence);
      assertEquals(List.of("1.1", "1.2"), rig.engine.starts(), rig::evidence);
    }
  }

  @Nested
  class A_machine_that_cannot_spawn {
    @Test
    void costs_no_job_anything() throws Exception {
      JobId first = rig.submit(2);
      rig.submit(2);
      JobId third = rig.submit(1);
      rig.engine.refuse("Resource temporarily unavailable");
      assertEquals(
          "Resource temporarily unavailable",
          assertThrows(IOException.class, rig::tick).getMessage());
      for (int i = 0; i < 3; i++) {
        rig.pass(Duration.ofSeconds(10));
        assertThrows(IOException.class, rig::tick, "it is tried again, and said again");
      }
      assertEquals(
          Set.of("1.1.run-" + Rig.BOOT, "1.json", "2.1.run-" + Rig.BOOT, "2.json"),
          rig.names("running"),
          "nothing piles up");
      assertEquals(State.PENDING, rig.state(third), rig::evidence);
      rig.engine.recover();
      rig.pass(Duration.ofSeconds(10));
      rig.tick();
      assertEquals(List.of("1.1", "2.1"), rig.engine.starts(), rig::evidence);
      rig.shimStarts(first, 1);
      rig.shimEnds(first, 1, "0");
      rig.settle();
      assertEquals(0, rig.result(first).restarts(), "it never started before");
      assertFalse(rig.engine.launches().get(0).again(), "there is no output to append to");
    }
  }

  @Nested
  class A_shim_that_does_not_show_up {
    @Test
    void is_spawned_again_after_ten_seconds_for_the_same_attempt() throws Exception {
      JobId id = rig.submit(1);
      rig.tick();
      rig.tick();
      rig.pass(Duration.ofMillis(9_999));
      rig.tick();
      assertEquals(List.of("1.1"), rig.engine.starts());
      rig.pass(Duration.ofMillis(1));
      rig.tick();
      assertEquals(List.of("1.1", "1.1"), rig.engine.starts());
      rig.tick();
      rig.pass(Duration.ofMillis(9_999));
      rig.tick();
      assertEquals(List.of("1.1", "1.1"), rig.engine.starts(), "patient once more");
      rig.runs(id, "0");
      assertEquals(0, rig.result(id).restarts());
    }
  }

  @Nested
  class A_claim_that_a_dead_worker_made {
    @Test
    void by_half_is_taken_back_and_made_anew_with_one_shim() throws Exception {
      JobId id = rig.submit(1);
      Files.move(rig.path(id + ".json"), rig.running(id + ".json"));
      rig.tick();
      rig.tick();
      assertEquals(List.of("1.1"), rig.engine.starts(), rig::evidence);
    }

    @Test
    void without_a_start_token_is_spawned_again_at_once_as_the_same_attempt() throws Exception {
      JobId id = rig.submit(1);
      rig.tick();
      rig.boot(Rig.BOOT);
      rig.tick();
      rig.tick();
      assertEquals(List.of("1.1", "1.1"), rig.engine.starts(), rig::evidence);
      rig.runs(id, "0");
      assertEquals(0, rig.result(id).restarts());
    }

    @ParameterizedTest
    @ValueSource(strings = {"running", ""})
    void is_not_spawned_before_it_is_on_the_disk(String directory) throws Exception {
      JobId id = rig.submit(1);
      rig.tick();
      rig.boot(Rig.BOOT);
      rig.breakDisk(directory);
      assertThrows(IOException.class, rig::tick, "the log is told");
      assertEquals(List.of("1.1"), rig.engine.starts(), rig::evidence);
      rig.mendDisk();
      rig.tick();
      assertEquals(List.of("1.1", "1.1"), rig.engine.starts(), rig::evidence);
      rig.runs(id, "0");
      assertEquals(0, rig.result(id).restarts());
    }

    @ParameterizedTest
    @ValueSource(strings = {"running", ""})
    void is_not_spawned_by_an_older_worker_before_it_is_on_the_disk(String directory)
        throws Exception {
      rig.submit(1);
      rig.tick();
      rig.tick();
      rig.pass(Duration.ofSeconds(10));
      rig.breakDisk(directory);
      assertThrows(IOException.class, rig::tick, "the log is told");
      assertEquals(List.of("1.1"), rig.engine.starts(), rig::evidence);
    }

    @Test
    void has_no_record_before_it_is_on_the_disk() throws Exception {
      JobId id = rig.submitStarted(1);
      rig.shimEnds(id, 1, "3");
      rig.boot(Rig.OTHER_BOOT);
      rig.breakDisk("");
      assertThrows(IOException.class, rig::tick, "the log is told");
      assertFalse(Files.exists(rig.path("done/1.json")), rig::evidence);
      rig.mendDisk();
      rig.settle();
      assertTrue(Files.exists(rig.path("done/1.json")), rig::evidence);
    }

    @Test
    void is_found_once_where_a_power_cut_left_it_in_the_root_too() throws Exception {
      JobId id = rig.submitStarted(1);
      Files.createLink(rig.path("1.json"), rig.running("1.json"));
      rig.boot(Rig.OTHER_BOOT);
      rig.engine.set(id, Presence.GONE);
      rig.settle();
      assertEquals(State.LOST, rig.state(id), rig::evidence);
      try (Stream<Path> refused = Files.list(rig.path("rejected"))) {
        assertEquals(List.of(), refused.toList(), rig::evidence);
      }
    }
  }

  @Nested
  class A_damaged_file {
    @Test
    void of_a_claim_whose_shim_never_came_is_rejected_and_frees_its_cores() throws Exception {
      JobId id = rig.submit(1);
      JobId other = rig.submit(1);
      rig.tick();
      Files.writeString(rig.running("1.json"), "{");
      rig.tick();
      rig.pass(Duration.ofSeconds(10));
      rig.settle();
      assertEquals(State.REJECTED, rig.state(id), rig::evidence);
      rig.runs(other, "0");
      assertEquals(State.COMPLETED, rig.state(other), rig::evidence);
      isLeftWithNothingIn("running");
    }

    @Test
    void of_a_record_does_not_take_the_claim_with_it() throws Exception {
      JobId id = rig.submitStarted(1);
      Files.writeString(rig.path("done/1.json"), "");
      rig.shimEnds(id, 1, "0");
      IOException told = assertThrows(IOException.class, rig::tick);
      assertTrue(told.getMessage().contains("localqd check --repair"), told::toString);
      assertTrue(Files.exists(rig.running("1.json")), rig::evidence);
      assertTrue(Files.exists(rig.running("1.1.exit-0")), rig::evidence);
      Files.delete(rig.path("done/1.json"));
      rig.settle();
      assertEquals(State.COMPLETED, rig.state(id), rig::evidence);
    }
  }

  @Nested
  class A_claim_that_its_worker_did_not_force_to_the_disk {
    @Test
    void is_forced_before_its_shim_is_spawned_again() throws Exception {
      rig.submit(1);
      rig.tick();
      rig.boot(Rig.BOOT);
      rig.tick();
      assertEquals(List.of("1.1", "1.1"), rig.engine.starts(), rig::evidence);
      assertTrue(
          rig.forced().containsAll(List.of("running after 1", " after 1")),
          () -> "running/ and the root: " + rig.forced());
    }
  }

  @Nested
  class A_token_that_makes_no_sense {
    @Test
    void and_that_can_not_be_removed_holds_up_no_job() throws Exception {
      Files.createDirectories(rig.running("9.1.started/in-the-way"));
      JobId id = rig.submit(1);
      assertThrows(IOException.class, rig::tick, "the log is told");
      assertEquals(List.of("1.1"), rig.engine.starts(), rig::evidence);
      Files.delete(rig.running("9.1.started/in-the-way"));
      rig.runs(id, "0");
      assertEquals(State.COMPLETED, rig.state(id), rig::evidence);
      isLeftWithNothingIn("running");
    }

    @Test
    void is_read_as_far_as_it_does_and_holds_up_no_other_job() throws Exception {
      JobId id = rig.submit(1);
      JobId other = rig.submit(1);
      rig.tick();
      rig.shimStarts(id, 1);
      Files.writeString(
          rig.running("1.1.exit-0"),
          "0m0s 0m0s\n99999999999999999999m0s 1m1.1.1s\n" + "x".repeat(100_000));
      rig.engine.set(id, Presence.GONE);
      rig.settle();
      assertEquals(State.COMPLETED, rig.state(id), rig::evidence);
      rig.runs(other, "3");
      assertEquals(State.FAILED, rig.state(other), rig::evidence);
    }
  }

  @Nested
  class A_start_token {
    @Test
    void without_a_process_means_that_the_job_is_lost() throws Exception {
      JobId id = rig.submitStarted(1);
      rig.tick();
      rig.engine.set(id, Presence.GONE);
      rig.settle();
      assertEquals(new Outcome(State.LOST, OptionalInt.empty(), "ShimLost"), rig.outcome(id));
      isLeftWithNothingIn("running");
    }

    @Test
    void whose_content_makes_no_sense_never_means_that_the_job_did_not_run() throws Exception {
      JobId id = rig.submit(1);
      rig.tick();
      Files.writeString(rig.running("1.1.started"), "#!");
      rig.pass(Duration.ofMinutes(1));
      rig.settle();
      assertEquals(List.of("1.1"), rig.engine.starts(), rig::evidence);
      assertEquals(new Outcome(State.LOST, OptionalInt.empty(), "ShimLost"), rig.outcome(id));
      isLeftWithNothingIn("running");
    }

    @Test
    void that_is_empty_without_a_process_means_that_it_never_ran() throws Exception {
      JobId id = rig.submit(1);
      rig.tick();
      Files.createFile(rig.running("1.1.started"));
      rig.settle();
      assertEquals(List.of("1.1"), rig.engine.starts(), "patient with a machine that can't fork");
      rig.pass(Duration.ofSeconds(10));
      rig.settle();
      rig.tick();
      assertEquals(List.of("1.1", "1.2"), rig.engine.starts(), rig::evidence);
      assertFalse(rig.engine.launches().get(1).again());
      rig.shimStarts(id, 2);
      rig.shimEnds(id, 2, "0");
      rig.settle();
      assertEquals(State.COMPLETED, rig.state(id));
      assertEquals(0, rig.result(id).restarts());
      isLeftWithNothingIn("running");
    }

    @Test
    void with_a_process_is_waited_for_by_a_new_worker_too() throws Exception {
      JobId id = rig.submitStarted(1);
      rig.boot(Rig.BOOT);
      rig.pass(Duration.ofHours(1));
      rig.settle();
      assertEquals(State.RUNNING, rig.state(id));
      rig.shimEnds(id, 1, "7");
      rig.settle();
      assertEquals(OptionalInt.of(7), rig.outcome(id).exitCode());
      assertEquals(List.of("1.1"), rig.engine.starts());
    }
  }

  @Nested
  class After_another_boot {
    @Test
    void a_job_without_any_token_is_lost() throws Exception {
      JobId id = rig.submit(1);
      rig.tick();
      rig.boot(Rig.OTHER_BOOT);
      rig.settle();
      assertEquals(new Outcome(State.LOST, OptionalInt.empty(), "NodeFail"), rig.outcome(id));
    }

    @Test
    void a_job_with_a_start_token_is_lost() throws Exception {
      JobId id = rig.submitStarted(1);
      rig.boot(Rig.OTHER_BOOT);
      // somebody has the pid now
      rig.engine.set(id, Presence.ALIVE);
      rig.settle();
      assertEquals(new Outcome(State.LOST, OptionalInt.empty(), "NodeFail"), rig.outcome(id));
      assertEquals(List.of(), rig.engine.signals());
    }

    @Test
    void a_job_with_an_exit_token_is_recorded_with_its_code() throws Exception {
      JobId id = rig.submitStarted(1);
      rig.shimEnds(id, 1, "5");
      rig.boot(Rig.OTHER_BOOT);
      rig.settle();
      assertEquals(
          new Outcome(State.FAILED, OptionalInt.of(5), "NonZeroExitCode"), rig.outcome(id));
    }

    @Test
    void a_pending_job_is_claimed_as_ever() throws Exception {
      JobId id = rig.submit(1);
      rig.boot(Rig.OTHER_BOOT);
      rig.tick();
      assertEquals(State.RUNNING, rig.state(id));
    }
  }

  @Nested
  class A_damaged_file_in_running {
    @Test
    void counts_as_the_whole_limit_and_ends_in_rejected() throws Exception {
      JobId damaged = rig.submitStarted(1);
      Files.writeString(rig.running("1.json"), "{ \"command\": [\"wo");
      rig.boot(Rig.BOOT);
      JobId next = rig.submit(1);
      rig.settle();
      assertEquals(State.PENDING, rig.state(next), rig::evidence);
      rig.shimEnds(damaged, 1, "0");
      rig.settle();
      rig.settle();
      assertEquals(State.REJECTED, rig.state(damaged), rig::evidence);
      String reason = ((Entry.Rejected) rig.find(damaged)).reason();
      assertTrue(
          reason.startsWith("was found damaged while it was claimed: is not JSON: "), reason);
      assertEquals("{ \"command\": [\"wo", Files.readString(rig.path("rejected/1.json")));
      rig.tick();
      assertEquals(State.RUNNING, rig.state(next));
    }
  }

  @Nested
  class A_worker_that_drains {
    @Test
    void claims_nothing_and_ends_with_the_last_running_job() throws Exception {
      JobId running = rig.submitStarted(1);
      rig.drain();
      JobId pending = rig.submit(1);
      assertEquals(Worker.Pace.IDLE, rig.tick());
      assertEquals(State.PENDING, rig.state(pending));
      rig.shimEnds(running, 1, "0");
      assertEquals(Worker.Pace.OVER, rig.tick());
      assertEquals(State.COMPLETED, rig.state(running));
      assertEquals(State.PENDING, rig.state(pending));
    }

    @Test
    void ends_at_once_when_nothing_runs() throws Exception {
      rig.submit(1);
      rig.drain();
      assertEquals(Worker.Pace.OVER, rig.tick());
    }
  }

  @Nested
  class A_clean_up_that_was_interrupted {
    @Test
    void behind_the_record_is_finished_and_the_record_stays() throws Exception {
      JobId id = rig.submit(1);
      rig.tick();
      byte[] claim = Files.readAllBytes(rig.running("1.json"));
      rig.runs(id, "6");
      byte[] record = Files.readAllBytes(rig.path("done/1.json"));
      Files.write(rig.running("1.json"), claim);
      Files.writeString(rig.running("1.1.started"), "4711 99\n");
      rig.settle();
      isLeftWithNothingIn("running");
      assertEquals(new String(record), Files.readString(rig.path("done/1.json")));
      assertEquals(List.of("1.1"), rig.engine.starts());
    }

    @Test
    void behind_the_claim_is_finished() throws Exception {
      JobId id = rig.submit(1);
      rig.tick();
      rig.runs(id, "0");
      for (String token :
          List.of("1.1.started", "1.1.exit-0", "1.cancel", "1.1.term", "1.1.run-b0070000")) {
        Files.createFile(rig.running(token));
      }
      rig.settle();
      isLeftWithNothingIn("running");
      assertEquals(OptionalInt.of(0), rig.outcome(id).exitCode());
    }

    @Test
    void leaves_what_is_not_of_the_format_alone() throws Exception {
      for (String name : List.of("notes.txt", "1.x.started", "01.json", ".1.json.swp")) {
        Files.createFile(rig.running(name));
      }
      rig.settle();
      assertEquals(
          Set.of("notes.txt", "1.x.started", "01.json", ".1.json.swp"), rig.names("running"));
    }

    @Test
    void of_a_claim_that_was_not_made_lets_the_job_start() throws Exception {
      JobId id = rig.submit(1);
      Files.writeString(rig.running("1.1.run-b0070000"), "half a scr");
      rig.tick();
      assertEquals(State.RUNNING, rig.state(id));
      assertEquals("work", Files.readString(rig.running("1.1.run-b0070000")));
    }
  }

  @Nested
  class The_order {
    private List<Integer> coresOf(List<String> starts) throws IOException {
      List<Integer> cores = new ArrayList<>();
      rig.engine.launches().forEach(launch -> cores.add(launch.job().cores()));
      assertEquals(starts.size(), cores.size());
      return cores;
    }

    @Test
    void of_fifo_is_that_of_submission_and_nothing_passes_the_head() throws Exception {
      for (int cores : List.of(1, 2, 3, 1)) {
        rig.submit(cores);
      }
      rig.tick();
      assertEquals(List.of("1.1", "2.1"), rig.engine.starts());
      rig.tick();
      assertEquals(List.of("1.1", "2.1"), rig.engine.starts());
      rig.runs(new JobId(1), "0");
      assertEquals(List.of("1.1", "2.1"), rig.engine.starts(), "two cores are not enough for 3");
      rig.runs(new JobId(2), "0");
      assertEquals(List.of("1.1", "2.1", "3.1", "4.1"), rig.engine.starts());
    }

    @Test
    void of_mcf_is_the_widest_first_then_the_oldest() throws Exception {
      rig.policy(Policy.MCF);
      for (int cores : List.of(1, 2, 1, 3, 2)) {
        rig.submit(cores);
      }
      rig.tick();
      assertEquals(List.of("4.1"), rig.engine.starts(), "the next is 2 wide and one core is free");
      rig.runs(new JobId(4), "0");
      assertEquals(List.of("4.1", "2.1", "5.1"), rig.engine.starts());
      rig.runs(new JobId(2), "0");
      assertEquals(List.of(3, 2, 2, 1, 1), coresOf(rig.engine.starts()));
      assertEquals(List.of("4.1", "2.1", "5.1", "1.1", "3.1"), rig.engine.starts());
    }

    @Test
    void passes_over_a_job_that_is_wider_than_the_limit() throws Exception {
      JobId wide = rig.submit(5);
      JobId narrow = rig.submit(4);
      rig.tick();
      assertEquals(State.PENDING, rig.state(wide));
      assertEquals(State.RUNNING, rig.state(narrow));
      rig.runs(narrow, "0");
      rig.limit(5);
      rig.tick();
      assertEquals(State.RUNNING, rig.state(wide));
    }
  }

  @Nested
  class More_jobs_than_are_read_at_once {
    @Test
    void and_all_too_wide_hold_up_no_other() throws Exception {
      for (int job = 0; job < 1100; job++) {
        rig.submit(5);
      }
      JobId last = rig.submit(1);
      rig.settle();
      assertEquals(List.of(last + ".1"), rig.engine.starts());
    }

    @Test
    void start_the_widest_first_where_that_is_the_policy() throws Exception {
      rig.policy(Policy.MCF);
      for (int job = 0; job < 1100; job++) {
        rig.submit(1);
      }
      JobId widest = rig.submit(4);
      rig.settle();
      assertEquals(List.of(widest + ".1"), rig.engine.starts());
    }
  }

  @Nested
  class A_limit_that_is_lowered_while_all_cores_are_taken {
    @Test
    void lets_the_running_jobs_end_and_holds_for_the_next() throws Exception {
      for (int i = 0; i < 5; i++) {
        rig.submit(1);
      }
      rig.tick();
      assertEquals(4, rig.claimed().size());
      rig.limit(2);
      rig.tick();
      assertEquals(4, rig.claimed().size(), rig::evidence);
      assertEquals(List.of(), rig.engine.signals());
      rig.runs(new JobId(1), "0");
      rig.runs(new JobId(2), "0");
      assertEquals(State.PENDING, rig.state(new JobId(5)), rig::evidence);
      rig.runs(new JobId(3), "0");
      assertEquals(State.RUNNING, rig.state(new JobId(5)), rig::evidence);
    }
  }

  @Nested
  class The_log {
    private JobId id;

    @BeforeEach
    void submit() throws Exception {
      id = rig.submit(1);
    }

    private void says(String... lines) {
      assertEquals(
          List.of(lines),
          rig.logged().stream()
              .map(l -> l.replaceAll("started [-0-9T:]+,", "started TIME,"))
              .toList(),
          rig::evidence);
    }

    @Test
    void names_claim_start_and_end_once() throws Exception {
      rig.tick();
      rig.shimStarts(id, 1);
      rig.tick();
      rig.tick();
      rig.shimEnds(id, 1, "3");
      rig.settle();
      rig.settle();
      says(
          "job 1: claimed, attempt 1, cores 1",
          "job 1: started TIME, attempt 1, pid 4711",
          "job 1: FAILED, exit code 3, NonZeroExitCode");
    }

    @Test
    void names_the_start_of_a_job_that_was_over_at_the_first_look() throws Exception {
      rig.tick();
      rig.runs(id, "0");
      says(
          "job 1: claimed, attempt 1, cores 1",
          "job 1: started TIME, attempt 1, pid 4711",
          "job 1: COMPLETED, exit code 0");
    }

    @Test
    void of_a_second_worker_leaves_the_start_to_the_one_that_spawned_it() throws Exception {
      rig.cancel(id, GRACE);
      Worker other = rig.anotherWorker();
      rig.tick();
      rig.tick(other);
      JobId next = rig.submitStarted(1);
      rig.tick(other);
      rig.tick();
      says(
          "job 1: CANCELLED",
          "job 2: claimed, attempt 1, cores 1",
          "job 2: started TIME, attempt 1, pid 4711");
    }

    @Test
    void of_a_newcomer_names_what_it_finds_running() throws Exception {
      rig.tick();
      rig.shimStarts(id, 1);
      rig.boot(Rig.BOOT);
      rig.tick();
      rig.tick();
      says("job 1: claimed, attempt 1, cores 1", "job 1: found running, attempt 1, pid 4711");
    }

    @Test
    void names_term_and_kill_once() throws Exception {
      rig.tick();
      rig.shimStarts(id, 1);
      rig.tick();
      rig.cancel(id, GRACE);
      rig.tick();
      rig.pass(GRACE);
      rig.tick();
      rig.tick();
      says(
          "job 1: claimed, attempt 1, cores 1",
          "job 1: started TIME, attempt 1, pid 4711",
          "job 1: cancelled; its processes were sent TERM",
          "job 1: not gone 30 s after TERM; was sent KILL");
    }

    @Test
    void names_an_attempt_that_is_given_up_and_why() throws Exception {
      rig.tick();
      rig.cancel(id, GRACE);
      says(
          "job 1: claimed, attempt 1, cores 1",
          "job 1: attempt 1 is given up before its shim came, because it is cancelled",
          "job 1: CANCELLED");
    }

    @Test
    void names_a_shim_that_is_spawned_again_and_one_that_died() throws Exception {
      rig.tick();
      rig.boot(Rig.BOOT);
      rig.tick();
      Files.createFile(rig.running("1.1.started"));
      rig.tick();
      rig.pass(Duration.ofSeconds(10));
      rig.tick();
      assertEquals(
          List.of(
              "job 1: attempt 1 was spawned again: no shim had shown up for it",
              "job 1: attempt 1 is closed, because its shim died before the command was started;"
                  + " back in the queue",
              "job 1: claimed, attempt 2, cores 1"),
          rig.logged().subList(1, 4),
          rig::evidence);
    }
  }

  @Nested
  class A_drop_by_hand {
    @Test
    void becomes_a_job_and_is_claimed_in_the_same_tick() throws Exception {
      Files.writeString(rig.path("mine.json"), "{\"command\": [\"true\"], \"colour\": \"red\"}");
      rig.tick();
      assertEquals(State.RUNNING, rig.state(new JobId(1)), rig::evidence);
      assertEquals(
          List.of("job 1: accepted from mine.json", "job 1: claimed, attempt 1, cores 1"),
          rig.logged());
      rig.runs(new JobId(1), "0");
      assertTrue(Files.readString(rig.path("done/1.json")).contains("\"colour\" : \"red\""));
    }

    @Test
    void that_is_no_job_is_refused_when_it_has_not_changed_for_a_minute() throws Exception {
      Files.writeString(rig.path("mine.json"), "{\"command\": [\"tr");
      JobId next = rig.submit(1);
      rig.tick();
      rig.pass(Duration.ofMillis(59_999));
      rig.tick();
      assertTrue(Files.exists(rig.path("mine.json")), rig::evidence);
      assertEquals(State.RUNNING, rig.state(next), "it delays nobody");
      rig.pass(Duration.ofMillis(1));
      rig.tick();
      assertEquals(State.REJECTED, rig.state(new JobId(2)), rig::evidence);
    }
  }

  @Nested
  class Two_workers_on_one_spool {
    private static final int LIMIT = 4;

    /**
     * Shims that were spawned and have not come up yet; some never do, some do when all is over.
     */
    private final List<Launch> slow = new ArrayList<>();

    private final Set<JobId> up = new TreeSet<>();
    private final Map<JobId, Integer> runs = new HashMap<>();
    private int seen;

    static List<Long> seeds() {
      return List.of(1L, 2L, 3L, 4L, System.nanoTime());
    }

    @ParameterizedTest(name = "seed {0}")
    @MethodSource("seeds")
    void never_pass_the_limit_and_run_each_command_once(long seed) throws Exception {
      Random random = new Random(seed);
      List<Worker> workers = new ArrayList<>(List.of(rig.worker(), rig.anotherWorker()));
      Map<JobId, Integer> cores = new HashMap<>();
      for (int step = 0; step < 400; step++) {
        switch (random.nextInt(7)) {
          case 0 -> {
            int wide = 1 + random.nextInt(LIMIT);
            cores.put(rig.submit(wide), wide);
          }
          case 1 -> workers.set(random.nextInt(2), rig.anotherWorker());
          case 2 -> rig.pass(Duration.ofSeconds(random.nextInt(8)));
          case 3 -> oneComesUp(random);
          case 4 -> oneEnds(random);
          default -> rig.tick(workers.get(random.nextInt(2)));
        }
        int busy = rig.claimed().stream().mapToInt(cores::get).sum();
        assertTrue(busy <= LIMIT, () -> "seed " + seed + ": " + busy + " cores" + rig.evidence());
      }
      for (int round = 0; round < 2000 && rig.names("done").size() < cores.size(); round++) {
        oneComesUp(random);
        oneEnds(random);
        rig.tick(workers.get(round % 2));
      }
      for (int late = slow.size(); late > 0; late--) {
        oneComesUp(random);
      }
      rig.settle();
      assertEquals(cores.size(), rig.names("done").size(), () -> "seed " + seed + rig.evidence());
      assertEquals(cores.keySet(), runs.keySet(), () -> "seed " + seed + rig.evidence());
      assertEquals(Set.of(1), new HashSet<>(runs.values()), () -> "seed " + seed + ": " + runs);
      assertEquals(Set.of(), rig.names("running"), () -> "seed " + seed + rig.evidence());
    }

    /** As the shim does: the token first, the claim second. */
    private void oneComesUp(Random random) throws IOException {
      List<Launch> all = rig.engine.launches();
      slow.addAll(all.subList(seen, all.size()));
      seen = all.size();
      if (!slow.isEmpty()) {
        Launch launch = slow.remove(random.nextInt(slow.size()));
        JobId id = launch.mark().id();
        if (rig.shimTakesToken(id, launch.mark().attempt()) && rig.claimed().contains(id)) {
          rig.engine.set(id, Presence.ALIVE);
          up.add(id);
          runs.merge(id, 1, Integer::sum);
        }
      }
    }

    private void oneEnds(Random random) throws IOException {
      if (!up.isEmpty()) {
        JobId id = List.copyOf(up).get(random.nextInt(up.size()));
        rig.shimEnds(id, 1, Integer.toString(random.nextInt(3)));
        up.remove(id);
      }
    }
  }
}
