package org.localq.worker;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import org.localq.core.Claim;
import org.localq.core.Exit;
import org.localq.core.Identity;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Outcome;
import org.localq.core.Presence;
import org.localq.core.ProcessId;
import org.localq.core.Reason;
import org.localq.core.Result;
import org.localq.core.Usage;
import org.localq.core.Verdict;
import org.localq.engine.Engine;
import org.localq.engine.Launch;
import org.localq.engine.Mark;
import org.localq.spool.Fault;
import org.localq.spool.JobFile;
import org.localq.spool.Layout;
import org.localq.spool.Locked;

/**
 * Sees each claimed job to its end: asks {@link Verdict} what is next, and does it. The worker does
 * this at every tick, and lcancel where no worker is alive.
 *
 * <p>What it remembers only saves work or makes times exact; without it everything still comes to
 * the same end.
 */
public final class Judge {
  /** When to look at a job again. */
  public enum Next {
    /** It needs nobody. */
    NOTHING,
    /** At the next poll. */
    LATER,
    /** Within moments. */
    SOON
  }

  /** After a KILL the shim alone should be gone within this. */
  private static final Duration SHIM_PATIENCE = Duration.ofSeconds(5);

  private final Engine engine;
  private final Identity identity;
  private final Uptime uptime;
  private final Clock clock;
  private final Log log;
  private final Map<Mark, Memory> memories = new HashMap<>();
  private Optional<IOException> trouble = Optional.empty();
  private Optional<Engine.Look> second = Optional.empty();
  private boolean newcomer = true;
  private boolean canSpawn = true;

  /** The machine's uptime: a clock that nobody sets. */
  public interface Uptime {
    Duration now() throws IOException;
  }

  /** The time as a judge needs it: for the records, and to wait. */
  public record Times(Clock clock, Uptime uptime) {}

  private static final class Memory {
    Optional<Duration> unstartedSince = Optional.empty();
    Optional<Duration> terminatedAt = Optional.empty();
    Optional<Duration> aloneSince = Optional.empty();
    OptionalLong peak = OptionalLong.empty();
    boolean spawnedHere;
    boolean met;
    boolean killed;
  }

  public Judge(Engine engine, Identity identity, Times times, Log log) {
    this.engine = engine;
    this.identity = identity;
    this.uptime = times.uptime();
    this.clock = times.clock();
    this.log = log;
  }

  /** Forgets all jobs but these. */
  void retain(Set<JobId> jobs) {
    memories.keySet().removeIf(mark -> !jobs.contains(mark.id()));
  }

  /**
   * Looks at what the processes of these jobs have in memory: between two such looks a short peak
   * can be missed.
   */
  void sample(Locked locked, Collection<JobId> jobs) throws IOException {
    Engine.Look look = jobs.isEmpty() ? Engine.NOTHING_RUNS : engine.look();
    for (JobId id : jobs) {
      try {
        sample(look, locked.claim(id), locked);
      } catch (IOException unreadable) {
        // the next tick says so
      }
    }
  }

  private void sample(Engine.Look look, Claim claim, Locked locked) throws IOException {
    Mark mark = mark(locked, claim);
    OptionalLong peak = look.peak(mark, claim.attempt().start());
    if (peak.isPresent()) {
      Memory memory = memory(mark);
      memory.peak = OptionalLong.of(Math.max(memory.peak.orElse(0), peak.getAsLong()));
    }
  }

  /**
   * Brings claimed jobs as far as they can be brought now. What goes wrong with one holds up no
   * other.
   *
   * @return when to look at the most urgent of them again
   */
  public Next judge(Locked locked, Collection<JobId> jobs) throws IOException {
    Map<JobId, Claim> claims = new LinkedHashMap<>();
    trouble = Optional.empty();
    second = Optional.empty();
    canSpawn = true;
    if (newcomer && !jobs.isEmpty()) {
      locked.secureClaims();
    }
    for (JobId id : jobs) {
      try {
        locked.dropPendingTwin(id);
        claims.put(id, locked.claim(id));
      } catch (IOException failed) {
        trouble = Optional.of(about(id, failed));
      }
    }
    // the start tokens say whose processes to look for; these are looked at before the exit tokens
    // are read (R6)
    boolean started = claims.values().stream().anyMatch(c -> c.attempt().start().isPresent());
    Engine.Look look = started ? engine.look() : Engine.NOTHING_RUNS;
    Next next = Next.NOTHING;
    for (Claim claim : claims.values()) {
      try {
        Next its = judge(locked, claim, look);
        next = its.compareTo(next) > 0 ? its : next;
      } catch (IOException failed) {
        trouble = Optional.of(about(claim.id(), failed));
      }
    }
    newcomer = false;
    return next;
  }

