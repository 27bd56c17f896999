package org.localq.core;

import java.time.Instant;
import java.util.Optional;

/**
 * What has to be before a job can start, and which of two that can goes first.
 *
 * @param begin not before
 * @param dependency on what became of other jobs
 * @param priority higher goes first; 0 by default
 * @param nice is taken off the priority
 */
public record Conditions(
    Optional<Instant> begin, Optional<Dependency> dependency, int priority, int nice) {
  /** Of a job that can start whenever its cores are free. */
  public static final Conditions NONE = new Conditions(Optional.empty(), Optional.empty(), 0, 0);

  /** Whether it waits for no time and no other job. */
  public boolean isFree() {
    return begin.isEmpty() && dependency.isEmpty();
  }

  /** Whether it waits for all earlier jobs of its name. */
  public boolean isSingleton() {
    return dependency.isPresent() && dependency.get().isSingleton();
  }

  /** What the order is by: priority less nice. */
  public long rank() {
    return (long) priority - nice;
  }
}
