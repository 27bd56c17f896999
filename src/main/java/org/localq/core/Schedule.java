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
 * <p>The rule, for each policy: put the pending jobs in the policy's order; pass over those wider
 * than the limit; start from the front while the next one fits the free cores; stop at the first
 * that does not. So a wide job is never starved by narrow ones behind it, at the price of cores
 * that idle until it fits.
 */
public final class Schedule {
  /**
   * A pending job's place.
   *
   * @param place 1 for the next to start; nothing for a job wider than the limit
   * @param reason why it waits; nothing when it can start now
   */
  public record Waiting(JobId id, OptionalInt place, Optional<Reason> reason) {}

  private Schedule() {}

  /**
   * The jobs that start now, in order; an array once for each task that does.
   *
   * @param queue the pending jobs in their policy's order; no more of it is asked for than is
   *     needed
   */
  public static List<Candidate> starts(Iterator<Candidate> queue, Capacity capacity) {
    List<Candidate> starts = new ArrayList<>();
    Capacity left = capacity;
    while (left.isFree() && queue.hasNext()) {
      Candidate next = queue.next();
      Amounts each = next.amounts();
      if (left.admits(each)) {
        int fitting = Math.min(next.claims(), left.fitting(each));
        starts.addAll(Collections.nCopies(fitting, next));
        left = left.take(each.times(fitting));
        if (fitting < next.claims()) {
          break;
        }
      }
    }
    return starts;
  }

  /**
   * Every pending job in the order in which they will start; those wider than the limit last. For a
   * queue that is too long to be held see {@link Turns}.
   */
  public static List<Waiting> queue(
      Policy policy, Collection<Candidate> pending, Capacity capacity) {
    Turns turns = new Turns(capacity);
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
