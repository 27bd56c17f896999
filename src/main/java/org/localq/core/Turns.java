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
  private final Dispatch dispatch;
  private final Capacity whole;
  private int places;

  public Turns(Situation situation) {
    this.dispatch = new Dispatch(situation);
    this.whole = situation.capacity();
  }

  /** The place of the job that comes next. */
  public Schedule.Waiting next(Candidate job) {
    Optional<Reason> never = whole.refusal(job.amounts());
    if (never.isPresent()) {
      return new Schedule.Waiting(job.id(), OptionalInt.empty(), 0, never);
    }
    places++;
    boolean isBehind = dispatch.isBlocked();
    boolean isAtThrottle = dispatch.allowed(job) == 0;
    int starting = dispatch.starting(job);
    Optional<Reason> reason = Optional.empty();
    if (isAtThrottle) {
      reason = Optional.of(Reason.JOB_ARRAY_TASK_LIMIT);
    } else if (starting == 0) {
      reason = Optional.of(isBehind ? Reason.PRIORITY : Reason.RESOURCES);
    }
    return new Schedule.Waiting(job.id(), OptionalInt.of(places), starting, reason);
  }

  /**
   * Whether what those that come now take changes nothing for those behind them: one that came
   * waits and none can pass it, or there is no limit yet.
   */
  public boolean isSettled() {
    return dispatch.isClosed() || dispatch.isUnlimited();
  }

  /** Gives the next place to a job that can start one day, once all is settled. */
  public void pass() {
    places++;
  }
}
