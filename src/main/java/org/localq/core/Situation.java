package org.localq.core;

import java.util.List;

/**
 * What there is for all jobs, and what runs.
 *
 * @param limit what all that runs may take together
 */
public record Situation(Amounts limit, List<Occupant> occupants) {
  public Situation {
    occupants = List.copyOf(occupants);
  }

  /** How much of the limit is taken. */
  public Capacity capacity() {
    Amounts busy = Amounts.NONE;
    for (Occupant occupant : occupants) {
      busy = busy.plus(occupant.amounts());
    }
    return new Capacity(limit, busy);
  }

  /**
   * How many times {@code job} may start by now, whatever is free: 0 for an array that is at its
   * throttle, and for its tasks.
   */
  public int allowed(Candidate job) {
    return Math.max(0, Math.min(job.claims(), room(job)));
  }

  /** How many more tasks of the array of {@code job} may run than do; below 0 where more do. */
  int room(Candidate job) {
    if (job.throttle().isEmpty()) {
      return Integer.MAX_VALUE;
    }
    int running = 0;
    for (Occupant occupant : occupants) {
      boolean isOfIt =
          occupant.array().isPresent() && occupant.array().getAsLong() == job.id().number();
      running += isOfIt ? 1 : 0;
    }
    return job.throttle().getAsInt() - running;
  }

  /** Whether everything that runs has a time limit, so that it is known when it ends. */
  public boolean isBounded() {
    for (Occupant occupant : occupants) {
      if (occupant.left().isEmpty()) {
        return false;
      }
    }
    return true;
  }
}
