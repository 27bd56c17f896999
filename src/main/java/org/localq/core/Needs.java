package org.localq.core;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a job takes while it runs.
 *
 * @param cores at least 1
 * @param memory in bytes; 0 for one that doesn't say
 * @param resources how many of each named resource, at least 1
 */
public record Needs(int cores, long memory, SortedMap<String, Integer> resources) {
  private static final SortedMap<String, Integer> NO_RESOURCES =
      Collections.unmodifiableSortedMap(new TreeMap<>());

  public Needs {
    if (cores < 1) {
      throw new IllegalArgumentException("a job needs at least one core, not " + cores);
    }
    if (memory < 0) {
      throw new IllegalArgumentException("a job needs no " + memory + " bytes");
    }
    // most jobs name none, and very many jobs can wait
    resources =
        resources.isEmpty()
            ? NO_RESOURCES
            : Collections.unmodifiableSortedMap(new TreeMap<>(resources));
  }

  /** Whether a named resource can have this name: letters, digits and underscores. */
  public static boolean isResource(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (!(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_')) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  /** Of a job that needs nothing but cores. */
  public static Needs cores(int cores) {
    return new Needs(cores, 0, NO_RESOURCES);
  }
}
