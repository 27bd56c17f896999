package org.localq.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * When pending jobs are to be expected to start: {@link Schedule}'s rule, applied again and again,
 * each time at the next end of something that runs.
 *
 * <p>What has a time limit is taken to use it up; what has none to take as long as others of its
 * name did; of what has neither the end is not known, and whatever can't start beside it has no
 * expected start.
 */
public final class Forecast {
  /** What an expectation rests on. */
  public enum Basis {
    /** On time limits alone. */
    LIMIT,
    /** At least one of the jobs that end before has none: on what others of its name took. */
    HISTORY,
    /** On the time before which it does not start, whatever the others do. */
    BEGIN;

    /** Its name in a column and in JSON. */
    public String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * An expected start.
   *
   * @param in how long from now
   */
  public record Start(Duration in, Basis basis) {}

  /**
   * Something that runs.
   *
   * @param expected for how long it is to be expected to run on, where it has no limit
   */
  public record Running(Occupant occupant, Optional<Duration> expected) {}

  /**
   * A pending job.
   *
   * @param expected for how long it is to be expected to run, where it has no limit
   */
  public record Pending(Candidate job, Optional<Duration> expected) {}

  /** So many ends are looked at: an array can have a million tasks. */
  private static final int MOST_STEPS = 10_000;

  /** Tasks of an array up to this number, counted from the first that waits, start then. */
  private record Batch(int last, Start start) {}

  /**
   * Something that runs at a moment of the forecast, which is counted from now.
   *
   * @param limit when its time is over
   * @param end when it is expected to end
   */
  private record Active(
      Amounts amounts,
      OptionalLong array,
      Optional<Duration> limit,
      Optional<Duration> end,
      Basis basis) {
    static Active of(Occupant occupant, Optional<Duration> expected) {
      Optional<Duration> limit = occupant.left();
      return limit.isPresent()
          ? new Active(occupant.amounts(), occupant.array(), limit, limit, Basis.LIMIT)
          : new Active(occupant.amounts(), occupant.array(), limit, expected, Basis.HISTORY);
    }

    Active from(Duration moment) {
      return new Active(amounts, array, limit.map(moment::plus), end.map(moment::plus), basis);
    }

    boolean endsBy(Duration moment) {
      return end.isPresent() && end.get().compareTo(moment) <= 0;
    }

    Occupant at(Duration moment) {
      return new Occupant(amounts, limit.map(over -> over.minus(moment)), array);
    }
  }

  private final Amounts limit;
  private final List<Active> active = new ArrayList<>();
  private final List<Candidate> waiting = new ArrayList<>();
  private final Map<JobId, Optional<Duration>> expected = new HashMap<>();
  private final Map<JobId, List<Batch>> batches = new HashMap<>();
  private Duration moment = Duration.ZERO;
  private Basis basis = Basis.LIMIT;

  private Forecast(Amounts limit, List<Running> running, List<Pending> pending) {
    this.limit = limit;
    for (Running one : running) {
      active.add(Active.of(one.occupant(), one.expected()));
    }
    for (Pending one : pending) {
      waiting.add(one.job());
      expected.put(one.job().id(), one.expected());
    }
  }

  /**
   * Looks ahead.
   *
   * @param limit what all that runs may take together
   * @param pending in their policy's order; at most some thousand
   */
  public static Forecast of(Amounts limit, List<Running> running, List<Pending> pending) {
    Forecast forecast = new Forecast(limit, running, pending);
    forecast.run();
    return forecast;
  }

  /** When this job starts; of an array its next task. Nothing where that can't be told. */
  public Optional<Start> of(JobId id) {
    return of(id, 1);
  }

  /**
   * When a task starts.
   *
   * @param nth 1 for the first that waits
   */
  public Optional<Start> of(JobId array, int nth) {
    for (Batch batch : batches.getOrDefault(array, List.of())) {
      if (nth <= batch.last()) {
        return Optional.of(batch.start());
      }
    }
    return Optional.empty();
  }

  private void run() {
    for (int step = 0; step < MOST_STEPS && !waiting.isEmpty(); step++) {
      startWhatCan();
      Optional<Duration> next = nextEnd();
      if (next.isEmpty()) {
        return;
      }
      moment = next.get();
      for (Active one : active) {
        if (one.endsBy(moment) && one.basis() == Basis.HISTORY) {
          basis = Basis.HISTORY;
        }
      }
      active.removeIf(one -> one.endsBy(moment));
    }
  }

  private void startWhatCan() {
    List<Occupant> occupants = new ArrayList<>();
    for (Active one : active) {
      occupants.add(one.at(moment));
    }
    List<Candidate> starts = Schedule.starts(waiting.iterator(), new Situation(limit, occupants));
    int i = 0;
    while (i < starts.size()) {
      Candidate job = starts.get(i);
      int times = 0;
      while (i < starts.size() && starts.get(i).id().equals(job.id())) {
        times++;
        i++;
      }
      start(job, times);
    }
  }

  private void start(Candidate job, int times) {
    Optional<Duration> its = expected.get(job.id());
    if (job.throttle().isPresent()) {
      // each counts
      OptionalLong array = OptionalLong.of(job.id().number());
      Occupant one = new Occupant(job.amounts(), job.timeLimit(), array);
      active.addAll(Collections.nCopies(times, Active.of(one, its).from(moment)));
    } else {
      Occupant all = new Occupant(job.amounts().times(times), job.timeLimit());
      active.add(Active.of(all, its).from(moment));
    }
    List<Batch> before = batches.computeIfAbsent(job.id(), first -> new ArrayList<>());
    int started = before.isEmpty() ? 0 : before.get(before.size() - 1).last();
    before.add(new Batch(started + times, new Start(moment, basis)));
    int place = waiting.indexOf(job);
    if (times < job.claims()) {
      int left = job.tasks() - times;
      waiting.set(
          place, new Candidate(job.id(), job.needs(), job.timeLimit(), left, job.throttle()));
    } else {
      waiting.remove(place);
    }
  }

  private Optional<Duration> nextEnd() {
    Optional<Duration> next = Optional.empty();
    for (Active one : active) {
      Optional<Duration> end = one.end();
      if (end.isPresent() && (next.isEmpty() || end.get().compareTo(next.get()) < 0)) {
        next = end;
      }
    }
    return next;
  }
}
