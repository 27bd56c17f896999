package org.localq.core;

/**
 * What scheduling needs to know of a pending job.
 *
 * @param cores of the job, or of each task of an array
 * @param tasks of an array, how many there are to claim at most; 0 for a job that is none
 */
public record Candidate(JobId id, int cores, int tasks) {
  /** A job that is no array. */
  public Candidate(JobId id, int cores) {
    this(id, cores, 0);
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
