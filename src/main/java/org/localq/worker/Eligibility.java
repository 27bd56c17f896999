package org.localq.worker;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.localq.core.Conditions;
import org.localq.core.Fate;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Readiness;
import org.localq.core.Reason;
import org.localq.core.Requirements;
import org.localq.spool.Fates;
import org.localq.spool.Intake;
import org.localq.spool.JobFile;
import org.localq.spool.Locked;
import org.localq.spool.RunningDirectory;
import org.localq.spool.Spool;

/**
 * Keeps the pending jobs that wait for a time or for other jobs from taking their turn, and lets
 * them when that has come; cancels those for which it can't come any more.
 *
 * <p>It owns what is remembered of them, which can be lost: who waits for which job, and what had
 * become of that job when it was last looked at. A job is decided anew when that changes or its
 * time comes, so that a hundred thousand that wait cost a tick nothing. What changes is told by who
 * comes into running/ and leaves it, by the markers of cancellations, and, of what was missed, by a
 * look at each poll.
 */
final class Eligibility implements Intake.Gate {
  /** For so long a tick decides; then who waits for the lock has a turn. */
  private static final Duration SLICE = Duration.ofMillis(20);

  private final Spool spool;
  private final Judge judge;
  private final Namesakes namesakes = new Namesakes();
  private final Map<JobId, Waiter> waiting = new HashMap<>();
  private final Map<JobId, Awaited> awaited = new HashMap<>();
  private final NavigableMap<Instant, Set<JobId>> dues = new TreeMap<>();
  private NavigableSet<JobId> undecided = new TreeSet<>();
  private Set<JobId> suspects = new HashSet<>();

  /** What the machine refused to tell, or to do; looked at again at the next poll. */
  private final Set<JobId> failed = new HashSet<>();

  private Optional<IOException> trouble = Optional.empty();
  private SortedSet<JobId> wasRunning = new TreeSet<>();
  private boolean isStarting;

  /** A job that waits, and what it was found to wait for. */
  private static final class Waiter {
    private final Requirements requirements;
    private final Conditions conditions;
    private final String name;
    private Set<JobId> jobs = Set.of();
    private Optional<Instant> due = Optional.empty();

    Waiter(Requirements requirements, String name) {
      this.requirements = requirements;
      this.conditions = requirements.conditions();
      this.name = name;
    }
  }

  /** A job that others wait for. */
  private static final class Awaited {
    private final Set<JobId> waiters = new HashSet<>();
    private Fate fate;
    private boolean start;

    Awaited(Fate fate) {
      this.fate = fate;
    }

    /** Whether it changes anything for those who wait. */
    boolean isNews(Fate now) {
      boolean hasOnlyStarted = fate instanceof Fate.Pending && now instanceof Fate.Started;
      return !now.equals(fate) && (start || !hasOnlyStarted);
    }
  }

  Eligibility(Spool spool, Judge judge) {
    this.spool = spool;
    this.judge = judge;
  }

  @Override
  public boolean admits(JobId id, Job job) {
    namesakes.add(id, job.name());
    if (job.requirements().isFree()) {
      return true;
    }
    waiting.put(id, new Waiter(job.requirements(), job.name()));
    if (job.requirements().conditions().isSingleton()) {
      namesakes.addSingleton(id, job.name());
    }
    undecided.add(id);
    return false;
  }

  @Override
  public void forget(JobId id) {
    namesakes.remove(id);
    Waiter waiter = waiting.remove(id);
    if (waiter != null) {
      unlink(id, waiter);
      undecided.remove(id);
      namesakes.removeSingleton(id, waiter.name);
    }
    suspect(id);
    isStarting |= awaitsStart(id);
  }

  /** Something may have become of this job. */
  void suspect(JobId id) {
    if (awaited.containsKey(id)) {
      suspects.add(id);
    }
  }

