package org.localq.core;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * All that a queue has of a named resource: ids, each of which one job at a time is given.
 *
 * @param ids at least one, none twice, in the order in which they are given
 * @param counted whether nobody named them: then they are the numbers from 0 on, and only how many
 *     there are is of interest
 */
public record Pool(List<String> ids, boolean counted) {
  /** So many there can be: all of them are to fit into a variable of an environment. */
  public static final int MOST = 10_000;

  private static final int LONGEST_TEXT = 60_000;

  /** What stands between two ids. */
  static final String BETWEEN = ",";

  private static final String EXPECTED =
      "expected how many there are, or ids with commas between them (one alone: 3,)";

  public Pool {
    ids = List.copyOf(ids);
    if (ids.isEmpty()) {
      throw new IllegalArgumentException("a resource of which there is nothing");
    }
  }

  /** What came of reading a text. */
  public sealed interface Parsed {
    /** It is one. */
    record Valid(Pool pool) implements Parsed {}

    /** Why it is none, and what was expected, as a phrase behind the text. */
    record Invalid(String reason) implements Parsed {}
  }

  /** So many, with the numbers from 0 on for ids. */
  public static Pool of(int count) {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ids.add(Integer.toString(i));
    }
    return new Pool(ids, true);
  }

  /**
   * Reads a number, which says how many there are, or ids with commas between or behind them:
   * {@code 2}, {@code 0,1,3}, {@code 3,}, {@code 0-3,6}, {@code GPU-8932f937,GPU-5a3c}.
   */
  public static Parsed parse(String text) {
    if (text.matches("[0-9]+")) {
      return count(text);
    }
    Set<String> ids = new LinkedHashSet<>();
    String list = text.endsWith(BETWEEN) ? text.substring(0, text.length() - 1) : text;
    for (String word : list.split(BETWEEN, -1)) {
      Optional<String> mistake =
          word.matches("[0-9]{1,9}-[0-9]{1,9}") ? addRange(word, ids) : addId(word, ids);
      if (mistake.isPresent()) {
        return new Parsed.Invalid(mistake.get());
      }
    }
    Pool pool = new Pool(List.copyOf(ids), false);
    return pool.toString().length() > LONGEST_TEXT
        ? new Parsed.Invalid("the ids are more than " + LONGEST_TEXT + " bytes together")
        : new Parsed.Valid(pool);
  }

  private static Parsed count(String text) {
    int count = text.length() > 9 ? Integer.MAX_VALUE : Integer.parseInt(text);
    if (count == 0) {
      return new Parsed.Invalid("there would be none of it; for the one id 0: 0,");
    }
    return count > MOST
        ? new Parsed.Invalid("expected at most " + MOST)
        : new Parsed.Valid(Pool.of(count));
  }

  private static Optional<String> addRange(String word, Set<String> ids) {
    int dash = word.indexOf('-');
    int first = Integer.parseInt(word.substring(0, dash));
    int last = Integer.parseInt(word.substring(dash + 1));
    if (last < first || last - first >= MOST) {
      return Optional.of(word + " is no range of at most " + MOST + " ids");
    }
    for (int id = first; id <= last; id++) {
      Optional<String> mistake = addId(Integer.toString(id), ids);
      if (mistake.isPresent()) {
        return mistake;
      }
    }
    return Optional.empty();
  }

  private static Optional<String> addId(String word, Set<String> ids) {
    if (!isId(word)) {
      return Optional.of(EXPECTED);
    }
    if (!ids.add(word)) {
      return Optional.of("has the id " + word + " twice");
    }
    return ids.size() > MOST ? Optional.of("expected at most " + MOST + " ids") : Optional.empty();
  }

  /** Whether this can be an id: a word that no shell, list or terminal takes for anything else. */
  static boolean isId(String word) {
    return word.matches("[A-Za-z0-9_.:/-]{1,100}");
  }

  /** How many there are. */
  public int count() {
    return ids.size();
  }

  /** The first ids that are not among {@code taken}; nothing where there are too few. */
  Optional<List<String>> give(int count, Set<String> taken) {
    List<String> given = new ArrayList<>();
    for (String id : ids) {
      if (given.size() < count && !taken.contains(id)) {
        given.add(id);
      }
    }
    return given.size() == count ? Optional.of(given) : Optional.empty();
  }

  /** The text that {@link #parse} reads. */
  @Override
  public String toString() {
    if (counted) {
      return Integer.toString(ids.size());
    }
    String list = String.join(BETWEEN, ids);
    return ids.size() == 1 ? list + BETWEEN : list;
  }
}
