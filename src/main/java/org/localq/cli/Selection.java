package org.localq.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.localq.core.Candidate;
import org.localq.core.IdSet;
import org.localq.core.JobId;
import org.localq.spool.Entry;
import org.localq.spool.Listing;
import org.localq.spool.Spool;

/**
 * The jobs that a wish may mean, by their ids alone: only those are read without which that can't
 * be told.
 */
final class Selection {
  private final QueueView.Wish wish;
  private final Spool spool;
  private final Listing listing;
  private final Map<JobId, Entry> read = new HashMap<>();
  private final List<JobId> missing = new ArrayList<>();
  private final Collection<Entry> claimed;
  private final IdSet ids;

  /** All that wait, asked for or not. */
  private IdSet waiting;

  /** Arrays among those whose tasks were counted. */
  private final Set<JobId> counted = new HashSet<>();

  private int hidden;
  private long unclaimed;

  private Selection(QueueView.Wish wish, Spool spool) throws IOException {
    this.wish = wish;
    this.spool = spool;
    this.listing = spool.listing();
    this.waiting = listing.pending().with(listing.held());
    for (int i = 0; i < listing.running().size(); i++) {
      find(listing.running().get(i));
    }
    this.claimed = List.copyOf(read.values());
    this.ids = wish.ids().isEmpty() ? inStates() : named();
  }

  static Selection of(QueueView.Wish wish, Spool spool) throws IOException {
    return new Selection(wish, spool);
  }

  /** In which order they are shown. */
  IdSet ids() {
    return ids;
  }

  /** Ids that were asked for and are not there. */
  List<JobId> missing() {
    return missing;
  }

  /** How many jobs that have ended were left out. */
  int hidden() {
    return hidden;
  }

  /**
   * How many jobs and tasks wait, asked for or not; to be asked when all that were asked for have
   * been read.
   *
   * <p>An array that nobody asked for counts as one: that it is an array only its file tells.
   */
  long pending() {
    return waiting.size() - counted.size() + unclaimed;
  }

  /** All that can be claimed, asked for or not. */
  IdSet queue() {
    return listing.pending();
  }

  /** Those that were claimed at the look, as they were when they were read. */
  Collection<Entry> claimed() {
    return claimed;
  }

  /** The job of this id; nothing when it is gone. */
  Optional<Entry> entry(JobId id) throws IOException {
    Optional<Entry> known = Optional.ofNullable(read.get(id));
    Optional<Entry> entry = known.isPresent() ? known : spool.find(id);
    if (entry.isPresent()
        && entry.get() instanceof Entry.Array array
        && waiting.contains(id)
        && counted.add(id)) {
      unclaimed += array.unclaimed();
    }
    return entry;
  }

  /** What scheduling knows of a pending job; nothing where it is pending no more. */
  Optional<Candidate> candidate(JobId id) throws IOException {
    return spool.candidate(id);
  }

  /** Reads a job and keeps it, as long as there are few. */
  private Optional<Entry> find(JobId id) throws IOException {
    Optional<Entry> entry = entry(id);
    if (entry.isPresent()) {
      read.put(id, entry.get());
    }
    return entry;
  }

  private IdSet named() throws IOException {
    List<JobId> found = new ArrayList<>();
    for (JobId id : wish.ids()) {
      List<JobId> tasks = id.isTask() ? List.of() : unended(id);
      found.addAll(tasks);
      if (find(id).isPresent()) {
        found.add(id);
      } else if (tasks.isEmpty()) {
        missing.add(id);
      }
    }
    return IdSet.of(found);
  }

  /** Whether rows of others tell all of it: of an array of which no task is left to be claimed. */
  boolean isTold(Entry entry) {
    return entry instanceof Entry.Array array
        && array.unclaimed() == 0
        && !unended(array.id()).isEmpty();
  }

  /** The tasks of an array that have files of their own, and no record. */
  private List<JobId> unended(JobId array) {
    List<JobId> tasks = new ArrayList<>(listing.running().tasksOf(array));
    tasks.addAll(waiting.tasksOf(array));
    return tasks;
  }

  private IdSet inStates() throws IOException {
    IdSet live = wish.wantsPending() ? listing.running().with(waiting) : listing.running();
    if (!wish.wantsEnded()) {
      return live;
    }
    IdSet ended = listing.ended();
    // of a twin that somebody put into the root the record counts
    waiting = waiting.without(ended);
    return live.with(latest(ended.without(live)));
  }

  /** As many of the latest as are wished for; the rest is counted. */
  private IdSet latest(IdSet ended) throws IOException {
    if (wish.latest().isEmpty()) {
      return ended;
    }
    int most = wish.latest().get();
    List<JobId> latest = new ArrayList<>();
    for (int i = ended.size() - 1; i >= 0; i--) {
      if (latest.size() == most && wish.wantsAll()) {
        // nothing more to learn from their files
        hidden += i + 1;
        break;
      }
      JobId id = ended.get(i);
      Optional<Entry> entry = spool.find(id);
      if (entry.isPresent() && wish.wants(entry.get())) {
        if (latest.size() < most) {
          read.put(id, entry.get());
          latest.add(id);
        } else {
          hidden++;
        }
      }
    }
    return IdSet.of(latest);
  }
}
