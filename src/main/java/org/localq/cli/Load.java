package org.localq.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.localq.core.Amounts;
import org.localq.core.Budget;
import org.localq.core.Clocks;
import org.localq.core.Occupant;
import org.localq.core.ProcessId;
import org.localq.core.Reason;
import org.localq.core.Situation;
import org.localq.core.TimeLimit;
import org.localq.core.Trouble;
import org.localq.spool.Entry;
import org.localq.spool.Spool;

/**
 * Who works on the queue, and how busy it is.
 *
 * @param limit nothing until a worker has set it
 * @param budget likewise, what there is beside cores
 * @param tasks by the array's number, how many of its tasks were claimed
 */
record Load(Staff staff, OptionalInt limit, Budget budget, List<Occupant> occupants) {
  /**
   * Who works on the queue.
   *
   * @param draining whether they were told to claim nothing more
   * @param trouble what keeps one of them from its work
   */
  record Staff(List<ProcessId> workers, boolean draining, Optional<Trouble> trouble) {
    private static Staff of(Spool spool, Queue queue) throws IOException {
      List<ProcessId> workers = queue.workers(spool);
      Optional<Trouble> trouble = Optional.empty();
      for (ProcessId worker : workers) {
        trouble = trouble.isPresent() ? trouble : spool.workers().trouble(worker);
      }
      return new Staff(workers, spool.workers().isDraining(), trouble);
    }
  }

  /** The load of a queue in which these are the jobs that were claimed at one moment. */
  static Load of(Collection<Entry> claimed, Spool spool, Queue queue) throws IOException {
    List<Occupant> occupants = new ArrayList<>();
    Optional<Clocks> now = Optional.empty();
    for (Entry entry : claimed) {
      if (now.isEmpty() && timeLimit(entry).most().isPresent()) {
        now = Optional.of(queue.clocks());
      }
      occupants.add(Occupant.of(entry.id(), amounts(entry), left(entry, now)));
    }
    return new Load(Staff.of(spool, queue), spool.limit(), spool.workers().budget(), occupants);
  }

  /**
   * What a claimed job takes, also where it had ended by the time that it was read; an array takes
   * nothing, its tasks do.
   */
  static Amounts amounts(Entry claimed) {
    if (claimed instanceof Entry.Running running) {
      return Amounts.of(running.job().requirements().needs());
    }
    return claimed instanceof Entry.Finished finished && finished.tasks().isEmpty()
        ? Amounts.of(finished.job().requirements().needs())
        : Amounts.NONE;
  }

  private static TimeLimit timeLimit(Entry claimed) {
    return claimed instanceof Entry.Running running
        ? running.job().requirements().timeLimit()
        : TimeLimit.NONE;
  }

  /**
   * For how long a claimed job may take that.
   *
   * @param now there at least where it has a time limit
   */
  private static Optional<Duration> left(Entry claimed, Optional<Clocks> now) {
    if (!(claimed instanceof Entry.Running running)) {
      return Optional.of(Duration.ZERO);
    }
    TimeLimit limit = timeLimit(claimed);
    return limit.most().isEmpty()
        ? Optional.empty()
        : Occupant.left(running.claim().attempt().start(), limit, now.orElseThrow());
  }

  /** How many cores are taken. */
  long busy() {
    return situation().capacity().busy().cores();
  }

  /** How much there is, and what takes how much of it for how long. */
  Situation situation() {
    return new Situation(
        limit.isPresent() ? budget.limit(limit.getAsInt()) : Amounts.ALL, occupants);
  }

  /** Why a job waits whatever the others do; nothing where it waits for its turn. */
  Optional<Reason> reason(boolean held) {
    if (held) {
      return Optional.of(Reason.JOB_HELD_USER);
    }
    if (staff.workers().isEmpty()) {
      return Optional.of(Reason.WORKER_DOWN);
    }
    return staff.draining() ? Optional.of(Reason.WORKER_DRAINING) : Optional.empty();
  }
}
