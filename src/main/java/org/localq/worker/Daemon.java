package org.localq.worker;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.localq.core.Amounts;
import org.localq.core.Bytes;
import org.localq.core.Capacity;
import org.localq.core.ProcessId;
import org.localq.core.Trouble;
import org.localq.spool.Locked;
import org.localq.spool.Settings;
import org.localq.spool.Spool;
import org.localq.spool.Workers;

/** Runs a worker until it is told to end: joins the spool's workers, ticks, sleeps. */
public final class Daemon {
  private static final Duration FIRST_GLANCE = Duration.ofMillis(2);
  private static final Duration LAST_GLANCE = Duration.ofMillis(250);
  private static final Duration SLICE = Duration.ofMillis(100);

  private final Spool spool;
  private final Worker worker;
  private final Collector collector;
  private final Judge.Uptime uptime;
  private final Health health;

  /** How a daemon came to its end. */
  public enum End {
    /** It was told to drain, and nothing runs any more. */
    DRAINED,
    /** The spool is gone. */
    SPOOL_GONE
  }

  public Daemon(Spool spool, Worker worker, Collector collector, Judge.Uptime uptime, Log log) {
    this.spool = spool;
    this.worker = worker;
    this.collector = collector;
    this.uptime = uptime;
    this.health = new Health(log);
  }

  /** Joins the workers of the spool, or refuses. */
  public Workers.Membership join(Workers.Wish wish) throws IOException {
    try (Locked locked = spool.lock()) {
      Workers.Membership membership = spool.workers().join(locked, wish);
      health.showOn(membership::show);
      return membership;
    }
  }

  /**
   * Ticks until the end.
   *
   * @param settings of this worker
   * @param alive whether a process is there
   * @param ready called once, behind the first tick, with what went wrong in it
   */
  public End run(Settings settings, Predicate<ProcessId> alive, Consumer<Optional<Trouble>> ready)
      throws InterruptedException {
    Duration interval = Duration.ofSeconds(settings.interval());
    Watch watch = watch();
    try {
      Duration glance = FIRST_GLANCE;
      boolean announced = false;
      News news = News.NONE;
      long nextPoll = System.nanoTime();
      while (true) {
        long begun = System.nanoTime();
        boolean polls = begun - nextPoll >= 0;
        Outcome outcome = tick(interval, polls ? News.POLL : news);
        if (outcome.end().isPresent()) {
          return outcome.end().get();
        }
        if (!announced) {
          announced = true;
          ready.accept(outcome.trouble());
        }
        if (polls) {
          nextPoll = System.nanoTime() + interval.toNanos();
          tidy(alive);
          watch = renewed(watch);
          collector.poll();
        }
        // as long again as the tick took: with many pending jobs ticks would take all the time
        boolean collects = collect(longer(SLICE, Duration.ofNanos(System.nanoTime() - begun)));
        boolean soon = outcome.pace() == Worker.Pace.SOON;
        glance = soon ? shorter(LAST_GLANCE, glance.multipliedBy(2)) : FIRST_GLANCE;
        Duration rest = soon ? glance : untilPoll(nextPoll);
        // what the machine refuses can stay due
        Duration least = outcome.trouble().isPresent() ? LAST_GLANCE : FIRST_GLANCE;
        // a glance behind it: of a clock that shows hundredths
        Duration due = outcome.due().map(in -> longer(in.plus(FIRST_GLANCE), least)).orElse(rest);
        news = watch.await(collects ? Duration.ZERO : shorter(rest, due));
      }
    } finally {
      watch.close();
    }
  }

  private static Duration untilPoll(long nextPoll) {
    return longer(Duration.ZERO, Duration.ofNanos(nextPoll - System.nanoTime()));
  }

  private record Outcome(
      Worker.Pace pace, Optional<Trouble> trouble, Optional<End> end, Optional<Duration> due) {
    Outcome due(Optional<Duration> in) {
      return new Outcome(pace, trouble, end, in);
    }
  }

