package org.localq.core;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a queue has for its jobs beside cores.
 *
 * @param memory in bytes, what running jobs may ask for together; nothing: nobody set it, and it is
 *     not limited
 * @param resources by name; what is not named here there is none of
 */
public record Budget(OptionalLong memory, SortedMap<String, Pool> resources) {
  /** Of a queue for which nobody named any. */
  public static final Budget NONE = new Budget(OptionalLong.empty(), new TreeMap<>());

  private static final String MEMORY = "memory ";
  private static final String UNLIMITED = "unlimited";
  private static final String RESOURCE = "resource ";
  private static final int MEBI = 20;

  public Budget {
    resources = Collections.unmodifiableSortedMap(new TreeMap<>(resources));
  }

  /** The memory for jobs of a machine with so much: a tenth is for all others. In whole MiB. */
  public static long most(long memory) {
    return memory - memory / 10 >> MEBI << MEBI;
  }

  /** The same; where it says nothing of the memory, with this. */
  public Budget orMemory(OptionalLong otherwise) {
    return memory.isPresent() ? this : new Budget(otherwise, resources);
  }

  /** The same, with these resources in the place of those of the same names. */
  public Budget with(Map<String, Pool> anew) {
    SortedMap<String, Pool> all = new TreeMap<>(resources);
    all.putAll(anew);
    return new Budget(memory, all);
  }

  /** What all jobs together may take of a queue with so many cores. */
  public Amounts limit(long cores) {
    SortedMap<String, Long> counts = new TreeMap<>();
    for (Map.Entry<String, Pool> resource : resources.entrySet()) {
      counts.put(resource.getKey(), (long) resource.getValue().count());
    }
    return new Amounts(cores, memory.orElse(Amounts.UNLIMITED), counts, 0);
  }

  /**
   * Gives a job its ids: of each resource the first ones that nobody has.
   *
   * @param taken what the jobs that run were given
   * @return nothing where there are too few
   */
  public Optional<Given> give(Needs needs, Collection<Given> taken) {
    if (needs.resources().isEmpty()) {
      return Optional.of(Given.NOTHING);
    }
    SortedMap<String, List<String>> ids = new TreeMap<>();
    for (Map.Entry<String, Integer> wanted : needs.resources().entrySet()) {
      Pool pool = resources.get(wanted.getKey());
      Set<String> gone = new HashSet<>();
      for (Given given : taken) {
        gone.addAll(given.of(wanted.getKey()));
      }
      Optional<List<String>> its =
          pool == null ? Optional.empty() : pool.give(wanted.getValue(), gone);
      if (its.isEmpty()) {
        return Optional.empty();
      }
      ids.put(wanted.getKey(), its.get());
    }
    return Optional.of(new Given(ids));
  }

  /** Whether two of these names differ in their letters' case alone: a variable's name does not. */
  public static Optional<String> clash(Collection<String> names) {
    Set<String> seen = new HashSet<>();
    for (String name : names) {
      if (!seen.add(name.toUpperCase(Locale.ROOT))) {
        return Optional.of(name);
      }
    }
    return Optional.empty();
  }

  /**
   * A line {@code memory BYTES}, or {@code memory unlimited}, and a line {@code resource NAME=POOL}
   * for each.
   */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add(MEMORY + (memory.isPresent() ? memory.getAsLong() : UNLIMITED));
    for (Map.Entry<String, Pool> resource : resources.entrySet()) {
      lines.add(RESOURCE + resource.getKey() + "=" + resource.getValue());
    }
    return lines;
  }

  /** What {@link #lines} wrote; nothing where {@code lines} are no such lines. */
  public static Optional<Budget> parse(List<String> lines) {
    if (lines.isEmpty() || !lines.get(0).startsWith(MEMORY)) {
      return Optional.empty();
    }
    String bytes = lines.get(0).substring(MEMORY.length());
    if (!bytes.equals(UNLIMITED) && !bytes.matches("[0-9]{1,18}")) {
      return Optional.empty();
    }
    SortedMap<String, Pool> resources = new TreeMap<>();
    for (String line : lines.subList(1, lines.size())) {
      if (!line.startsWith(RESOURCE)
          || !addResource(line.substring(RESOURCE.length()), resources)) {
        return Optional.empty();
      }
    }
    return Optional.of(
        new Budget(
            bytes.equals(UNLIMITED) ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(bytes)),
            resources));
  }

  private static boolean addResource(String text, Map<String, Pool> resources) {
    int equals = text.indexOf('=');
    if (equals < 0
        || !Needs.isResource(text.substring(0, equals))
        || !(Pool.parse(text.substring(equals + 1)) instanceof Pool.Parsed.Valid valid)) {
      return false;
    }
    return resources.put(text.substring(0, equals), valid.pool()) == null;
  }
}
