package org.localq.worker;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.localq.core.Claim;
import org.localq.core.Clocks;
import org.localq.core.Identity;
import org.localq.core.JobId;
import org.localq.core.TimeLimit;
import org.localq.core.Verdict;
import org.localq.engine.Engine;
import org.localq.engine.Mark;
import org.localq.spool.Locked;
import org.localq.spool.RunningDirectory;

/**
 * Sees each claimed job to its end: asks {@link Verdict} what is next, and does it. The worker does
 * this at every tick, and lcancel where no worker is alive.
 *
 * <p>It owns what is remembered between two calls, which only saves work or makes times exact;
 * without it everything still comes to the same end. What one call does is a {@link Round}.
 */
public final class Judge {
  /** For so long a call counts how tasks ended; who counts a million anew is not alone. */
  private static final Duration COUNTING = Duration.ofMillis(20);

  /** So many looks bring a job that was just told to end as far as it goes. */
  private static final int STEPS = 3;

  /** When to look at a job again. */
  public enum Next {
    /** It needs nobody. */
    NOTHING,
    /** At the next poll. */
    LATER,
    /** Within moments. */
    SOON
  }

  /** Whose processes are looked for, which takes a look at all processes of the machine. */
  public enum Scope {
    /** Those of every job: one whose shim was killed has no other sign of it. */
    ALL,
    /** Those of the jobs whose tokens say that they have ended or are to end. */
    ENDING
  }

  /**
   * What came of judging some jobs.
   *
   * @param next when to look at the most urgent of them again
   * @param trouble what went wrong with the last of those with which something did; they are as
   *     they were, and are judged again
   * @param canSpawn whether this machine can spawn a shim, by what was tried
   */
  public record Judgement(Next next, Optional<IOException> trouble, boolean canSpawn) {
    /** Fails where something went wrong: for who has to know why nothing comes of it. */
    void orThrow() throws IOException {
      if (trouble.isPresent()) {
        throw trouble.get();
      }
    }

    /** The same, and one is to be looked at within moments. */
    Judgement soon() {
      return and(Next.SOON);
    }

    /** The same, and one is to be looked at then. */
    private Judgement and(Next its) {
      return new Judgement(its.compareTo(next) > 0 ? its : next, trouble, canSpawn);
    }

    /** What came of these and of the others. */
    Judgement and(Judgement others) {
      return new Judgement(
          others.and(next).next(), trouble.or(others::trouble), canSpawn && others.canSpawn());
    }

    /** The same, and this went wrong with another. */
    Judgement with(IOException failed) {
      return new Judgement(next, Optional.of(failed), canSpawn);
    }
  }

  /** The machine's uptime: a clock that nobody sets. */
  public interface Uptime {
    Duration now() throws IOException;

    /** How much of it the machine was suspended. */
    default Duration suspended() throws IOException {
      return Duration.ZERO;
    }
  }

  /** The time as a judge needs it: for the records, and to wait. */
  public record Times(Clock clock, Uptime uptime) {}

  /** What a judge works with. */
  record Tools(Engine engine, Identity identity, Times times, Log log) {}

  private final Tools tools;
  private final Memories memories = new Memories();
  private final ArrayJudge arrays;

  public Judge(Engine engine, Identity identity, Times times, Log log) {
    this.tools = new Tools(engine, identity, times, log);
    this.arrays = new ArrayJudge(times.clock(), log);
  }

  /**
   * Brings a claimed job, or an array with its tasks, as far as it can be brought now.
   *
   * @param id of either
   */
  public Judgement judge(Locked locked, JobId id) throws IOException {
    RunningDirectory running = locked.look();
    if (!running.arrays().contains(id)) {
      return judge(locked, running, Set.of(id), Scope.ALL);
    }
    // what the tasks are to know first, their ends last
    Judgement first = judgeArrays(locked, running, Set.of(id));
    RunningDirectory told = locked.look();
    Judgement tasks = judge(locked, told, told.tasksOf(id), Scope.ALL).and(first);
    return tasks.and(judgeArrays(locked, locked.look(), Set.of(id)));
  }

