package org.localq.cli;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.localq.core.Candidate;
import org.localq.core.Capacity;
import org.localq.core.Claim;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.ProcessId;
import org.localq.core.Reason;
import org.localq.core.Schedule;
import org.localq.core.State;
import org.localq.core.Trouble;
import org.localq.spool.Entry;
import org.localq.spool.Spool;

/**
 * What lqueue shows: the jobs that were asked for, where each stands, and who works on them.
 *
 * @param rows in the order of their ids
 * @param missing ids that were asked for and are not there
 * @param hidden how many jobs that have ended were left out
 */
record QueueView(List<Row> rows, List<JobId> missing, int hidden, Load load) {
  private static final String INVALID = "InvalidJobFile";

  /**
   * What is wanted of the queue.
   *
   * @param ids only these; none: all
   * @param latest how many of the jobs that have ended; nothing: all
   */
  record Wish(SortedSet<JobId> ids, Set<State> states, Optional<Integer> latest) {
    private boolean names(JobId id) {
      return ids.isEmpty() || ids.contains(id);
    }

    private boolean allStates() {
      return states.containsAll(EnumSet.allOf(State.class));
    }
  }

  /**
   * One job's line.
   *
   * @param place in the order of start
   * @param reason a word; empty for none
   */
  record Row(
      Entry entry,
      OptionalInt place,
      String reason,
      Optional<Instant> start,
      Optional<Instant> end) {
    /** The job, where its file could be read. */
    Optional<Job> job() {
      if (entry instanceof Entry.Waiting waiting) {
        return Optional.of(waiting.job());
      } else if (entry instanceof Entry.Running running) {
        return Optional.of(running.job());
      } else if (entry instanceof Entry.Finished finished) {
        return Optional.of(finished.job());
      }
      return Optional.empty();
    }
  }

  /**
   * Who works on the queue.
   *
   * @param draining whether they were told to claim nothing more
   * @param trouble what keeps one of them from its work
   */
  record Staff(List<ProcessId> workers, boolean draining, Optional<Trouble> trouble) {
    private static Staff of(Spool spool, Queue queue) throws IOException {
      List<ProcessId> workers = queue.workers(spool);
      Optional<Trouble> trouble = Optional.empty();
      for (ProcessId worker : workers) {
        trouble = trouble.isPresent() ? trouble : spool.workers().trouble(worker);
      }
      return new Staff(workers, spool.workers().isDraining(), trouble);
    }
  }

  /**
   * How busy the queue is.
   *
   * @param limit nothing until a worker has set it
   */
  record Load(Staff staff, OptionalInt limit, long busy, int pending) {
    Capacity capacity() {
      return new Capacity(limit.orElse(Integer.MAX_VALUE), busy);
    }
  }

  /** Reads what was wished for. */
  static QueueView of(Wish wish, Spool spool, Queue queue) throws IOException {
    // in the order of a job's life, so that a move during the look can't hide it (R9)
    NavigableSet<JobId> live = new TreeSet<>(spool.pending());
    live.addAll(spool.held());
    live.addAll(spool.running());
    NavigableSet<JobId> ended = new TreeSet<>(spool.done());
    ended.addAll(spool.rejected());
    ended.removeAll(live);
    List<JobId> missing = new ArrayList<>();
    for (JobId id : wish.ids()) {
      // looked for again before it is called missing (R9)
      if (!live.contains(id) && !ended.contains(id)) {
        (spool.find(id).isPresent() ? live : missing).add(id);
      }
    }
    NavigableMap<JobId, Entry> entries = read(spool, live);
    Load load = load(entries.values(), spool, queue);
    Map<JobId, Schedule.Waiting> places = places(entries.values(), spool, load);
    entries.keySet().removeIf(id -> !wish.names(id));
    entries.values().removeIf(entry -> !wish.states().contains(entry.state()));
    int hidden = addEnded(entries, ended, wish, spool);
    List<Row> rows = new ArrayList<>();
    for (Entry entry : entries.values()) {
      rows.add(row(entry, Optional.ofNullable(places.get(entry.id())), load));
    }
    return new QueueView(rows, missing, hidden, load);
  }

