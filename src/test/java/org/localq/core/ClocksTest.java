package org.localq.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ClocksTest {
  private static final Clocks BEFORE =
      new Clocks("b007", Duration.ofHours(5), Instant.parse("2026-11-22T12:00:00Z"));

  @ParameterizedTest(name = "{0} of uptime, {1} of wall clock: {2}")
  @CsvSource({
    "PT0S,    PT0S,         ''",
    "PT720H,  PT720H,       ''",
    // corrected by an hour at most
    "PT0S,    PT1H,         ''",
    "PT0S,    PT-1H,        ''",
    "PT10H,   PT11H,        ''",
    "PT10H,   PT9H,         ''",
    "PT0S,    PT1H0.001S,   PT1H0.001S",
    "PT0S,    PT-1H-0.001S, PT-1H-0.001S",
    "PT10H,   PT8H,         PT-2H",
    "PT1H,    PT8761H,      PT8760H",
    // summer time is no matter of the wall clock's, which is in UTC
    "PT24H,   PT24H,        ''",
  })
  void a_jump_is_more_than_an_hour_either_way(Duration uptime, Duration wall, String jump) {
    Clocks now = new Clocks("b007", BEFORE.uptime().plus(uptime), BEFORE.wall().plus(wall));
    assertEquals(
        jump.isEmpty() ? Optional.empty() : Optional.of(Duration.parse(jump)),
        now.jumpSince(BEFORE));
  }

  @Test
  void what_they_said_comes_back_from_its_text() {
    assertEquals("b007 18000000 2026-11-22T12:00:00Z", BEFORE.toString());
    assertEquals(Optional.of(BEFORE), Clocks.parse(BEFORE.toString()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "b007",
        "b007 18000000",
        "b007 18000000 noon",
        "b007 -1 2026-11-22T12:00:00Z",
        "b007 1.5 2026-11-22T12:00:00Z",
        "b007 9999999999999999 2026-11-22T12:00:00Z",
        "b007 1 2026-11-22T12:00:00Z later"
      })
  void a_damaged_text_says_nothing(String text) {
    assertEquals(Optional.empty(), Clocks.parse(text));
  }

  @Test
  void only_those_of_one_boot_are_compared() {
    assertTrue(BEFORE.isOfBoot("b007"));
    assertFalse(BEFORE.isOfBoot("b008"));
  }
}
