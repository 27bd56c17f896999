package org.localq.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Amounts are written {@code CORES MEMORY NAME=COUNT…}; a limit's last word may be {@code *}. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class AmountsTest {
  @Nested
  class Amounts_of_a_job {
    @Test
    void are_all_that_it_needs() {
      SortedMap<String, Integer> resources = new TreeMap<>();
      resources.put("gpu", 2);
      assertEquals(amounts("3 100 gpu=2"), Amounts.of(new Needs(3, 100, resources)));
      assertEquals(amounts("3 0"), Amounts.of(Needs.cores(3)));
    }

    @Test
    void are_nothing_of_what_it_does_not_name() {
      assertEquals(0, amounts("3 0").resource("gpu"));
      assertEquals(2, amounts("3 0 gpu=2").resource("gpu"));
    }
  }

  @Nested
  class Adding {
    @ParameterizedTest
    @CsvSource({
      "1 0,             2 0,             3 0",
      "1 10,            2 5,             3 15",
      "1 0 gpu=1,       1 0,             2 0 gpu=1",
      "1 0 gpu=1 tpu=2, 1 0 gpu=3 fpga=1, 2 0 fpga=1 gpu=4 tpu=2",
    })
    void adds_everything(String a, String b, String sum) {
      assertEquals(amounts(sum), amounts(a).plus(amounts(b)));
      assertEquals(amounts(sum), amounts(b).plus(amounts(a)));
    }

    @Test
    void stops_at_unlimited() {
      assertEquals(Amounts.ALL, Amounts.ALL.plus(amounts("1 1")));
      assertEquals(Amounts.ALL, Amounts.ALL.plus(Amounts.ALL));
    }

    @Test
    void several_times_is_multiplying() {
      assertEquals(amounts("6 30 gpu=3"), amounts("2 10 gpu=1").times(3));
      assertEquals(amounts("0 0 gpu=0"), amounts("2 10 gpu=1").times(0));
      assertEquals(amounts("8 0"), amounts("2 0").times(4), "without resources none are made up");
      assertEquals(Amounts.UNLIMITED, Amounts.cores(1L << 40).times(1L << 40).cores());
    }
  }

  @Nested
  class Fitting {
    @ParameterizedTest(name = "[{0}] into [{2}] of which [{1}] are taken: {3} times")
    @CsvSource({
      "1 0,       0 0,       4 0 *,      4",
      "3 0,       0 0,       4 0 *,      1",
      "1 0,       4 0,       4 0 *,      0",
      // whatever is scarcest
      "1 10,      0 5,       4 25,       2",
      "1 0 gpu=1, 0 0 gpu=1, 4 0 gpu=3,  2",
      "1 5 gpu=1, 0 0,       9 100 gpu=3, 3",
      // a resource that the queue doesn't have
      "1 0 gpu=1, 0 0,       4 0,        0",
      "1 0 gpu=1, 0 0,       4 0 gpu=0,  0",
      // one of which nobody has said how many there are
      "1 0 gpu=1, 0 0,       4 0 *,      4",
      // what is overdrawn and not wanted
      "1 0,       0 9,       4 5,        4",
      "1 0,       0 0 gpu=3, 4 0 gpu=2,  4",
      "1 1,       0 9,       4 5,        0",
      "1 0 gpu=1, 0 0 gpu=3, 4 0 gpu=2,  0",
      // more than the limit is taken
      "1 0,       6 0,       4 0,        0",
    })
    void is_up_to_what_is_free_of_everything(String one, String taken, String limit, long times) {
      Capacity capacity = new Capacity(amounts(limit), amounts(taken));
      assertEquals(times, amounts(one).fitting(amounts(taken), amounts(limit)));
      assertEquals(times > 0, capacity.fits(amounts(one)));
      if (times > 0) {
        assertTrue(capacity.fits(amounts(one).times(times)), "all of them at once");
      }
      assertFalse(capacity.fits(amounts(one).times(times + 1)), "one more");
    }

    @Test
    void has_no_end_where_nothing_is_limited() {
      Capacity capacity = new Capacity(Amounts.ALL, amounts("5 5 gpu=5"));
      assertEquals(Integer.MAX_VALUE, capacity.fitting(amounts("1 1 gpu=1")));
      assertTrue(capacity.isUnlimited());
      assertFalse(Capacity.ofCores(4, 0).isUnlimited());
    }
  }

  @Nested
  class A_capacity {
    @ParameterizedTest(name = "limit [{0}], job [{1}]: {2}")
    @CsvSource({
      "4 100 gpu=1, 4 100 gpu=1, ''",
      "4 100 gpu=1, 5 101 gpu=2, CoreLimit",
      "4 100 gpu=1, 4 101 gpu=2, MaxMemPerLimit",
      "4 100 gpu=1, 4 100 gpu=2, BadConstraints",
      "4 100 gpu=1, 1 0 tpu=1,   BadConstraints",
      "4 100 *,     1 0 tpu=9,   ''",
    })
    void says_why_a_job_never_starts(String limit, String job, String reason) {
      Capacity capacity = new Capacity(amounts(limit), amounts("9 999 gpu=9"));
      Optional<Reason> refusal = capacity.refusal(amounts(job));
      assertEquals(reason, refusal.map(Reason::toString).orElse(""));
      assertEquals(refusal.isEmpty(), capacity.admits(amounts(job)));
    }
  }

  @Test
  void less_than_nothing_is_refused() {
    assertThrows(IllegalArgumentException.class, () -> Amounts.cores(-1));
  }

  static Amounts amounts(String text) {
    SortedMap<String, Long> resources = new TreeMap<>();
    String[] words = text.split(" ");
    boolean isLimit = words[words.length - 1].equals("*");
    for (int i = 2; i < words.length - (isLimit ? 1 : 0); i++) {
      String[] pair = words[i].split("=");
      resources.put(pair[0], Long.valueOf(pair[1]));
    }
    long memory = Long.parseLong(words[1]);
    return new Amounts(
        Long.parseLong(words[0]), memory, resources, isLimit ? Amounts.UNLIMITED : 0);
  }
}
