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

  /** What is left once a job of this width has started. */
  public Capacity take(int cores) {
    return new Capacity(limit, busy + cores);
  }
}