  private Outcome tick(Duration interval, News news) {
    try {
      Worker.Tick tick = worker.tick(uptime.now(), news);
      if (tick.pace() == Worker.Pace.OVER) {
        return new Outcome(
            tick.pace(), Optional.empty(), Optional.of(End.DRAINED), Optional.empty());
      }
      if (tick.trouble().isPresent()) {
        return failed(tick.pace(), tick.trouble().get(), interval).due(tick.due());
      }
      health.good(Health.Part.WORK);
      return new Outcome(tick.pace(), Optional.empty(), Optional.empty(), tick.due());
    } catch (IOException failed) {
      return failed(Worker.Pace.IDLE, failed, interval);
    } catch (RuntimeException refusedOrBug) {
      // one job that nobody foresaw must not end the worker for all others
      return trouble(Worker.Pace.IDLE, Health.trouble(refusedOrBug), interval);
    }
  }

  private Outcome failed(Worker.Pace pace, IOException failed, Duration interval) {
    return spool.isInPlace()
        ? trouble(pace, Health.trouble(failed), interval)
        : new Outcome(
            Worker.Pace.IDLE, Optional.empty(), Optional.of(End.SPOOL_GONE), Optional.empty());
  }

  private Outcome trouble(Worker.Pace pace, Trouble trouble, Duration interval) {
    health.bad(
        Health.Part.WORK,
        trouble,
        "can't go on: "
            + trouble.what()
            + "; nothing is lost, running jobs go on, it is tried again every "
            + interval.toSeconds()
            + " s"
            + (trouble.advice().isEmpty() ? "" : "; " + trouble.advice()));
    return new Outcome(pace, Optional.of(trouble), Optional.empty(), Optional.empty());
  }

  /** What can wait for a poll, and must not keep a tick from its work. */
  private void tidy(Predicate<ProcessId> alive) {
    try {
      worker.sweep(alive);
      worker.sample();
      health.good(Health.Part.TIDYING);
    } catch (IOException | RuntimeException failed) {
      Trouble trouble = Health.trouble(failed);
      health.bad(Health.Part.TIDYING, trouble, "can't tidy up: " + trouble);
    }
  }

  /** Goes on collecting, and shows what nobody foresaw; what hinders it is the log's alone. */
  private boolean collect(Duration slice) {
    boolean more = collector.work(slice);
    Optional<Trouble> bug = collector.bug();
    if (bug.isPresent()) {
      health.bad(Health.Part.COLLECTING, bug.get(), "can't collect records: " + bug.get());
    } else {
      health.good(Health.Part.COLLECTING);
    }
    return more;
  }

  private Watch watch() {
    Watch watch = Watch.of(worker.watched(), worker.changing(), worker.matters());
    Optional<Trouble> trouble = watch.trouble().map(Trouble::of);
    if (trouble.isPresent()) {
      health.bad(
          Health.Part.NOTICE,
          trouble.get(),
          "no notice of new files, they are looked for at every poll: " + trouble.get());
    } else {
      health.good(Health.Part.NOTICE);
    }
    return watch;
  }

  /**
   * A new watch where the old one has come to notice nothing: a directory was replaced, or the
   * system had none left.
   */
  private Watch renewed(Watch watch) {
    if (watch.trouble().isEmpty()) {
      return watch;
    }
    watch.close();
    return watch();
  }

  private static Duration longer(Duration a, Duration b) {
    return a.compareTo(b) > 0 ? a : b;
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  /** What a worker says when it begins. */
  public static String describe(Spool spool, Settings settings, Capacity capacity) {
    return "localqd works on "
        + spool.layout().root()
        + ", cores "
        + capacity.limit().cores()
        + (capacity.limit().memory() == Amounts.UNLIMITED
            ? ""
            : ", memory " + Bytes.show(capacity.limit().memory()))
        + (capacity.limit().resources().isEmpty()
            ? ""
            : ", resources " + capacity.limit().resources())
        + ", policy "
        + settings.policy().word()
        + ", polling every "
        + settings.interval()
        + " s";
  }
}
