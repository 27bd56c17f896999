package org.localq.system;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Combinations of the values of some factors in which every two values of two factors come together
 * at least once, as long as anything allows that.
 *
 * <p>Greedy: of some random candidates for the next row the one with most new pairs is taken. So
 * there are few rows, if not the fewest.
 */
public final class Pairwise {
  private static final int CANDIDATES = 60;

  private final Map<String, List<String>> factors;
  private final Predicate<Map<String, String>> possible;
  private final Random random;

  /**
   * A generator.
   *
   * @param factors the values of each
   * @param possible whether there can be such a combination at all
   */
  public Pairwise(
      Map<String, List<String>> factors, Predicate<Map<String, String>> possible, Random random) {
    this.factors = new LinkedHashMap<>(factors);
    this.possible = possible;
    this.random = random;
  }

  /** Two values of two factors. */
  record Pair(String one, String two) {}

  /** The pairs in a combination. */
  static Set<Pair> pairs(Map<String, String> row) {
    Set<Pair> pairs = new HashSet<>();
    List<String> cells = new ArrayList<>();
    row.forEach((factor, value) -> cells.add(factor + "=" + value));
    for (int i = 0; i < cells.size(); i++) {
      for (int j = i + 1; j < cells.size(); j++) {
        pairs.add(new Pair(cells.get(i), cells.get(j)));
      }
    }
    return pairs;
  }

  /** Enough combinations. */
  public List<Map<String, String>> rows() {
    List<Map<String, String>> rows = new ArrayList<>();
    Set<Pair> covered = new HashSet<>();
    int barren = 0;
    while (barren < 20) {
      Map<String, String> best = Map.of();
      int most = 0;
      for (int i = 0; i < CANDIDATES; i++) {
        Map<String, String> row = candidate();
        Set<Pair> fresh = pairs(row);
        fresh.removeAll(covered);
        if (fresh.size() > most && possible.test(row)) {
          most = fresh.size();
          best = row;
        }
      }
      barren = most == 0 ? barren + 1 : 0;
      if (most > 0) {
        rows.add(best);
        covered.addAll(pairs(best));
      }
    }
    return rows;
  }

  private Map<String, String> candidate() {
    Map<String, String> row = new LinkedHashMap<>();
    factors.forEach((factor, values) -> row.put(factor, values.get(random.nextInt(values.size()))));
    return row;
  }
}
