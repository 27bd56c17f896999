package org.localq.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Decides of one pending job after the other whether it starts now. They come in the policy's
 * order; none is kept but those that start.
 *
 * <p>The rule is told at {@link Schedule}.
 */
final class Dispatch {
  /**
   * So many jobs behind the first that waits are looked at. A look costs a tenth of a microsecond,
   * but a job that is looked at has to have been read.
   */
  static final int DEPTH = 10_000;

  private final List<Occupant> occupants;
  private Capacity left;
  private final Situation before;
  private final Map<Long, Integer> startedOfArrays = new HashMap<>();
  private boolean blocked;
  private int behind;

  /** For the first that waits; nothing where it is not known when what runs ends. */
  private Optional<Reservation> reservation = Optional.empty();

  Dispatch(Situation situation) {
    this.before = situation;
    this.occupants = new ArrayList<>(situation.occupants());
    this.left = situation.capacity();
  }

  /** How many times the job that comes next starts now: an array once for each task that does. */
  int starting(Candidate job) {
    Amounts each = job.amounts();
    int allowed = allowed(job);
    if (!left.admits(each) || allowed == 0) {
      return 0;
    }
    if (blocked) {
      return passing(job, each, allowed);
    }
    int fitting = Math.min(allowed, left.fitting(each));
    start(job, each, fitting);
    if (fitting < allowed) {
      block(each);
    }
    return fitting;
  }

  /**
   * How many times {@code job} may start by now, whatever is free: 0 for an array that is at its
   * throttle, and for its tasks.
   */
  int allowed(Candidate job) {
    int allowed = before.allowed(job);
    if (job.throttle().isEmpty() || startedOfArrays.isEmpty()) {
      return allowed;
    }
    int started = startedOfArrays.getOrDefault(job.id().number(), 0);
    return Math.max(0, Math.min(allowed, before.room(job) - started));
  }

  private void block(Amounts head) {
    blocked = true;
    Situation then = new Situation(left.limit(), occupants);
    if (then.isBounded()) {
      reservation = Optional.of(Reservation.of(head, then));
    }
  }

  /** How many times a job behind the first that waits starts now. */
  private int passing(Candidate job, Amounts each, int allowed) {
    if (!mayPass()) {
      return 0;
    }
    behind++;
    Optional<Duration> limit = job.timeLimit();
    if (limit.isEmpty()) {
      return 0;
    }
    int fitting = Math.min(allowed, left.fitting(each));
    if (fitting > 0 && !reservation.get().outlasts(limit.get())) {
      fitting = Math.min(fitting, reservation.get().beside().fitting(each));
      reservation = Optional.of(reservation.get().take(each.times(fitting)));
    }
    start(job, each, fitting);
    return fitting;
  }

  private void start(Candidate job, Amounts each, int times) {
    if (times > 0) {
      Amounts all = each.times(times);
      left = left.take(all);
      occupants.add(new Occupant(all, job.timeLimit()));
      if (job.throttle().isPresent()) {
        startedOfArrays.merge(job.id().number(), times, Integer::sum);
      }
    }
  }

  /** Whether one that came has to wait. */
  boolean isBlocked() {
    return blocked;
  }

  /** Whether one that comes now can still pass those that wait. */
  private boolean mayPass() {
    return reservation.isPresent() && behind < DEPTH && left.isFree();
  }

  /** Whether nothing that comes now starts, because one that came has to wait. */
  boolean isClosed() {
    return blocked && !mayPass();
  }

  /** Whether nothing that comes now starts. */
  boolean isOver() {
    return !left.isFree() || isClosed();
  }

  /** Whether everything that comes starts. */
  boolean isUnlimited() {
    return left.isUnlimited();
  }
}
