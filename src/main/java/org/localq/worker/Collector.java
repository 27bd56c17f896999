package org.localq.worker;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.localq.core.Clocks;
import org.localq.core.Refusal;
import org.localq.core.Retention;
import org.localq.core.Trouble;
import org.localq.spool.Locked;
import org.localq.spool.RecordCollection;
import org.localq.spool.Spool;

/**
 * Collects the records that are not to be kept, when a worker begins and every hour after, in
 * slices between its ticks. Two workers on one spool may both do so.
 *
 * <p>While the wall clock has moved against the machine's uptime no age can be trusted, and nothing
 * is collected: see {@link ClockGuard}. It says why nothing is collected when that is news, and
 * never throws.
 */
public final class Collector {
  private static final Duration EVERY = Duration.ofHours(1);

  private final Spool spool;
  private final Retention keep;
  private final ClockGuard clock;
  private final Log log;
  private Optional<Duration> next = Optional.empty();
  private Optional<RecordCollection> collection = Optional.empty();
  private Optional<Hindrance> hindrance = Optional.empty();
  private Optional<Trouble> bug = Optional.empty();

  /**
   * Why nothing is collected.
   *
   * @param sort what tells it from another that is news
   */
  private record Hindrance(String sort, String text) {
    Hindrance(String text) {
      this(text, text);
    }

    /** The length of a jump is no news. */
    static Hindrance of(ClockGuard.Jump jump, Path note) {
      String sort = "the clock was set " + (jump.length().isNegative() ? "back" : "forward");
      Duration length = jump.length().abs();
      return new Hindrance(
          sort,
          sort
              + " by "
              + length.toHours()
              + " h "
              + length.toMinutesPart()
              + " min, so that no record's age is known; if the new time is the right one: "
              + (jump.noted() ? "rm '" + note + "'" : "localqd restart"));
    }
  }

  public Collector(Spool spool, Retention keep, ClockGuard clock, Log log) {
    this.spool = spool;
    this.keep = keep;
    this.clock = clock;
    this.log = log;
  }

  /** What nobody foresaw and went wrong when it was tried last; nothing where that went well. */
  Optional<Trouble> bug() {
    return bug;
  }

  /** Begins a collection if it is time for one. */
  void poll() {
    try {
      Clocks now = clock.now();
      boolean due = next.isEmpty() || now.uptime().compareTo(next.get()) >= 0;
      if (collection.isEmpty() && due) {
        begin(now);
      }
    } catch (IOException | RuntimeException failed) {
      // due again at once: it may have been under way
      next = Optional.empty();
      fail(failed, "tried again at every poll");
    }
  }

  private void begin(Clocks now) throws IOException {
    Optional<ClockGuard.Jump> jump;
    try (Locked locked = spool.lock()) {
      // also where all records stay: the next worker of this boot may collect
      jump = clock.jump(locked, now);
    }
    if (!(keep instanceof Retention.Bounded bounded)) {
      forgive();
    } else if (jump.isPresent()) {
      // looked at again at the next poll: an hour is long to wait for who set the clock right
      hinder(Hindrance.of(jump.get(), spool.layout().clock()));
      return;
    } else {
      collection = Optional.of(spool.collection(bounded, now.wall()));
    }
    next = Optional.of(now.uptime().plus(EVERY));
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
    } catch (IOException | RuntimeException failed) {
      fail(failed, "tried again every " + EVERY.toMinutes() + " min");
    }
    return false;
  }

  private void report(RecordCollection over) {
    RecordCollection.Tally tally = over.tally();
    if (tally.count() > 0) {
      log.say("collected " + describe(tally) + " (--keep " + keep + ")");
    }
    if (over.obstacle().isPresent()) {
      hinder(new Hindrance(over.obstacle().get()));
    } else {
      hindrance.ifPresent(was -> log.say("records are collected again"));
      forgive();
    }
  }

  private static String describe(RecordCollection.Tally tally) {
    return tally.count() == 1
        ? "1 record, id " + tally.lowest()
        : tally.count() + " records, ids " + tally.lowest() + " to " + tally.highest();
  }

  private void hinder(Hindrance why) {
    if (!hindrance.map(Hindrance::sort).equals(Optional.of(why.sort()))) {
      log.say("no records are collected: " + why.text());
    }
    hindrance = Optional.of(why);
    bug = Optional.empty();
  }

  private void forgive() {
    hindrance = Optional.empty();
    bug = Optional.empty();
  }

  private void fail(Exception failed, String again) {
    end();
    if (failed instanceof IOException || failed instanceof Refusal) {
      hinder(new Hindrance(Health.trouble(failed) + "; " + again));
    } else {
      bug = Optional.of(Health.trouble(failed));
    }
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
