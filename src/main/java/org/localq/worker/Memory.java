package org.localq.worker;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.localq.core.TimeLimit;
import org.localq.core.Verdict;

/**
 * What a judge remembers of one attempt from one look to the next. All of it can be lost: it saves
 * work, makes times exact, and keeps the log from saying a thing twice.
 *
 * <p>Times are uptimes of the machine.
 */
final class Memory {
  private Optional<Duration> unstartedSince = Optional.empty();
  private Optional<Duration> aloneSince = Optional.empty();
  private Optional<Duration> terminated = Optional.empty();
  private Optional<TimeLimit> limit = Optional.empty();
  private Optional<Duration> due = Optional.empty();
  private Optional<Duration> startedSince = Optional.empty();
  private OptionalLong peak = OptionalLong.empty();
  private boolean spawnedHere;
  private boolean met;
  private boolean killed;

  /** Its shim was spawned by this process, and has all the time there is to show up. */
  void spawned() {
    spawnedHere = true;
    unstartedSince = Optional.empty();
  }

  boolean isSpawnedHere() {
    return spawnedHere;
  }

  /** Its shim could not be spawned: nothing is to be waited for. */
  void unspawned(Duration now) {
    unstartedSince = Optional.of(now.minus(Verdict.PATIENCE));
  }

  /**
   * For how long no shim of it has been seen.
   *
   * @param patient whether the first look begins to wait; else it has waited long enough
   */
  Duration unstarted(Duration now, boolean patient) {
    if (unstartedSince.isEmpty()) {
      unstartedSince = Optional.of(patient ? now : now.minus(Verdict.PATIENCE));
    }
    return now.minus(unstartedSince.get());
  }

  /** For how long its shim has been seen alone. */
  Duration alone(Duration now) {
    if (aloneSince.isEmpty()) {
      aloneSince = Optional.of(now);
    }
    return now.minus(aloneSince.get());
  }

  /** Its shim is not alone. */
  void accompanied() {
    aloneSince = Optional.empty();
  }

  /** It was sent TERM. */
  void terminated(Duration now) {
    terminated = Optional.of(now);
  }

  /** When this process sent it TERM. */
  Optional<Duration> terminated() {
    return terminated;
  }

  /** It may run for so long. */
  void limit(TimeLimit its) {
    limit = Optional.of(its);
  }

  /** For how long it may run, where that is known already. */
  Optional<TimeLimit> limit() {
    return limit;
  }

  /** Something is to be done with it then. */
  void due(Duration at) {
    due = Optional.of(at);
  }

  /** Nothing is to be done with it at any time. */
  void notDue() {
    due = Optional.empty();
  }

  /** Whether something is. */
  boolean isDue(Duration now) {
    return due.isPresent() && due.get().compareTo(now) <= 0;
  }

  /** When something is to be done with it that no file announces. */
  Optional<Duration> due() {
    return due;
  }

  /** When it was first seen to have started, at the latest now. */
  Duration startedSince(Duration now) {
    if (startedSince.isEmpty()) {
      startedSince = Optional.of(now);
    }
    return startedSince.get();
  }

  /** Whether it has not been met before, by this call. */
  boolean meet() {
    boolean first = !met;
    met = true;
    return first;
  }

  /** Whether it was not sent KILL before, by this call. */
  boolean kill() {
    boolean first = !killed;
    killed = true;
    return first;
  }

  /** Its processes were seen with this many bytes in memory. */
  void sample(long bytes) {
    peak = OptionalLong.of(Math.max(peak.orElse(0), bytes));
  }

  /** The most bytes in memory that were seen. */
  OptionalLong peak() {
    return peak;
  }
}
