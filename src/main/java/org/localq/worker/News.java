package org.localq.worker;

import java.nio.file.Path;
import java.util.Set;

/**
 * What was noticed since the last tick: hints, of which some may be missing or late.
 *
 * @param everything whether all is to be looked at, because a while has passed
 * @param directories in which something happened, nobody knows what
 * @param files that came, or have changed
 */
public record News(boolean everything, Set<Path> directories, Set<Path> files) {
  /** A while has passed. */
  public static final News POLL = new News(true, Set.of(), Set.of());

  /** None. */
  public static final News NONE = new News(false, Set.of(), Set.of());

  /** Whether a directory is to be looked at, name by name. */
  boolean isOf(Path directory) {
    return everything || directories.contains(directory);
  }

  /** Whether there is nothing new. */
  boolean isEmpty() {
    return !everything && directories.isEmpty() && files.isEmpty();
  }
}
