package org.localq.spool;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;

/**
 * Moments that come from a disk, where anybody can have written any: within the years that every
 * format and calendar can show.
 */
final class Moments {
  /** The year 0. */
  private static final Instant EARLIEST = Instant.ofEpochSecond(-62_167_219_200L);

  /** The end of the year 9999. */
  private static final Instant LATEST = Instant.ofEpochSecond(253_402_300_799L, 999_999_999);

  private static final String SHAPE = "0000-00-00T00:00:00.000Z";
  private static final String SHAPE_WITHOUT_FRACTION = "0000-00-00T00:00:00Z";
  private static final long SECONDS_OF_A_DAY = 86_400;

  private Moments() {}

  /** The same, or the nearest that can be shown. */
  static Instant shown(Instant at) {
    return at.isBefore(EARLIEST) ? EARLIEST : at.isAfter(LATEST) ? LATEST : at;
  }

  /**
   * The moment that {@code text} names as {@link Instant#parse} reads it.
   *
   * <p>What localq writes itself is taken apart here: the parsers of the JDK take a cold JVM 3 ms.
   *
   * @throws DateTimeException when it names none
   */
  static Instant parse(String text) {
    // 24:00:00 and the second 60 are the JDK's to judge
    if (!isOurs(text) || number(text, 11, 13) == 24 || number(text, 17, 19) == 60) {
      return Instant.parse(text);
    }
    LocalDate day = LocalDate.of(number(text, 0, 4), number(text, 5, 7), number(text, 8, 10));
    LocalTime time = LocalTime.of(number(text, 11, 13), number(text, 14, 16), number(text, 17, 19));
    int nanos = text.length() == SHAPE.length() ? number(text, 20, 23) * 1_000_000 : 0;
    return Instant.ofEpochSecond(day.toEpochDay() * SECONDS_OF_A_DAY + time.toSecondOfDay(), nanos);
  }

  /** Whether it is a date and a time to the second or the millisecond, but for their ranges. */
  private static boolean isOurs(String text) {
    return matches(text, SHAPE) || matches(text, SHAPE_WITHOUT_FRACTION);
  }

  private static boolean matches(String text, String shape) {
    if (text.length() != shape.length()) {
      return false;
    }
    for (int i = 0; i < shape.length(); i++) {
      char c = text.charAt(i);
      if (shape.charAt(i) == '0' ? c < '0' || c > '9' : c != shape.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static int number(String text, int start, int end) {
    return Integer.parseInt(text, start, end, 10);
  }
}
