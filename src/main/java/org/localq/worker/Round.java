package org.localq.worker;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.localq.core.Claim;
import org.localq.core.JobId;
import org.localq.core.Outcome;
import org.localq.core.Presence;
import org.localq.core.ProcessId;
import org.localq.core.Verdict;
import org.localq.engine.Engine;
import org.localq.engine.Mark;
import org.localq.spool.Fault;
import org.localq.spool.JobFile;
import org.localq.spool.Locked;
import org.localq.spool.RunningDirectory;

/**
 * One round over claimed jobs, under one hold of the lock: each is brought as far as it can be
 * brought now.
 *
 * <p>It owns the order in which processes and tokens are looked at, and what has come up so far:
 * the second look, what went wrong, whether a shim could be spawned. It is used once.
 */
final class Round {
  /** Within this a shim has said all that it has to say of an exit. */
  private static final Duration SAYING = Duration.ofSeconds(1);

  /** What the log says of a job behind {@link #cleanUp}. */
  static final String CLEANED_UP = "has its record; what running/ still held of it is removed";

  private final Judge.Tools tools;
  private final Memories memories;
  private final Locked locked;
  private final Spawning spawning;
  private final Ending ending;
  private final TimeLimits timeLimits;
  private final Recording recording;
  private Optional<IOException> trouble = Optional.empty();
  private Optional<Engine.Look> second = Optional.empty();
  private final List<Recorded> recorded = new ArrayList<>();
  private Set<ProcessId> named = Set.of();

  /** Those whose processes a look is about. */
  private List<Claim> lookedFor = List.of();

  /** Running/ as it was behind the look at the processes. */
  private Optional<RunningDirectory> after = Optional.empty();

  /** A job that has its record, and is still in running/. */
  private record Recorded(Case its, Outcome outcome) {}

  Round(Judge.Tools tools, Memories memories, Locked locked) {
    this.tools = tools;
    this.memories = memories;
    this.locked = locked;
    this.recording = new Recording(tools.times().clock(), tools.log());
    this.spawning = new Spawning(tools, recording);
    this.ending = new Ending(tools.times().uptime(), tools.log());
    this.timeLimits = new TimeLimits(tools.times().uptime(), tools.log());
  }

  Judge.Judgement judge(RunningDirectory running, Collection<JobId> jobs, Judge.Scope scope)
      throws IOException {
    if (memories.isNewcomer() && !jobs.isEmpty()) {
      locked.secureClaims();
    }
    List<Claim> claims = claims(running, jobs);
    // the start tokens say whose processes to look for; these are looked at before the exit tokens
    // are read (R6)
    named = named(claims);
    lookedFor = lookedFor(claims, scope);
    Engine.Look look = lookedFor.isEmpty() ? Engine.NOTHING_RUNS : look();
    after = Optional.of(locked.look());
    Judge.Next next = Judge.Next.NOTHING;
    for (Claim claim : claims) {
      try {
        boolean runs = claim.attempt().start().isPresent() && !lookedFor.contains(claim);
        Judge.Next its = runs ? Judge.Next.LATER : judge(claim, look);
        next = its.compareTo(next) > 0 ? its : next;
      } catch (IOException failed) {
        trouble = Optional.of(about(claim.id(), failed));
      }
    }
    settle();
    return new Judge.Judgement(next, trouble, spawning.isPossible());
  }

  /** Forces the records of this round to the disk together, and lets their jobs go. */
  private void settle() {
    if (recorded.isEmpty()) {
      return;
    }
    try {
      locked.secureRecords();
    } catch (IOException failed) {
      // the next round finds them recorded, and does this first
      trouble = Optional.of(failed);
      return;
    }
    for (Recorded over : recorded) {
      try {
        recording.release(over.its(), over.outcome());
        forget(over.its());
      } catch (IOException failed) {
        trouble = Optional.of(about(over.its().id(), failed));
      }
    }
  }

  private void forget(Case its) {
    leaveShim(its);
    memories.forget(its.mark());
  }

  private Engine.Look look() throws IOException {
    boolean allNamed =
        lookedFor.stream()
            .allMatch(claim -> claim.attempt().start().flatMap(Claim.Start::shim).isPresent());
    Set<Mark> marks =
        lookedFor.stream().map(claim -> mark(locked, claim)).collect(Collectors.toSet());
    return allNamed ? tools.engine().look(marks, named) : tools.engine().look(named);
  }

  private static Set<ProcessId> named(List<Claim> claims) {
    return claims.stream()
        .flatMap(claim -> claim.attempt().start().flatMap(Claim.Start::shim).stream())
        .collect(Collectors.toSet());
  }

