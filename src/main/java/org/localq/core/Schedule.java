package org.localq.core;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Which pending jobs start now, and why the others wait.
 *
 * <p>The rule, for each policy: put the pending jobs in the policy's order; pass over those that
 * want more than there is at all, and arrays of which as many tasks run as may; start from the
 * front while the next one fits what is free. The first that does not gets a {@link Reservation}:
 * the earliest moment at which it fits, if everything that runs, or starts now, uses up its time
 * limit. A job behind it starts now if it doesn't delay that ("EASY backfill"):
 *
 * <ul>
 *   <li>it fits what is free now, and
 *   <li>it has a time limit, and so has everything that runs or just started, and
 *   <li>it is gone at that moment, {@link TimeLimit#GRACE} included; or it fits into what is left
 *       then beside the job that the moment is reserved for.
 * </ul>
 *
 * <p>A job past its limit counts as one that ends now. So a wide job is never starved by narrow
 * ones behind it; where limits are not known, at the price of cores that idle until it fits.
 */
public final class Schedule {
  /**
   * A pending job's place.
   *
   * @param place 1 for the next to start; nothing for a job wider than the limit
   * @param starting how many times it can start now: an array once for each task that can
   * @param reason why it waits; nothing when it can start now
   */
  public record Waiting(JobId id, OptionalInt place, int starting, Optional<Reason> reason) {}

  private Schedule() {}

  /**
   * The jobs that start now, in order; an array once for each task that does.
   *
   * @param queue the pending jobs in their policy's order; no more of it is asked for than is
   *     needed
   */
  public static List<Candidate> starts(Iterator<Candidate> queue, Situation situation) {
    List<Candidate> starts = new ArrayList<>();
    Dispatch dispatch = new Dispatch(situation);
    while (!dispatch.isOver() && queue.hasNext()) {
      Candidate next = queue.next();
      starts.addAll(Collections.nCopies(dispatch.starting(next), next));
    }
    return starts;
  }

  /**
   * Every pending job in the order in which they will start; those wider than the limit last. For a
   * queue that is too long to be held see {@link Turns}.
   */
  public static List<Waiting> queue(
      Policy policy, Collection<Candidate> pending, Situation situation) {
    Turns turns = new Turns(situation);
    List<Waiting> queue = new ArrayList<>();
    List<Waiting> never = new ArrayList<>();
    for (Candidate next : ordered(policy, pending)) {
      Waiting waiting = turns.next(next);
      (waiting.place().isPresent() ? queue : never).add(waiting);
    }
    queue.addAll(never);
    return queue;
  }

  private static List<Candidate> ordered(Policy policy, Collection<Candidate> pending) {
    return pending.stream().sorted(policy.order()).toList();
  }
}
