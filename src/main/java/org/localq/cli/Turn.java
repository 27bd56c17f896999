package org.localq.cli;

import java.io.IOException;
import java.util.Optional;
import org.localq.core.Amounts;
import org.localq.core.Candidate;
import org.localq.core.Capacity;
import org.localq.core.JobId;
import org.localq.core.Reason;
import org.localq.core.Schedule;
import org.localq.core.Situation;
import org.localq.spool.Entry;
import org.localq.spool.Spool;

/** Why one pending job waits, told from as few others as possible: the queue may be long. */
final class Turn {
  /** So many ids without a pending job: it may be far from the next that has one, or the first. */
  private static final int MOST_GAPS = 100;

  private final Spool spool;
  private final Situation situation;
  private final Capacity capacity;
  private final Eligible eligible;

  Turn(Spool spool, Situation situation, Eligible eligible) {
    this.spool = spool;
    this.situation = situation;
    this.capacity = situation.capacity();
    this.eligible = eligible;
  }

  /**
   * What becomes of a job at the next tick of a worker.
   *
   * @param starting how many times it starts: an array once for each task that does
   * @param reason why it waits; nothing where it starts
   */
  record Outlook(int starting, Optional<Reason> reason) {
    static Outlook of(Schedule.Waiting waiting) {
      return new Outlook(waiting.starting(), waiting.reason());
    }

    private static Outlook of(int starting, Reason otherwise) {
      return new Outlook(starting, starting > 0 ? Optional.empty() : Optional.of(otherwise));
    }

    /** What a task waits for that was never claimed of {@code array}, whose outlook this is. */
    Optional<Reason> ofTask(JobId task, Entry.Array array, Situation situation) {
      int before = array.all().numbers().placeOf(task.task()).orElse(0) - array.claimed() - 1;
      if (before <= 0 || before < starting) {
        return reason;
      }
      if (reason.isEmpty() && before >= situation.allowed(candidate(array))) {
        return Optional.of(Reason.JOB_ARRAY_TASK_LIMIT);
      }
      boolean waitsForThem = reason.isEmpty() || reason.get() == Reason.RESOURCES;
      return waitsForThem ? Optional.of(Reason.PRIORITY) : reason;
    }
  }

  /** What {@code job} waits for; nothing where it can start now. */
  Optional<Reason> reason(Entry.Waiting job) throws IOException {
    if (!job.id().isTask()) {
      return of(Eligible.candidate(job.id(), job.job())).reason();
    }
    Optional<Candidate> claimedBefore = spool.candidate(job.id());
    if (claimedBefore.isPresent()) {
      return of(claimedBefore.get()).reason();
    }
    Optional<Entry> found = spool.find(job.id().array());
    return found.isPresent() && found.get() instanceof Entry.Array array
        ? of(candidate(array)).ofTask(job.id(), array, situation)
        : Optional.empty();
  }

  /** What the next task of {@code array} waits for; nothing where it can start now. */
  Optional<Reason> reason(Entry.Array array) throws IOException {
    return of(candidate(array)).reason();
  }

  /** The tasks of {@code array} that were not claimed. */
  static Candidate candidate(Entry.Array array) {
    return Candidate.of(
        array.id(), array.job().requirements(), array.unclaimed(), array.all().throttle());
  }

  private Outlook of(Candidate job) throws IOException {
    Optional<Reason> never = capacity.refusal(job.amounts());
    if (never.isPresent()) {
      return new Outlook(0, never);
    }
    if (situation.allowed(job) == 0) {
      return Outlook.of(0, Reason.JOB_ARRAY_TASK_LIMIT);
    }
    return spool.workers().settings().policy().isById() && job.rank() == 0
        ? fromNeighbours(job)
        : fromAll(job);
  }

  /**
   * From the jobs right before it, back to where they want more than is free: then the first that
   * has to wait is one of them or still earlier, whatever is not looked at.
   */
  private Outlook fromNeighbours(Candidate job) throws IOException {
    Amounts before = ofEarly();
    if (!capacity.fits(before)) {
      return mayPass(job) ? fromAll(job) : Outlook.of(0, Reason.PRIORITY);
    }
    int gaps = 0;
    for (long number = job.id().number() - 1; number > 0; number--) {
      Optional<Candidate> earlier =
          eligible.candidate(new JobId(number)).filter(its -> its.rank() == 0);
      gaps += earlier.isEmpty() ? 1 : 0;
      if (gaps > MOST_GAPS) {
        return fromAll(job);
      }
      if (earlier.isPresent() && capacity.admits(earlier.get().amounts())) {
        before = before.plus(earlier.get().amounts().times(situation.allowed(earlier.get())));
        if (!capacity.fits(before)) {
          return mayPass(job) ? fromAll(job) : Outlook.of(0, Reason.PRIORITY);
        }
      }
    }
    return Outlook.of(
        Math.min(situation.allowed(job), capacity.take(before).fitting(job.amounts())),
        Reason.RESOURCES);
  }

  /** Whether it may start before one that waits, by what is known without that one. */
  private boolean mayPass(Candidate job) {
    return job.timeLimit().isPresent() && situation.isBounded() && capacity.fits(job.amounts());
  }

  /** What those take that go before all of the usual rank. */
  private Amounts ofEarly() throws IOException {
    Amounts all = Amounts.NONE;
    for (Candidate early : eligible.early()) {
      if (capacity.admits(early.amounts())) {
        all = all.plus(early.amounts().times(situation.allowed(early)));
      }
    }
    return all;
  }

  private Outlook fromAll(Candidate job) throws IOException {
    Optional<Schedule.Waiting> waiting =
        Places.of(spool.listing().pending(), situation, spool, eligible).of(job);
    return waiting.isPresent() ? Outlook.of(waiting.get()) : new Outlook(0, Optional.empty());
  }
}
