package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.DateTimeException;
import java.time.Instant;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class MomentsTest {
  @Nested
  class Reading_a_text {
    @ParameterizedTest
    @ValueSource(
        strings = {
          "2026-11-22T11:00:00.123Z",
          "2026-11-22T11:00:00Z",
          "0000-01-01T00:00:00.000Z",
          "1969-12-31T23:59:59.001Z",
          "2024-02-29T12:34:56.999Z",
          "9999-12-31T23:59:59.999Z",
          "2026-11-22T24:00:00Z",
          "2016-12-31T23:59:60Z",
          "2026-11-22T11:00:00.123456789Z",
          "2026-11-22T11:00:00.1Z",
          "+12026-11-22T11:00:00Z",
          "2026-11-22t11:00:00z",
        })
    void gives_the_moment_that_the_jdk_reads(String text) {
      assertEquals(Instant.parse(text), Moments.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "now",
          "2026-11-22",
          "2026-11-22T11:00:00",
          "2026-13-22T11:00:00Z",
          "2025-02-29T11:00:00Z",
          "2026-11-22T24:00:01Z",
          "2026-11-22T25:00:00Z",
          "2026-11-22T11:60:00.000Z",
          "2026-11-22T11:00:60.000Z",
          "2026-11-22T11:00:00.-12Z",
          "2026-11-22T11:00:0\u0661Z",
        })
    void fails_where_the_jdk_reads_none(String text) {
      assertThrows(DateTimeException.class, () -> Instant.parse(text));
      assertThrows(DateTimeException.class, () -> Moments.parse(text));
    }
  }

  @Nested
  class What_can_be_shown {
    @Test
    void is_every_moment_of_the_years_0_to_9999() {
      Instant first = Instant.parse("0000-01-01T00:00:00Z");
      Instant last = Instant.parse("9999-12-31T23:59:59.999999999Z");
      assertEquals(first, Moments.shown(first));
      assertEquals(first, Moments.shown(first.minusNanos(1)));
      assertEquals(last, Moments.shown(last));
      assertEquals(last, Moments.shown(last.plusNanos(1)));
    }
  }
}
