package org.localq.core;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The ids of named resources that an attempt was given, for as long as its job is claimed.
 *
 * @param ids of each resource at least one
 */
public record Given(SortedMap<String, List<String>> ids) {
  /** Of one that asked for none. */
  public static final Given NOTHING = new Given(new TreeMap<>());

  public Given {
    SortedMap<String, List<String>> copy = new TreeMap<>();
    for (Map.Entry<String, List<String>> resource : ids.entrySet()) {
      copy.put(resource.getKey(), List.copyOf(resource.getValue()));
    }
    ids = Collections.unmodifiableSortedMap(copy);
  }

  /** Whether there are none. */
  public boolean isNothing() {
    return ids.isEmpty();
  }

  /** Those of a resource; none where it was given none. */
  public List<String> of(String resource) {
    List<String> its = ids.get(resource);
    return its == null ? List.of() : its;
  }

  /** Whether these are as many of everything as the job asks for. */
  public boolean isFor(Needs needs) {
    for (Map.Entry<String, Integer> wanted : needs.resources().entrySet()) {
      if (of(wanted.getKey()).size() != wanted.getValue()) {
        return false;
      }
    }
    return true;
  }

  /** What {@link #toString} wrote; nothing where {@code text} is no such thing. */
  public static Optional<Given> parse(String text) {
    SortedMap<String, List<String>> ids = new TreeMap<>();
    for (String word : text.isEmpty() ? List.<String>of() : List.of(text.split(" ", -1))) {
      int equals = word.indexOf('=');
      if (equals < 0 || !Needs.isResource(word.substring(0, equals))) {
        return Optional.empty();
      }
      List<String> its = List.of(word.substring(equals + 1).split(Pool.BETWEEN, -1));
      for (String id : its) {
        if (!Pool.isId(id)) {
          return Optional.empty();
        }
      }
      ids.put(word.substring(0, equals), its);
    }
    return Optional.of(new Given(ids));
  }

  /** Words {@code NAME=ID,ID} with blanks between them. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, List<String>> resource : ids.entrySet()) {
      text.append(text.isEmpty() ? "" : " ")
          .append(resource.getKey())
          .append('=')
          .append(String.join(Pool.BETWEEN, resource.getValue()));
    }
    return text.toString();
  }
}
