package org.localq.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One submitted command with its requirements: what a job file says, defaults filled in.
 *
 * @param name what lqueue shows; any {@linkplain ExactText exact text}
 * @param command the words to execute, never interpreted; at least one
 * @param requirements what it asks of the queue
 */
public record Job(
    String name,
    List<String> command,
    Requirements requirements,
    Workplace workplace,
    Submission submission) {
  public Job {
    command = List.copyOf(command);
    if (command.isEmpty()) {
      throw new IllegalArgumentException("a job needs a command");
    }
  }

  /** How many cores it takes while it runs. */
  public int cores() {
    return requirements.needs().cores();
  }

  /**
   * A task of this array.
   *
   * @param id of the task
   * @param line what its command has beyond the array's
   * @param numbers of all tasks
   */
  public Job task(JobId id, Optional<String> line, TaskNumbers numbers) {
    List<String> words = new ArrayList<>(command);
    line.ifPresent(words::add);
    Workplace its =
        new Workplace(
            workplace.directory(),
            FilePattern.expandTask(workplace.stdin(), id),
            FilePattern.expandTask(workplace.stdout(), id),
            workplace.stderr().map(pattern -> FilePattern.expandTask(pattern, id)),
            workplace.appends());
    return new Job(name, words, requirements, its, submission.ofTask(ArrayVariables.of(numbers)));
  }

  /** The name of a job that was given none: the last part of its command's path. */
  public static String defaultName(List<String> command) {
    String word = command.get(0);
    String name = word.substring(word.lastIndexOf('/') + 1);
    return name.isEmpty() ? word : name;
  }
}
