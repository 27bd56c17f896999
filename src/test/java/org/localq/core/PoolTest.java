package org.localq.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class PoolTest {
  private static Pool pool(String text) {
    return ((Pool.Parsed.Valid) Pool.parse(text)).pool();
  }

  @Nested
  class A_text {
    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "2               | 0 1               | 2",
          "1               | 0                 | 1",
          "0,              | 0                 | 0,",
          "3,              | 3                 | 3,",
          "0,1,2,3         | 0 1 2 3           | 0,1,2,3",
          "3,1             | 3 1               | 3,1",
          "0,2,            | 0 2               | 0,2",
          "0-3             | 0 1 2 3           | 0,1,2,3",
          "0-1,6,8-8       | 0 1 6 8           | 0,1,6,8",
          "GPU-89:1/0,MIG-2| GPU-89:1/0 MIG-2  | GPU-89:1/0,MIG-2",
        })
    void says_the_ids(String text, String ids, String shown) {
      Pool pool = pool(text);
      assertEquals(List.of(ids.split(" ")), pool.ids());
      assertEquals(shown, pool.toString());
      assertEquals(pool, pool(pool.toString()));
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "0           | there would be none of it; for the one id 0: 0,",
          "10001       | expected at most 10000",
          "99999999999 | expected at most 10000",
          "''          | expected how many there are, or ids with commas between them (one alone: 3,)",
          "','         | expected how many there are, or ids with commas between them (one alone: 3,)",
          "0,,1        | expected how many there are, or ids with commas between them (one alone: 3,)",
          "a b         | expected how many there are, or ids with commas between them (one alone: 3,)",
          "$(x),1      | expected how many there are, or ids with commas between them (one alone: 3,)",
          "0,1,0       | has the id 0 twice",
          "0-2,1       | has the id 1 twice",
          "3-1,        | 3-1 is no range of at most 10000 ids",
          "0-10000     | 0-10000 is no range of at most 10000 ids",
          "0-9999,10000| expected at most 10000 ids",
        })
    void that_says_none_is_refused_with_what_was_expected(String text, String reason) {
      assertEquals(new Pool.Parsed.Invalid(reason), Pool.parse(text));
    }

    @Test
    void that_would_not_fit_into_a_variable_is_refused() {
      StringBuilder ids = new StringBuilder("0");
      for (int i = 1; i < 700; i++) {
        ids.append(',').append("x".repeat(90)).append(i);
      }
      assertEquals(
          new Pool.Parsed.Invalid("the ids are more than 60000 bytes together"),
          Pool.parse(ids.toString()));
    }
  }

  @Nested
  class Giving {
    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "4     | 1 | -     | 0",
          "4     | 2 | -     | 0 1",
          "4     | 1 | 0     | 1",
          "4     | 2 | 0 2   | 1 3",
          "4     | 3 | 0 2   | -",
          "4     | 4 | -     | 0 1 2 3",
          "4     | 5 | -     | -",
          "3,1,2 | 2 | -     | 3 1",
          "3,1,2 | 2 | 3     | 1 2",
          "0,1   | 2 | 7 8 9 | 0 1",
        })
    void gives_the_first_ids_that_nobody_has(String pool, int count, String taken, String given) {
      assertEquals(
          given.equals("-") ? Optional.empty() : Optional.of(List.of(given.split(" "))),
          pool(pool).give(count, taken.equals("-") ? Set.of() : Set.of(taken.split(" "))));
    }
  }
}
