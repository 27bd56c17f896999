package org.localq.core;

import java.time.Instant;
import java.util.Optional;

/**
 * An attempt that is over, as a record tells of it.
 *
 * @param number 1, 2, …
 * @param outcome what the job's would have been, had there been no other attempt
 * @param started when its command began
 * @param ended when that ended; nothing where the end left no trace
 */
public record Attempted(
    int number, Outcome outcome, Optional<Instant> started, Optional<Instant> ended) {
  /** Whether it came to an end of its own that was no success. */
  public boolean hasFailed() {
    return outcome.state() == State.FAILED;
  }
}
