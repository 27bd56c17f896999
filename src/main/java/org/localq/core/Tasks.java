package org.localq.core;

import java.util.Map;

/**
 * The tasks of an array.
 *
 * @param count how many it has; they are numbered from 1
 * @param ended of how many the end is known, by its state; none before the array has a record
 */
public record Tasks(int count, Map<State, Integer> ended) {
  /** The most that an array can have. */
  public static final int MOST = 999_999_999;

  public Tasks {
    if (count < 1 || count > MOST) {
      throw new IllegalArgumentException("an array has 1 to " + MOST + " tasks, not " + count);
    }
    ended = Map.copyOf(ended);
  }

  /** The tasks of an array that has no record yet. */
  public Tasks(int count) {
    this(count, Map.of());
  }
}
