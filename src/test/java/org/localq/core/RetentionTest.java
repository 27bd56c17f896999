package org.localq.core;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class RetentionTest {
  private static Retention.Bounded bounded(String text) {
    return assertInstanceOf(
        Retention.Bounded.class, Retention.parse(text).orElseThrow(() -> new AssertionError(text)));
  }

  @Nested
  class Its_text {
    @ParameterizedTest
    @ValueSource(
        strings = {
          "all",
          "30d,100000",
          "0s,0",
          "7d,1",
          "1w,5",
          "90m,0",
          "999999999w,999999999999999999"
        })
    void comes_back_as_it_was(String text) {
      assertEquals(Optional.of(text), Retention.parse(text).map(Retention::toString));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "30d",
          "100000",
          ",",
          "30d,",
          ",5",
          "30,5",
          "d,5",
          "30d,5,",
          "30d, 5",
          "-1d,5",
          "30d,-1",
          "1.5d,5",
          "30D,5",
          "30y,5",
          "ALL",
          "all,5",
          "30d,5x",
          "1000000000s,1",
          "30d;5"
        })
    void is_nothing_where_it_is_not_of_the_grammar(String text) {
      assertEquals(Optional.empty(), Retention.parse(text));
    }

    @Test
    void of_the_default_is_thirty_days_and_a_hundred_thousand() {
      assertEquals("30d,100000", Retention.DEFAULT.toString());
      assertEquals(Optional.of(Retention.DEFAULT), Retention.parse("30d,100000"));
    }
  }

  @Nested
  class The_newest {
    @ParameterizedTest(name = "{0} keeps of [{1}] all but [{2}]")
    @CsvSource({
      "0, '',        ''",
      "3, '',        ''",
      "0, 2 1 3,     1 2 3",
      "1, 2 1 3,     1 2",
      "2, 9 10 8,    8",
      "3, 2 1 3,     ''",
      "4, 2 1 3,     ''",
      // far more than there can be
      "999999999999999999, 2 1, ''",
      "1, 999999999999999999 1, 1",
    })
    void are_those_with_the_highest_ids(long count, String ids, String beyond) {
      long[] given = numbers(ids);
      assertEquals(beyond, text(bounded("0s," + count).beyondNewest(given)));
      assertArrayEquals(numbers(ids), given, "left as it was");
    }

    private static long[] numbers(String text) {
      return Arrays.stream(text.split(" "))
          .filter(w -> !w.isEmpty())
          .mapToLong(Long::parseLong)
          .toArray();
    }

    private static String text(long[] numbers) {
      return LongStream.of(numbers).mapToObj(Long::toString).collect(Collectors.joining(" "));
    }

    @Test
    void can_not_be_fewer_than_none() {
      Retention.Age age = new Retention.Age(1, Retention.Unit.D);
      assertThrows(IllegalArgumentException.class, () -> new Retention.Bounded(age, -1));
      assertThrows(IllegalArgumentException.class, () -> new Retention.Age(-1, Retention.Unit.D));
    }
  }

  @Nested
  class A_record {
    @ParameterizedTest(name = "of {1} has outlived {0} at noon: {2}")
    @CsvSource({
      "0s,  2026-11-22T11:59:59.999999999Z, true",
      "0s,  2026-11-22T12:00:00Z, false",
      // from the future: the clock was wrong then, or is now
      "0s,  2027-11-22T12:00:00Z, false",
      "9s,  2026-11-22T11:59:51Z, false",
      "9s,  2026-11-22T11:59:50.9Z, true",
      "2m,  2026-11-22T11:58:00Z, false",
      "2m,  2026-11-22T11:57:59Z, true",
      "2h,  2026-11-22T10:00:00Z, false",
      "2h,  2026-11-22T09:59:59Z, true",
      "30d, 2026-10-23T12:00:00Z, false",
      "30d, 2026-10-23T11:59:59Z, true",
      "2w,  2026-11-08T12:00:00Z, false",
      "2w,  2026-11-08T11:59:59Z, true",
      "999999999w, 0001-01-01T00:00:00Z, false",
    })
    void is_outlived_when_it_is_older_than_the_age(String age, Instant written, boolean outlived) {
      assertEquals(
          outlived, bounded(age + ",0").isOutlived(written, Instant.parse("2026-11-22T12:00:00Z")));
    }
  }
}
