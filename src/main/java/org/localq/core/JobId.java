package org.localq.core;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.LongConsumer;

/**
 * The number under which a job is known for ever: a positive integer, given out once, in order of
 * submission.
 *
 * <p>Grammar of its text form, which is also its file name: {@code [1-9][0-9]{0,17}}, so that
 * {@code 007} is no id.
 */
public record JobId(long number) implements Comparable<JobId> {
  private static final int MOST_DIGITS = 18;

  public JobId {
    if (number < 1) {
      throw new IllegalArgumentException("a job id is at least 1, not " + number);
    }
  }

  /** The id that {@code text} names, or nothing when it is not of the grammar above. */
  public static Optional<JobId> parse(String text) {
    OptionalLong number = numberIn(text, 0, text.length());
    return number.isPresent() ? Optional.of(new JobId(number.getAsLong())) : Optional.empty();
  }

  /** The number of the id that {@code text} names from {@code start} to {@code end}, or nothing. */
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
    return Long.hashCode(number);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof JobId id && id.number == number;
  }

  @Override
  public int compareTo(JobId other) {
    return Long.compare(number, other.number);
  }

  @Override
  public String toString() {
    return Long.toString(number);
  }
}
