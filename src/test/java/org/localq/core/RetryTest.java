package org.localq.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class RetryTest {
  private static Outcome outcome(State state) {
    return state == State.LOST
        ? Outcome.lost(Reason.NODE_FAIL)
        : new Outcome(state, OptionalInt.of(state == State.COMPLETED ? 0 : 3), "");
  }

  @ParameterizedTest(name = "{0} of a job with requeue {1}, {2} retries, {3} failures, {4} losses")
  @CsvSource({
    "COMPLETED, true, 9, 0, 0, false",
    // failures are retried, as often as was asked for
    "FAILED, false, 0, 0, 0, false",
    "FAILED, false, 1, 0, 0, true",
    "FAILED, false, 1, 1, 0, false",
    "FAILED, false, 3, 2, 0, true",
    "FAILED, false, 3, 3, 0, false",
    // a lost attempt is no failure
    "FAILED, true, 1, 0, 4, true",
    "FAILED, true, 0, 0, 0, false",
    // the end is not known: only where that was asked for, and not for ever
    "LOST, false, 9, 0, 0, false",
    "LOST, true, 0, 0, 0, true",
    "LOST, true, 0, 0, 4, true",
    "LOST, true, 0, 0, 5, false",
    "LOST, true, 9, 9, 0, true",
    // what somebody or a limit ended is not run again
    "CANCELLED, true, 9, 0, 0, false",
    "TIMEOUT, true, 9, 0, 0, false",
    "OUT_OF_MEMORY, true, 9, 0, 0, false",
  })
  void another_attempt_follows_where_it_was_asked_for(
      State state, boolean requeue, int retries, int failures, int losses, boolean expected) {
    Retry retry = new Retry(requeue, retries, Duration.ZERO);
    assertEquals(expected, retry.isToFollow(outcome(state), failures, losses));
  }

  @ParameterizedTest
  @CsvSource({
    // seconds of delay, seconds since the failure, seconds to wait (-1: none)
    "0, 0, -1",
    "10, 0, 10",
    "10, 9, 1",
    "10, 10, -1",
    "10, 1000, -1",
    // the clock was set back behind the failure: nobody knows how long it is ago
    "10, -1, -1",
    "10, -31536000, -1",
  })
  void the_next_attempt_waits_from_the_failure_on(long delay, long since, long expected) {
    Instant failed = Instant.parse("2026-11-22T12:00:00Z");
    Instant now = failed.plusSeconds(since);
    assertEquals(
        expected < 0 ? Optional.empty() : Optional.of(now.plusSeconds(expected)),
        new Retry(false, 1, Duration.ofSeconds(delay)).until(failed, now));
  }
}
