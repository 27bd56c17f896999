package org.localq.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * What is kept for the first job that has to wait.
 *
 * @param moment how long from now: the earliest at which it fits, if all that runs uses up its time
 * @param beside what there is then, the job itself counted as running
 */
public record Reservation(Duration moment, Capacity beside) {
  private static final Comparator<Occupant> BY_END = Reservation::compare;

  /**
   * A reservation for a job that takes {@code job}, and fits where nothing runs.
   *
   * @param situation in which everything has a time limit
   */
  static Reservation of(Amounts job, Situation situation) {
    List<Occupant> byEnd = new ArrayList<>(situation.occupants());
    byEnd.sort(BY_END);
    // what those from i on take together
    Amounts[] from = new Amounts[byEnd.size() + 1];
    from[byEnd.size()] = Amounts.NONE;
    for (int i = byEnd.size() - 1; i >= 0; i--) {
      from[i] = from[i + 1].plus(byEnd.get(i).amounts());
    }
    int ended = 0;
    while (ended < byEnd.size() && !job.fits(from[ended], situation.limit())) {
      ended++;
    }
    Duration moment = ended == 0 ? Duration.ZERO : left(byEnd.get(ended - 1));
    // what else ends at that very moment is gone then too
    while (ended < byEnd.size() && left(byEnd.get(ended)).compareTo(moment) <= 0) {
      ended++;
    }
    return new Reservation(moment, new Capacity(situation.limit(), from[ended].plus(job)));
  }

  /** The same, once a job that takes this and goes on beyond the moment has started. */
  Reservation take(Amounts job) {
    return new Reservation(moment, beside.take(job));
  }

  /** Whether a job that starts now is gone by then, killed if need be. */
  boolean outlasts(Duration timeLimit) {
    return timeLimit.plus(TimeLimit.GRACE).compareTo(moment) <= 0;
  }

  private static int compare(Occupant a, Occupant b) {
    return left(a).compareTo(left(b));
  }

  private static Duration left(Occupant occupant) {
    return occupant.left().orElseThrow();
  }
}
