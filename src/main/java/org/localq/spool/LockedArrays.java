package org.localq.spool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import org.localq.core.JobId;
import org.localq.core.Result;
import org.localq.core.TaskNumbers;
import org.localq.core.Tasks;

/**
 * The transitions that arrays have beyond those of jobs, while this process holds the lock. A task
 * that is claimed is a job, and has a job's.
 *
 * <p>As {@link Locked}: each can be interrupted between any two of its steps, and be called again.
 */
public final class LockedArrays {
  private final Locked locked;
  private final Spool spool;
  private final Layout layout;

  LockedArrays(Locked locked) {
    this.locked = locked;
    this.spool = locked.spool();
    this.layout = spool.layout();
  }

  /**
   * Claims a task of an array, as {@link Locked#claim}: nobody else does, and it is nowhere yet.
   *
   * @param running a look that is not older than the lock
   */
  void claim(RunningDirectory running, ArrayTasks.Task task, int attempt, byte[] script)
      throws IOException {
    Path run = layout.run(task.id(), attempt, spool.identity().shortBoot());
    locked.dropStaleRuns(running, task.id(), attempt);
    try {
      Locked.write(run, script);
      spool.publish(task.file(), layout.running(task.id()));
    } catch (IOException failed) {
      Files.deleteIfExists(run);
      throw failed;
    }
  }

  /**
   * The place of the first task of an array from the place {@code from} on that is nowhere; behind
   * the last where there is none.
   */
  int firstUnclaimed(JobId array, int from, TaskNumbers numbers) throws IOException {
    int place = from;
    while (place <= numbers.count() && isSomewhere(array.ofTask(numbers.at(place)))) {
      place++;
    }
    return place;
  }

  private boolean isSomewhere(JobId task) throws IOException {
    return locked.whereabouts(task) != Locked.Whereabouts.NOWHERE;
  }

  /**
   * Notes that an array's tasks up to the place {@code last} were claimed. They have to be on the
   * disk: a task that the note passes over is never looked for again.
   */
  void note(JobId array, int last) throws IOException {
    OptionalInt noted = locked.look().tasksClaimed(array);
    if (noted.isEmpty()) {
      Locked.createIfMissing(layout.tasksClaimed(array, last));
    } else if (noted.getAsInt() < last) {
      // a rename, because on a full disk there may be no block for another name
      Locked.move(layout.tasksClaimed(array, noted.getAsInt()), layout.tasksClaimed(array, last));
    }
  }

  /** Makes the note that tells an array from a job in running/. */
  public void mark(JobId array) throws IOException {
    note(array, 0);
    spool.fsync().directory(layout.runningDirectory());
  }

  /**
   * Removes the note of an array that somebody put beside a job.
   *
   * @return whether the claimed job of this id is no array
   */
  public boolean dropStrayNote(JobId id) throws IOException {
    Optional<JobFile.Valid> file = locked.readClaimed(id).flatMap(JobFile::valid);
    if (file.isEmpty() || file.get().tasks().isPresent()) {
      return false;
    }
    for (Layout.Name name : locked.look().of(id)) {
      if (name instanceof Layout.Name.TasksClaimed) {
        Files.deleteIfExists(layout.runningDirectory().resolve(name.fileName()));
      }
    }
    return true;
  }

  /** The numbers of an array's tasks; all that there can be where its file can't be read. */
  public TaskNumbers numbers(JobId array) throws IOException {
    return spool.numbers(array);
  }

  /** Moves an array whose tasks are all claimed into running/. */
  void close(JobId array, int count) throws IOException {
    // against a power cut: a task that is neither in the array nor claimed is lost
    locked.secureClaims();
    note(array, count);
    locked.withdraw(array);
  }

  /** Whether this is a task that is not claimed, of an array that waits. */
  public boolean isWaitingTask(JobId id) throws IOException {
    return id.isTask() && !isSomewhere(id) && spool.waitingTask(id).isPresent();
  }

  /**
   * Takes a task that is not claimed out of its array, as {@link Locked#withdraw} does a pending
   * job.
   *
   * @return false where there is no such task
   */
  public boolean withdrawTask(JobId task) throws IOException {
    if (!task.isTask() || isSomewhere(task)) {
      return false;
    }
    Optional<ArrayTasks.Task> its = spool.waitingTask(task);
    if (its.isEmpty()) {
      return false;
    }
    spool.publish(its.get().file(), layout.running(task));
    spool.fsync().directory(layout.runningDirectory());
    return true;
  }

  /** Writes the record of an array whose tasks have all ended, and takes it out of running/. */
  public void finish(JobId array, Result result, Tasks tasks) throws IOException {
    Path file = layout.running(array);
    if (!locked.isDone(array)) {
      try (ArrayFile open =
          ArrayFile.open(file, spool.identity().uid())
              .orElseThrow(() -> new NoSuchFileException(file.toString()))) {
        JobFile.Valid header = spool.readHeader(array, open).valid().orElseThrow();
        spool
            .drafts()
            .put(
                layout.record(array),
                RecordWriter.record(open.header(), header.job(), result, tasks));
      }
    }
    locked.secureRecords();
    locked.release(array);
  }

  /**
   * Removes the records of an array's tasks, which go before its own.
   *
   * @param tasks the numbers of those that have one
   * @param from the index of the first that may be left
   * @param most for how long
   * @return the index of the first that is left; nothing once none is, or where something of the
   *     array is left for which it has to stay
   */
  OptionalInt collectTasks(JobId array, long[] tasks, int from, Duration most) throws IOException {
    long begun = System.nanoTime();
    if (locked.isWanted(array) || Locked.isMentioned(array, locked.claimed().mentioned())) {
      return OptionalInt.empty();
    }
    // against a power cut: as for the records of jobs
    locked.secureClaims();
    spool.fsync().directory(layout.heldDirectory());
    for (int i = from; i < tasks.length; i++) {
      Files.deleteIfExists(layout.record(array.ofTask((int) tasks[i])));
      if (System.nanoTime() - begun > most.toNanos()) {
        return OptionalInt.of(i + 1);
      }
    }
    return OptionalInt.empty();
  }
}