  /** Adds the latest of those that have ended, and returns how many are left out. */
  private static int addEnded(
      Map<JobId, Entry> entries, NavigableSet<JobId> ended, Wish wish, Spool spool)
      throws IOException {
    if (wish.states().stream().noneMatch(State::isTerminal)) {
      return 0;
    }
    int left = wish.ids().isEmpty() ? wish.latest().orElse(Integer.MAX_VALUE) : Integer.MAX_VALUE;
    int hidden = 0;
    for (JobId id : ended.descendingSet()) {
      if (left == 0 && wish.allStates()) {
        // nothing more to learn from their files
        return hidden + ended.headSet(id, true).size();
      }
      Optional<Entry> entry = wish.names(id) ? spool.find(id) : Optional.empty();
      if (entry.isPresent() && wish.states().contains(entry.get().state())) {
        if (left > 0) {
          entries.put(id, entry.get());
          left--;
        } else {
          hidden++;
        }
      }
    }
    return hidden;
  }

  private static NavigableMap<JobId, Entry> read(Spool spool, Collection<JobId> ids)
      throws IOException {
    NavigableMap<JobId, Entry> entries = new TreeMap<>();
    for (JobId id : ids) {
      spool.find(id).ifPresent(entry -> entries.put(id, entry));
    }
    return entries;
  }

  private static Load load(Collection<Entry> entries, Spool spool, Queue queue) throws IOException {
    long busy = 0;
    int pending = 0;
    for (Entry entry : entries) {
      if (entry instanceof Entry.Running running) {
        busy += running.job().cores();
      } else if (entry.state() == State.PENDING) {
        pending++;
      }
    }
    return new Load(Staff.of(spool, queue), spool.limit(), busy, pending);
  }

  private static Map<JobId, Schedule.Waiting> places(
      Collection<Entry> entries, Spool spool, Load load) throws IOException {
    List<Candidate> candidates = new ArrayList<>();
    for (Entry entry : entries) {
      if (entry instanceof Entry.Waiting waiting && !waiting.held()) {
        candidates.add(new Candidate(waiting.id(), waiting.job().cores()));
      }
    }
    Map<JobId, Schedule.Waiting> places = new HashMap<>();
    Schedule.queue(spool.workers().settings().policy(), candidates, load.capacity())
        .forEach(place -> places.put(place.id(), place));
    return places;
  }

  private static Row row(Entry entry, Optional<Schedule.Waiting> place, Load load) {
    OptionalInt number = place.map(Schedule.Waiting::place).orElse(OptionalInt.empty());
    Optional<Instant> start = Optional.empty();
    Optional<Instant> end = Optional.empty();
    String reason = "";
    if (entry instanceof Entry.Waiting waiting) {
      reason = reason(waiting, place.flatMap(Schedule.Waiting::reason), load);
    } else if (entry instanceof Entry.Running running) {
      start = running.claim().attempt().start().map(Claim.Start::at);
      reason = running.claim().cancel().isPresent() ? Reason.CANCELLING.toString() : "";
    } else if (entry instanceof Entry.Finished finished) {
      start = finished.result().started();
      end = Optional.of(finished.result().ended());
      // the word; linfo has the whole
      reason = finished.result().outcome().reason().split(":", 2)[0];
    } else {
      end = entry instanceof Entry.Rejected rejected ? Optional.of(rejected.at()) : end;
      reason = INVALID;
    }
    return new Row(entry, number, reason, start, end);
  }

  private static String reason(Entry.Waiting waiting, Optional<Reason> reason, Load load) {
    if (waiting.held()) {
      return Reason.JOB_HELD_USER.toString();
    }
    if (load.staff().workers().isEmpty()) {
      return Reason.WORKER_DOWN.toString();
    }
    if (load.staff().draining()) {
      return Reason.WORKER_DRAINING.toString();
    }
    return reason.map(Reason::toString).orElse("");
  }
}
