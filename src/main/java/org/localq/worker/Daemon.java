package org.localq.worker;

import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.function.Predicate;
import org.localq.core.Capacity;
import org.localq.core.ProcessId;
import org.localq.spool.Locked;
import org.localq.spool.Settings;
import org.localq.spool.Spool;
import org.localq.spool.Workers;

/** Runs a worker until it is told to end: joins the spool's workers, ticks, sleeps. */
public final class Daemon {
  private static final Duration FIRST_GLANCE = Duration.ofMillis(2);
  private static final Duration LAST_GLANCE = Duration.ofMillis(250);

  private final Spool spool;
  private final Worker worker;
  private final Judge.Uptime uptime;
  private final Log log;

  /** How a daemon came to its end. */
  public enum End {
    /** It was told to drain, and nothing runs any more. */
    DRAINED,
    /** The spool is gone. */
    SPOOL_GONE
  }

  public Daemon(Spool spool, Worker worker, Judge.Uptime uptime, Log log) {
    this.spool = spool;
    this.worker = worker;
    this.uptime = uptime;
    this.log = log;
  }

  /** Joins the workers of the spool, or refuses. */
  public Workers.Membership join(Workers.Wish wish) throws IOException {
    try (Locked locked = spool.lock()) {
      return spool.workers().join(locked, wish);
    }
  }

  /**
   * Ticks until the end.
   *
   * @param settings of this worker
   * @param alive whether a process is there
   * @param ready called once, behind the first tick that went well
   */
  public End run(Settings settings, Predicate<ProcessId> alive, Runnable ready)
      throws InterruptedException, IOException {
    try (Watch watch = Watch.of(worker.watched(), worker.matters())) {
      watch
          .trouble()
          .ifPresent(why -> log.say("no notice of new files (" + why + "); polling instead"));
      return run(new Rhythm(settings, watch), alive, ready);
    }
  }

  private record Rhythm(Settings settings, Watch watch) {
    Duration interval() {
      return Duration.ofSeconds(settings.interval());
    }
  }

  private End run(Rhythm rhythm, Predicate<ProcessId> alive, Runnable ready)
      throws InterruptedException {
    Duration glance = FIRST_GLANCE;
    boolean announced = false;
    long nextPoll = System.nanoTime();
    while (true) {
      Worker.Pace pace = Worker.Pace.IDLE;
      try {
        if (System.nanoTime() - nextPoll >= 0) {
          worker.sweep(alive);
          worker.sample();
          nextPoll = System.nanoTime() + rhythm.interval().toNanos();
        }
        pace = worker.tick(uptime.now());
        if (!announced) {
          announced = true;
          ready.run();
        }
        log.well();
      } catch (IOException failed) {
        if (isGone()) {
          return End.SPOOL_GONE;
        }
        log.trouble("can't go on: " + failed.getMessage() + retry(rhythm));
      } catch (RuntimeException bug) {
        // one job that nobody foresaw must not end the worker for all others
        log.trouble(
            "can't go on, internal error: "
                + bug
                + " at "
                + bug.getStackTrace()[0]
                + retry(rhythm));
      }
      if (pace == Worker.Pace.OVER) {
        return End.DRAINED;
      }
      glance =
          pace == Worker.Pace.SOON ? shorter(LAST_GLANCE, glance.multipliedBy(2)) : FIRST_GLANCE;
      rhythm.watch().await(pace == Worker.Pace.SOON ? glance : rhythm.interval());
    }
  }

  private static String retry(Rhythm rhythm) {
    return "; nothing is lost, running jobs go on, it is tried again every "
        + rhythm.settings().interval()
        + " s";
  }

  private boolean isGone() {
    return !Files.isDirectory(spool.layout().runningDirectory());
  }

  private static Duration shorter(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  /** What a worker says when it begins. */
  public static String describe(Spool spool, Settings settings, Capacity capacity) {
    return "localqd works on "
        + spool.layout().root()
        + " with "
        + capacity.limit()
        + " cores, policy "
        + settings.policy().word()
        + ", polling every "
        + settings.interval()
        + " s";
  }
}
