package org.localq.cli;

import java.io.IOException;
import java.util.Optional;
import org.localq.core.Amounts;
import org.localq.core.Candidate;
import org.localq.core.Capacity;
import org.localq.core.JobId;
import org.localq.core.Reason;
import org.localq.core.Schedule;
import org.localq.spool.Entry;
import org.localq.spool.Spool;

/** Why one pending job waits, told from as few others as possible: the queue may be long. */
final class Turn {
  /** So many ids without a pending job: it may be far from the next that has one, or the first. */
  private static final int MOST_GAPS = 100;

  private final Spool spool;
  private final Capacity capacity;

  Turn(Spool spool, Capacity capacity) {
    this.spool = spool;
    this.capacity = capacity;
  }

  /** What {@code job} waits for; nothing where it can start now. */
  Optional<Reason> reason(Entry.Waiting job) throws IOException {
    if (!job.id().isTask() || spool.candidate(job.id()).isPresent()) {
      return reason(new Candidate(job.id(), job.job().requirements().needs()));
    }
    // it is still a line
    Optional<Entry> found = spool.find(job.id().array());
    return found.isPresent() && found.get() instanceof Entry.Array array
        ? ofTask(job.id(), array, reason(array), capacity)
        : Optional.empty();
  }

  /** What the next task of {@code array} waits for; nothing where it can start now. */
  Optional<Reason> reason(Entry.Array array) throws IOException {
    return reason(new Candidate(array.id(), array.job().requirements().needs(), array.unclaimed()));
  }

  /**
   * What a task waits for that is still a line of its array; nothing where it can start now.
   *
   * @param next what the next task of the array waits for
   */
  static Optional<Reason> ofTask(
      JobId task, Entry.Array array, Optional<Reason> next, Capacity capacity) {
    Amounts each = Amounts.of(array.job().requirements().needs());
    int before = task.task() - array.claimed() - 1;
    boolean startsWithThem =
        next.isEmpty() && capacity.take(each.times(Math.max(0, before))).fits(each);
    return before <= 0 || startsWithThem || !capacity.admits(each)
        ? next
        : Optional.of(Reason.PRIORITY);
  }

  private Optional<Reason> reason(Candidate job) throws IOException {
    Optional<Reason> never = capacity.refusal(job.amounts());
    if (never.isPresent()) {
      return never;
    }
    return spool.workers().settings().policy().isById() ? fromNeighbours(job) : fromAll(job);
  }

  /**
   * From the jobs right before it, back to where they want more than is free: then the first that
   * has to wait is one of them or still earlier, whatever is not looked at.
   */
  private Optional<Reason> fromNeighbours(Candidate job) throws IOException {
    Amounts before = Amounts.NONE;
    int gaps = 0;
    for (long number = job.id().number() - 1; number > 0; number--) {
      Optional<Candidate> earlier = spool.candidate(new JobId(number));
      gaps += earlier.isEmpty() ? 1 : 0;
      if (gaps > MOST_GAPS) {
        return fromAll(job);
      }
      if (earlier.isPresent() && capacity.admits(earlier.get().amounts())) {
        before = before.plus(earlier.get().amounts().times(earlier.get().claims()));
        if (!capacity.fits(before)) {
          return Optional.of(Reason.PRIORITY);
        }
      }
    }
    return capacity.take(before).fits(job.amounts())
        ? Optional.empty()
        : Optional.of(Reason.RESOURCES);
  }

  private Optional<Reason> fromAll(Candidate job) throws IOException {
    return Places.of(spool.listing().pending(), capacity, spool)
        .of(job)
        .flatMap(Schedule.Waiting::reason);
  }
}
