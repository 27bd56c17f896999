package org.localq.core;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What running/ says about one job.
 *
 * @param attempt the current attempt: the lowest number that is not closed
 * @param cancel somebody asked for its end
 * @param restarts how many attempts that had started were followed by another
 */
public record Claim(JobId id, Attempt attempt, Optional<Cancel> cancel, int restarts) {
  /**
   * An attempt.
   *
   * @param number 1, 2, …
   * @param boot the first digits of the boot id under which it was claimed; nothing when it never
   *     was
   * @param start its start token
   * @param end its exit token
   * @param told what its processes were told
   */
  public record Attempt(
      int number, Optional<String> boot, Optional<Start> start, Optional<End> end, Told told) {}

  /**
   * What the processes of an attempt were told.
   *
   * @param warned whether they were sent the signal that comes before the time limit
   * @param timedOut whether they had reached the time limit, and are to end
   * @param terminated when they were sent TERM, in the machine's uptime
   */
  public record Told(boolean warned, boolean timedOut, Optional<Duration> terminated) {
    /** Nothing. */
    public static final Told NOTHING = new Told(false, false, Optional.empty());
  }

  /**
   * A start token.
   *
   * @param shim who made it; nothing while, or because, its content is not there or makes no sense
   * @param begun whether the shim may have come to the command: any content says so
   * @param uptime the machine's when the command began
   * @param over the machine's uptime when the shim saw its command end
   */
  public record Start(
      Optional<ProcessId> shim,
      boolean begun,
      Instant at,
      Optional<Duration> uptime,
      Optional<Duration> over) {}

  /** An exit token. */
  public record End(Exit exit, Instant at, Usage usage) {
    /** Whether the shim has written all that it has to say: a token has a name before a content. */
    public boolean isWhole() {
      return usage.userSeconds().isPresent();
    }
  }

  /** The wish that a job ends, with the time between TERM and KILL. */
  public record Cancel(Duration grace) {}
}
