package org.localq.worker;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.localq.core.Amounts;
import org.localq.core.Capacity;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.spool.JobFile;
import org.localq.spool.Locked;
import org.localq.spool.RunningDirectory;

/**
 * What the jobs in running/ take. Each file is read once: what is remembered only saves work, and a
 * claimed job's file doesn't change.
 */
final class Occupancy {
  private final Map<JobId, Amounts> known = new HashMap<>();

  /** This job is claimed. */
  void add(JobId id, Job job) {
    known.put(id, Amounts.of(job.requirements().needs()));
  }

  /** Forgets all jobs but these. */
  void retain(Set<JobId> jobs) {
    known.keySet().retainAll(jobs);
  }

  /**
   * How much of {@code limit} is taken.
   *
   * @param running a look that is not older than the lock
   */
  Capacity capacity(Locked locked, RunningDirectory running, Amounts limit) throws IOException {
    Amounts busy = Amounts.NONE;
    for (JobId id : running.claimed()) {
      // of a file that can't be read nobody knows how much: nothing starts beside it
      busy = busy.plus(amounts(locked, id).orElse(limit));
    }
    return new Capacity(limit, busy);
  }

  private Optional<Amounts> amounts(Locked locked, JobId id) throws IOException {
    Amounts amounts = known.get(id);
    if (amounts == null) {
      Optional<JobFile> file = locked.readClaimed(id);
      if (file.isPresent() && file.get() instanceof JobFile.Valid valid) {
        add(id, valid.job());
        amounts = known.get(id);
      }
    }
    return Optional.ofNullable(amounts);
  }
}
