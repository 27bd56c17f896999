package org.localq.worker;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.localq.core.Refusal;
import org.localq.core.Retention;
import org.localq.spool.Locked;
import org.localq.spool.RecordCollection;
import org.localq.spool.Spool;

/**
 * Collects the records that are not to be kept, when a worker begins and every hour after, in
 * slices between its ticks. Two workers on one spool may both do so.
 *
 * <p>While the wall clock has moved against the machine's uptime no age can be trusted, and nothing
 * is collected.
 */
public final class Collector {
  private static final Duration EVERY = Duration.ofHours(1);

  private final Spool spool;
  private final Retention keep;
  private final Judge.Times times;
  private final Log log;
  private Optional<Duration> next = Optional.empty();
  private Optional<RecordCollection> collection = Optional.empty();
  private Optional<String> hindrance = Optional.empty();

  public Collector(Spool spool, Retention keep, Judge.Times times, Log log) {
    this.spool = spool;
    this.keep = keep;
    this.times = times;
    this.log = log;
  }

  /** Begins a collection if it is time for one. */
  void poll() {
    try {
      Duration uptime = times.uptime().now();
      boolean due = next.isEmpty() || uptime.compareTo(next.get()) >= 0;
      if (collection.isEmpty() && due) {
        begin(uptime, times.clock().instant());
      }
    } catch (IOException | Refusal failed) {
      fail(failed);
    }
  }

  private void begin(Duration uptime, Instant wall) throws IOException {
    Optional<Duration> jump;
    try (Locked locked = spool.lock()) {
      // also where all records stay: the next worker of this boot may collect
      jump = locked.clockJump(uptime, wall);
    }
    if (!(keep instanceof Retention.Bounded bounded)) {
      next = Optional.of(uptime.plus(EVERY));
    } else if (jump.isPresent()) {
      // looked at again at the next poll: an hour is long to wait for who set the clock right
      hinder(explain(jump.get(), spool.layout().clock()));
    } else {
      next = Optional.of(uptime.plus(EVERY));
      collection = Optional.of(spool.collection(bounded, wall));
    }
  }

  private static String explain(Duration jump, Path clock) {
    Duration length = jump.abs();
    return "the clock was set "
        + (jump.isNegative() ? "back" : "forward")
        + " by "
        + length.toHours()
        + " h "
        + length.toMinutesPart()
        + " min, so that no record's age is known; if the new time is the right one: rm '"
        + clock
        + "'";
  }

  /**
   * Goes on with the collection that was begun.
   *
   * @param slice for about how long
   * @return whether there is more to do at once
   */
  boolean work(Duration slice) {
    if (collection.isEmpty()) {
      return false;
    }
    try {
      long begun = System.nanoTime();
      while (collection.get().step()) {
        if (System.nanoTime() - begun > slice.toNanos()) {
          return true;
        }
      }
      report(collection.get());
      end();
    } catch (IOException | Refusal failed) {
      fail(failed);
    }
    return false;
  }

  private void report(RecordCollection over) {
    RecordCollection.Tally tally = over.tally();
    if (tally.count() > 0) {
      log.say("collected " + describe(tally) + " (--keep " + keep + ")");
    }
    if (over.obstacle().isPresent()) {
      hinder(over.obstacle().get());
    } else {
      hindrance.ifPresent(was -> log.say("records are collected again"));
      hindrance = Optional.empty();
    }
  }

  private static String describe(RecordCollection.Tally tally) {
    return tally.count() == 1
        ? "1 record, id " + tally.lowest()
        : tally.count() + " records, ids " + tally.lowest() + " to " + tally.highest();
  }

  private void hinder(String why) {
    // the length of a jump is no news
    if (hindrance.isEmpty()) {
      log.say("no records are collected: " + why);
    }
    hindrance = Optional.of(why);
  }

  private void fail(Exception failed) {
    hinder(failed.getMessage() + "; tried again every " + EVERY.toMinutes() + " min");
    end();
  }

  private void end() {
    try {
      if (collection.isPresent()) {
        collection.get().close();
      }
    } catch (IOException closed) {
      // it was only read
    }
    collection = Optional.empty();
  }
}
