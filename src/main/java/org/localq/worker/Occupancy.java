package org.localq.worker;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.localq.core.Amounts;
import org.localq.core.Claim;
import org.localq.core.Clocks;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Occupant;
import org.localq.core.Requirements;
import org.localq.core.Situation;
import org.localq.core.TimeLimit;
import org.localq.spool.JobFile;
import org.localq.spool.Locked;
import org.localq.spool.RunningDirectory;

/**
 * What the jobs in running/ take, and for how long. Each file is read once, and a start token until
 * it says that the job has begun: what is remembered only saves work, because a claimed job's files
 * don't change.
 */
final class Occupancy {
  /**
   * What is known of a job.
   *
   * @param start nothing until it was seen to have begun
   */
  private record Known(Amounts amounts, TimeLimit timeLimit, Optional<Claim.Start> start) {
    static Known of(Job job) {
      Requirements requirements = job.requirements();
      return new Known(
          Amounts.of(requirements.needs()), requirements.timeLimit(), Optional.empty());
    }

    Occupant at(JobId id, Clocks now) {
      return Occupant.of(id, amounts, Occupant.left(start, timeLimit, now));
    }

    Known begun(Claim.Start at) {
      return new Known(amounts, timeLimit, Optional.of(at));
    }
  }

  private final Judge judge;
  private final Map<JobId, Known> known = new HashMap<>();

  Occupancy(Judge judge) {
    this.judge = judge;
  }

  /** This job is claimed. */
  void add(JobId id, Job job) {
    known.put(id, Known.of(job));
  }

  /** Forgets all jobs but these. */
  void retain(Set<JobId> jobs) {
    known.keySet().retainAll(jobs);
  }

  /**
   * What takes how much of {@code limit}, and for how long.
   *
   * @param running a look that is not older than the lock
   */
  Situation situation(Locked locked, RunningDirectory running, Amounts limit) throws IOException {
    List<Occupant> occupants = new ArrayList<>();
    Optional<Clocks> now = Optional.empty();
    for (JobId id : running.claimed()) {
      Optional<Known> job = known(locked, running, id);
      if (job.isEmpty()) {
        // nobody knows how much it takes: nothing starts beside it
        occupants.add(Occupant.of(id, limit, Optional.empty()));
      } else if (job.get().timeLimit().most().isEmpty()) {
        occupants.add(Occupant.of(id, job.get().amounts(), Optional.empty()));
      } else {
        // only where somebody wants to know: that is a read each tick
        now = now.isPresent() ? now : Optional.of(judge.clocks());
        occupants.add(job.get().at(id, now.get()));
      }
    }
    return new Situation(limit, occupants);
  }

  /** What is known of a job; nothing of one whose file can't be read. */
  private Optional<Known> known(Locked locked, RunningDirectory running, JobId id)
      throws IOException {
    Known job = known.get(id);
    if (job == null) {
      Optional<JobFile> file = locked.readClaimed(id);
      if (file.isEmpty() || !(file.get() instanceof JobFile.Valid valid)) {
        return Optional.empty();
      }
      job = Known.of(valid.job());
    }
    if (job.timeLimit().most().isPresent() && job.start().isEmpty()) {
      Optional<Claim.Start> start = running.claim(id).attempt().start();
      job = start.isPresent() && start.get().begun() ? job.begun(start.get()) : job;
    }
    known.put(id, job);
    return Optional.of(job);
  }
}
