package org.localq.worker;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.function.BiPredicate;
import java.util.function.Predicate;
import org.localq.core.Identity;
import org.localq.core.JobId;
import org.localq.core.ProcessId;
import org.localq.engine.Engine;
import org.localq.spool.Intake;
import org.localq.spool.Layout;
import org.localq.spool.Locked;
import org.localq.spool.RunningDirectory;
import org.localq.spool.Settings;
import org.localq.spool.Spool;
import org.localq.spool.Workers;

/**
 * One localqd at work on a spool: takes in what was dropped, claims what fits, sees what runs to
 * its end.
 *
 * <p>The directories are the truth. Whatever this object remembers it read there, and can lose.
 */
public final class Worker {
  /** What a worker works with. */
  public record Tools(Spool spool, Engine engine, Judge judge, Log log) {}

  /** A listing that takes no longer is nothing to care about. */
  private static final Duration SHORT = Duration.ofMillis(50);

  private final Spool spool;
  private final Judge judge;
  private final Log log;
  private final Workers workers;
  private final Eligibility eligibility;
  private final Intake intake;

  /** Whether the root is to be listed when it can be. */
  private boolean isRootUnknown = true;

  /** In the machine's uptime: the root is not listed before. */
  private Duration nextListing = Duration.ZERO;

  private final Claiming claiming;

  public Worker(Tools tools, Identity identity, Settings settings) {
    this.spool = tools.spool();
    this.judge = tools.judge();
    this.log = tools.log();
    this.workers = spool.workers();
    this.eligibility = new Eligibility(spool, judge);
    this.intake = new Intake(settings.policy(), eligibility);
    this.claiming = new Claiming(tools, identity, intake, eligibility);
  }

  /** When to tick again. */
  public enum Pace {
    /** Something is between two steps: within moments. */
    SOON,
    /** At the next event or poll. */
    IDLE,
    /** Never: the worker was told to drain, and nothing runs any more. */
    OVER
  }

  /**
   * What came of a tick.
   *
   * @param trouble what went wrong with one job or file, and held up no other
   * @param due in how long something is to be done that no file announces
   */
  public record Tick(Pace pace, Optional<IOException> trouble, Optional<Duration> due) {
    /** The pace, for who takes any trouble for a failure. */
    public Pace orThrow() throws IOException {
      if (trouble.isPresent()) {
        throw trouble.get();
      }
      return pace;
    }
  }

  /** Does whatever can be done now. */
  public Tick tick(Duration uptime) throws IOException {
    return tick(uptime, News.POLL);
  }

  /** Does what can be done now: all of it, or what follows from what was noticed. */
  public Tick tick(Duration uptime, News news) throws IOException {
    Optional<IOException> unlisted = hear(news, uptime);
    try (Locked locked = spool.lock()) {
      Judge.Scope scope = news.everything() ? Judge.Scope.ALL : Judge.Scope.ENDING;
      Judge.Judgement judged = judgeAll(locked, scope);
      Optional<IOException> trouble = judged.trouble().or(() -> unlisted);
      Beginnings begun = Beginnings.NONE;
      if (workers.isDraining()) {
        // whatever else is wrong: who waits for the drain waits for the jobs alone
        if (locked.claimed().jobs().isEmpty()) {
          return new Tick(Pace.OVER, Optional.empty(), Optional.empty());
        }
      } else {
        begun = begin(locked, uptime, news, judged.canSpawn());
        trouble = trouble.or(begun::trouble);
      }
      boolean soon = begun.again() || judged.next() == Judge.Next.SOON;
      Optional<Duration> due =
          begun.unfinished() ? Optional.of(Duration.ZERO) : due(uptime, begun.begins());
      return new Tick(soon ? Pace.SOON : Pace.IDLE, trouble, due);
    }
  }

  /**
   * What came of taking in jobs, deciding upon them and claiming them.
   *
   * @param again whether there is more to do within moments
   * @param unfinished whether it is to be gone on with at once
   * @param begins in how long the time of one that waits comes
   */
  private record Beginnings(
      boolean again, boolean unfinished, Optional<Duration> begins, Optional<IOException> trouble) {
    static final Beginnings NONE = new Beginnings(false, false, Optional.empty(), Optional.empty());
  }

  private Beginnings begin(Locked locked, Duration uptime, News news, boolean canSpawn) {
    try {
      locked.returned().forEach(intake::reread);
      takeIn(locked, uptime);
      boolean overlooked = news.isOf(spool.layout().runningDirectory());
      eligibility.decide(locked, intake, overlooked);
      boolean unfinished = eligibility.isInterrupted();
      boolean again = canSpawn && claimWhatFits(locked);
      unfinished |= intake.isInterrupted() && intake.trouble().isEmpty();
      again |= unfinished || eligibility.isStarting();
      Optional<IOException> trouble = intake.trouble().or(eligibility::trouble);
      return new Beginnings(again, unfinished, eligibility.due(), trouble);
    } catch (IOException refused) {
      // what runs is brought to its end in time all the same
      return new Beginnings(false, false, Optional.empty(), Optional.of(refused));
    }
  }

