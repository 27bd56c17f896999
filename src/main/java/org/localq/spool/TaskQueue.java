package org.localq.spool;

import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import org.localq.core.Candidate;
import org.localq.core.Job;
import org.localq.core.JobId;

/**
 * The tasks of one array that are not claimed, in order, for a worker that claims them one after
 * the other: its file stays open in between, so that each takes the same time.
 *
 * <p>It owns what is known to be claimed: the note {@code ID.claimed-N}, which a worker that comes
 * later begins at, never says more than what is on the disk. Where it says less, as after a crash,
 * tasks are looked for by name. All that is counted here are places: the numbers of tasks may have
 * gaps.
 */
public final class TaskQueue implements AutoCloseable {
  private final JobId array;
  private final ArrayTasks tasks;
  private int next;
  private int onDisk;
  private OptionalInt noted;

  private TaskQueue(JobId array, ArrayTasks tasks, OptionalInt noted) {
    this.array = array;
    this.tasks = tasks;
    this.next = noted.orElse(0) + 1;
    this.onDisk = noted.orElse(0);
    this.noted = noted;
  }

  /** What came of a claim. */
  public sealed interface Claimed {
    /** This task is claimed. */
    record One(JobId id, Job job, int attempt) implements Claimed {}

    /** All are claimed, and the array is in running/. */
    record All() implements Claimed {}

    /** The array is in rejected/: why. */
    record Rejected(String reason) implements Claimed {}

    /** The array is no longer there, or is another one. */
    record Moved() implements Claimed {}
  }

  /** What the shim of a task executes. */
  public interface Script {
    byte[] of(JobId task, Job job, int attempt) throws IOException;
  }

  /** Opens the array that waits under this id; nothing where there is none. */
  public static Optional<TaskQueue> open(Locked locked, RunningDirectory running, JobId array)
      throws IOException {
    Spool spool = locked.spool();
    return ArrayTasks.open(spool, array, spool.layout().pending(array))
        .map(tasks -> new TaskQueue(array, tasks, running.tasksClaimed(array)));
  }

  /** Whose tasks they are. */
  public JobId array() {
    return array;
  }

  /** Whether its tasks are as was decided upon. */
  public boolean isAs(Candidate chosen) {
    return chosen.asksFor(tasks.job().requirements(), tasks.throttle());
  }

  /** Whether the array that was opened still waits. */
  public boolean isStill(Locked locked) throws IOException {
    return tasks.isStill(locked.spool().layout().pending(array));
  }

  /**
   * Claims the next task. Its shim can be spawned behind {@link Locked#secureClaims}.
   *
   * <p>Where it fails this queue is over: its file may have been read beyond that task.
   *
   * @param running a look that is not older than the lock
   */
  public Claimed claim(Locked locked, RunningDirectory running, Script script) throws IOException {
    if (!isStill(locked)) {
      return new Claimed.Moved();
    }
    ArrayTasks.Next task = next(locked);
    if (task instanceof ArrayTasks.Damaged damaged) {
      locked.rejectPending(array, damaged.reason());
      return new Claimed.Rejected(damaged.reason());
    }
    if (!(task instanceof ArrayTasks.Task one)) {
      locked.arrays().close(array, tasks.numbers().count());
      return new Claimed.All();
    }
    note(locked);
    int attempt = running.currentAttempt(one.id());
    locked.arrays().claim(running, one, attempt, script.of(one.id(), one.job(), attempt));
    next++;
    return new Claimed.One(one.id(), one.job(), attempt);
  }

  private void note(Locked locked) throws IOException {
    if (noted.isEmpty() || noted.getAsInt() < onDisk) {
      locked.arrays().note(array, onDisk);
      noted = OptionalInt.of(onDisk);
    }
  }

  private ArrayTasks.Next next(Locked locked) throws IOException {
    next = locked.arrays().firstUnclaimed(array, next, tasks.numbers());
    return tasks.task(next);
  }

  /** Whether all are claimed, and the array is still to be {@linkplain #claim moved}. */
  public boolean isOver() {
    return next > tasks.numbers().count();
  }

  /** All that were claimed so far are on the disk. */
  public void secured() {
    onDisk = next - 1;
  }

  @Override
  public void close() throws IOException {
    tasks.close();
  }
}
