package org.localq.core;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Something that runs, as scheduling sees it.
 *
 * @param amounts what it takes
 * @param left for how long it may run on, at least zero; nothing where it has no time limit
 * @param array the number of the array of which it is a task; nothing for what is none
 */
public record Occupant(Amounts amounts, Optional<Duration> left, OptionalLong array) {
  /** One that is no task. */
  public Occupant(Amounts amounts, Optional<Duration> left) {
    this(amounts, left, OptionalLong.empty());
  }

  /** The claimed job of this id. */
  public static Occupant of(JobId id, Amounts amounts, Optional<Duration> left) {
    return new Occupant(
        amounts, left, id.isTask() ? OptionalLong.of(id.number()) : OptionalLong.empty());
  }

  /**
   * For how long a claimed job may run on: zero for one that is past its time, which ends at any
   * moment; nothing where it has no time limit.
   *
   * <p>Counted on the machine's uptime where the start token says it. What the machine was
   * suspended is not left out: that can only make the job seem nearer to its end than it is, and
   * then fewer others pass those that wait for it.
   *
   * @param start nothing while it has not started
   */
  public static Optional<Duration> left(Optional<Claim.Start> start, TimeLimit limit, Clocks now) {
    if (limit.most().isEmpty() || start.isEmpty() || !start.get().begun()) {
      return limit.most();
    }
    Duration left = limit.most().get().minus(ran(start.get(), now));
    if (left.compareTo(limit.most().get()) > 0) {
      // the time of day was set back
      return limit.most();
    }
    return Optional.of(left.isNegative() ? Duration.ZERO : left);
  }

  private static Duration ran(Claim.Start start, Clocks now) {
    Instant at = start.at();
    return start.uptime().isPresent()
        ? now.uptime().minus(start.uptime().get())
        : Duration.between(at, now.wall());
  }
}