  private List<Claim> lookedFor(List<Claim> claims, Judge.Scope scope) throws IOException {
    List<Claim> lookedFor = new ArrayList<>();
    // only where something is due at some time: the clock is a file to be read
    Duration now = memories.due().isEmpty() ? Duration.ZERO : tools.times().uptime().now();
    for (Claim claim : claims) {
      boolean wanted = scope == Judge.Scope.ALL || isToEnd(claim) || isDue(claim, now);
      if (wanted && claim.attempt().start().isPresent()) {
        lookedFor.add(claim);
      }
    }
    return lookedFor;
  }

  private static boolean isToEnd(Claim claim) {
    return claim.attempt().end().isPresent()
        || claim.cancel().isPresent()
        || claim.attempt().told().toEnd();
  }

  private boolean isDue(Claim claim, Duration now) {
    return memories.of(mark(locked, claim)).isDue(now);
  }

  private List<Claim> claims(RunningDirectory running, Collection<JobId> jobs) {
    List<Claim> claims = new ArrayList<>();
    for (JobId id : jobs) {
      try {
        locked.dropPendingTwin(id);
        if (running.isCancelled(id)) {
          locked.dropHeldTwin(id);
        }
        claims.add(running.claim(id));
      } catch (IOException failed) {
        trouble = Optional.of(about(id, failed));
      }
    }
    return claims;
  }

  static IOException about(JobId id, IOException failed) {
    return new IOException("job " + id + ": " + Fault.of(failed).what(), failed);
  }

  static Mark mark(Locked locked, Claim claim) {
    return new Mark(locked.root().toString(), claim.id(), claim.attempt().number());
  }

  private Judge.Next judge(Claim before, Engine.Look look) throws IOException {
    JobId id = before.id();
    if (locked.isDone(id)) {
      cleanUp(locked, id);
      say(id, CLEANED_UP);
      return Judge.Next.NOTHING;
    }
    Mark mark = mark(locked, before);
    Presence presence = look.presence(mark, before.attempt().start());
    Claim claim = after.orElseThrow().claim(id);
    if (hasMoved(before.attempt(), claim.attempt(), presence)) {
      return Judge.Next.SOON;
    }
    boolean runs = presence != Presence.GONE && isOfThisBoot(claim.attempt());
    Case its = timeLimits.enforce(new Case(locked, claim, mark, look, memories.of(mark)), runs);
    meet(its);
    Duration unstarted = unstarted(its);
    if (claim.attempt().start().isPresent() && unstarted.compareTo(Verdict.PATIENCE) >= 0) {
      // its token names no shim: without those that wait for work one that lives can be told
      tools.engine().abandon(mark);
    }
    Verdict verdict = Verdict.of(its.claim(), boot(), presence, unstarted);
    if (restsOnAbsence(verdict, claim.attempt())
        && !look.isConclusive()
        && secondLook().presence(mark, before.attempt().start()) == Presence.ALIVE) {
      // a process that forks while /proc is read can be missed once
      its.memory().due(tools.times().uptime().now());
      return Judge.Next.SOON;
    }
    return act(its, verdict);
  }

  /** What running/ holds is all that is left of a job whose record can't be read. */
  static void cleanUp(Locked locked, JobId id) throws IOException {
    Optional<String> defect = locked.readRecord(id).flatMap(JobFile::defect);
    if (defect.isPresent()) {
      throw new IOException(
          "its record "
              + defect.get()
              + "; what running/ holds of it is kept; to record it anew: localqd stop, then localqd"
              + " check --repair");
    }
    locked.cleanUp(id);
  }

  /**
   * Whether the tokens have changed around the look so that it says nothing about them: it looked
   * for no shim yet, or saw the command alive that has ended since, and would take it for something
   * left behind.
   */
  private static boolean hasMoved(Claim.Attempt before, Claim.Attempt now, Presence presence) {
    return !now.start().equals(before.start())
        || (presence != Presence.GONE && now.end().isPresent() && before.end().isEmpty());
  }

  /**
   * Says once that an attempt has started. Of several workers the one that spawned it says so, or,
   * when it is over already, the one that records its end.
   */
  private void meet(Case its) {
    Claim.Attempt attempt = its.claim().attempt();
    Optional<ProcessId> shim = attempt.start().flatMap(Claim.Start::shim);
    if (shim.isEmpty() || !isOfThisBoot(attempt) || !its.memory().meet()) {
      return;
    }
    boolean over = attempt.end().isPresent();
    boolean spawnedHere = its.memory().isSpawnedHere();
    String which = ", attempt " + attempt.number() + ", pid " + shim.get().pid();
    if (memories.isNewcomer() && !spawnedHere) {
      tools.log().saw(its.id(), (over ? "found ended" : "found running") + which);
    } else if (spawnedHere || over) {
      Instant at = attempt.start().get().at();
      tools.log().saw(its.id(), "started " + tools.log().time(at) + which);
    }
  }

