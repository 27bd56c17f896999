package org.localq.worker;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.localq.core.JobId;
import org.localq.spool.Locked;
import org.localq.spool.RunningDirectory;
import org.localq.spool.TaskQueue;

/**
 * The arrays that are being claimed. It owns their open files, which only saves work: an array of
 * lines that is opened anew is read up to where its claims are.
 *
 * <p>There is more than one where those in front are at their throttles: then tasks of each are
 * claimed in turn.
 */
final class OpenArrays {
  /** From so many on some are closed, so that files and memory don't pile up. */
  private static final int MANY = 64;

  private final Map<JobId, TaskQueue> queues = new LinkedHashMap<>();

  /** The tasks of this array that are left; nothing where it does not wait. */
  Optional<TaskQueue> open(Locked locked, RunningDirectory running, JobId array)
      throws IOException {
    Optional<TaskQueue> queue = Optional.ofNullable(queues.remove(array));
    if (queue.isEmpty()) {
      queue = TaskQueue.open(locked, running, array);
      if (queues.size() >= MANY) {
        leaveOne();
      }
    }
    // behind all others again
    queue.ifPresent(opened -> queues.put(array, opened));
    return queue;
  }

  /** The one that was not asked for longest, of those that need not be moved yet. */
  private void leaveOne() throws IOException {
    for (TaskQueue queue : List.copyOf(queues.values())) {
      if (!queue.isOver()) {
        leave(queue.array());
        return;
      }
    }
  }

  /** Closes an array. */
  void leave(JobId array) throws IOException {
    TaskQueue queue = queues.remove(array);
    if (queue != null) {
      queue.close();
    }
  }

  /**
   * Closes the arrays that don't wait any more: an open file keeps its blocks, and a cancelled
   * array can have many.
   */
  void leaveThoseThatMoved(Locked locked) throws IOException {
    for (TaskQueue queue : List.copyOf(queues.values())) {
      if (!queue.isStill(locked)) {
        leave(queue.array());
      }
    }
  }

  /** Those of which all tasks are claimed, and that are to be moved. */
  List<TaskQueue> over() {
    List<TaskQueue> over = new ArrayList<>();
    for (TaskQueue queue : queues.values()) {
      if (queue.isOver()) {
        over.add(queue);
      }
    }
    return over;
  }

  /** All that were claimed so far are on the disk. */
  void secured() {
    queues.values().forEach(TaskQueue::secured);
  }
}
