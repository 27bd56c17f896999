package org.localq.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.localq.core.Candidate;
import org.localq.core.Clocks;
import org.localq.core.Forecast;
import org.localq.core.History;
import org.localq.core.IdSet;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Occupant;
import org.localq.core.Policy;
import org.localq.core.State;
import org.localq.core.Tasks;
import org.localq.core.TimeLimit;
import org.localq.spool.Entry;
import org.localq.spool.Spool;

/**
 * When pending jobs are to be expected to start: reads what a {@link Forecast} needs.
 *
 * <p>It owns how much of a long queue, and of what has ended, is read for that.
 */
final class Expectation {
  /** So many pending jobs are looked at, the first in the order of start. */
  static final int MOST_JOBS = 1000;

  /** So many records are looked into for how long others of the same name took, the latest. */
  private static final int MOST_RECORDS = 1000;

  private final Spool spool;
  private final Load load;
  private final Eligible eligible;
  private final Clocks now;
  private final Map<JobId, Entry.Array> arrays = new HashMap<>();

  Expectation(Spool spool, Load load, Eligible eligible, Clocks now) {
    this.eligible = eligible;
    this.spool = spool;
    this.load = load;
    this.now = now;
  }

  /**
   * What was found.
   *
   * @param arrays those that wait
   */
  record Starts(Forecast forecast, Map<JobId, Entry.Array> arrays, Policy policy) {
    /** When a job, an array's next task, or this task of an array starts, as far as is known. */
    Optional<Forecast.Start> of(JobId id) {
      Optional<Forecast.Start> its = forecast.of(id);
      if (its.isPresent() || !id.isTask() || !arrays.containsKey(id.array())) {
        return its;
      }
      // it was never claimed
      Entry.Array array = arrays.get(id.array());
      int place = array.all().numbers().placeOf(id.task()).orElse(0);
      return forecast.of(id.array(), place - array.claimed());
    }
  }

  /** A pending job that can be claimed. */
  private record Waiting(Candidate candidate, String name) {}

  /**
   * Looks ahead.
   *
   * @param claimed what runs
   * @param pending what can be claimed
   */
  Starts look(Collection<Entry> claimed, IdSet pending) throws IOException {
    Policy policy = spool.workers().settings().policy();
    Collection<Waiting> waiting = first(pending, policy);
    Set<String> names = new HashSet<>();
    for (Waiting one : waiting) {
      if (one.candidate().timeLimit().isEmpty()) {
        names.add(one.name());
      }
    }
    for (Entry entry : claimed) {
      if (entry instanceof Entry.Running running && isEndless(running)) {
        names.add(running.job().name());
      }
    }
    History history = history(names, waiting);
    List<Forecast.Pending> jobs = new ArrayList<>();
    for (Waiting one : waiting) {
      jobs.add(new Forecast.Pending(one.candidate(), history.of(one.name())));
    }
    return new Starts(
        Forecast.of(load.situation().limit(), running(claimed, history), jobs), arrays, policy);
  }

  /** The first pending jobs in the order of start: no more are kept, however many are read. */
  private Collection<Waiting> first(IdSet pending, Policy policy) throws IOException {
    TreeSet<Waiting> first =
        new TreeSet<>((a, b) -> policy.order().compare(a.candidate(), b.candidate()));
    if (policy.isById()) {
      // those that go before others, wherever they are
      for (JobId id : spool.early()) {
        add(id, first);
      }
    }
    for (int i = 0; i < pending.size() && !(policy.isById() && i == MOST_JOBS); i++) {
      add(pending.get(i), first);
    }
    return first;
  }

  private void add(JobId id, TreeSet<Waiting> first) throws IOException {
    Optional<Entry> entry = spool.find(id);
    if (entry.isPresent()) {
      waiting(entry.get()).ifPresent(first::add);
    }
    if (first.size() > MOST_JOBS) {
      first.pollLast();
    }
  }