  /** Whether there is more to decide at once. */
  boolean isInterrupted() {
    // those that waited may be gone before what was to be looked at for them was
    return !waiting.isEmpty()
        && (!undecided.isEmpty() || !suspects.isEmpty() || namesakes.isToRead());
  }

  /** What went wrong with one of them in the last tick, and held up no other. */
  Optional<IOException> trouble() {
    return trouble;
  }

  /** Whether a job whose start is waited for is about to start. */
  boolean isStarting() {
    return isStarting;
  }

  /** In how long the time of one of those that wait comes. */
  Optional<Duration> due() {
    return dues.isEmpty()
        ? Optional.empty()
        : Optional.of(Duration.between(judge.now(), dues.firstKey()));
  }

  /**
   * Decides what can have changed.
   *
   * @param everything whether it is to be seen, too, whether anything was missed
   */
  void decide(Locked locked, Intake intake, boolean everything) throws IOException {
    trouble = Optional.empty();
    isStarting = false;
    if (waiting.isEmpty()) {
      namesakes.rest();
      wasRunning = new TreeSet<>();
      return;
    }
    RunningDirectory running = locked.look();
    Instant now = judge.now();
    Decision decision = new Decision(locked, intake, new Fates(spool, running), now);
    namesakes.look(spool, locked, running, intake);
    noticeMoves(running.mentioned());
    if (everything) {
      suspectAbsent(intake, running.mentioned());
      undecided.addAll(failed);
      failed.clear();
    }
    decision.lookAtSuspects();
    takeDue(now);
    undecided.addAll(namesakes.firsts());
    decision.decideAll();
  }

  private void noticeMoves(SortedSet<JobId> mentioned) {
    for (JobId id : mentioned) {
      if (!wasRunning.contains(id) || awaitsStart(id)) {
        suspect(id);
      }
    }
    for (JobId id : wasRunning) {
      if (!mentioned.contains(id)) {
        suspect(id);
        namesakes.suspect();
      }
    }
    wasRunning = mentioned;
  }

  private boolean awaitsStart(JobId id) {
    Awaited its = awaited.get(id);
    return its != null && its.start;
  }

  /** What was awaited and is neither pending nor in running/ may have ended unnoticed. */
  private void suspectAbsent(Intake intake, SortedSet<JobId> mentioned) {
    for (JobId id : awaited.keySet()) {
      if (!intake.isThere(id) && !mentioned.contains(id)) {
        suspects.add(id);
      }
    }
    namesakes.suspect();
  }

  private void takeDue(Instant now) {
    while (!dues.isEmpty() && !dues.firstKey().isAfter(now)) {
      undecided.addAll(dues.pollFirstEntry().getValue());
    }
  }

  /** Whether a job that is to be claimed may be, by what its file says now. */
  boolean isReady(Locked locked, RunningDirectory running, JobId id, Job job) throws IOException {
    Requirements requirements = job.requirements();
    return requirements.isFree()
        || new Fates(spool, running)
                .readiness(
                    id, requirements, () -> namesakes.hasEarlier(id, job.name()), judge.now())
            instanceof Readiness.Ready;
  }

  private void link(JobId id, Waiter waiter, Readiness.Waiting why, Fates fates)
      throws IOException {
    waiter.jobs = Set.copyOf(why.awaited());
    waiter.due = why.due();
    for (JobId other : waiter.jobs) {
      Fate fate = fates.of(other);
      Awaited its = awaited.computeIfAbsent(other, first -> new Awaited(fate));
      its.waiters.add(id);
      its.start |= waiter.conditions.dependency().map(d -> d.awaitsStartOf(other)).orElse(false);
      if (its.isNews(fate)) {
        // those who waited before are to hear of it
        suspects.add(other);
      }
    }
    why.due().ifPresent(at -> dues.computeIfAbsent(at, first -> new HashSet<>()).add(id));
  }

