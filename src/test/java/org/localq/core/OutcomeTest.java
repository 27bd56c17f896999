package org.localq.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class OutcomeTest {
  private static final Workplace WORKPLACE =
      new Workplace("/data", "in", "logs/out", Optional.of("/var/err"));

  @Nested
  class Of_an_exit_code {
    @ParameterizedTest
    @CsvSource({
      "0,   COMPLETED, '',              -",
      "1,   FAILED,    NonZeroExitCode, -",
      "2,   FAILED,    NonZeroExitCode, -",
      "126, FAILED,    NotExecutable,   -",
      "127, FAILED,    CommandNotFound, -",
      // no signal has number 0
      "128, FAILED,    NonZeroExitCode, -",
      "129, FAILED,    NonZeroExitCode, 1",
      "137, FAILED,    NonZeroExitCode, 9",
      "143, FAILED,    NonZeroExitCode, 15",
      // the last real-time signal
      "192, FAILED,    NonZeroExitCode, 64",
      "193, FAILED,    NonZeroExitCode, -",
      "255, FAILED,    NonZeroExitCode, -",
    })
    void is_state_reason_and_signal(int code, State state, String reason, String signal) {
      Outcome outcome = Outcome.of(new Exit.Code(code), WORKPLACE);
      assertEquals(new Outcome(state, OptionalInt.of(code), reason), outcome);
      assertEquals(
          signal.equals("-") ? OptionalInt.empty() : OptionalInt.of(Integer.parseInt(signal)),
          outcome.signal());
    }
  }

  @Nested
  class A_contradiction {
    @ParameterizedTest
    @CsvSource({
      "COMPLETED, 0,  '',                         -",
      "COMPLETED, 3,  '',                         'says COMPLETED with exit code 3, expected 0'",
      "COMPLETED, -1, '',                         'says COMPLETED with no exit code, expected 0'",
      "FAILED,    3,  NonZeroExitCode,            -",
      "FAILED,    0,  NonZeroExitCode,            'says FAILED with exit code 0, expected one above 0'",
      "FAILED,    -1, NonZeroExitCode,            'says FAILED with no exit code, expected one above 0'",
      "FAILED,    -1, JobLaunchFailure: /x,       -",
      "FAILED,    3,  JobLaunchFailure: /x,       'says FAILED with exit code 3, expected none'",
      "LOST,      -1, NodeFail,                   -",
      "LOST,      0,  NodeFail,                   'says LOST with exit code 0, expected none'",
      "CANCELLED, -1, '',                         -",
      "CANCELLED, 0,  '',                         -",
      "TIMEOUT,   -1, '',                         -",
      "REJECTED,  -1, '',                         'says REJECTED, which no record does'",
    })
    void is_what_no_job_can_end_with(State state, int code, String reason, String expected) {
      OptionalInt exitCode = code < 0 ? OptionalInt.empty() : OptionalInt.of(code);
      assertEquals(
          expected.equals("-") ? Optional.empty() : Optional.of(expected),
          new Outcome(state, exitCode, reason).contradiction());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 126, 127, 137, 255})
    void is_in_no_outcome_of_an_exit_code(int code) {
      assertEquals(Optional.empty(), Outcome.of(new Exit.Code(code), WORKPLACE).contradiction());
    }

    @ParameterizedTest
    @EnumSource(Exit.NotLaunched.class)
    void is_in_no_outcome_of_a_failed_launch(Exit.NotLaunched cause) {
      assertEquals(Optional.empty(), Outcome.of(cause, WORKPLACE).contradiction());
    }
  }

  @Nested
  class Of_a_failed_launch {
    @ParameterizedTest
    @CsvSource({
      "DIRECTORY, /data",
      "STDIN,     /data/in",
      "STDOUT,    /data/logs/out",
      "STDERR,    /var/err",
    })
    void has_no_code_and_names_what_could_not_be_opened(Exit.NotLaunched cause, String path) {
      assertEquals(
          new Outcome(State.FAILED, OptionalInt.empty(), "JobLaunchFailure: " + path),
          Outcome.of(cause, WORKPLACE));
    }

    @Test
    void names_the_output_where_the_errors_go_there() {
      Workplace workplace = new Workplace("/data", "/dev/null", "out", Optional.empty());
      assertEquals("/data/out", Exit.NotLaunched.STDERR.path(workplace));
    }
  }

  @Nested
  class Without_an_exit {
    @Test
    void a_cancelled_job_keeps_the_code_it_came_to() {
      assertEquals(
          new Outcome(State.CANCELLED, OptionalInt.of(3), ""),
          Outcome.cancelled(OptionalInt.of(3)));
    }

    @Test
    void a_lost_job_has_no_code_and_no_signal() {
      Outcome lost = Outcome.lost(Reason.NODE_FAIL);
      assertEquals(new Outcome(State.LOST, OptionalInt.empty(), "NodeFail"), lost);
      assertEquals(OptionalInt.empty(), lost.signal());
    }

    @ParameterizedTest
    @EnumSource(
        value = State.class,
        names = {"PENDING", "RUNNING", "SUSPENDED"})
    void a_state_that_is_no_end_is_none(State state) {
      IllegalArgumentException refused =
          assertThrows(
              IllegalArgumentException.class, () -> new Outcome(state, OptionalInt.empty(), ""));
      assertEquals(state + " is no end", refused.getMessage());
    }
  }

  @Nested
  class The_text_of_an_exit {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 9, 10, 99, 100, 126, 127, 137, 199, 200, 255})
    void is_its_code(int code) {
      assertEquals(Optional.of(new Exit.Code(code)), Exit.parse(Integer.toString(code)));
    }

    @ParameterizedTest
    @EnumSource(Exit.NotLaunched.class)
    void is_its_word(Exit.NotLaunched cause) {
      assertEquals(Optional.of(cause), Exit.parse(cause.word()));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "-1",
          "+1",
          "256",
          "999",
          "1000",
          "00",
          "007",
          "1 ",
          "0x1",
          "Directory",
          "stdinn",
          "٣"
        })
    void is_nothing_else(String text) {
      assertTrue(Exit.parse(text).isEmpty(), text);
    }
  }
}
