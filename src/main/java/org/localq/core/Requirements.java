package org.localq.core;

/**
 * What a job asks of the queue.
 *
 * @param needs what it takes while it runs
 * @param conditions when it may start
 * @param timeLimit for how long it may run
 * @param retry when it is to be run again
 */
public record Requirements(Needs needs, Conditions conditions, TimeLimit timeLimit, Retry retry) {
  /** The same of a job that takes this. */
  public Requirements with(Needs other) {
    return new Requirements(other, conditions, timeLimit, retry);
  }

  /** Whether the job may take its turn whatever the time and whatever became of other jobs. */
  public boolean isFree() {
    return conditions.isFree() && retry.delay().isZero();
  }

  /** Of a job that asks for nothing but cores. */
  public static Requirements cores(int cores) {
    return new Requirements(Needs.cores(cores), Conditions.NONE, TimeLimit.NONE, Retry.NEVER);
  }
}
