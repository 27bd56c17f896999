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
