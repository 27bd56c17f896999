package org.localq.core;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a record in done/ adds to a job.
 *
 * @param started when its last attempt started; nothing when none did
 * @param ended when it ended, or was recorded where the end left no trace
 * @param restarts how many attempts that had started were followed by another
 * @param attempts all that had started, where there was more than one
 * @param provision what its last attempt was provided with
 */
public record Result(
    Outcome outcome,
    Optional<Instant> started,
    Instant ended,
    Usage usage,
    int restarts,
    List<Attempted> attempts,
    Provision provision) {
  public Result {
    attempts = List.copyOf(attempts);
  }

  /** All attempts that had started, also where it was only one. */
  public List<Attempted> allAttempts() {
    return attempts.isEmpty() && started.isPresent()
        ? List.of(new Attempted(1, outcome, started, Optional.of(ended)))
        : attempts;
  }

  /** Of a job of which nothing more is known than that. */
  public Result(
      Outcome outcome, Optional<Instant> started, Instant ended, Usage usage, int restarts) {
    this(outcome, started, ended, usage, restarts, List.of());
  }

  /** Of a job that was provided with nothing but cores. */
  public Result(
      Outcome outcome,
      Optional<Instant> started,
      Instant ended,
      Usage usage,
      int restarts,
      List<Attempted> attempts) {
    this(outcome, started, ended, usage, restarts, attempts, Provision.NONE);
  }
}
