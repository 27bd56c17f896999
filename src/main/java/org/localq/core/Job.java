package org.localq.core;

import java.util.List;

/**
 * One submitted command with its requirements: what a job file says, defaults filled in.
 *
 * @param name what lqueue shows; any {@linkplain ExactText exact text}
 * @param command the words to execute, never interpreted; at least one
 * @param cores how many cores it takes while it runs; at least 1
 */
public record Job(
    String name, List<String> command, int cores, Workplace workplace, Submission submission) {
  public Job {
    command = List.copyOf(command);
    if (command.isEmpty()) {
      throw new IllegalArgumentException("a job needs a command");
    }
    if (cores < 1) {
      throw new IllegalArgumentException("a job needs at least one core, not " + cores);
    }
  }

  /** The name of a job that was given none: the last part of its command's path. */
  public static String defaultName(List<String> command) {
    String word = command.get(0);
    String name = word.substring(word.lastIndexOf('/') + 1);
    return name.isEmpty() ? word : name;
  }
}
