package org.localq.core;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The tasks of an array.
 *
 * @param count how many it has
 * @param ended of how many the end is known, by its state; none before the array has a record
 * @param given the numbers that were asked for; nothing for an array of lines, whose tasks have the
 *     numbers of their lines, from 1 on
 */
public record Tasks(int count, Map<State, Integer> ended, Optional<TaskNumbers> given) {
  /** The most that an array can have. */
  public static final int MOST = 999_999_999;

  public Tasks {
    if (count < 1 || count > MOST) {
      throw new IllegalArgumentException("an array has 1 to " + MOST + " tasks, not " + count);
    }
    if (given.isPresent() && given.get().count() != count) {
      throw new IllegalArgumentException(count + " tasks can't have the numbers " + given.get());
    }
    ended = Map.copyOf(ended);
  }

  /** The tasks of an array of lines. */
  public Tasks(int count, Map<State, Integer> ended) {
    this(count, ended, Optional.empty());
  }

  /** The tasks of an array of lines that has no record yet. */
  public Tasks(int count) {
    this(count, Map.of());
  }

  /** Their numbers. */
  public TaskNumbers numbers() {
    return given.isPresent() ? given.get() : TaskNumbers.upTo(count);
  }

  /** Whether each runs a line, and not all the same command. */
  public boolean areLines() {
    return given.isEmpty();
  }

  /** How many of them may run at a time; nothing where only the cores say so. */
  public OptionalInt throttle() {
    return given.isPresent() ? given.get().throttle() : OptionalInt.empty();
  }
}
