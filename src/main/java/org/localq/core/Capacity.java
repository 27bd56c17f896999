package org.localq.core;

import java.util.Optional;

/**
 * What there is for all jobs, and how much of it is taken.
 *
 * @param limit at least one core; a resource that it has 0 of is one that the queue doesn't have
 * @param busy what the jobs in running/ take; more than the limit when it was lowered while they
 *     ran
 */
public record Capacity(Amounts limit, Amounts busy) {
  private static final Amounts ONE_CORE = Amounts.cores(1);

  /** Of a queue that limits nothing but cores. */
  public static Capacity ofCores(long limit, long busy) {
    return new Capacity(Amounts.limit(limit), Amounts.cores(busy));
  }

  /** Whether a job that takes this could ever start here. */
  public boolean admits(Amounts job) {
    return job.isWithin(limit);
  }

  /** Why a job that takes this can never start here; nothing for one that can. */
  public Optional<Reason> refusal(Amounts job) {
    if (admits(job)) {
      return Optional.empty();
    }
    if (job.cores() > limit.cores()) {
      return Optional.of(Reason.CORE_LIMIT);
    }
    return Optional.of(
        job.memory() > limit.memory() ? Reason.MAX_MEM_PER_LIMIT : Reason.BAD_CONSTRAINTS);
  }

  /** Whether nothing is limited. */
  boolean isUnlimited() {
    return limit.equals(Amounts.ALL);
  }

  /** Whether any job can start now. */
  boolean isFree() {
    return fits(ONE_CORE);
  }

  /** Whether a job that takes this can start now. */
  public boolean fits(Amounts job) {
    return job.fits(busy, limit);
  }

  /** How many jobs that take this each can start now. */
  public int fitting(Amounts job) {
    return (int) Math.min(Integer.MAX_VALUE, job.fitting(busy, limit));
  }

  /** What is left once jobs that take this together have started. */
  public Capacity take(Amounts jobs) {
    return new Capacity(limit, busy.plus(jobs));
  }
}
