package org.localq.core;

import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How much there is of all that jobs can take: what a job takes, what those that run take together,
 * or what there is for all of them.
 *
 * <p>{@link #UNLIMITED} is more than anything: sums and products stop there.
 *
 * @param cores at least 0
 * @param memory in bytes, at least 0
 * @param resources how many of each named resource, at least 0
 * @param others how many of each resource that is not named: 0, or without limit
 */
public record Amounts(long cores, long memory, SortedMap<String, Long> resources, long others) {
  /** More than anything can be. */
  public static final long UNLIMITED = Long.MAX_VALUE;

  private static final SortedMap<String, Long> NO_RESOURCES =
      Collections.unmodifiableSortedMap(new TreeMap<>());

  /** Nothing at all. */
  public static final Amounts NONE = new Amounts(0, 0, NO_RESOURCES, 0);

  /** As much as anybody can want. */
  public static final Amounts ALL = limit(UNLIMITED);

  public Amounts {
    if (cores < 0 || memory < 0 || others < 0) {
      throw new IllegalArgumentException("an amount is at least 0, not " + cores + ", " + memory);
    }
    // most jobs name none, and a tick makes very many of these
    resources =
        resources.isEmpty()
            ? NO_RESOURCES
            : Collections.unmodifiableSortedMap(new TreeMap<>(resources));
  }

  /** What a job takes. */
  public static Amounts of(Needs needs) {
    SortedMap<String, Long> resources = NO_RESOURCES;
    if (!needs.resources().isEmpty()) {
      resources = new TreeMap<>();
      for (Map.Entry<String, Integer> resource : needs.resources().entrySet()) {
        resources.put(resource.getKey(), resource.getValue().longValue());
      }
    }
    return new Amounts(needs.cores(), needs.memory(), resources, 0);
  }

  /** So many cores, and nothing else. */
  public static Amounts cores(long cores) {
    return new Amounts(cores, 0, NO_RESOURCES, 0);
  }

  /** So many cores, and of everything else as much as anybody can want. */
  public static Amounts limit(long cores) {
    return new Amounts(cores, UNLIMITED, NO_RESOURCES, UNLIMITED);
  }

  /** How much there is of this resource. */
  public long resource(String name) {
    Long named = resources.get(name);
    return named == null ? others : named;
  }

  /** Both together. */
  public Amounts plus(Amounts more) {
    return new Amounts(
        sum(cores, more.cores),
        sum(memory, more.memory),
        plusResources(more),
        sum(others, more.others));
  }

  private SortedMap<String, Long> plusResources(Amounts more) {
    if (resources.isEmpty() && more.resources.isEmpty()) {
      return NO_RESOURCES;
    }
    SortedMap<String, Long> both = new TreeMap<>();
    for (String name : resources.keySet()) {
      both.put(name, sum(resource(name), more.resource(name)));
    }
    for (String name : more.resources.keySet()) {
      both.put(name, sum(resource(name), more.resource(name)));
    }
    return both;
  }

  /** The same, but of these resources all that {@code limit} has, if that is more. */
  public Amounts withAll(Set<String> names, Amounts limit) {
    SortedMap<String, Long> all = new TreeMap<>(resources);
    for (String name : names) {
      all.put(name, Math.max(resource(name), limit.resource(name)));
    }
    return new Amounts(cores, memory, all, others);
  }

  /** So many times this, {@code times} being at least 0. */
  public Amounts times(long times) {
    if (times == 1) {
      return this;
    }
    SortedMap<String, Long> all = NO_RESOURCES;
    if (!resources.isEmpty()) {
      all = new TreeMap<>();
      for (Map.Entry<String, Long> resource : resources.entrySet()) {
        all.put(resource.getKey(), product(resource.getValue(), times));
      }
    }
    return new Amounts(product(cores, times), product(memory, times), all, product(others, times));
  }

  /** Whether {@code limit} has as much of everything. */
  public boolean isWithin(Amounts limit) {
    return fits(NONE, limit);
  }

  /** Whether this fits into {@code limit} beside what is taken of it. */
  boolean fits(Amounts taken, Amounts limit) {
    // what this doesn't want may be overdrawn, as when a limit was lowered
    if (cores > 0 && sum(cores, taken.cores) > limit.cores
        || memory > 0 && sum(memory, taken.memory) > limit.memory) {
      return false;
    }
    if (!resources.isEmpty()) {
      for (Map.Entry<String, Long> resource : resources.entrySet()) {
        String name = resource.getKey();
        if (sum(resource.getValue(), taken.resource(name)) > limit.resource(name)) {
          return false;
        }
      }
    }
    return true;
  }

  /** How many times this fits into {@code limit} beside what is taken of it. */
  long fitting(Amounts taken, Amounts limit) {
    long times =
        Math.min(times(cores, taken.cores, limit.cores), times(memory, taken.memory, limit.memory));
    for (Map.Entry<String, Long> resource : resources.entrySet()) {
      String name = resource.getKey();
      times =
          Math.min(times, times(resource.getValue(), taken.resource(name), limit.resource(name)));
    }
    return times;
  }

  private static long times(long one, long taken, long limit) {
    if (one == 0 || limit == UNLIMITED) {
      return UNLIMITED;
    }
    return Math.max(0, limit - taken) / one;
  }

  private static long sum(long a, long b) {
    long sum = a + b;
    return sum < 0 ? UNLIMITED : sum;
  }

  private static long product(long a, long times) {
    return a != 0 && times > UNLIMITED / a ? UNLIMITED : a * times;
  }
}
