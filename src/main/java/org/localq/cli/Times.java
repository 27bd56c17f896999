package org.localq.cli;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;

/** Moments as people read them. Apart from {@link Text}: the formats take a cold JVM 2 ms. */
final class Times {
  private static final DateTimeFormatter WHOLE =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss");

  private static final DateTimeFormatter TODAY = DateTimeFormatter.ofPattern("HH:mm:ss");
  private static final DateTimeFormatter EARLIER = DateTimeFormatter.ofPattern("MM-dd HH:mm");

  private Times() {}

  /** A moment in local time, to the second. */
  static String whole(Instant moment, ZoneId zone) {
    return WHOLE.format(moment.atZone(zone));
  }

  /** A moment in as few characters as tell it: the time of today, else the day and the minute. */
  static String brief(Instant moment, ZonedDateTime now) {
    ZonedDateTime local = moment.atZone(now.getZone());
    return (local.toLocalDate().equals(now.toLocalDate()) ? TODAY : EARLIER).format(local);
  }
}