  /** Of a job that takes no turn yet nobody knows when it will. */
  private Optional<Waiting> waiting(Entry entry) throws IOException {
    if (entry instanceof Entry.Waiting job && !job.held() && isReady(job.id(), job.job())) {
      Candidate candidate =
          Candidate.of(job.id(), job.job().requirements(), 0, OptionalInt.empty());
      return Optional.of(new Waiting(candidate, job.job().name()));
    }
    if (entry instanceof Entry.Array array
        && !array.held()
        && array.unclaimed() > 0
        && isReady(array.id(), array.job())) {
      Candidate candidate = Turn.candidate(array);
      arrays.put(array.id(), array);
      return Optional.of(new Waiting(candidate, array.job().name()));
    }
    return Optional.empty();
  }

  private boolean isReady(JobId id, Job job) throws IOException {
    return eligible.reason(id, job).isEmpty();
  }

  private static boolean isEndless(Entry.Running running) {
    return running.job().requirements().timeLimit().most().isEmpty();
  }

  private List<Forecast.Running> running(Collection<Entry> claimed, History history)
      throws IOException {
    List<Forecast.Running> running = new ArrayList<>();
    for (Occupant occupant : load.occupants()) {
      if (occupant.left().isPresent()) {
        running.add(new Forecast.Running(occupant, Optional.empty()));
      }
    }
    for (Entry entry : claimed) {
      if (entry instanceof Entry.Running one && isEndless(one)) {
        Occupant occupant = new Occupant(Load.amounts(entry), Optional.empty());
        running.add(new Forecast.Running(occupant, left(one, history)));
      }
    }
    return running;
  }

  /** For how long a job without a limit is to be expected to run on. */
  private Optional<Duration> left(Entry.Running running, History history) {
    Optional<Duration> whole = history.of(running.job().name());
    if (whole.isEmpty()) {
      return Optional.empty();
    }
    // counted as if that was its limit, of which the least is a second
    Duration most = whole.get().toSeconds() < 1 ? Duration.ofSeconds(1) : whole.get();
    TimeLimit limit = new TimeLimit(Optional.of(most), Optional.empty());
    return Occupant.left(running.claim().attempt().start(), limit, now);
  }

  private History history(Set<String> names, Collection<Waiting> waiting) throws IOException {
    History history = new History(names);
    for (Waiting one : waiting) {
      if (one.candidate().isArray() && history.wants(one.name())) {
        // its own tasks tell the most
        Entry.Array array = arrays.get(one.candidate().id());
        addTasks(array.id(), array.all(), array.claimed(), history);
      }
    }
    IdSet ended = history.isFull() ? IdSet.NONE : spool.listing().ended();
    int last = Math.max(0, ended.size() - MOST_RECORDS);
    for (int i = ended.size() - 1; i >= last && !history.isFull(); i--) {
      Optional<Entry> entry = spool.find(ended.get(i));
      if (entry.isPresent() && entry.get() instanceof Entry.Finished record) {
        add(record, history);
      }
    }
    return history;
  }

  private void add(Entry.Finished record, History history) throws IOException {
    if (!history.wants(record.job().name())) {
      return;
    }
    if (record.tasks().isPresent()) {
      addTasks(record.id(), record.tasks().get(), record.tasks().get().count(), history);
    } else {
      length(record).ifPresent(length -> history.add(record.job().name(), length));
    }
  }

  /**
   * The latest of an array's tasks that ended.
   *
   * @param last so many were claimed
   */
  private void addTasks(JobId array, Tasks tasks, int last, History history) throws IOException {
    // of some around the last the end may be still to come
    for (int place = last; place > Math.max(0, last - 2 * History.MOST); place--) {
      Optional<Entry> entry = spool.find(array.ofTask(tasks.numbers().at(place)));
      if (entry.isPresent() && entry.get() instanceof Entry.Finished record) {
        length(record).ifPresent(length -> history.add(record.job().name(), length));
      }
    }
  }

  /** How long a job took that came to its own end: what failed or was cancelled tells nothing. */
  private static Optional<Duration> length(Entry.Finished record) {
    return record.state() == State.COMPLETED && record.result().started().isPresent()
        ? Optional.of(Duration.between(record.result().started().get(), record.result().ended()))
        : Optional.empty();
  }
}
