package org.localq.core;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * When a job is to be run again.
 *
 * @param requeue whether it is where its end is not known: the machine went down under it, or its
 *     shim was killed
 * @param retries how often it is where it fails; at least 0
 * @param delay how long after a failure; whole seconds
 */
public record Retry(boolean requeue, int retries, Duration delay) {
  /** Never. */
  public static final Retry NEVER = new Retry(false, 0, Duration.ZERO);

  /**
   * So often a job is run again where the end of an attempt is not known; Slurm's
   * max_batch_requeue. One that brings its machine down is not to do so for ever.
   */
  public static final int MOST_REQUEUES = 5;

  /**
   * Whether another attempt is to follow one that ended so.
   *
   * @param failures how many attempts before had failed
   * @param losses of how many before the end was not known
   */
  public boolean isToFollow(Outcome outcome, int failures, int losses) {
    return switch (outcome.state()) {
      case FAILED -> failures < retries;
      case LOST -> requeue && losses < MOST_REQUEUES;
      default -> false;
    };
  }

  /**
   * Until when the next attempt waits.
   *
   * @param failed when the last attempt failed
   * @return nothing where it can start; also where the clock was set back since the failure
   */
  public Optional<Instant> until(Instant failed, Instant now) {
    Instant end = failed.plus(delay);
    return now.isBefore(failed) || !now.isBefore(end) ? Optional.empty() : Optional.of(end);
  }

  public Retry {
    if (retries < 0 || delay.isNegative()) {
      throw new IllegalArgumentException("no " + retries + " retries after " + delay);
    }
  }
}
