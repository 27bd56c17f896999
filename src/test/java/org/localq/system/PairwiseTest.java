package org.localq.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class PairwiseTest {
  private static final Map<String, List<String>> FACTORS =
      new TreeMap<>(
          Map.of(
              "a", List.of("1", "2", "3"),
              "b", List.of("1", "2"),
              "c", List.of("1", "2", "3", "4"),
              "d", List.of("1", "2")));

  @Test
  void every_two_values_come_together_in_fewer_rows_than_there_are_combinations() {
    List<Map<String, String>> rows = new Pairwise(FACTORS, row -> true, new Random(1)).rows();
    Set<Pairwise.Pair> covered = new HashSet<>();
    rows.forEach(row -> covered.addAll(Pairwise.pairs(row)));
    // 3*2 + 3*4 + 3*2 + 2*4 + 2*2 + 4*2
    assertEquals(44, covered.size());
    assertTrue(rows.size() < 20, rows::toString);
  }

  @Test
  void no_row_is_one_that_can_not_be() {
    List<Map<String, String>> rows =
        new Pairwise(
                FACTORS,
                row -> !(row.get("a").equals("1") && row.get("b").equals("2")),
                new Random(2))
            .rows();
    assertFalse(rows.isEmpty());
    for (Map<String, String> row : rows) {
      assertFalse(row.get("a").equals("1") && row.get("b").equals("2"), row::toString);
    }
  }
}
