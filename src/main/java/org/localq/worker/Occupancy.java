package org.localq.worker;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.localq.core.Amounts;
import org.localq.core.Claim;
import org.localq.core.Clocks;
import org.localq.core.Given;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Needs;
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
   * @param holding what it was given of named resources
   */
  private record Known(
      Needs needs, TimeLimit timeLimit, Optional<Claim.Start> start, Holding holding) {
    static Known of(Job job, Holding holding) {
      Requirements requirements = job.requirements();
      return new Known(requirements.needs(), requirements.timeLimit(), Optional.empty(), holding);
    }

    Occupant at(JobId id, Amounts limit, Clocks now) {
      return Occupant.of(id, amounts(limit), Occupant.left(start, timeLimit, now));
    }

    Known begun(Claim.Start at) {
      return new Known(needs, timeLimit, Optional.of(at), holding);
    }

    Known with(Holding other) {
      return new Known(needs, timeLimit, start, other);
    }

    /** What it takes of {@code limit}: of which nobody knows which it has, it has all. */
    Amounts amounts(Amounts limit) {
      Amounts its = Amounts.of(needs);
      return holding.given().isPresent() ? its : its.withAll(needs.resources().keySet(), limit);
    }
  }

  /**
   * The ids that an attempt was given.
   *
   * @param attempt 0 where its job asks for none: that holds for each attempt
   * @param given nothing where nobody can tell
   */
  private record Holding(int attempt, Optional<Given> given) {
    static final Holding NOTHING = new Holding(0, Optional.of(Given.NOTHING));
  }

  private final Judge judge;
  private final Map<JobId, Known> known = new HashMap<>();
  private final List<Given> given = new ArrayList<>();

  Occupancy(Judge judge) {
    this.judge = judge;
  }

  /** This job is claimed, and was given this. */
  void add(JobId id, Job job, int attempt, Given ids) {
    known.put(id, Known.of(job, new Holding(attempt, Optional.of(ids))));
    given.add(ids);
  }

  /**
   * The ids that were given to the jobs of the last {@linkplain #situation situation}, and to those
   * that were added since; as far as that is known of each.
   */
  List<Given> given() {
    return Collections.unmodifiableList(given);
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
    given.clear();
    Optional<Clocks> now = Optional.empty();
    for (JobId id : running.claimed()) {
      Optional<Known> job = known(locked, running, id);
      job.flatMap(its -> its.holding().given()).ifPresent(given::add);
      if (job.isEmpty()) {
        // nobody knows how much it takes: nothing starts beside it
        occupants.add(Occupant.of(id, limit, Optional.empty()));
      } else if (job.get().timeLimit().most().isEmpty()) {
        occupants.add(Occupant.of(id, job.get().amounts(limit), Optional.empty()));
      } else {
        // only where somebody wants to know: that is a read each tick
        now = now.isPresent() ? now : Optional.of(judge.clocks());
        occupants.add(job.get().at(id, limit, now.get()));
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
      job = Known.of(valid.job(), Holding.NOTHING);
    }
    if (!job.needs().resources().isEmpty()
        && job.holding().attempt() != running.currentAttempt(id)) {
      // not known yet, or another worker has claimed it anew
      job = job.with(new Holding(running.currentAttempt(id), running.given(id, job.needs())));
    }
    if (job.timeLimit().most().isPresent() && job.start().isEmpty()) {
      Optional<Claim.Start> start = running.claim(id).attempt().start();
      job = start.isPresent() && start.get().begun() ? job.begun(start.get()) : job;
    }
    known.put(id, job);
    return Optional.of(job);
  }
}