  private void unlink(JobId id, Waiter waiter) {
    for (JobId other : waiter.jobs) {
      Awaited its = awaited.get(other);
      if (its != null && its.waiters.remove(id) && its.waiters.isEmpty()) {
        awaited.remove(other);
      }
    }
    waiter.jobs = Set.of();
    if (waiter.due.isPresent()) {
      Set<JobId> then = dues.get(waiter.due.get());
      if (then != null && then.remove(id) && then.isEmpty()) {
        dues.remove(waiter.due.get());
      }
    }
    waiter.due = Optional.empty();
  }

  /** What is decided in one tick. */
  private final class Decision {
    private final Locked locked;
    private final Intake intake;
    private final Fates fates;
    private final Instant now;
    private final long deadline = System.nanoTime() + SLICE.toNanos();

    Decision(Locked locked, Intake intake, Fates fates, Instant now) {
      this.locked = locked;
      this.intake = intake;
      this.fates = fates;
      this.now = now;
    }

    /** Those that wait for a job of which something became are undecided again. */
    void lookAtSuspects() {
      Set<JobId> looked = suspects;
      suspects = new HashSet<>();
      for (JobId id : looked) {
        Awaited its = awaited.get(id);
        if (its != null) {
          try {
            lookAt(id, its);
          } catch (IOException unknown) {
            // looked at again when they are decided
            its.waiters.forEach(waiter -> fail(waiter, unknown));
          }
        }
      }
    }

    private void lookAt(JobId id, Awaited its) throws IOException {
      Fate fate = fates.of(id);
      if (its.isNews(fate)) {
        its.fate = fate;
        undecided.addAll(its.waiters);
      }
      isStarting |= its.start && fate instanceof Fate.Pending && locked.isClaimed(id);
    }

    private void fail(JobId id, IOException why) {
      failed.add(id);
      trouble = Optional.of(Round.about(id, why));
    }

    void decideAll() {
      // one at least, however long it took to come here
      for (int i = 0; !undecided.isEmpty() && (i == 0 || System.nanoTime() < deadline); i++) {
        JobId id = undecided.pollFirst();
        try {
          decide(id);
        } catch (IOException refused) {
          fail(id, refused);
        }
      }
    }

    private void decide(JobId id) throws IOException {
      Waiter waiter = waiting.get(id);
      if (waiter == null) {
        return;
      }
      unlink(id, waiter);
      Readiness readiness =
          fates.readiness(id, waiter.requirements, () -> isBehindNamesake(id, waiter), now);
      if (readiness instanceof Readiness.Waiting why) {
        link(id, waiter, why, fates);
      } else if (readiness instanceof Readiness.Ready) {
        waiting.remove(id);
        namesakes.removeSingleton(id, waiter.name);
        intake.admit(id);
      } else {
        cancel(id, waiter);
      }
    }

    private boolean isBehindNamesake(JobId id, Waiter waiter) {
      // names that are not read yet may be the same
      if (namesakes.isKnown() && intake.hasUnreadBelow(id)) {
        intake.readUpTo(id);
        namesakes.suspect();
        return true;
      }
      return !namesakes.isKnown() || namesakes.hasEarlier(id, waiter.name);
    }

    private void cancel(JobId id, Waiter waiter) throws IOException {
      Optional<JobFile.Valid> file = locked.readPending(id).flatMap(JobFile::valid);
      boolean isStill =
          file.isPresent()
              && file.get().job().requirements().conditions().equals(waiter.conditions);
      if (!isStill) {
        // RACE: held, cancelled or replaced since it was read
        intake.reread(id);
        return;
      }
      // the marker first: whoever dies from here on, the job ends for this reason
      locked.markCancelled(id, Reason.DEPENDENCY_NEVER_SATISFIED);
      locked.withdraw(id);
      judge.settle(locked, id);
      // also where its record is still to be made: that it left running/ will be seen
      intake.forget(id);
      fates.forget(id);
      suspect(id);
      lookAtSuspects();
    }
  }
}
