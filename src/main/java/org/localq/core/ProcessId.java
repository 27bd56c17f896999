package org.localq.core;

import java.util.Optional;

/**
 * A process that can't be mistaken for another of the same boot.
 *
 * @param pid its number, which the kernel uses again
 * @param ticks when it started, in clock ticks since boot: field 22 of /proc/PID/stat. Not a time
 *     of day, which moves when the clock is set
 */
public record ProcessId(long pid, long ticks) {
  /** The process that {@code "PID TICKS"} names, or nothing. */
  public static Optional<ProcessId> parse(String text) {
    String[] words = text.strip().split(" ", -1);
    if (words.length != 2
        || !words[0].matches("[1-9][0-9]{0,9}")
        || !words[1].matches("[0-9]{1,18}")) {
      return Optional.empty();
    }
    return Optional.of(new ProcessId(Long.parseLong(words[0]), Long.parseLong(words[1])));
  }

  // by hand, as in JobId: what the JVM links at the first call of a record's own takes a command
  // that
  // starts cold ten milliseconds
  @Override
  public boolean equals(Object other) {
    return other instanceof ProcessId its && its.pid == pid && its.ticks == ticks;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(pid) * 31 + Long.hashCode(ticks);
  }

  @Override
  public String toString() {
    return pid + " " + ticks;
  }
}
