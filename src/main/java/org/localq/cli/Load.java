package org.localq.cli;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.localq.core.Capacity;
import org.localq.core.ProcessId;
import org.localq.core.Reason;
import org.localq.core.Trouble;
import org.localq.spool.Entry;
import org.localq.spool.Spool;

/**
 * Who works on the queue, and how busy it is.
 *
 * @param limit nothing until a worker has set it
 */
record Load(Staff staff, OptionalInt limit, long busy) {
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
    long busy = 0;
    for (Entry entry : claimed) {
      busy += cores(entry);
    }
    return new Load(Staff.of(spool, queue), spool.limit(), busy);
  }

  /**
   * The cores that a claimed job takes, also where it had ended by the time that it was read; an
   * array takes none, its tasks do.
   */
  static int cores(Entry claimed) {
    if (claimed instanceof Entry.Running running) {
      return running.job().cores();
    }
    return claimed instanceof Entry.Finished finished && finished.tasks().isEmpty()
        ? finished.job().cores()
        : 0;
  }

  Capacity capacity() {
    return new Capacity(limit.orElse(Integer.MAX_VALUE), busy);
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
