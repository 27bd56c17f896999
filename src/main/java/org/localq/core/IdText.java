package org.localq.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Ids as Slurm writes them: a job {@code 17}, a task of an array {@code 17_3}, or some of its tasks
 * {@code 17_[1,5-7]}.
 *
 * @param id the job or the task, or the array whose tasks are meant
 * @param tasks the numbers in the brackets; nothing where there are none
 */
public record IdText(JobId id, Optional<TaskNumbers> tasks) {
  /** What stands between separators in {@code list}, but for those in brackets. */
  public static List<String> split(String list, char separator) {
    List<String> texts = new ArrayList<>();
    int start = 0;
    boolean inBrackets = false;
    for (int i = 0; i < list.length(); i++) {
      char c = list.charAt(i);
      inBrackets = c == '[' || (inBrackets && c != ']');
      if (c == separator && !inBrackets) {
        texts.add(list.substring(start, i));
        start = i + 1;
      }
    }
    texts.add(list.substring(start));
    return texts;
  }

  /** The ids that {@code text} names; nothing where it is no such form. */
  public static Optional<IdText> parse(String text) {
    int bracket = text.indexOf("_[");
    if (bracket < 0 || !text.endsWith("]")) {
      return JobId.parse(text).map(id -> new IdText(id, Optional.empty()));
    }
    String list = text.substring(bracket + 2, text.length() - 1);
    return TaskNumbers.parse(list) instanceof TaskNumbers.Parsed.Valid valid
        ? JobId.parse(text.substring(0, bracket))
            .filter(id -> !id.isTask())
            .map(id -> new IdText(id, Optional.of(valid.numbers())))
        : Optional.empty();
  }

  /** How many ids it names. */
  public int count() {
    return tasks.map(TaskNumbers::count).orElse(1);
  }

  /** Each of them, in order. */
  public Stream<JobId> ids() {
    return tasks
        .map(numbers -> numbers.stream().mapToObj(id::ofTask))
        .orElseGet(() -> Stream.of(id));
  }
}