  /** When something is to be done first that no file announces. */
  private Optional<Duration> due(Duration uptime, Optional<Duration> begins) {
    Optional<Duration> ofRunning = judge.due().map(at -> at.minus(uptime));
    return ofRunning.isPresent() && begins.filter(in -> in.compareTo(ofRunning.get()) < 0).isEmpty()
        ? ofRunning
        : begins;
  }

  /**
   * Hands on what was noticed in the root, and lists it where it is not known what is in it. Not
   * under the lock, because a listing of a million names takes a second; nor for more than a
   * twentieth of the time.
   *
   * @return why it could not be listed
   */
  private Optional<IOException> hear(News news, Duration uptime) {
    Path root = spool.layout().root();
    news.files().stream().filter(file -> root.equals(file.getParent())).forEach(intake::notice);
    // who is cancelled while it waits can be in running/ and out of it between two ticks
    news.files().forEach(file -> spool.layout().jobOf(file).ifPresent(eligibility::suspect));
    isRootUnknown |= news.isOf(root);
    if (!isRootUnknown || uptime.compareTo(nextListing) < 0) {
      return Optional.empty();
    }
    long begun = System.nanoTime();
    try {
      intake.list(spool.layout());
    } catch (IOException failed) {
      return Optional.of(failed);
    }
    isRootUnknown = false;
    Duration took = Duration.ofNanos(System.nanoTime() - begun);
    nextListing = took.compareTo(SHORT) < 0 ? uptime : uptime.plus(took.multipliedBy(20));
    return Optional.empty();
  }

  /** Removes what processes that died left in the spool. */
  public void sweep(Predicate<ProcessId> alive) throws IOException {
    workers.sweep(alive);
  }

  /** Looks at what the running jobs have in memory. */
  public void sample() throws IOException {
    judge.rest();
    try (Locked locked = spool.lock()) {
      judge.sample(locked, locked.claimed().jobs());
    }
  }

  /** Brings every job in running/ as far as it can be brought now. */
  Judge.Judgement judgeAll(Locked locked, Judge.Scope scope) throws IOException {
    RunningDirectory running = locked.look();
    SortedSet<JobId> claimed = running.claimed();
    SortedSet<JobId> arrays = running.arrays();
    SortedSet<JobId> closed = running.closedArrays();
    Judge.Judgement judgement = judge.judge(locked, running, claimed, scope);
    judgement = judgement.and(judge.judgeArrays(locked, running, arrays));
    for (JobId id : running.mentioned()) {
      if (!claimed.contains(id) && !closed.contains(id)) {
        judgement = tidyAlone(locked, id, judgement);
      }
    }
    judge.retain(claimed, arrays);
    claiming.retain(claimed);
    return judgement;
  }

  /**
   * What can't be tidied, as a directory under a token's name, holds up no job.
   *
   * @return what is to be said of all jobs, of which {@code others} was said before
   */
  private static Judge.Judgement tidyAlone(Locked locked, JobId id, Judge.Judgement others) {
    try {
      return tidy(locked, id) ? others.soon() : others;
    } catch (IOException failed) {
      return others.with(failed);
    }
  }

  /**
   * Tokens without their claim: of a pending job they are still needed; otherwise a clean-up was
   * interrupted.
   *
   * @return whether the job is to be judged next
   */
  private static boolean tidy(Locked locked, JobId id) throws IOException {
    boolean wanted = locked.isWanted(id);
    if (locked.isCancelled(id)) {
      // whoever wanted to cancel this pending job died behind the marker
      if (wanted) {
        locked.withdraw(id);
        return true;
      }
      if (locked.arrays().withdrawTask(id)) {
        return true;
      }
    }
    if (!wanted) {
      locked.cleanUp(id);
    }
    return false;
  }

  /** Takes in what lies in the root. */
  void takeIn(Locked locked, Duration uptime) throws IOException {
    for (Intake.Event event : intake.look(locked, uptime)) {
      if (event instanceof Intake.Event.Accepted accepted) {
        log.say(accepted.id(), "accepted from " + accepted.name());
      } else if (event instanceof Intake.Event.Refused refused) {
        log.say(refused.id(), "REJECTED, " + refused.name() + " " + refused.reason());
      } else if (event instanceof Intake.Event.Stuck stuck) {
        log.say(stuck.name() + " can't be moved to rejected/: it " + stuck.trouble());
      }
    }
  }

  /**
   * Claims and starts the pending jobs whose turn it is.
   *
   * @return whether one was no longer what was decided upon, so that it is to be decided again
   */
  boolean claimWhatFits(Locked locked) throws IOException {
    return claiming.claimWhatFits(locked);
  }

  /** The directories in which something can happen that a worker should wake for. */
  public List<Path> watched() {
    Layout layout = spool.layout();
    return List.of(layout.root(), layout.runningDirectory(), layout.own());
  }

  /**
   * In which of them a file that is written in place is worth waking for: who drops a job by hand
   * may do that. A shim's token says what it says by its name.
   */
  public Set<Path> changing() {
    return Set.of(spool.layout().root());
  }

  /** Which names there are worth waking for. */
  public BiPredicate<Path, String> matters() {
    return spool.layout()::isNews;
  }
}
