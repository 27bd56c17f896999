package org.localq.spool;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.localq.core.Job;
import org.localq.core.JobId;

/** The tasks of one array, made of its file: each is the array's job with one line more. */
final class ArrayTasks implements AutoCloseable {
  private final JobId array;
  private final ArrayFile file;
  private final Job job;
  private final int count;

  private ArrayTasks(JobId array, ArrayFile file, Job job, int count) {
    this.array = array;
    this.file = file;
    this.job = job;
    this.count = count;
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
      int count = valid.tasks().get().count();
      return Optional.of(new ArrayTasks(array, file.get(), valid.job(), count));
    }
    file.get().close();
    return Optional.empty();
  }

  /** What all tasks have in common. */
  Job job() {
    return job;
  }

  /** How many there are. */
  int count() {
    return count;
  }

  /** Whether the file that was opened is what lies at {@code path}. */
  boolean isStill(Path path) throws IOException {
    return file.isStill(path);
  }

  /** The task of this number, which is higher than at the last call. */
  Next task(int number) throws IOException {
    ArrayFile.Line line = file.line(number);
    Optional<String> wrong = wrong(line, number);
    if (wrong.isPresent()) {
      return new Damaged(wrong.get());
    }
    if (!(line instanceof ArrayFile.Line.Text text)) {
      return new None();
    }
    JobId id = array.ofTask(number);
    Job task = job.task(id, text.text());
    return new Task(id, task, RecordWriter.task(file.header(), task));
  }

  /** What is wrong with a line that was not read yet. */
  Optional<String> fault() throws IOException {
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
    return isOne == number <= count
        ? Optional.empty()
        : Optional.of(
            "has " + (isOne ? "more" : "fewer") + " lines than the " + count + " that it says");
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
