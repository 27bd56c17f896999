package org.localq.core;

import java.time.Duration;
import java.util.Optional;

/**
 * For how long a job may run, and what it is sent before its time is over.
 *
 * @param most whole seconds, at least one; nothing: for ever
 * @param warning is sent only where there is a limit
 */
public record TimeLimit(Optional<Duration> most, Optional<Warning> warning) {
  /** So many seconds fit into the job file's field. */
  public static final long MOST_SECONDS = Integer.MAX_VALUE;

  /** Of a job that may run for ever. */
  public static final TimeLimit NONE = new TimeLimit(Optional.empty(), Optional.empty());

  /** What a job has between TERM, at its limit, and KILL. */
  public static final Duration GRACE = Duration.ofSeconds(30);

  public TimeLimit {
    if (most.isPresent() && (most.get().toSeconds() < 1 || most.get().toSeconds() > MOST_SECONDS)) {
      throw new IllegalArgumentException(
          "a time limit is 1 s to " + MOST_SECONDS + " s, not " + most.get());
    }
  }

  /**
   * When its warning is due, as a time of running; nothing where none is. A warning longer before
   * the limit than that is due at once.
   */
  public Optional<Duration> warnedAfter() {
    if (most.isEmpty() || warning.isEmpty()) {
      return Optional.empty();
    }
    Duration after = most.get().minus(warning.get().before());
    return Optional.of(after.isNegative() ? Duration.ZERO : after);
  }
}
