package org.localq.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * How long jobs of the same name took. To be told of the latest first; only the {@value #MOST}
 * latest of a name count.
 */
public final class History {
  /** So many of a name are enough. */
  public static final int MOST = 10;

  private final Map<String, List<Duration>> lengths = new HashMap<>();

  /**
   * Of jobs with these names.
   *
   * @param names those that are wanted
   */
  public History(Set<String> names) {
    for (String name : names) {
      lengths.put(name, new ArrayList<>());
    }
  }

  /** Whether nothing more is wanted of any of them. */
  public boolean isFull() {
    for (List<Duration> known : lengths.values()) {
      if (known.size() < MOST) {
        return false;
      }
    }
    return true;
  }

  /** Whether another of this name counts. */
  public boolean wants(String name) {
    List<Duration> known = lengths.get(name);
    return known != null && known.size() < MOST;
  }

  /** A job of this name took so long. */
  public void add(String name, Duration length) {
    if (wants(name) && !length.isNegative()) {
      lengths.get(name).add(length);
    }
  }

  /** How long a job of this name is to be expected to take: the median of those that did. */
  public Optional<Duration> of(String name) {
    List<Duration> known = lengths.getOrDefault(name, List.of());
    if (known.isEmpty()) {
      return Optional.empty();
    }
    List<Duration> sorted = new ArrayList<>(known);
    Collections.sort(sorted);
    Duration upper = sorted.get(sorted.size() / 2);
    Duration lower = sorted.get((sorted.size() - 1) / 2);
    return Optional.of(lower.plus(upper).dividedBy(2));
  }
}
