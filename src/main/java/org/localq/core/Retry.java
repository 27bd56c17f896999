package org.localq.core;

import java.time.Duration;

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

  public Retry {
    if (retries < 0 || delay.isNegative()) {
      throw new IllegalArgumentException("no " + retries + " retries after " + delay);
    }
  }
}