  /**
   * Whether, by what the last look at the claimed jobs has shown, this machine can spawn a shim.
   */
  boolean canSpawn() {
    return canSpawn;
  }

  /**
   * This attempt is claimed and its shim could not be spawned: it is spawned again at the next
   * look.
   */
  void spawnAgain(Mark mark) throws IOException {
    memory(mark).unstartedSince = Optional.of(uptime.now().minus(Verdict.PATIENCE));
  }

  /** This attempt's shim was spawned by this process. */
  void spawned(Mark mark) {
    memory(mark).spawnedHere = true;
  }

  private static IOException about(JobId id, IOException failed) {
    return new IOException("job " + id + ": " + Fault.of(failed).what(), failed);
  }

  /**
   * What went wrong with the last jobs that were judged. They are as they were, and are judged
   * again.
   */
  public Optional<IOException> trouble() {
    return trouble;
  }

  private Next judge(Locked locked, Claim before, Engine.Look look) throws IOException {
    JobId id = before.id();
    if (locked.isDone(id)) {
      refuseDamagedRecord(locked, id);
      locked.cleanUp(id);
      log.say(id, "has its record; what running/ still held of it is removed");
      return Next.NOTHING;
    }
    Mark mark = mark(locked, before);
    Presence presence = look.presence(mark, before.attempt().start());
    Claim claim = locked.claim(id);
    if (hasMoved(before.attempt(), claim.attempt(), presence)) {
      return Next.SOON;
    }
    Memory memory = memory(mark);
    meet(memory, claim);
    Verdict verdict = Verdict.of(claim, identity.shortBoot(), presence, unstarted(memory, claim));
    if (restsOnAbsence(verdict, claim.attempt())
        && secondLook().presence(mark, before.attempt().start()) != Presence.GONE) {
      // a process that forks while /proc is read can be missed once
      return Next.SOON;
    }
    return act(new Case(locked, claim, mark, look, memory), verdict);
  }

  /** What running/ holds is all that is left of a job whose record can't be read. */
  private static void refuseDamagedRecord(Locked locked, JobId id) throws IOException {
    if (locked.readRecord(id).orElse(null) instanceof JobFile.Invalid invalid) {
      throw new IOException(
          "its record "
              + invalid.reason()
              + "; what running/ holds of it is kept; to record it anew: localqd stop, then localqd"
              + " check --repair");
    }
  }

