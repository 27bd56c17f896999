package org.localq.worker;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.localq.core.JobId;
import org.localq.core.Result;
import org.localq.core.State;
import org.localq.core.Tally;
import org.localq.core.TaskNumbers;
import org.localq.spool.JobFile;
import org.localq.spool.Locked;

/** How the tasks of one array have ended, as far as they were counted. */
final class ArrayCount {
  private final JobId array;
  private final TaskNumbers numbers;
  private final Tally tally = new Tally();

  /**
   * Claimed, and not ended when they were looked at; never more than can run at a time, or wait.
   */
  private List<JobId> open = new ArrayList<>();

  /** All tasks before this place were looked at. */
  private int next = 1;

  /**
   * An array of which nothing was counted.
   *
   * @param numbers of its tasks: what is named like others is none of it
   */
  ArrayCount(JobId array, TaskNumbers numbers) {
    this.array = array;
    this.numbers = numbers;
  }

  JobId array() {
    return array;
  }

  /** The numbers that its tasks were said to have. */
  TaskNumbers numbers() {
    return numbers;
  }

  /** What was counted. */
  Tally tally() {
    return tally;
  }

  /** Those that were claimed and had not ended when they were looked at. */
  List<JobId> open() {
    return Collections.unmodifiableList(open);
  }

  /**
   * Counts those that have ended since the last call.
   *
   * @param claimed so many, the first ones, are known to be claimed; there may be more, one after
   *     the other
   * @param deadline when to leave the rest to the next call, as {@link System#nanoTime} has it
   * @return whether nothing was left
   */
  boolean goOn(Locked locked, int claimed, long deadline) throws IOException {
    List<JobId> still = new ArrayList<>();
    for (JobId task : open) {
      if (!count(locked, task, locked.whereabouts(task))) {
        still.add(task);
      }
    }
    open = still;
    while (next <= numbers.count()) {
      JobId task = array.ofTask(numbers.at(next));
      Locked.Whereabouts where = locked.whereabouts(task);
      if (where == Locked.Whereabouts.NOWHERE && next > claimed) {
        return true;
      }
      if (!count(locked, task, where)) {
        open.add(task);
      }
      next++;
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
    }
    return true;
  }

  /**
   * Counts a task if it has ended.
   *
   * @param where it was, which changes only with the lock
   * @return false if it has not
   */
  private boolean count(Locked locked, JobId task, Locked.Whereabouts where) throws IOException {
    switch (where) {
      case LIVE -> {
        return false;
      }
      case ENDED -> {
        Optional<Result> result =
            locked.readRecord(task).flatMap(JobFile::valid).flatMap(JobFile.Valid::result);
        result.ifPresentOrElse(tally::add, () -> tally.add(State.LOST, 1));
      }
      case REJECTED -> tally.add(State.REJECTED, 1);
      // a person removed its record
      case NOWHERE -> tally.add(State.LOST, 1);
    }
    return true;
  }
}
