package org.localq.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class TimeLimitTest {
  @Nested
  class A_span {
    @ParameterizedTest
    @CsvSource({
      "0, 0",
      "UNLIMITED, 0",
      "INFINITE, 0",
      "1, 60",
      "90, 5400",
      "0:10, 10",
      "1:30, 90",
      "0:90, 90",
      "1:00:00, 3600",
      "02:03:04, 7384",
      "1-0, 86400",
      "2-3, 183600",
      "1-2:30, 95400",
      "1-2:30:15, 95415",
      "999999999, 59999999940",
    })
    void is_read_as_slurm_reads_it(String text, long seconds) {
      assertEquals(Optional.of(Duration.ofSeconds(seconds)), Span.parse(text));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          " ",
          "1h",
          "-1",
          "1:",
          ":1",
          "1:2:3:4",
          "1-",
          "-1:00",
          "1-2:3:4:5",
          "1.5",
          "١",
          "1-1-1",
          "9999999999",
          "unlimited"
        })
    void of_no_such_form_is_none(String text) {
      assertEquals(Optional.empty(), Span.parse(text));
    }

    @ParameterizedTest
    @CsvSource({
      "0, 00:00:00",
      "59, 00:00:59",
      "3600, 01:00:00",
      "86399, 23:59:59",
      "86400, 1-00:00:00",
      "-5, 00:00:00"
    })
    void is_shown_as_slurm_shows_it(long seconds, String text) {
      assertEquals(text, Span.show(Duration.ofSeconds(seconds)));
    }
  }

  @Nested
  class A_warning {
    @ParameterizedTest
    @CsvSource({
      "USR1, USR1@60",
      "SIGUSR1, USR1@60",
      "usr2@30, USR2@30",
      "B:USR2@30, B:USR2@30",
      "B:TERM, B:TERM@60",
      "10@5, USR1@5",
      "INT@0, INT@0",
      "B:15@65535, B:TERM@65535",
    })
    void is_read_as_slurm_reads_it(String text, String shown) {
      assertEquals(Optional.of(shown), Warning.parse(text).map(Warning::toString));
      assertEquals(Warning.parse(text), Warning.parse(shown));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {"", "@60", "B:", "FOO", "USR1@", "USR1@-1", "USR1@1.5", "R:USR1", "64", "USR1 "})
    void of_no_such_form_is_none(String text) {
      assertEquals(Optional.empty(), Warning.parse(text));
    }

    @ParameterizedTest
    @CsvSource({"600, 60, 540", "60, 60, 0", "10, 60, 0"})
    void is_due_before_the_limit(long limit, long before, long after) {
      Warning warning = new Warning(Signal.USR1, false, Duration.ofSeconds(before));
      assertEquals(
          Optional.of(Duration.ofSeconds(after)),
          new TimeLimit(Optional.of(Duration.ofSeconds(limit)), Optional.of(warning))
              .warnedAfter());
    }

    @Test
    void is_never_due_without_a_limit() {
      Warning warning = new Warning(Signal.USR1, false, Warning.DEFAULT);
      assertEquals(
          Optional.empty(), new TimeLimit(Optional.empty(), Optional.of(warning)).warnedAfter());
    }
  }

  @Test
  void a_limit_is_at_least_a_second() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new TimeLimit(Optional.of(Duration.ofMillis(999)), Optional.empty()));
  }

  @Nested
  class An_amount_of_memory {
    @ParameterizedTest
    @CsvSource({
      "0, 0",
      "1, 1048576",
      "1K, 1024",
      "1k, 1024",
      "4G, 4294967296",
      "2T, 2199023255552",
      "512MB, 536870912",
      "512MiB, 536870912",
      "8192T, 9007199254740992",
    })
    void is_read_as_slurm_reads_it(String text, long bytes) {
      assertEquals(OptionalLong.of(bytes), Bytes.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "G", "-1", "1.5G", "1P", "8193T", "1 G", "9999999999999"})
    void of_no_such_form_is_none(String text) {
      assertEquals(OptionalLong.empty(), Bytes.parse(text));
    }

    @ParameterizedTest
    @CsvSource({"0, 0K", "1024, 1K", "1048576, 1M", "1572864, 1536K", "4294967296, 4G"})
    void is_shown_in_the_largest_unit_in_which_it_is_whole(long bytes, String text) {
      assertEquals(text, Bytes.show(bytes));
    }
  }
}