  /**
   * Says once that an attempt has started. Of several workers the one that spawned it says so, or,
   * when it is over already, the one that records its end.
   */
  private void meet(Memory memory, Claim claim) {
    Claim.Attempt attempt = claim.attempt();
    Optional<ProcessId> shim = attempt.start().flatMap(Claim.Start::shim);
    boolean ofThisBoot = attempt.boot().equals(Optional.of(identity.shortBoot()));
    if (memory.met || shim.isEmpty() || !ofThisBoot) {
      return;
    }
    memory.met = true;
    boolean over = attempt.end().isPresent();
    String which = ", attempt " + attempt.number() + ", pid " + shim.get().pid();
    if (newcomer && !memory.spawnedHere) {
      log.saw(claim.id(), (over ? "found ended" : "found running") + which);
    } else if (memory.spawnedHere || over) {
      Instant at = attempt.start().get().at();
      log.saw(claim.id(), "started " + log.time(at) + which);
    }
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
   * Whether a verdict would not be given if a process of the attempt were there: it frees the job's
   * cores, or lets another attempt follow.
   */
  private boolean restsOnAbsence(Verdict verdict, Claim.Attempt attempt) {
    String boot = identity.shortBoot();
    boolean looked = attempt.start().isPresent() && attempt.boot().orElse(boot).equals(boot);
    return looked
        && switch (verdict) {
          case CLOSE, RECORD_EXIT, RECORD_CANCELLED, RECORD_SHIM_LOST -> true;
          default -> false;
        };
  }

  /** One more look, shared by the jobs that are judged together. */
  private Engine.Look secondLook() throws IOException {
    if (second.isEmpty()) {
      second = Optional.of(engine.look());
    }
    return second.get();
  }

  private record Case(Locked locked, Claim claim, Mark mark, Engine.Look look, Memory memory) {
    JobId id() {
      return claim.id();
    }

    int attempt() {
      return claim.attempt().number();
    }
  }

  private Mark mark(Locked locked, Claim claim) {
    return new Mark(locked.root().toString(), claim.id(), claim.attempt().number());
  }

  private Memory memory(Mark mark) {
    return memories.computeIfAbsent(mark, m -> new Memory());
  }

  private Duration unstarted(Memory memory, Claim claim) throws IOException {
    if (claim.attempt().start().flatMap(Claim.Start::shim).isPresent()) {
      return Duration.ZERO;
    }
    Duration now = uptime.now();
    if (memory.unstartedSince.isEmpty()) {
      // A claim is spawned under one hold of the lock: whoever made this one died in between, or
      // its
      // shim is slow. A newcomer does not wait to learn which: under a worker that is killed every
      // few
      // seconds nobody ever would.
      memory.unstartedSince = Optional.of(newcomer ? now.minus(Verdict.PATIENCE) : now);
    }
    return now.minus(memory.unstartedSince.get());
  }

  private Next act(Case its, Verdict verdict) throws IOException {
    return switch (verdict) {
      case WAIT -> Next.LATER;
      case LOOK_AGAIN -> lookAgain(its);
      case RESPAWN -> respawn(its);
      case VOID -> giveUp(its);
      case CLOSE -> {
        its.locked().requeue(its.id(), its.attempt());
        its.locked().putBack(its.id());
        log.say(
            its.id(),
            "attempt "
                + its.attempt()
                + " is closed, because its shim died before the command was started; back in the"
                + " queue");
        yield Next.NOTHING;
      }
      case PUT_BACK -> {
        its.locked().putBack(its.id());
        log.say(
            its.id(),
            "back in the queue for attempt "
                + its.attempt()
                + ", because whoever was moving it died half-way");
        yield Next.NOTHING;
      }
      case TERMINATE -> terminate(its);
      case RECORD_EXIT, RECORD_CANCELLED, RECORD_NODE_FAIL, RECORD_SHIM_LOST ->
          record(its, verdict);
    };
  }

  private Next giveUp(Case its) throws IOException {
    // RACE: a shim that was first is met as a started one at the next look
    if (its.locked().voidAttempt(its.id(), its.attempt())) {
      log.say(
          its.id(),
          "attempt "
              + its.attempt()
              + " is given up before its shim came, because it is cancelled");
    }
    return Next.SOON;
  }

  private Next respawn(Case its) throws IOException {
    if (its.locked().readClaimed(its.id()).orElse(null) instanceof JobFile.Invalid invalid) {
      return giveUpDamaged(its, invalid.reason());
    }
    Optional<Launch> launch = launch(its.locked(), its.claim());
    if (launch.isPresent()) {
      canSpawn = false;
      // whoever claimed it may have died in the middle of that
      its.locked().secureClaims();
      engine.start(launch.get());
      canSpawn = true;
      its.memory().unstartedSince = Optional.empty();
      its.memory().spawnedHere = true;
      log.say(
          its.id(), "attempt " + its.attempt() + " was spawned again: no shim had shown up for it");
    }
    return Next.LATER;
  }

  /** Nobody can spawn a shim for a file that can't be read, and its cores are taken meanwhile. */
  private Next giveUpDamaged(Case its, String reason) throws IOException {
    // RACE: a shim that was first is met as a started one at the next look
    if (its.locked().voidAttempt(its.id(), its.attempt())) {
      rejectDamaged(its, reason);
    }
    return Next.SOON;
  }

  private void rejectDamaged(Case its, String reason) throws IOException {
    its.locked().rejectClaimed(its.id(), reason);
    log.say(
        its.id(),
        "REJECTED, its file was found damaged and is in rejected/ now, see linfo "
            + its.id()
            + ": "
            + reason);
  }

  /** What an attempt's shim needs; nothing when the job's file can't be read. */
  private Optional<Launch> launch(Locked locked, Claim claim) throws IOException {
    if (locked.readClaimed(claim.id()).orElse(null) instanceof JobFile.Valid valid) {
      int attempt = claim.attempt().number();
      String runFile = Layout.runName(claim.id(), attempt, identity.shortBoot());
      return Optional.of(
          new Launch(
              mark(locked, claim),
              valid.job(),
              locked.runningDirectory(),
              runFile,
              locked.hasStarted(claim.id())));
    }
    return Optional.empty();
  }

  /** The shim alone is there. It is about to do something, or a signal stopped it. */
  private Next lookAgain(Case its) throws IOException {
    Duration now = uptime.now();
    Memory memory = its.memory();
    if (memory.aloneSince.isEmpty()) {
      memory.aloneSince = Optional.of(now);
    }
    if (its.claim().cancel().isPresent()
        && isOver(memory.aloneSince.get(), grace(its).plus(SHIM_PATIENCE), now)) {
      its.look().killShim(its.mark(), its.claim().attempt().start());
      sayKilled(its, "its shim, alone and not ending, was sent KILL");
    }
    return now.minus(memory.aloneSince.get()).compareTo(SHIM_PATIENCE) < 0 ? Next.SOON : Next.LATER;
  }

  private Next terminate(Case its) throws IOException {
    its.memory().aloneSince = Optional.empty();
    Duration now = uptime.now();
    Optional<Duration> sent =
        its.claim().attempt().terminated().or(() -> its.memory().terminatedAt);
    if (sent.isEmpty()) {
      sendTerm(its, now);
      return Next.SOON;
    }
    if (isOver(sent.get(), grace(its), now)) {
      its.look().kill(its.mark(), its.claim().attempt().start());
      sayKilled(its, "not gone " + grace(its).toSeconds() + " s after TERM; was sent KILL");
    }
    return Next.SOON;
  }

  /** Once: KILL itself is sent at every look, to those that were forked in between. */
  private void sayKilled(Case its, String text) {
    if (!its.memory().killed) {
      its.memory().killed = true;
      log.say(its.id(), text);
    }
  }

  private void sendTerm(Case its, Duration now) throws IOException {
    its.look().terminate(its.mark(), its.claim().attempt().start());
    its.memory().terminatedAt = Optional.of(now);
    log.say(
        its.id(),
        its.claim().cancel().isPresent()
            ? "cancelled; its processes were sent TERM"
            : "ended; what it left behind was sent TERM");
    // last: who dies before this sends TERM once more, but nobody counts the grace from a TERM that
    // was never sent
    its.locked().markTerminated(its.id(), its.attempt(), now);
  }

  private static boolean isOver(Duration since, Duration length, Duration now) {
    return now.minus(since).compareTo(length) >= 0;
  }

  private static Duration grace(Case its) {
    return its.claim().cancel().map(Claim.Cancel::grace).orElse(Cancellation.GRACE);
  }

  private Next record(Case its, Verdict verdict) throws IOException {
    Optional<JobFile> file = its.locked().readClaimed(its.id());
    if (file.isEmpty()) {
      return Next.NOTHING;
    }
    if (!(file.get() instanceof JobFile.Valid valid)) {
      rejectDamaged(its, ((JobFile.Invalid) file.get()).reason());
      return Next.NOTHING;
    }
    if (its.claim().attempt().boot().isEmpty()) {
      // against a power cut: a canceller may have died between the move into running/ and its fsync
      its.locked().secureClaims();
    }
    Result result = result(its, outcome(its.claim(), valid.job(), verdict));
    its.locked().finish(its.id(), valid.job(), result);
    log.say(its.id(), describe(result.outcome()));
    memories.remove(its.mark());
    return Next.NOTHING;
  }

  private static Outcome outcome(Claim claim, Job job, Verdict verdict) {
    Optional<Exit> exit = claim.attempt().end().map(Claim.End::exit);
    return switch (verdict) {
      case RECORD_CANCELLED ->
          Outcome.cancelled(
              exit.isPresent() && exit.get() instanceof Exit.Code code
                  ? OptionalInt.of(code.value())
                  : OptionalInt.empty());
      case RECORD_NODE_FAIL -> Outcome.lost(Reason.NODE_FAIL);
      case RECORD_SHIM_LOST -> Outcome.lost(Reason.SHIM_LOST);
      default -> Outcome.of(exit.orElseThrow(), job.workplace());
    };
  }

  private Result result(Case its, Outcome outcome) {
    Claim.Attempt attempt = its.claim().attempt();
    Instant ended = attempt.end().map(Claim.End::at).orElseGet(clock::instant);
    Usage measured = attempt.end().map(Claim.End::usage).orElse(Usage.UNKNOWN);
    Usage usage = new Usage(measured.userSeconds(), measured.systemSeconds(), its.memory().peak);
    return new Result(
        outcome, attempt.start().map(Claim.Start::at), ended, usage, its.claim().restarts());
  }

  private static String describe(Outcome outcome) {
    StringBuilder text = new StringBuilder(outcome.state().name());
    outcome.exitCode().ifPresent(code -> text.append(", exit code ").append(code));
    return text.append(outcome.reason().isEmpty() ? "" : ", " + outcome.reason()).toString();
  }
}
