package org.localq.core;

import java.util.Optional;

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
    if (text.isEmpty() || text.length() > MOST_DIGITS || text.charAt(0) == '0') {
      return Optional.empty();
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return Optional.empty();
      }
    }
    return Optional.of(new JobId(Long.parseLong(text)));
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
