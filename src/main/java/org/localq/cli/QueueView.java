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
import org.localq.core.Provision;
import org.localq.core.Reason;
import org.localq.core.Schedule;
import org.localq.core.State;
import org.localq.core.TaskNumbers;
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
  private final Eligible eligible;
  private int next;

  /** The array whose place was asked for last. */
  private Optional<Entry.Array> asked = Optional.empty();

  private Optional<Schedule.Waiting> turnOfAsked = Optional.empty();

  private QueueView(Wish wish, Selection selection, Load load, Places places, Eligible eligible) {
    this.eligible = eligible;
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
      if (entry.id().isTask() && entry.state().isTerminal() && !ids.contains(entry.id())) {
        // an array can have a million of them
        return false;
      }
      return states.contains(shown(entry));
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

  /** The state in the row of an entry: an array's tells of those of its tasks that wait. */
  private static State shown(Entry entry) {
    return entry instanceof Entry.Array array && array.unclaimed() > 0
        ? State.PENDING
        : entry.state();
  }

  /**
   * The line of a job, or of those tasks of an array that wait.
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
    /** The id, with the numbers of the tasks that wait, as in {@code 17_[5-1000%8]}. */
    String id() {
      return entry instanceof Entry.Array array && array.unclaimed() > 0
          ? entry.id() + "_[" + array.all().numbers().after(array.claimed()) + "]"
          : entry.id().toString();
    }

    /** The numbers of an array's tasks, where it was given any. */
    Optional<TaskNumbers> numbers() {
      if (entry instanceof Entry.Array array) {
        return array.all().given();
      }
      return entry instanceof Entry.Finished finished && finished.tasks().isPresent()
          ? finished.tasks().get().given()
          : Optional.empty();
    }

    State state() {
      return shown(entry);
    }

    /** How many tasks an array has; nothing for a job. */
    OptionalInt tasks() {
      if (entry instanceof Entry.Array array) {
        return OptionalInt.of(array.tasks());
      }
      return entry instanceof Entry.Finished finished && finished.tasks().isPresent()
          ? OptionalInt.of(finished.tasks().get().count())
          : OptionalInt.empty();
    }

    /** How many of them were not claimed. */
    int unclaimed() {
      return entry instanceof Entry.Array array ? array.unclaimed() : 0;
    }

    /** What a job was provided with that runs or has ended. */
    Provision provision() {
      if (entry instanceof Entry.Running running) {
        return running.provision();
      }
      return entry instanceof Entry.Finished finished
          ? finished.result().provision()
          : Provision.NONE;
    }

    /** The job, where its file could be read; of an array what its tasks have in common. */
    Optional<Job> job() {
      if (entry instanceof Entry.Waiting waiting) {
        return Optional.of(waiting.job());
      } else if (entry instanceof Entry.Running running) {
        return Optional.of(running.job());
      } else if (entry instanceof Entry.Array array) {
        return Optional.of(array.job());
      } else if (entry instanceof Entry.Finished finished) {
        return Optional.of(finished.job());
      }
      return Optional.empty();
    }
  }

  /** Looks at the queue. */
  static QueueView of(Wish wish, Spool spool, Queue queue) throws IOException {
    Selection selection = Selection.of(wish, spool);
    Load load = Load.of(selection.claimed(), spool, queue);
    Eligible eligible = new Eligible(spool, queue.now());
    Places places = Places.of(selection.queue(), load.situation(), spool, eligible);
    return new QueueView(wish, selection, load, places, eligible);
  }

  /** Ids that were asked for and are not there. */
  List<JobId> missing() {
    return selection.missing();
  }

  /** How many jobs that have ended were left out. */
  int hidden() {
    return selection.hidden();
  }

  /** How many jobs and tasks wait, asked for or not; to be asked behind the last row. */
  long pending() {
    return selection.pending();
  }

  Load load() {
    return load;
  }

  /** When those that wait are to be expected to start; nothing where nobody starts them. */
  Optional<Expectation.Starts> starts(Spool spool, Queue queue) throws IOException {
    return load.reason(false).isPresent()
        ? Optional.empty()
        : Optional.of(
            new Expectation(spool, load, eligible, queue.clocks())
                .look(selection.claimed(), selection.queue()));
  }

  /** The time that the job of a row waits for; nothing where it waits for anything else. */
  Optional<Instant> begin(Row row) throws IOException {
    return row.reason().equals(Reason.BEGIN_TIME.toString()) && row.job().isPresent()
        ? eligible.begin(row.entry().id(), row.job().get())
        : Optional.empty();
  }

  /** The next row in the order of ids; nothing once there are no more. */
  Optional<Row> next() throws IOException {
    while (next < selection.ids().size()) {
      JobId id = selection.ids().get(next);
      next++;
      Optional<Entry> entry = selection.entry(id);
      if (entry.isPresent() && wish.wants(entry.get()) && !selection.isTold(entry.get())) {
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
      reason = word(load.reason(waiting.held()), turn);
    } else if (entry instanceof Entry.Array array) {
      place = turn.isPresent() ? turn.get().place() : place;
      reason = array.unclaimed() == 0 ? reason : word(load.reason(array.held()), turn);
    } else if (entry instanceof Entry.Running running) {
      start = running.claim().attempt().start().map(Claim.Start::at);
      reason = reason(running.claim());
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

  private static String reason(Claim claim) {
    if (claim.cancel().isPresent()) {
      return Reason.CANCELLING.toString();
    }
    if (claim.attempt().told().requeued()) {
      return Reason.REQUEUEING.toString();
    }
    return claim.attempt().told().timedOut() ? Reason.TIME_LIMIT.toString() : "";
  }

  private static String word(Optional<Reason> reason, Optional<Schedule.Waiting> turn) {
    Optional<Reason> own = turn.isPresent() ? turn.get().reason() : Optional.empty();
    if (own.isPresent() && (reason.isEmpty() || Eligible.isOne(own.get()))) {
      return own.get().toString();
    }
    return reason.isPresent() ? reason.get().toString() : "";
  }

  private Optional<Schedule.Waiting> turn(Entry entry) throws IOException {
    if (entry instanceof Entry.Waiting waiting && !waiting.held()) {
      boolean wasNeverClaimed = entry.id().isTask() && !selection.queue().contains(entry.id());
      return wasNeverClaimed ? turnOfTask(entry.id()) : turn(waiting);
    }
    if (entry instanceof Entry.Array array && array.unclaimed() > 0 && !array.held()) {
      return turn(array);
    }
    places.passOver(entry.id());
    return Optional.empty();
  }

  private Optional<Schedule.Waiting> turn(Entry.Waiting job) throws IOException {
    Optional<Schedule.Waiting> none = eligible.withoutTurn(job.id(), job.job());
    if (none.isPresent()) {
      places.passOver(job.id());
      return none;
    }
    // of a task its file tells the throttle too
    Optional<Candidate> task = job.id().isTask() ? selection.candidate(job.id()) : Optional.empty();
    return places.of(task.isPresent() ? task.get() : Eligible.candidate(job.id(), job.job()));
  }

  /** Its place is asked for once, though several of its tasks may want to know it. */
  private Optional<Schedule.Waiting> turn(Entry.Array array) throws IOException {
    if (asked.isEmpty() || !asked.get().id().equals(array.id())) {
      asked = Optional.of(array);
      turnOfAsked = eligible.withoutTurn(array.id(), array.job());
      if (turnOfAsked.isPresent()) {
        places.passOver(array.id());
      } else {
        turnOfAsked = places.of(Turn.candidate(array));
      }
    }
    return turnOfAsked;
  }

  /** Of a task that was never claimed: its array's place, whose tasks start one after the other. */
  private Optional<Schedule.Waiting> turnOfTask(JobId task) throws IOException {
    if (asked.isEmpty() || !asked.get().id().equals(task.array())) {
      Optional<Entry> found = selection.entry(task.array());
      if (found.isEmpty() || !(found.get() instanceof Entry.Array array)) {
        return Optional.empty();
      }
      turn(array);
    }
    return turnOfAsked.map(
        turn ->
            turn.place().isEmpty()
                ? new Schedule.Waiting(task, turn.place(), 0, turn.reason())
                : new Schedule.Waiting(
                    task,
                    turn.place(),
                    0,
                    Turn.Outlook.of(turn).ofTask(task, asked.orElseThrow(), load.situation())));
  }
}
