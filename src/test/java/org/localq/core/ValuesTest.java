package org.localq.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The small values, each with the text that stands for it. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ValuesTest {
  @Nested
  class A_job_id {
    @ParameterizedTest
    @CsvSource({
      "'', ''",
      "afterok, ''",
      "17, 17",
      "afterok:1:2, 1 2",
      "'afterok:1:2,afterany:3?afternotok:4', 1 2 3 4",
      "afterok:17_3, 17 3",
      "afterok:5+60, 5 60",
      "0, ''",
      "007:8, 8",
      "999999999999999999, 999999999999999999",
      "1000000000000000000x4, 4",
      "٣１2, 2",
      "-5, 5"
    })
    void is_found_wherever_digits_can_mean_one(String text, String ids) {
      List<String> found = new ArrayList<>();
      JobId.mentionedIn(text, id -> found.add(Long.toString(id)));
      assertEquals(ids, String.join(" ", found));
    }

    @ParameterizedTest
    @CsvSource({
      "17_0, 17, 0",
      "1_3, 1, 3",
      "999999999999999999_999999999, 999999999999999999, 999999999"
    })
    void of_a_task_is_its_arrays_number_and_its_own(String text, long number, int task) {
      JobId id = JobId.parse(text).orElseThrow();
      assertEquals(new JobId(number, task), id);
      assertEquals(text, id.toString());
      assertEquals(new JobId(number), id.array());
      assertEquals(id, new JobId(number).ofTask(task));
      assertTrue(id.isTask() && !id.array().isTask());
    }

    @Test
    void comes_behind_those_of_its_tasks_and_before_the_next() {
      List<JobId> order =
          List.of("1", "2_0", "2_1", "2_10", "2", "3_1", "3").stream()
              .map(id -> JobId.parse(id).orElseThrow())
              .toList();
      List<JobId> shuffled = new ArrayList<>(order);
      java.util.Collections.reverse(shuffled);
      assertEquals(order, shuffled.stream().sorted().toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "9", "10", "18", "2147483648", "999999999999999999"})
    void is_its_number(String text) {
      JobId id = JobId.parse(text).orElseThrow();
      assertEquals(Long.parseLong(text), id.number());
      assertEquals(text, id.toString());
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "0",
          "007",
          "-1",
          "+1",
          " 1",
          "1 ",
          "1.0",
          "1_03",
          "1_",
          "_1",
          "1_1_1",
          "1_-1",
          "1_1000000000",
          "1e3",
          "x",
          "0x1",
          "٣",
          "１",
          "1000000000000000000",
          "9223372036854775808",
          "1\n",
          "../1",
          "17.json"
        })
    void is_nothing_else(String text) {
      assertTrue(JobId.parse(text).isEmpty(), text);
    }

    @Test
    void is_at_least_1() {
      assertEquals(
          "a job id is at least 1, not 0",
          assertThrows(IllegalArgumentException.class, () -> new JobId(0)).getMessage());
    }

    @Test
    void is_ordered_by_number() {
      assertEquals(
          List.of(new JobId(2), new JobId(9), new JobId(10)),
          List.copyOf(new TreeSet<>(Set.of(new JobId(10), new JobId(9), new JobId(2)))));
    }
  }

  @Nested
  class A_limit {
    @ParameterizedTest
    @ValueSource(
        strings = {
          "0:0",
          "1024:4096",
          "unlimited:unlimited",
          "8388608:unlimited",
          "5:3",
          "999999999999999999:unlimited"
        })
    void is_soft_and_hard(String text) {
      assertEquals(text, Limit.parse(text).orElseThrow().toString());
    }

    @Test
    void may_be_none() {
      assertEquals(Optional.of(new Limit(7, Limit.UNLIMITED)), Limit.parse("7:unlimited"));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          ":",
          "1",
          "1:",
          ":1",
          "-1:1",
          "1:-1",
          "1:2:3",
          "Unlimited:1",
          "1 :2",
          "٣:1",
          "1.0:2",
          "1000000000000000000:1"
        })
    void is_nothing_else(String text) {
      assertTrue(Limit.parse(text).isEmpty(), text);
    }

    @Test
    void is_at_least_0() {
      assertEquals(
          "a limit is at least 0, not -1:0",
          assertThrows(IllegalArgumentException.class, () -> new Limit(-1, 0)).getMessage());
    }
  }

  @Nested
  class A_umask {
    @ParameterizedTest
    @CsvSource({"0,0000", "22,0022", "022,0022", "0022,0022", "077,0077", "0777,0777", "777,0777"})
    void is_up_to_four_octal_digits(String text, String shown) {
      assertEquals(shown, Umask.parse(text).orElseThrow().toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "8", "0o22", "1000", "7777", "00022", "-1", " 22", "u=rwx", "٢"})
    void is_nothing_else(String text) {
      assertTrue(Umask.parse(text).isEmpty(), text);
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 01000})
    void is_at_most_0777(int bits) {
      assertThrows(IllegalArgumentException.class, () -> new Umask(bits));
    }
  }

  @Nested
  class A_process_id {
    @ParameterizedTest
    @CsvSource({"1 0, 1 0", "'4194304 123456789012345678', 4194304 123456789012345678"})
    void is_pid_and_ticks(String text, String shown) {
      assertEquals(shown, ProcessId.parse(text).orElseThrow().toString());
    }

    @Test
    void may_come_with_a_line_end() {
      assertEquals(Optional.of(new ProcessId(12, 34)), ProcessId.parse("12 34\n"));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "1",
          "void",
          "0 5",
          "-1 5",
          "01 5",
          "1  5",
          "1 -5",
          "1 5 6",
          "1\t5",
          "1 5\n6 7",
          "99999999999 5",
          "1 9999999999999999999",
          "٣ 5"
        })
    void is_nothing_else(String text) {
      assertTrue(ProcessId.parse(text).isEmpty(), text);
    }
  }

  @Nested
  class A_state {
    @ParameterizedTest
    @CsvSource({
      "PENDING,PD",
      "RUNNING,R",
      "SUSPENDED,S",
      "COMPLETED,CD",
      "FAILED,F",
      "CANCELLED,CA",
      "TIMEOUT,TO",
      "OUT_OF_MEMORY,OOM",
      "REJECTED,RJ",
      "LOST,LO"
    })
    void has_a_word_and_letters_in_either_case(State state, String letters) {
      for (String text : List.of(state.name(), letters)) {
        assertEquals(Optional.of(state), State.parse(text));
        assertEquals(Optional.of(state), State.parse(text.toLowerCase(java.util.Locale.ROOT)));
      }
    }

    @Test
    void has_letters_of_its_own() {
      // the table above has all of them
      assertEquals(10, State.values().length);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "P", "DONE", "CG", " R", "all"})
    void is_nothing_else(String text) {
      assertTrue(State.parse(text).isEmpty(), text);
    }

    @ParameterizedTest
    @EnumSource(State.class)
    void is_final_unless_it_waits_or_runs(State state) {
      assertEquals(
          !EnumSet.of(State.PENDING, State.RUNNING, State.SUSPENDED).contains(state),
          state.isTerminal());
    }
  }

  @Nested
  class A_workplace {
    @ParameterizedTest(name = "{1} in {0} is {2}")
    @CsvSource({
      "/data,  out,        /data/out",
      "/data,  logs/out,   /data/logs/out",
      "/data,  /tmp/out,   /tmp/out",
      "/data,  ./out,      /data/./out",
      "/data,  ../out,     /data/../out",
      "/data,  ' ',        '/data/ '",
      "/data,  -,          /data/-",
      "/,      out,        /out",
      "/,      /out,       /out",
    })
    void resolves_names(String directory, String name, String path) {
      Workplace workplace = new Workplace(directory, "in", "out", Optional.empty());
      assertEquals(path, workplace.resolve(name));
    }
  }

  @Nested
  class A_reason {
    @ParameterizedTest
    @EnumSource(Reason.class)
    void has_one_word(Reason reason) {
      assertTrue(reason.toString().matches("[A-Z][A-Za-z]+"), reason.toString());
      assertEquals(Optional.of(reason), Reason.parse(reason.toString()));
    }

    @Test
    void has_no_other_word() {
      assertTrue(Reason.parse("resources").isEmpty());
      assertTrue(Reason.parse("JobLaunchFailure: /data").isEmpty());
    }
  }

  @Nested
  class A_resource {
    @ParameterizedTest
    @EnumSource(Resource.class)
    void has_a_word(Resource resource) {
      assertEquals(Optional.of(resource), Resource.parse(resource.word()));
    }

    @Test
    void has_no_other_word() {
      assertTrue(Resource.parse("NOFILE").isEmpty());
      assertTrue(Resource.parse("").isEmpty());
    }
  }

  @Nested
  class A_job {
    @ParameterizedTest
    @CsvSource({
      "bwa,        bwa",
      "/bin/bwa,   bwa",
      "./run.sh,   run.sh",
      "bin/,       bin/",
      "/,          /",
      "'',         ''",
    })
    void is_called_after_its_command(String command, String name) {
      assertEquals(name, Job.defaultName(List.of(command, "argument/x")));
    }

    @Test
    void needs_a_command_and_a_core() {
      Workplace place = new Workplace("/", "in", "out", Optional.empty());
      Submission submission =
          new Submission(Instant.EPOCH, "/", Optional.empty(), Map.of(), Map.of());
      assertEquals(
          "a job needs a command",
          assertThrows(
                  IllegalArgumentException.class,
                  () -> new Job("n", List.of(), Requirements.cores(1), place, submission))
              .getMessage());
      assertEquals(
          "a job needs at least one core, not 0",
          assertThrows(IllegalArgumentException.class, () -> Requirements.cores(0)).getMessage());
    }

    @Test
    void does_not_show_its_environment() {
      Submission submission =
          new Submission(
              Instant.EPOCH, "/", Optional.empty(), Map.of(), Map.of("PASSWORD", "hunter2"));
      assertFalse(submission.toString().contains("hunter2"), submission.toString());
      assertTrue(submission.toString().contains("1 variables"), submission.toString());
    }

    @Test
    void keeps_the_order_of_its_environment() {
      Map<String, String> variables = new LinkedHashMap<>();
      for (String name : List.of("z", "a", "m", "b")) {
        variables.put(name, name);
      }
      Submission submission =
          new Submission(Instant.EPOCH, "/", Optional.empty(), Map.of(), variables);
      variables.clear();
      assertEquals(List.of("z", "a", "m", "b"), List.copyOf(submission.environment().keySet()));
    }
  }

  @Nested
  class An_identity {
    @ParameterizedTest
    @CsvSource({"0123456789abcdef, 01234567", "01234567, 01234567", "0123, 0123"})
    void shortens_its_boot_to_eight_digits(String boot, String digits) {
      assertEquals(digits, new Identity(new ProcessId(1, 1), boot, "h", 0).shortBoot());
    }
  }
}
