package org.localq.core;

/**
 * The core limit and how much of it is taken.
 *
 * @param limit at least 1
 * @param busy cores of the jobs in running/; more than the limit when it was lowered while they ran
 */
public record Capacity(int limit, long busy) {
  /** Whether a job of this width could ever start here. */
  public boolean admits(int cores) {
    return cores <= limit;
  }

  /** Whether any job can start now. */
  boolean isFree() {
    return fits(1);
  }

  /** Whether a job of this width can start now. */
  public boolean fits(int cores) {
    return busy + cores <= limit;
  }

  /** How many jobs of this width can start now. */
  int fitting(int cores) {
    return (int) Math.max(0, (limit - busy) / cores);
  }

  /** What is left once jobs that are so wide together have started. */
  public Capacity take(long cores) {
    return new Capacity(limit, busy + cores);
  }
}
