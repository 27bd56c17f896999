package org.localq.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
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
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.core.JobId;
import org.localq.core.Outcome;
import org.localq.core.State;
import org.localq.core.Tasks;
import org.localq.spool.Entry;

/** Arrays, from their first claimed task to their record. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class ArrayTest {
  private static final JobId ARRAY = new JobId(1);
  private static final Duration GRACE = Duration.ofSeconds(30);

  @TempDir Path base;
  private Rig rig;

  @BeforeEach
  void set_up() throws Exception {
    rig = new Rig(base.resolve("spool"), 2);
  }

  @AfterEach
  void close_the_spool() throws Exception {
    rig.close();
  }

  /** An array of the words {@code a}, {@code b} and so on, each as wide as this. */
  private JobId array(int tasks, int cores) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int task = 0; task < tasks; task++) {
      lines.add("\"" + (char) ('a' + task) + "\"");
    }
    return drop(
        "{\"command\":[\"sh\",\"-c\"],\"cores\":%d,\"directory\":\"/d\",\"stdout\":\"%%a.out\",\"tasks\":%d,\"lines\":%s}"
            .formatted(cores, tasks, lines));
  }

  private JobId drop(String json) throws IOException {
    put("array.json", json);
    rig.tick();
    return ARRAY;
  }

  private JobId task(int number) {
    return ARRAY.ofTask(number);
  }

  private void run(int task, String code) throws IOException {
    rig.shimStarts(task(task), 1);
    rig.shimEnds(task(task), 1, code);
  }

  private void runAll(int tasks) throws IOException {
    for (int task = 1; task <= tasks; task++) {
      rig.settle();
      run(task, "0");
    }
    rig.settle();
  }

  private Entry.Array waiting() throws IOException {
    return (Entry.Array) rig.find(ARRAY);
  }

  private Entry.Finished ended() throws IOException {
    assertTrue(rig.find(ARRAY) instanceof Entry.Finished, () -> rig.evidence());
    return (Entry.Finished) rig.find(ARRAY);
  }

  private void assertEnded(State state, Map<State, Integer> tasks) throws IOException {
    int count = tasks.values().stream().mapToInt(n -> n).sum();
    assertEquals(new Tasks(count, tasks), ended().tasks().orElseThrow(), rig::evidence);
    assertEquals(state, rig.state(ARRAY), rig::evidence);
    assertEquals(Set.of(), rig.names("running"), rig::evidence);
    assertTrue(rig.names("done").contains("1.json"), rig::evidence);
    assertTrue(!Files.exists(rig.path("1.json")), rig::evidence);
  }

  private void assertClaimed(int... tasks) throws IOException {
    Set<JobId> expected = new TreeSet<>();
    for (int task : tasks) {
      expected.add(task(task));
    }
    Set<JobId> claimed = rig.claimed();
    claimed.remove(ARRAY);
    assertEquals(expected, claimed, rig::evidence);
  }

  @Nested
  class An_array {
    @Test
    void has_as_many_tasks_running_as_fit() throws Exception {
      array(5, 1);
      assertEquals(State.RUNNING, rig.state(ARRAY));
      assertClaimed(1, 2);
      assertEquals(5, waiting().tasks());
      assertEquals(2, waiting().claimed());
      assertEquals(2, waiting().running());
      run(2, "0");
      rig.settle();
      assertClaimed(1, 3);
      assertEquals(3, waiting().claimed());
    }

    @Test
    void runs_each_line_once_in_order_and_ends_with_its_last_task() throws Exception {
      array(5, 2);
      runAll(5);
      assertEquals(List.of("1_1.1", "1_2.1", "1_3.1", "1_4.1", "1_5.1"), rig.engine.starts());
      assertEnded(State.COMPLETED, Map.of(State.COMPLETED, 5));
      assertEquals(new Outcome(State.COMPLETED, OptionalInt.of(0), ""), rig.outcome(ARRAY));
      Entry.Finished third = (Entry.Finished) rig.find(task(3));
      assertEquals(List.of("sh", "-c", "c"), third.job().command());
      assertEquals("3.out", third.job().workplace().stdout());
    }

    @Test
    void of_one_task_is_one() throws Exception {
      array(1, 1);
      runAll(1);
      assertEnded(State.COMPLETED, Map.of(State.COMPLETED, 1));
    }

    @Test
    void that_does_not_say_how_many_lines_it_has_is_counted() throws Exception {
      drop("{\"command\":[\"sh\",\"-c\"],\"stdout\":\"/dev/null\",\"lines\":[\"a\",\"b\",\"c\"]}");
      runAll(3);
      assertEnded(State.COMPLETED, Map.of(State.COMPLETED, 3));
    }

    @ParameterizedTest
    @CsvSource({
      "0, 0, COMPLETED, 0, ''",
      "0, 7, FAILED, 7, NonZeroExitCode",
      "3, 7, FAILED, 7, NonZeroExitCode",
      "137, 7, FAILED, 137, NonZeroExitCode",
      "directory, 0, FAILED, , JobLaunchFailure",
      "directory, 9, FAILED, 9, NonZeroExitCode",
    })
    void ends_as_the_worst_of_its_tasks(
        String first, String second, State state, Integer code, String reason) throws Exception {
      array(2, 1);
      run(1, first);
      run(2, second);
      rig.settle();
      OptionalInt exit = code == null ? OptionalInt.empty() : OptionalInt.of(code);
      assertEquals(new Outcome(state, exit, reason), rig.outcome(ARRAY), rig::evidence);
    }

    @Test
    void of_which_a_task_is_lost_is_lost() throws Exception {
      array(2, 1);
      rig.shimStarts(task(1), 1);
      rig.engine.set(task(1), org.localq.core.Presence.GONE);
      run(2, "5");
      rig.settle();
      assertEnded(State.LOST, Map.of(State.LOST, 1, State.FAILED, 1));
      assertEquals(new Outcome(State.LOST, OptionalInt.empty(), "TaskLost"), rig.outcome(ARRAY));
    }

    @Test
    void lets_no_later_job_pass_while_its_next_task_waits() throws Exception {
      rig.submit(2);
      rig.tick();
      Path array = rig.path("x.json");
      Files.writeString(array, "{\"command\":[\"sh\",\"-c\"],\"cores\":2,\"lines\":[\"a\",\"b\"]}");
      rig.tick();
      JobId later = rig.submit(1);
      rig.runs(new JobId(1), "0");
      assertEquals(Set.of(new JobId(2, 1)), rig.claimed(), rig::evidence);
      assertEquals(State.PENDING, rig.state(later));
    }

    @Test
    void makes_room_for_the_next_job_with_its_last_task() throws Exception {
      array(3, 1);
      JobId later = rig.submit(1);
      run(1, "0");
      run(2, "0");
      rig.settle();
      assertEquals(State.RUNNING, rig.state(later), rig::evidence);
      assertEquals(
          Set.of("1.claimed-3", "1.json"), rig.names("running").headSet("1_"), rig::evidence);
    }

    @Test
    void keeps_a_worker_that_drains_until_it_has_its_record() throws Exception {
      array(2, 1);
      rig.settle();
      rig.drain();
      run(1, "0");
      run(2, "0");
      Worker.Pace pace = rig.tick();
      for (int i = 0; i < 5 && pace != Worker.Pace.OVER; i++) {
        pace = rig.tick();
      }
      assertEquals(Worker.Pace.OVER, pace, rig::evidence);
    }
  }

  /** Tasks 0, 4, 8, 12 and 16, which all run one command; and mostly two cores. */
  @Nested
  class An_array_of_numbers {
    private JobId numbers(String numbers, int cores) throws IOException {
      return drop(
          "{\"command\":[\"run\"],\"cores\":%d,\"directory\":\"/d\",\"stdout\":\"%%a.out\",\"array\":\"%s\"}"
              .formatted(cores, numbers));
    }

    private void runAllOf(int... numbers) throws IOException {
      for (int number : numbers) {
        rig.settle();
        run(number, "0");
      }
      rig.settle();
    }

    @Test
    void runs_each_once_in_order_and_ends_with_the_last() throws Exception {
      numbers("0-16:4", 2);
      runAllOf(0, 4, 8, 12, 16);
      assertEquals(List.of("1_0.1", "1_4.1", "1_8.1", "1_12.1", "1_16.1"), rig.engine.starts());
      assertEquals(State.COMPLETED, rig.state(ARRAY), rig::evidence);
      Tasks tasks = ended().tasks().orElseThrow();
      assertEquals(Map.of(State.COMPLETED, 5), tasks.ended());
      assertEquals("0-16:4", tasks.given().orElseThrow().toString());
      assertEquals(Set.of(), rig.names("running"), rig::evidence);
      Entry.Finished third = (Entry.Finished) rig.find(task(8));
      assertEquals(List.of("run"), third.job().command());
      assertEquals("8.out", third.job().workplace().stdout());
      assertEquals("16", third.job().submission().environment().get("LOCALQ_ARRAY_TASK_MAX"));
    }

    @Test
    void notes_places_and_no_numbers() throws Exception {
      numbers("0-16:4", 1);
      run(4, "0");
      rig.settle();
      assertClaimed(0, 8);
      assertTrue(rig.names("running").contains("1.claimed-2"), rig::evidence);
      assertEquals(3, waiting().claimed());
      assertEquals(5, waiting().tasks());
    }

    @Test
    void ends_as_the_worst_of_its_tasks() throws Exception {
      numbers("0,999999999", 1);
      run(0, "7");
      run(999_999_999, "3");
      rig.settle();
      assertEquals(
          new Outcome(State.FAILED, OptionalInt.of(7), "NonZeroExitCode"), rig.outcome(ARRAY));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void is_gone_on_with_where_a_worker_died(boolean noteLost) throws Exception {
      numbers("0-16:4", 1);
      run(0, "0");
      rig.settle();
      if (noteLost) {
        for (String name : rig.names("running")) {
          if (name.startsWith("1.claimed-")) {
            Files.delete(rig.running(name));
          }
        }
      }
      rig.boot(Rig.BOOT);
      rig.limit(2);
      runAllOf(4, 8, 12, 16);
      assertEquals(State.COMPLETED, rig.state(ARRAY), rig::evidence);
      assertEquals(5, new TreeSet<>(rig.engine.starts()).size(), rig::evidence);
    }

    @Test
    void loses_the_task_that_is_cancelled_and_no_other() throws Exception {
      numbers("0-16:4", 1);
      assertEquals(Cancellation.Answer.UNKNOWN, rig.cancel(task(3), GRACE));
      assertEquals(Cancellation.Answer.CANCELLED, rig.cancel(task(12), GRACE), rig::evidence);
      rig.shimStarts(task(0), 1);
      assertEquals(Cancellation.Answer.ENDING, rig.cancel(task(0), GRACE), rig::evidence);
      rig.shimEnds(task(0), 1, "143");
      runAllOf(4, 8, 16);
      assertEquals(
          Map.of(State.CANCELLED, 2, State.COMPLETED, 3), ended().tasks().orElseThrow().ended());
    }

    @Test
    void is_cancelled_as_a_whole() throws Exception {
      numbers("0-16:4%1", 1);
      run(0, "0");
      rig.settle();
      rig.shimStarts(task(4), 1);
      rig.cancel(ARRAY, GRACE);
      rig.shimEnds(task(4), 1, "143");
      rig.settle();
      assertEquals(State.CANCELLED, rig.state(ARRAY), rig::evidence);
      assertEquals(
          Map.of(State.CANCELLED, 4, State.COMPLETED, 1), ended().tasks().orElseThrow().ended());
      assertEquals(State.CANCELLED, rig.state(task(16)));
      assertEquals(Cancellation.Answer.ENDED, rig.cancel(task(16), GRACE));
      assertEquals(Cancellation.Answer.UNKNOWN, rig.cancel(task(15), GRACE));
    }

    @Test
    void whose_file_is_damaged_goes_when_its_tasks_have_ended() throws Exception {
      numbers("0,900", 1);
      rig.settle();
      rig.shimStarts(task(0), 1);
      rig.shimStarts(task(900), 1);
      Files.writeString(rig.running("1.json"), "{");
      rig.boot(Rig.BOOT);
      rig.limit(2);
      rig.settle();
      assertTrue(Files.exists(rig.running("1.json")), rig::evidence);
      rig.shimEnds(task(0), 1, "0");
      rig.shimEnds(task(900), 1, "0");
      rig.settle();
      assertEquals(State.REJECTED, rig.state(ARRAY), rig::evidence);
      assertEquals(State.COMPLETED, rig.state(task(900)), rig::evidence);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1_1.json", "1_20.json"})
    void has_no_task_of_another_number(String name) throws Exception {
      numbers("0-16:4", 1);
      put(name, "{\"command\":[\"x\"]}");
      runAllOf(0, 4, 8, 12, 16);
      assertEquals(Map.of(State.COMPLETED, 5), ended().tasks().orElseThrow().ended());
      assertEquals(2, rig.names("rejected").size(), rig::evidence);
    }
  }

  @Nested
  class A_throttle {
    private JobId throttled(String name, String numbers) throws IOException {
      put(
          name,
          "{\"command\":[\"run\"],\"stdout\":\"/dev/null\",\"array\":\"%s\"}".formatted(numbers));
      rig.tick();
      return ARRAY;
    }

    @BeforeEach
    void make_room() throws Exception {
      rig.limit(4);
    }

    @Test
    void is_never_exceeded_and_leaves_its_cores_to_others() throws Exception {
      throttled("a.json", "0-9%2");
      rig.settle();
      assertClaimed(0, 1);
      JobId later = rig.submit(1);
      rig.settle();
      assertEquals(State.RUNNING, rig.state(later), rig::evidence);
      run(0, "0");
      rig.settle();
      assertEquals(Set.of(task(1), task(2), later), rig.claimed(), rig::evidence);
    }

    @Test
    void lets_arrays_take_turns_and_each_task_runs_once() throws Exception {
      throttled("a.json", "0-4%1");
      put(
          "b.json",
          "{\"command\":[\"sh\",\"-c\"],\"lines\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\"]}");
      rig.settle();
      for (int round = 0; round < 5; round++) {
        run(round, "0");
        JobId line = new JobId(2, 1 + round);
        rig.shimStarts(line, 1);
        rig.shimEnds(line, 1, "0");
        rig.settle();
      }
      JobId last = new JobId(2, 6);
      rig.shimStarts(last, 1);
      rig.shimEnds(last, 1, "0");
      rig.settle();
      assertEquals(State.COMPLETED, rig.state(ARRAY), rig::evidence);
      assertEquals(State.COMPLETED, rig.state(new JobId(2)), rig::evidence);
      assertEquals(11, new TreeSet<>(rig.engine.starts()).size(), rig::evidence);
      assertEquals(11, rig.engine.starts().size(), rig::evidence);
    }

    /** More than a worker keeps open. */
    @Test
    void of_a_hundred_arrays_lets_one_task_of_each_run() throws Exception {
      rig.limit(200);
      for (int array = 1; array <= 100; array++) {
        throttled("a" + array + ".json", "0-2%1");
      }
      for (int task = 0; task <= 2; task++) {
        rig.settle();
        Set<JobId> expected = new TreeSet<>();
        for (int array = 1; array <= 100; array++) {
          expected.add(new JobId(array, task));
        }
        Set<JobId> claimed = rig.claimed();
        claimed.removeIf(id -> !id.isTask());
        assertEquals(expected, claimed);
        for (JobId id : expected) {
          rig.shimStarts(id, 1);
          rig.shimEnds(id, 1, "0");
        }
      }
      rig.settle();
      for (int array = 1; array <= 100; array++) {
        assertEquals(State.COMPLETED, rig.state(new JobId(array)), rig::evidence);
      }
      assertEquals(300, rig.engine.starts().size());
    }

    @Test
    void is_kept_by_several_workers() throws Exception {
      Worker another = rig.anotherWorker();
      throttled("a.json", "0-9%3");
      for (int task = 0; task < 10; task++) {
        rig.tick(another);
        rig.settle();
        rig.tick(another);
        Set<JobId> claimed = rig.claimed();
        claimed.remove(ARRAY);
        assertEquals(Math.min(3, 10 - task), claimed.size(), rig::evidence);
        run(task, "0");
      }
      rig.settle();
      rig.tick(another);
      assertEquals(State.COMPLETED, rig.state(ARRAY), rig::evidence);
      // the other one spawned some of them again, before their shims had shown up
      assertEquals(10, new TreeSet<>(rig.engine.starts()).size(), rig::evidence);
    }

    @Test
    void holds_for_a_task_that_waits_for_another_attempt() throws Exception {
      throttled("a.json", "0-3%1");
      rig.settle();
      // an empty token, and nobody there: it is closed, and put back
      Files.createFile(rig.running("1_0.1.started"));
      rig.pass(Duration.ofSeconds(11));
      rig.settle();
      rig.pass(Duration.ofSeconds(11));
      rig.settle();
      Set<JobId> claimed = rig.claimed();
      claimed.remove(ARRAY);
      assertEquals(Set.of(task(0)), claimed, rig::evidence);
      assertEquals(List.of("1_0.1", "1_0.2"), rig.engine.starts(), rig::evidence);
    }

    @Test
    void of_another_file_in_its_place_counts_from_then_on() throws Exception {
      throttled("a.json", "0-9%1");
      rig.settle();
      assertClaimed(0);
      put("1.json", "{\"command\":[\"run\"],\"stdout\":\"/dev/null\",\"array\":\"0-9%3\"}");
      rig.tickForFile("1.json");
      rig.settle();
      assertClaimed(0, 1, 2);
    }
  }

  @Nested
  class A_new_worker {
    /** What a worker can find that another left in the middle of an array. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7})
    void goes_on_where_another_died(int steps) throws Exception {
      array(4, 1);
      List<Runnable> life = new ArrayList<>();
      for (int step = 0; step < 8; step++) {
        int at = step;
        life.add(
            () -> {
              try {
                if (at % 2 == 0) {
                  run(1 + at / 2, "0");
                } else {
                  rig.tick();
                }
              } catch (IOException failed) {
                throw new IllegalStateException(failed);
              }
            });
      }
      for (int step = 0; step < 8; step++) {
        if (step == steps) {
          rig.boot(Rig.BOOT);
          rig.limit(2);
          rig.settle();
        }
        if (step % 2 == 1) {
          rig.settle();
        }
        life.get(step).run();
      }
      rig.settle();
      assertEnded(State.COMPLETED, Map.of(State.COMPLETED, 4));
      assertEquals(4, new TreeSet<>(rig.engine.starts()).size(), rig::evidence);
    }

    @Test
    void claims_no_task_again_where_the_note_is_behind_or_gone() throws Exception {
      array(6, 1);
      rig.settle();
      run(1, "0");
      run(2, "0");
      rig.settle();
      assertClaimed(3, 4);
      for (String name : rig.names("running")) {
        if (name.startsWith("1.claimed-")) {
          Files.delete(rig.running(name));
        }
      }
      rig.boot(Rig.BOOT);
      rig.limit(2);
      run(3, "0");
      rig.settle();
      assertClaimed(4, 5);
      run(4, "0");
      run(5, "0");
      rig.settle();
      run(6, "0");
      rig.settle();
      assertEnded(State.COMPLETED, Map.of(State.COMPLETED, 6));
      assertEquals(6, new TreeSet<>(rig.engine.starts()).size(), rig::evidence);
    }

    @Test
    void knows_an_array_whose_note_was_lost_when_all_were_claimed() throws Exception {
      array(2, 1);
      rig.settle();
      assertTrue(rig.names("running").contains("1.json"), rig::evidence);
      Files.delete(rig.running("1.claimed-2"));
      rig.boot(Rig.BOOT);
      rig.limit(2);
      rig.settle();
      run(1, "0");
      run(2, "0");
      rig.settle();
      assertEnded(State.COMPLETED, Map.of(State.COMPLETED, 2));
    }

    @Test
    void counts_a_task_whose_record_somebody_removed_as_lost() throws Exception {
      array(3, 1);
      rig.settle();
      run(1, "0");
      rig.settle();
      Files.delete(rig.path("done/1_1.json"));
      rig.boot(Rig.BOOT);
      rig.limit(2);
      rig.settle();
      run(2, "0");
      run(3, "0");
      rig.settle();
      assertEnded(State.LOST, Map.of(State.LOST, 1, State.COMPLETED, 2));
    }

    @Test
    void of_another_boot_runs_on_what_was_not_claimed() throws Exception {
      array(4, 1);
      rig.settle();
      rig.shimStarts(task(1), 1);
      rig.boot(Rig.OTHER_BOOT);
      rig.limit(2);
      rig.settle();
      assertEquals(State.LOST, rig.state(task(1)), rig::evidence);
      run(3, "0");
      run(4, "0");
      rig.settle();
      assertEquals(State.LOST, rig.state(ARRAY), rig::evidence);
      assertEquals(4, ended().tasks().orElseThrow().count());
    }

    @Test
    void runs_a_task_whose_shim_died_before_its_command_once_more_and_the_others_once()
        throws Exception {
      array(3, 1);
      rig.settle();
      // an empty token, and nobody there
      Files.createFile(rig.running("1_1.1.started"));
      rig.pass(Duration.ofSeconds(11));
      rig.settle();
      rig.pass(Duration.ofSeconds(11));
      rig.settle();
      assertTrue(rig.engine.starts().contains("1_1.2"), rig::evidence);
      rig.shimStarts(task(1), 2);
      rig.shimEnds(task(1), 2, "0");
      run(2, "0");
      rig.settle();
      run(3, "0");
      rig.settle();
      assertEnded(State.COMPLETED, Map.of(State.COMPLETED, 3));
    }
  }

  @Nested
  class What_goes_wrong {
    @Test
    void with_the_disk_as_the_last_task_is_claimed_is_made_good_when_it_is_well() throws Exception {
      rig.breakDisk("running");
      assertThrows(IOException.class, () -> array(2, 1));
      for (int i = 0; i < 3; i++) {
        try {
          rig.tick();
        } catch (IOException stillBroken) {
          // that is what is tried
        }
      }
      rig.mendDisk();
      runAll(2);
      assertEnded(State.COMPLETED, Map.of(State.COMPLETED, 2));
    }

    @Test
    void with_a_task_that_was_rejected_is_no_good_end_of_the_array() throws Exception {
      array(2, 1);
      Files.writeString(rig.running("1_1.json"), "{");
      run(1, "0");
      run(2, "0");
      rig.settle();
      assertEnded(State.LOST, Map.of(State.REJECTED, 1, State.COMPLETED, 1));
      assertEquals(new Outcome(State.LOST, OptionalInt.empty(), "TaskLost"), rig.outcome(ARRAY));
    }

    @ParameterizedTest
    @ValueSource(strings = {"1_3.json", "1_0.json"})
    void is_not_that_a_drop_takes_the_place_of_a_task_that_is_none(String name) throws Exception {
      array(2, 1);
      put(name, "{\"command\":[\"x\"]}");
      runAll(2);
      assertEnded(State.COMPLETED, Map.of(State.COMPLETED, 2));
      assertEquals(2, rig.engine.starts().size(), rig::evidence);
      assertEquals(2, rig.names("rejected").size(), rig::evidence);
    }

    @Test
    void is_not_that_a_wider_array_in_its_place_takes_more_cores_than_there_are() throws Exception {
      rig.submit(2);
      rig.tick();
      String array = "{\"command\":[\"sh\",\"-c\"],\"cores\":%d,\"lines\":[\"a\",\"b\"]}";
      put("x.json", array.formatted(1));
      rig.tick();
      put("2.json", array.formatted(2));
      rig.shimStarts(ARRAY, 1);
      rig.shimEnds(ARRAY, 1, "0");
      // a tick for what happened in running/ alone: the root's news is not there yet
      rig.tickFor("running");
      rig.tickFor("running");
      rig.settle();
      assertEquals(Set.of(new JobId(2, 1)), rig.claimed(), rig::evidence);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4, 5})
    void is_not_that_its_file_has_other_lines_than_before(int lines) throws Exception {
      array(4, 1);
      run(1, "0");
      rig.settle();
      String array = "{\"command\":[\"sh\",\"-c\"],\"lines\":[%s]}";
      put("1.json", array.formatted(String.join(",", Collections.nCopies(lines, "\"x\""))));
      for (int task = 2; task <= Math.max(3, lines); task++) {
        rig.settle();
        run(task, "0");
      }
      rig.settle();
      assertEnded(State.COMPLETED, Map.of(State.COMPLETED, lines));
    }

    @Test
    void at_a_claim_and_nobody_foresaw_is_made_good_by_the_next_tick() throws Exception {
      rig.engine.stumbleAt(2);
      assertThrows(IllegalStateException.class, () -> array(3, 1));
      rig.settle();
      runAll(3);
      assertEnded(State.COMPLETED, Map.of(State.COMPLETED, 3));
    }

    @Test
    void with_its_record_costs_no_copy_of_its_lines() throws Exception {
      array(2, 1);
      rig.settle();
      Files.writeString(rig.path("done/1.json"), "");
      run(1, "0");
      run(2, "0");
      for (int i = 0; i < 3; i++) {
        try {
          rig.settle();
        } catch (IOException said) {
          assertTrue(
              said.getMessage().contains("what running/ holds of it is kept"), said::toString);
        }
      }
      assertTrue(Files.exists(rig.running("1.json")), rig::evidence);
    }
  }

  private void put(String name, String json) throws IOException {
    Path draft = Files.writeString(base.resolve("draft"), json);
    Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rw-------"));
    Files.move(draft, rig.path(name), StandardCopyOption.ATOMIC_MOVE);
  }

  @Nested
  class A_cancel {
    @Test
    void of_an_array_that_waits_ends_it_at_once() throws Exception {
      array(3, 3);
      assertEquals(State.PENDING, rig.state(ARRAY));
      assertEquals(Cancellation.Answer.CANCELLED, rig.cancel(ARRAY, GRACE), rig::evidence);
      assertEnded(State.CANCELLED, Map.of(State.CANCELLED, 3));
    }

    @Test
    void of_an_array_ends_its_tasks_and_claims_no_more() throws Exception {
      array(5, 1);
      rig.settle();
      run(1, "0");
      rig.settle();
      rig.shimStarts(task(2), 1);
      rig.shimStarts(task(3), 1);
      assertEquals(Cancellation.Answer.ENDING, rig.cancel(ARRAY, GRACE), rig::evidence);
      assertEquals(List.of("TERM 1_2.1", "TERM 1_3.1"), rig.engine.signals(), rig::evidence);
      rig.shimEnds(task(2), 1, "143");
      rig.shimEnds(task(3), 1, "143");
      rig.settle();
      assertEnded(State.CANCELLED, Map.of(State.COMPLETED, 1, State.CANCELLED, 4));
      assertEquals(3, rig.engine.starts().size(), rig::evidence);
    }

    @Test
    void of_an_array_whose_canceller_died_behind_the_marker_is_made_good() throws Exception {
      array(5, 1);
      rig.settle();
      rig.shimStarts(task(1), 1);
      rig.shimStarts(task(2), 1);
      Files.writeString(rig.running("1.cancel"), "30\n");
      rig.settle();
      assertEquals(List.of("TERM 1_1.1", "TERM 1_2.1"), rig.engine.signals(), rig::evidence);
      rig.shimEnds(task(1), 1, "143");
      rig.shimEnds(task(2), 1, "0");
      rig.settle();
      assertEnded(State.CANCELLED, Map.of(State.CANCELLED, 5));
    }

    @Test
    void of_a_task_that_runs_leaves_the_others() throws Exception {
      array(3, 1);
      rig.settle();
      rig.shimStarts(task(1), 1);
      rig.cancel(task(1), GRACE);
      rig.shimEnds(task(1), 1, "143");
      run(2, "0");
      rig.settle();
      run(3, "0");
      rig.settle();
      assertEnded(State.CANCELLED, Map.of(State.CANCELLED, 1, State.COMPLETED, 2));
    }

    @Test
    void of_a_task_that_is_not_claimed_keeps_it_from_being() throws Exception {
      array(5, 1);
      rig.settle();
      assertEquals(Cancellation.Answer.CANCELLED, rig.cancel(task(4), GRACE), rig::evidence);
      assertEquals(State.CANCELLED, rig.state(task(4)));
      assertEquals(Cancellation.Answer.ENDED, rig.cancel(task(4), GRACE));
      run(1, "0");
      run(2, "0");
      rig.settle();
      assertClaimed(1 + 2, 5);
      run(3, "0");
      run(5, "0");
      rig.settle();
      assertEnded(State.CANCELLED, Map.of(State.CANCELLED, 1, State.COMPLETED, 4));
      // who waits for it must not take it for well done
      assertEquals(new Outcome(State.CANCELLED, OptionalInt.empty(), ""), rig.outcome(ARRAY));
    }

    @Test
    void of_an_array_can_be_hurried_and_not_put_off() throws Exception {
      array(2, 1);
      rig.settle();
      rig.shimStarts(task(1), 1);
      rig.shimStarts(task(2), 1);
      rig.cancel(task(2), Duration.ofSeconds(7));
      rig.cancel(ARRAY, Duration.ofSeconds(300));
      assertEquals("7", Files.readString(rig.running("1_2.cancel")).strip());
      rig.cancel(ARRAY, Duration.ZERO);
      assertEquals("0", Files.readString(rig.running("1_2.cancel")).strip());
      rig.pass(Duration.ofSeconds(1));
      rig.settle();
      assertTrue(
          rig.engine.signals().containsAll(List.of("KILL 1_1.1", "KILL 1_2.1")), rig::evidence);
    }

    @Test
    void of_an_array_leaves_the_tasks_whose_commands_have_ended_what_they_are() throws Exception {
      array(3, 1);
      rig.settle();
      rig.shimStarts(task(1), 1);
      rig.shimStarts(task(2), 1);
      rig.shimEnds(task(1), 1, "0");
      rig.cancel(ARRAY, GRACE);
      rig.shimEnds(task(2), 1, "143");
      rig.settle();
      assertEnded(State.CANCELLED, Map.of(State.COMPLETED, 1, State.CANCELLED, 2));
    }

    @Test
    void of_an_array_lets_go_of_its_file() throws Exception {
      array(5, 1);
      rig.cancel(ARRAY, GRACE);
      run(1, "143");
      run(2, "143");
      rig.settle();
      assertEquals(State.CANCELLED, rig.state(ARRAY), rig::evidence);
      try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
        assertEquals(List.of(), open.filter(fd -> leadsTo(fd, "1.json (deleted)")).toList());
      }
    }

    private boolean leadsTo(Path fd, String name) {
      try {
        String file = Files.readSymbolicLink(fd).toString();
        return file.startsWith(base.toString()) && file.endsWith(name);
      } catch (IOException closed) {
        return false;
      }
    }

    @Test
    void of_a_task_that_is_none_is_answered_so() throws Exception {
      array(3, 1);
      for (int none : new int[] {0, 4, 999_999_999}) {
        assertEquals(Cancellation.Answer.UNKNOWN, rig.cancel(task(none), GRACE), rig::evidence);
      }
    }

    @Test
    void of_an_array_that_has_ended_is_answered_so() throws Exception {
      array(1, 1);
      runAll(1);
      assertEquals(Cancellation.Answer.ENDED, rig.cancel(ARRAY, GRACE));
    }
  }

  @Nested
  class A_damaged_line {
    @ParameterizedTest
    @ValueSource(strings = {"17", "\"\\u0000\"", "\"\\ud800\"", "[\"b\"]", "null"})
    void is_found_when_it_is_its_turn_and_holds_up_nobody(String line) throws Exception {
      Path file = rig.path("1.json");
      JobId id = rig.submit(1);
      Files.delete(file);
      Files.writeString(
          file,
          "{\"command\":[\"sh\",\"-c\"],\"name\":\"%s\",\"tasks\":3,\"lines\":[\"a\",%s,\"c\"]}"
              .formatted("x".repeat(2 << 20), line));
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
      JobId later = rig.submit(1);
      rig.settle();
      assertEquals(State.REJECTED, rig.state(id), rig::evidence);
      assertEquals(State.RUNNING, rig.state(task(1)), rig::evidence);
      assertEquals(State.RUNNING, rig.state(later), rig::evidence);
      run(1, "0");
      rig.settle();
      assertEquals(State.COMPLETED, rig.state(task(1)), rig::evidence);
      assertEquals(Set.of("2.1.run-b0070000", "2.json"), rig.names("running"), rig::evidence);
    }
  }
}
