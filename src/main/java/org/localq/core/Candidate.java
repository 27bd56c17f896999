package org.localq.core;

/**
 * What scheduling needs to know of a pending job.
 *
 * @param needs of the job, or of each task of an array
 * @param tasks of an array, how many there are to claim at most; 0 for a job that is none
 */
public record Candidate(JobId id, Needs needs, int tasks) {
  /** A job that is no array. */
  public Candidate(JobId id, Needs needs) {
    this(id, needs, 0);
  }

  /** How many cores each claim takes. */
  public int cores() {
    return needs.cores();
  }

  /** What each claim takes. */
  public Amounts amounts() {
    return Amounts.of(needs);
  }

  /** Whether it is an array. */
  public boolean isArray() {
    return tasks > 0;
  }

  /** How many times it can be claimed. */
  public int claims() {
    return Math.max(1, tasks);
  }
}
