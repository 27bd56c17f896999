package org.localq.core;

import java.util.OptionalDouble;
import java.util.OptionalLong;

/**
 * What a job took from the machine, as far as is known.
 *
 * @param userSeconds processor time of the command and all it waited for
 * @param systemSeconds the kernel's part, likewise
 * @param maxRssBytes the largest resident set of any one of its processes that the worker saw, by
 *     the kernel's high-water mark; a process that came and went between two looks is missed
 */
public record Usage(
    OptionalDouble userSeconds, OptionalDouble systemSeconds, OptionalLong maxRssBytes) {
  /** Nothing is known. */
  public static final Usage UNKNOWN =
      new Usage(OptionalDouble.empty(), OptionalDouble.empty(), OptionalLong.empty());
}
