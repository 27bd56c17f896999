package org.localq.core;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * Gives each pending job its place, one after the other: they come in the policy's order, and none
 * is kept.
 *
 * <p>The rule is {@link Schedule}'s.
 */
public final class Turns {
  private Capacity left;
  private int places;
  private boolean blocked;

  public Turns(Capacity capacity) {
    this.left = capacity;
  }

  /** The place of the job that comes next. */
  public Schedule.Waiting next(Candidate job) {
    Amounts each = job.amounts();
    Optional<Reason> never = left.refusal(each);
    if (never.isPresent()) {
      return new Schedule.Waiting(job.id(), OptionalInt.empty(), never);
    }
    places++;
    Optional<Reason> reason = Optional.empty();
    if (blocked) {
      reason = Optional.of(Reason.PRIORITY);
    } else if (left.fits(each)) {
      int fitting = Math.min(job.claims(), left.fitting(each));
      left = left.take(each.times(fitting));
      blocked = fitting < job.claims();
    } else {
      reason = Optional.of(Reason.RESOURCES);
      blocked = true;
    }
    return new Schedule.Waiting(job.id(), OptionalInt.of(places), reason);
  }

  /**
   * Whether the cores of those that come now change nothing for those behind them: one that came
   * waits for cores, or there is no limit yet.
   */
  public boolean isSettled() {
    return blocked || left.isUnlimited();
  }

  /** Gives the next place to a job that can start one day, once all is settled. */
  public void pass() {
    places++;
  }
}
