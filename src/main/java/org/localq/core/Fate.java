package org.localq.core;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** What became of a job, as far as those that depend on it want to know. */
public sealed interface Fate {
  /** It waits or is on hold, and has never started; of an array, a task has not. */
  record Pending() implements Fate {}

  /** It has started and has not ended; of an array, the last of its tasks has. */
  record Started(Instant at) implements Fate {}

  /**
   * It has ended.
   *
   * @param ok whether it is COMPLETED; an array is where all its tasks are
   * @param at when it started first, or, where it never did, when it ended; of an array always the
   *     end, since its record does not tell when its last task started
   */
  record Ended(boolean ok, Instant at) implements Fate {}

  /** If there was such a job, it has ended, and nobody knows how: its record is gone. */
  record Forgotten() implements Fate {}

  /** There never was such a job, or somebody removed its file. */
  record Unknown() implements Fate {}

  /** Of a job that has ended so. */
  static Fate ended(Result result) {
    List<Attempted> attempts = result.allAttempts();
    Optional<Instant> started =
        attempts.isEmpty() ? result.started() : attempts.get(0).started().or(result::started);
    return new Ended(isOk(result), started.orElse(result.ended()));
  }

  /** Of an array that has ended so. */
  static Fate endedArray(Result result) {
    return new Ended(isOk(result), result.ended());
  }

  private static boolean isOk(Result result) {
    return result.outcome().state() == State.COMPLETED;
  }
}