  /**
   * Brings arrays as far as they can be brought now. What goes wrong with one holds up no other.
   */
  Judgement judgeArrays(Locked locked, RunningDirectory running, Set<JobId> ids) {
    Judgement judgement = new Judgement(Next.NOTHING, Optional.empty(), true);
    long deadline = System.nanoTime() + COUNTING.toNanos();
    for (JobId id : ids) {
      try {
        judgement = judgement.and(arrays.judge(locked, running, id, deadline));
      } catch (IOException failed) {
        judgement = judgement.with(Round.about(id, failed));
      }
    }
    return judgement;
  }

  /**
   * Brings claimed jobs as far as they can be brought now. What goes wrong with one holds up no
   * other.
   *
   * @param running a look that is not older than the lock
   */
  Judgement judge(Locked locked, RunningDirectory running, Collection<JobId> jobs, Scope scope)
      throws IOException {
    Scope its = memories.isNewcomer() ? Scope.ALL : scope;
    Judgement judgement = new Round(tools, memories, locked).judge(running, jobs, its);
    memories.settled();
    return judgement;
  }

  /** Forgets all jobs and arrays but these. */
  void retain(Set<JobId> jobs, Set<JobId> others) {
    memories.retain(jobs);
    arrays.retain(others);
    tools.engine().retain(jobs);
  }

  /**
   * Looks at what the processes of these jobs have in memory: between two such looks a short peak
   * can be missed.
   */
  void sample(Locked locked, Collection<JobId> jobs) throws IOException {
    Engine.Look look = jobs.isEmpty() ? Engine.NOTHING_RUNS : tools.engine().look();
    RunningDirectory running = locked.look();
    for (JobId id : jobs) {
      try {
        sample(look, running.claim(id), locked);
      } catch (IOException unreadable) {
        // the next tick says so
      }
    }
  }

  private void sample(Engine.Look look, Claim claim, Locked locked) throws IOException {
    Mark mark = Round.mark(locked, claim);
    OptionalLong peak = look.peak(mark, claim.attempt().start());
    if (peak.isPresent()) {
      memories.of(mark).sample(peak.getAsLong());
    }
  }

  /** As far as it goes without waiting: a shim that shows up in between is told to end. */
  void settle(Locked locked, JobId id) throws IOException {
    for (int step = 0; step < STEPS; step++) {
      if (judge(locked, id).next() != Next.SOON || locked.isDone(id)) {
        return;
      }
    }
  }

  /** The time of day. */
  Instant now() {
    return tools.times().clock().instant();
  }

  /** A while has passed. */
  void rest() {
    tools.engine().rest();
  }

  /** This attempt's shim was spawned by this process. */
  void spawned(Mark mark, TimeLimit limit) throws IOException {
    Memory memory = memories.of(mark);
    memory.spawned();
    memory.limit(limit);
    if (limit.most().isPresent()) {
      // it begins later; then its time is counted anew
      Duration first = limit.warnedAfter().orElse(limit.most().get());
      memory.due(tools.times().uptime().now().plus(first));
    }
  }

  /**
   * For how long the machine has been suspended since its boot, where an attempt's time is to be
   * counted without what comes on top of it.
   */
  Optional<Duration> suspended(TimeLimit limit) throws IOException {
    return limit.most().isEmpty()
        ? Optional.empty()
        : Optional.of(tools.times().uptime().suspended());
  }

  /** What this machine's clocks say. */
  Clocks clocks() throws IOException {
    Times times = tools.times();
    return new Clocks(tools.identity().boot(), times.uptime().now(), times.clock().instant());
  }

  /** When something is to be done next that no file announces, in the machine's uptime. */
  Optional<Duration> due() {
    return memories.due();
  }

  /**
   * This attempt is claimed and its shim could not be spawned: it is spawned again at the next
   * look.
   */
  void spawnAgain(Mark mark) throws IOException {
    memories.of(mark).unspawned(tools.times().uptime().now());
  }
}
