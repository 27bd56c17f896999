package org.localq.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Times are Berlin's. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class BeginTest {
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

  private static ZonedDateTime at(String local) {
    return LocalDateTime.parse(local).atZone(BERLIN);
  }

  private static Optional<Instant> parse(String text, String now) {
    return Begin.parse(text, at(now));
  }

  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource({
    // a time of day: today, or tomorrow where that has passed
    "16:30,                    2026-11-22T16:30",
    "16:30:05,                 2026-11-22T16:30:05",
    "12:00:00.5,               ''",
    "12:00,                    2026-11-22T12:00",
    "11:59,                    2026-11-23T11:59",
    "0:05,                     2026-11-23T00:05",
    "4pm,                      2026-11-22T16:00",
    "4 PM,                     2026-11-22T16:00",
    "4:30:10pm,                2026-11-22T16:30:10",
    "12am,                     2026-11-23T00:00",
    "12:30pm,                  2026-11-22T12:30",
    "9:15AM,                   2026-11-23T09:15",
    "midnight,                 2026-11-23T00:00",
    "noon,                     2026-11-22T12:00",
    "elevenses,                2026-11-23T11:00",
    "fika,                     2026-11-22T15:00",
    "TeaTime,                  2026-11-22T16:00",
    // from now on
    "now,                      2026-11-22T12:00",
    "now+60,                   2026-11-22T12:01",
    "now+0,                    2026-11-22T12:00",
    "now + 90 seconds,         2026-11-22T12:01:30",
    "now+1second,              2026-11-22T12:00:01",
    "now+1minute,              2026-11-22T12:01",
    "now+2minutes,             2026-11-22T12:02",
    "now+1hour,                2026-11-22T13:00",
    "now+3hours,               2026-11-22T15:00",
    "now+1day,                 2026-11-23T12:00",
    "now+2days,                2026-11-24T12:00",
    "now+1week,                2026-11-29T12:00",
    "now+2weeks,               2026-12-06T12:00",
    // a day: its first moment
    "today,                    2026-11-22T00:00",
    "tomorrow,                 2026-11-23T00:00",
    "2026-12-24,               2026-12-24T00:00",
    "2025-01-02,               2025-01-02T00:00",
    "122426,                   2026-12-24T00:00",
    "12/24/26,                 2026-12-24T00:00",
    "12.24.26,                 2026-12-24T00:00",
    "12/24,                    2026-12-24T00:00",
    "1224,                     2026-12-24T00:00",
    "11/22,                    2026-11-22T00:00",
    "11/21,                    2027-11-21T00:00",
    "1.2,                      2027-01-02T00:00",
    // both
    "2026-12-24T18:00,         2026-12-24T18:00",
    "2026-12-24T18:00:30,      2026-12-24T18:00:30",
    "2026-12-24t6pm,           2026-12-24T18:00",
    "2026-12-24 18:00,         2026-12-24T18:00",
    "16:00 tomorrow,           2026-11-23T16:00",
    "tomorrow 4 pm,            2026-11-23T16:00",
    "teatime 12/24,            2026-12-24T16:00",
    "today 11:00,              2026-11-22T11:00",
    "tomorrowT04:00,           2026-11-23T04:00",
    "tomorrow04:00,            2026-11-23T04:00",
    "12:00tomorrow,            2026-11-23T12:00",
    "4pmTomorrow,              2026-11-23T16:00",
    // no such forms
    "'',                       ''",
    "now-1hour,                ''",
    "now+,                     ''",
    "now+1fortnight,           ''",
    "now+1234567890,           ''",
    "24:00,                    ''",
    "12:60,                    ''",
    "12:5,                     ''",
    "13pm,                     ''",
    "0am,                      ''",
    "16,                       ''",
    "1630,                     ''",
    "yesterday,                ''",
    "2026-02-30,               ''",
    "13/01/26,                 ''",
    "2026-12-24T,              ''",
    "2026-12-24T18:00Z,        ''",
    "16:00 17:00,              ''",
    "today tomorrow,           ''",
    "todaytomorrow,            ''",
    "tomorrowT,                ''",
    "12:00t12/24,              ''",
  })
  void what_each_form_means_at_noon_on_the_22nd_of_November(String text, String expected) {
    assertEquals(
        expected.isEmpty() ? Optional.empty() : Optional.of(at(expected).toInstant()),
        parse(text, "2026-11-22T12:00"),
        text);
  }

  @ParameterizedTest(name = "{0} at {1} is {2}")
  @CsvSource({
    // on March 29 02:00 to 03:00 is left out: it is as much later
    "02:30,         2026-03-29T00:00, 2026-03-29T01:30:00Z",
    "2026-03-29T02:00, 2026-01-01T00:00, 2026-03-29T01:00:00Z",
    "03:00,         2026-03-29T00:00, 2026-03-29T01:00:00Z",
    // a day is 24 hours, and a clock's day is not
    "now+1day,      2026-03-28T12:00, 2026-03-29T11:00:00Z",
    "12:00 tomorrow, 2026-03-28T12:00, 2026-03-29T10:00:00Z",
    // on October 25 02:00 to 03:00 comes twice: it is the first
    "02:30,         2026-10-25T00:00, 2026-10-25T00:30:00Z",
    "now+1hour,     2026-10-25T02:30, 2026-10-25T01:30:00Z",
    "noon,          2026-10-25T00:00, 2026-10-25T11:00:00Z",
  })
  void when_the_clocks_are_changed(String text, String now, Instant expected) {
    assertEquals(Optional.of(expected), parse(text, now));
  }

  @ParameterizedTest
  @CsvSource({"America/Havana, 2022-03-13", "Asia/Beirut, 2022-03-27"})
  void a_day_that_begins_behind_midnight_begins_then(String zone, String day) {
    ZonedDateTime before = LocalDateTime.parse("2022-03-01T00:00").atZone(ZoneId.of(zone));
    Instant begin = Begin.parse(day, before).orElseThrow();
    assertEquals("01:00", begin.atZone(ZoneId.of(zone)).toLocalTime().toString());
  }

  @Test
  void a_day_that_the_year_does_not_have_is_none() {
    assertEquals(Optional.empty(), parse("02/29", "2026-01-01T00:00"));
    assertEquals(
        Optional.of(at("2028-02-29T00:00").toInstant()), parse("02/29", "2028-01-01T00:00"));
  }
}
