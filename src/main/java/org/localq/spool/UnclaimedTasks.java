package org.localq.spool;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.localq.core.JobId;
import org.localq.core.Outcome;
import org.localq.core.Result;
import org.localq.core.State;
import org.localq.core.Tasks;
import org.localq.core.Usage;

/**
 * The tasks that have no file of their own: those of an array that waits, or of one that was
 * cancelled before they started. It owns the array that was read last, which stays open: who asks
 * for many tasks in order has its file read once.
 */
final class UnclaimedTasks implements AutoCloseable {
  private final Spool spool;
  private Optional<Open> open = Optional.empty();

  UnclaimedTasks(Spool spool) {
    this.spool = spool;
  }

  /**
   * An array that was read up to a task.
   *
   * @param place where its file was
   */
  private record Open(JobId array, Path place, ArrayTasks tasks, ArrayTasks.Task last) {}

  /** The task of this id as its array has it, claimed or not; nothing where no array waits. */
  Optional<ArrayTasks.Task> waiting(JobId id) throws IOException {
    if (open.isPresent() && !isAhead(open.get(), id)) {
      close();
    }
    if (open.isPresent()) {
      Open array = open.get();
      return array.last().id().equals(id)
          ? Optional.of(array.last())
          : read(id, array.place(), array.tasks());
    }
    Layout layout = spool.layout();
    for (Path place : List.of(layout.pending(id.array()), layout.held(id.array()))) {
      Optional<ArrayTasks> tasks = ArrayTasks.open(spool, id.array(), place);
      if (tasks.isPresent()) {
        return read(id, place, tasks.get());
      }
    }
    return Optional.empty();
  }

  /** Whether the array that was read last still waits, and has this task no earlier than there. */
  private static boolean isAhead(Open array, JobId id) throws IOException {
    return array.array().equals(id.array())
        && array.last().id().task() <= id.task()
        && array.tasks().isStill(array.place());
  }

  private Optional<ArrayTasks.Task> read(JobId id, Path place, ArrayTasks tasks)
      throws IOException {
    open = Optional.empty();
    boolean isKept = false;
    try {
      OptionalInt its = tasks.numbers().placeOf(id.task());
      if (its.isPresent() && tasks.task(its.getAsInt()) instanceof ArrayTasks.Task task) {
        open = Optional.of(new Open(id.array(), place, tasks, task));
        isKept = true;
        return Optional.of(task);
      }
      return Optional.empty();
    } finally {
      if (!isKept) {
        tasks.close();
      }
    }
  }

  /**
   * The end of a task that its array's cancellation kept from starting: it has no record of its own
   * but is counted in the array's. To be asked of one that is nowhere.
   */
  Optional<Entry.Finished> cancelled(JobId id) throws IOException {
    JobId array = id.array();
    Optional<JobFile.Valid> file =
        spool.read(array, spool.layout().record(array), true).flatMap(JobFile::valid);
    if (file.isEmpty() || file.get().tasks().isEmpty() || file.get().result().isEmpty()) {
      return Optional.empty();
    }
    Tasks tasks = file.get().tasks().get();
    Result whole = file.get().result().get();
    if (!tasks.numbers().contains(id.task())
        || whole.outcome().state() != State.CANCELLED
        || !tasks.ended().containsKey(State.CANCELLED)) {
      return Optional.empty();
    }
    Outcome outcome = Outcome.cancelled(OptionalInt.empty());
    Result result = new Result(outcome, Optional.empty(), whole.ended(), Usage.UNKNOWN, 0);
    return Optional.of(new Entry.Finished(id, file.get().job(), result, Optional.empty()));
  }

  @Override
  public void close() throws IOException {
    if (open.isPresent()) {
      open.get().tasks().close();
      open = Optional.empty();
    }
  }
}