  /**
   * For how long the attempt has had no shim. A claim is spawned under one hold of the lock:
   * whoever made this one died in between, or its shim is slow. A newcomer does not wait to learn
   * which: under a worker that is killed every few seconds nobody ever would.
   */
  private Duration unstarted(Case its) throws IOException {
    return its.claim().attempt().start().flatMap(Claim.Start::shim).isPresent()
        ? Duration.ZERO
        : its.memory().unstarted(tools.times().uptime().now(), !memories.isNewcomer());
  }

  /**
   * Whether a verdict would not be given if a process of the attempt were there: it frees the job's
   * cores, or lets another attempt follow.
   */
  private boolean restsOnAbsence(Verdict verdict, Claim.Attempt attempt) {
    boolean looked = attempt.start().isPresent() && isOfThisBoot(attempt);
    return looked
        && switch (verdict) {
          case CLOSE, REQUEUE, RECORD_EXIT, RECORD_CANCELLED, RECORD_TIMEOUT, RECORD_SHIM_LOST ->
              true;
          default -> false;
        };
  }

  /** One more look, shared by the jobs of this round. */
  private Engine.Look secondLook() throws IOException {
    if (second.isEmpty()) {
      second = Optional.of(look());
    }
    return second.get();
  }

  private Judge.Next act(Case its, Verdict verdict) throws IOException {
    return switch (verdict) {
      case WAIT -> Judge.Next.LATER;
      case LOOK_AGAIN -> lookAgain(its);
      case TERMINATE -> ending.terminate(its);
      case RESPAWN -> spawning.respawn(its);
      case VOID -> spawning.giveUp(its);
      case CLOSE -> close(its);
      case PUT_BACK -> putBack(its);
      case RECORD_EXIT, RECORD_CANCELLED, RECORD_TIMEOUT, RECORD_NODE_FAIL, RECORD_SHIM_LOST -> {
        Recording.Answer answer = recording.record(its, verdict);
        if (answer instanceof Recording.Answer.Again again) {
          yield runAgain(its, again.why());
        } else if (answer instanceof Recording.Answer.Made made) {
          recorded.add(new Recorded(its, made.outcome()));
        } else {
          forget(its);
        }
        yield Judge.Next.NOTHING;
      }
      case REQUEUE -> runAgain(its, "somebody asked for it");
    };
  }

  private Judge.Next lookAgain(Case its) throws IOException {
    Duration alone = its.memory().alone(tools.times().uptime().now());
    if (its.claim().attempt().end().isPresent() && alone.compareTo(SAYING) >= 0) {
      // it may never say more, as on a full disk: told nothing more, it goes
      tools.engine().abandon(its.mark());
    }
    return ending.lookAgain(its, alone);
  }

  private void leaveShim(Case its) {
    if (its.claim().attempt().end().isPresent()) {
      tools.engine().ended(its.mark());
    } else {
      tools.engine().abandon(its.mark());
    }
  }

  private Judge.Next close(Case its) throws IOException {
    locked.requeue(its.id(), its.attempt());
    locked.putBack(its.id());
    say(
        its.id(),
        "attempt "
            + its.attempt()
            + " is closed, because its shim died before the command was started; back in the"
            + " queue");
    return Judge.Next.NOTHING;
  }

  /** Closes an attempt that is over, and lets another follow. */
  private Judge.Next runAgain(Case its, String why) throws IOException {
    locked.requeue(its.id(), its.attempt());
    locked.putBack(its.id());
    forget(its);
    say(its.id(), "back in the queue for attempt " + (its.attempt() + 1) + ", because " + why);
    return Judge.Next.NOTHING;
  }

  private Judge.Next putBack(Case its) throws IOException {
    locked.putBack(its.id());
    say(
        its.id(),
        "back in the queue for attempt "
            + its.attempt()
            + ", because whoever was moving it died half-way");
    return Judge.Next.NOTHING;
  }

  private boolean isOfThisBoot(Claim.Attempt attempt) {
    return attempt.boot().orElse(boot()).equals(boot());
  }

  private String boot() {
    return tools.identity().shortBoot();
  }

  private void say(JobId id, String text) {
    tools.log().say(id, text);
  }
}
