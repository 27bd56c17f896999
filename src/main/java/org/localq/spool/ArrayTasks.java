package org.localq.spool;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.TaskNumbers;
import org.localq.core.Tasks;

/**
 * The tasks of one array, made of its file: each is the array's job, with one line more where the
 * array has lines.
 */
final class ArrayTasks implements AutoCloseable {
  private final JobId array;
  private final ArrayFile file;
  private final Job job;
  private final Tasks tasks;
  private final TaskNumbers numbers;

  private ArrayTasks(JobId array, ArrayFile file, Job job, Tasks tasks) {
    this.array = array;
    this.file = file;
    this.job = job;
    this.tasks = tasks;
    this.numbers = tasks.numbers();
  }

  /** A task that is not claimed, or why there is none. */
  sealed interface Next {}

  /**
   * A task.
   *
   * @param file as it is in running/ once it is claimed
   */
  record Task(JobId id, Job job, byte[] file) implements Next {}

  /** There are no more. */
  record None() implements Next {}

  /** The array's file is damaged: in a phrase behind "it", how. */
  record Damaged(String reason) implements Next {}

  /** The array {@code array} that {@code path} is; nothing where it is none, or is gone. */
  static Optional<ArrayTasks> open(Spool spool, JobId array, Path path) throws IOException {
    Optional<ArrayFile> file = ArrayFile.open(path, spool.identity().uid());
    if (file.isEmpty()) {
      return Optional.empty();
    }
    JobFile header = spool.readHeader(array, file.get());
    if (header instanceof JobFile.Valid valid && valid.tasks().isPresent()) {
      return Optional.of(new ArrayTasks(array, file.get(), valid.job(), valid.tasks().get()));
    }
    file.get().close();
    return Optional.empty();
  }

  /** What all tasks have in common. */
  Job job() {
    return job;
  }

  /** How many of them may run at a time; nothing where only the cores say so. */
  OptionalInt throttle() {
    return tasks.throttle();
  }

  /** Their numbers. */
  TaskNumbers numbers() {
    return numbers;
  }

  /** Whether the file that was opened is what lies at {@code path}. */
  boolean isStill(Path path) throws IOException {
    return file.isStill(path);
  }

  /** The task at this place, which is behind that of the last call. */
  Next task(int place) throws IOException {
    if (!tasks.areLines()) {
      return place > numbers.count() ? new None() : task(place, Optional.empty());
    }
    ArrayFile.Line line = file.line(place);
    Optional<String> wrong = wrong(line, place);
    if (wrong.isPresent()) {
      return new Damaged(wrong.get());
    }
    return line instanceof ArrayFile.Line.Text text
        ? task(place, Optional.of(text.text()))
        : new None();
  }

  private Task task(int place, Optional<String> line) throws IOException {
    JobId id = array.ofTask(numbers.at(place));
    Job task = job.task(id, line, numbers);
    return new Task(id, task, RecordWriter.task(file.header(), task, tasks.throttle()));
  }

  /** What is wrong with a line that was not read yet. */
  Optional<String> fault() throws IOException {
    if (!tasks.areLines()) {
      return Optional.empty();
    }
    int count = numbers.count();
    for (int number = 1; number <= count; number++) {
      ArrayFile.Line line = file.line(number);
      if (!(line instanceof ArrayFile.Line.Text)) {
        return wrong(line, number);
      }
    }
    return wrong(file.line(count + 1), count + 1);
  }

  private Optional<String> wrong(ArrayFile.Line line, int number) {
    if (line instanceof ArrayFile.Line.Damaged damaged) {
      return Optional.of(damaged.reason());
    }
    boolean isOne = line instanceof ArrayFile.Line.Text;
    return isOne == number <= numbers.count()
        ? Optional.empty()
        : Optional.of(
            "has "
                + (isOne ? "more" : "fewer")
                + " lines than the "
                + numbers.count()
                + " that it says");
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
