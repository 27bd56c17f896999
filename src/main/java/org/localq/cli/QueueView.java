package org.localq.cli;

import java.io.IOException;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedSet;
import org.localq.core.Candidate;
import org.localq.core.Claim;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Reason;
import org.localq.core.Schedule;
import org.localq.core.State;
import org.localq.spool.Entry;
import org.localq.spool.Spool;

/**
 * What lqueue shows: the jobs that were asked for, where each stands, and who works on them.
 *
 * <p>A queue can be a million jobs long. So their names are listed, and their files read as the
 * rows are asked for.
 */
final class QueueView {
  private static final String INVALID = "InvalidJobFile";

  private final Wish wish;
  private final Selection selection;
  private final Load load;
  private final Places places;
  private int next;

  private QueueView(Wish wish, Selection selection, Load load, Places places) {
    this.wish = wish;
    this.selection = selection;
    this.load = load;
    this.places = places;
  }

  /**
   * What is wanted of the queue.
   *
   * @param ids only these; none: all
   * @param latest how many of the jobs that have ended; nothing: all
   */
  record Wish(SortedSet<JobId> ids, Set<State> states, Optional<Integer> latest) {
    boolean wants(Entry entry) {
      return states.contains(entry.state());
    }

    boolean wantsPending() {
      return states.contains(State.PENDING);
    }

    boolean wantsEnded() {
      for (State state : states) {
        if (state.isTerminal()) {
          return true;
        }
      }
      return false;
    }

    boolean wantsAll() {
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

  /** Looks at the queue. */
  static QueueView of(Wish wish, Spool spool, Queue queue) throws IOException {
    Selection selection = Selection.of(wish, spool);
    Load load = Load.of(selection.read(), spool, queue);
    Places places = Places.of(selection.queue(), load.capacity(), spool);
    return new QueueView(wish, selection, load, places);
  }

  /** Ids that were asked for and are not there. */
  List<JobId> missing() {
    return selection.missing();
  }

  /** How many jobs that have ended were left out. */
  int hidden() {
    return selection.hidden();
  }

  /** How many jobs wait, asked for or not. */
  int pending() {
    return selection.pending();
  }

  Load load() {
    return load;
  }

  /** The next row in the order of ids; nothing once there are no more. */
  Optional<Row> next() throws IOException {
    while (next < selection.ids().size()) {
      JobId id = selection.ids().get(next);
      next++;
      Optional<Entry> entry = selection.entry(id);
      if (entry.isPresent() && wish.wants(entry.get())) {
        return Optional.of(row(entry.get(), turn(entry.get())));
      }
      places.passOver(id);
    }
    return Optional.empty();
  }

  private Row row(Entry entry, Optional<Schedule.Waiting> turn) {
    OptionalInt place = OptionalInt.empty();
    Optional<Instant> start = Optional.empty();
    Optional<Instant> end = Optional.empty();
    String reason = "";
    if (entry instanceof Entry.Waiting waiting) {
      place = turn.isPresent() ? turn.get().place() : place;
      reason = word(load.reason(waiting), turn);
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
    return new Row(entry, place, reason, start, end);
  }

  private static String word(Optional<Reason> reason, Optional<Schedule.Waiting> turn) {
    if (reason.isPresent()) {
      return reason.get().toString();
    }
    return turn.isPresent() && turn.get().reason().isPresent()
        ? turn.get().reason().get().toString()
        : "";
  }

  private Optional<Schedule.Waiting> turn(Entry entry) throws IOException {
    if (entry instanceof Entry.Waiting waiting && !waiting.held()) {
      return places.of(new Candidate(entry.id(), waiting.job().cores()));
    }
    places.passOver(entry.id());
    return Optional.empty();
  }
}
