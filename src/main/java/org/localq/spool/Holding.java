package org.localq.spool;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.localq.core.JobId;
import org.localq.core.Refusal;

/**
 * Puts pending jobs on hold, and releases them: one rename between the root and held/ each, under
 * the lock, on the disk when it returns. Whoever dies in between leaves the job in one of the two;
 * a power cut can leave it under both names, and then it is on hold.
 */
public final class Holding {
  private final Spool spool;
  private final Layout layout;

  public Holding(Spool spool) {
    this.spool = spool;
    this.layout = spool.layout();
  }

  /** What became of the wish. */
  public enum Answer {
    /** It is as it was wished, now or before. */
    DONE,
    /** It runs; of an array, all tasks have been started. */
    RUNNING,
    /** It has ended. */
    ENDED,
    /** It is a task that is still a part of its array's file, and can't wait alone. */
    PART_OF_ARRAY,
    /** Nobody knows this id. */
    UNKNOWN
  }

  /** Keeps a pending job, or the tasks of an array that have not started, from starting. */
  public Answer hold(JobId id) throws IOException {
    try (Locked locked = spool.lock()) {
      Optional<Answer> otherwise = otherwise(locked, id);
      if (otherwise.isPresent()) {
        return otherwise.get();
      }
      if (!locked.dropTwinOfHeld(id) && Spool.exists(layout.pending(id))) {
        move(layout.pending(id), layout.held(id));
      }
      // those that wait for another attempt
      for (JobId task : tasks(locked, id)) {
        if (Spool.exists(layout.pending(task))) {
          move(layout.pending(task), layout.held(task));
        }
      }
      return Answer.DONE;
    }
  }

  /** Lets a job that is on hold take its turn; one that is not has it already. */
  public Answer release(JobId id) throws IOException {
    try (Locked locked = spool.lock()) {
      Optional<Answer> otherwise = otherwise(locked, id);
      if (otherwise.isPresent()) {
        return otherwise.get();
      }
      locked.dropTwinOfHeld(id);
      if (Spool.exists(layout.held(id))) {
        announce(id);
        move(layout.held(id), layout.pending(id));
      }
      for (JobId task : tasks(locked, id)) {
        if (Spool.exists(layout.held(task))) {
          move(layout.held(task), layout.pending(task));
        }
      }
      return Answer.DONE;
    }
  }

  /** Why a job can neither be held nor released. */
  private Optional<Answer> otherwise(Locked locked, JobId id) throws IOException {
    if (locked.isDone(id) || locked.isRejected(id)) {
      return Optional.of(Answer.ENDED);
    }
    if (locked.isClaimed(id)) {
      return Optional.of(Answer.RUNNING);
    }
    if (locked.isWanted(id)) {
      return Optional.empty();
    }
    if (locked.arrays().isWaitingTask(id)) {
      return Optional.of(Answer.PART_OF_ARRAY);
    }
    return Optional.of(spool.find(id).isPresent() ? Answer.ENDED : Answer.UNKNOWN);
  }

  /** The tasks of an array that had been started and may wait for another attempt. */
  private static List<JobId> tasks(Locked locked, JobId array) throws IOException {
    return array.isTask()
        ? List.of()
        : new ArrayList<>(locked.look().mentioned().subSet(array.ofTask(0), array));
  }

  /** A worker that sees it in the root is to know by then that it goes before others. */
  private void announce(JobId id) throws IOException {
    Optional<JobFile.Valid> file = spool.read(id, layout.held(id), false).flatMap(JobFile::valid);
    if (file.isPresent() && file.get().job().requirements().conditions().rank() > 0) {
      spool.earlyJobs().mark(id);
    }
  }

  private void move(Path from, Path to) throws IOException {
    if (Spool.exists(to)) {
      throw Refusal.of(
          to + ": is another file than " + from + "; move it away, or wait until a worker has");
    }
    Locked.move(from, to);
    // against a power cut: the place where it is now first, so that it is in one at least
    spool.fsync().directory(to.getParent());
    spool.fsync().directory(from.getParent());
  }
}
