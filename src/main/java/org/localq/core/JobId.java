package org.localq.core;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongConsumer;

/**
 * The number under which a job is known for ever: a positive integer, given out once, in order of
 * submission. A task of an array is known by the array's number and its own.
 *
 * <p>Grammar of its text form, which is also its file name: {@code [1-9][0-9]{0,17}}, so that
 * {@code 007} is no id; for a task {@code _} and {@code 0|[1-9][0-9]{0,8}} behind that.
 *
 * @param task -1 for what is no task
 */
public record JobId(long number, int task) implements Comparable<JobId> {
  private static final int MOST_DIGITS = 18;
  private static final int MOST_TASK_DIGITS = 9;
  private static final int NO_TASK = -1;

  /** The highest that there can be. */
  public static final JobId HIGHEST = new JobId(999_999_999_999_999_999L);

  public JobId {
    if (number < 1) {
      throw new IllegalArgumentException("a job id is at least 1, not " + number);
    }
    if (task < NO_TASK) {
      throw new IllegalArgumentException("a task's number is at least 0, not " + task);
    }
  }

  /** The id of a job that is no task. */
  public JobId(long number) {
    this(number, NO_TASK);
  }

  /** Whether it is a task of an array. */
  public boolean isTask() {
    return task != NO_TASK;
  }

  /** The id of the array of which it is a task. */
  public JobId array() {
    return new JobId(number);
  }

  /** The id of this array's task of this number. */
  public JobId ofTask(int k) {
    return new JobId(number, k);
  }

  /** The id that {@code text} names, or nothing when it is not of the grammar above. */
  public static Optional<JobId> parse(String text) {
    int line = text.indexOf('_');
    OptionalLong number = numberIn(text, 0, line < 0 ? text.length() : line);
    if (number.isEmpty()) {
      return Optional.empty();
    }
    if (line < 0) {
      return Optional.of(new JobId(number.getAsLong()));
    }
    OptionalLong task = taskIn(text, line + 1);
    return task.isPresent()
        ? Optional.of(new JobId(number.getAsLong(), (int) task.getAsLong()))
        : Optional.empty();
  }

  private static OptionalLong taskIn(String text, int start) {
    if (text.length() - start == 1 && text.charAt(start) == '0') {
      return OptionalLong.of(0);
    }
    return text.length() - start > MOST_TASK_DIGITS
        ? OptionalLong.empty()
        : numberIn(text, start, text.length());
  }

  /**
   * The number of the id that {@code text} names from {@code start} to {@code end}; nothing where
   * it names none, or a task.
   */
  public static OptionalLong numberIn(String text, int start, int end) {
    if (start >= end || end - start > MOST_DIGITS || text.charAt(start) == '0') {
      return OptionalLong.empty();
    }
    for (int i = start; i < end; i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return OptionalLong.empty();
      }
    }
    return OptionalLong.of(Long.parseLong(text, start, end, 10));
  }

  /**
   * Names every id that {@code text} can mean: each run of digits that is of the grammar above,
   * whatever stands around it.
   */
  public static void mentionedIn(CharSequence text, LongConsumer found) {
    int i = 0;
    while (i < text.length()) {
      int start = i;
      while (i < text.length() && text.charAt(i) >= '0' && text.charAt(i) <= '9') {
        i++;
      }
      if (i == start) {
        i++;
      } else if (i - start <= MOST_DIGITS && text.charAt(start) != '0') {
        found.accept(Long.parseLong(text, start, i, 10));
      }
    }
  }

  // by hand, as equals: what the compiler makes for a record is put together when it is first
  // called, which takes a cold JVM 10 ms
  @Override
  public int hashCode() {
    return 31 * Long.hashCode(number) + task;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof JobId id && id.number == number && id.task == task;
  }

  @Override
  public int compareTo(JobId other) {
    int byNumber = Long.compare(number, other.number);
    // an array's tasks come before what is left of it
    return byNumber == 0 ? Integer.compareUnsigned(task, other.task) : byNumber;
  }

  @Override
  public String toString() {
    return isTask() ? number + "_" + task : Long.toString(number);
  }
}
