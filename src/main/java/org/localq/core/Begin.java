package org.localq.core;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZonedDateTime;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Times at which a job may begin, in Slurm's forms: a time of day, a day, both, or {@code now} and
 * what is added to it. Small and capital letters are the same.
 *
 * <p>A time of day that the clocks leave out, as when summer time begins, is as much later; one
 * that comes twice is the first.
 */
public final class Begin {
  /** The forms, for who was given another. */
  public static final String FORMS =
      "HH:MM[:SS], YYYY-MM-DD[THH:MM[:SS]], MM/DD/YY, today, tomorrow, midnight, noon, teatime, or"
          + " now+COUNT[seconds|minutes|hours|days|weeks]";

  private static final Pattern NOW =
      Pattern.compile(
          "now(?:\\s*\\+\\s*([0-9]{1,9})\\s*" + "(seconds?|minutes?|hours?|days?|weeks?)?)?");

  /** Where a day and a time touch: behind or before a day's name, or a T between digits. */
  private static final Pattern SEAM =
      Pattern.compile(
          "(?<=today|tomorrow)t?(?=[0-9])"
              + "|(?<=[0-9]{4}-[0-9]{2}-[0-9]{2})t(?=[0-9])"
              + "|(?<=[0-9m])(?=today|tomorrow)");

  private static final Pattern CLOCK =
      Pattern.compile("([0-9]{1,2})(?::([0-9]{2}))?(?::([0-9]{2}))?(am|pm)?");
  private static final Pattern ISO_DATE = Pattern.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})");
  private static final Pattern US_DATE =
      Pattern.compile("([0-9]{1,2})[/.]([0-9]{1,2})(?:[/.]([0-9]{2}))?");
  private static final Pattern SHORT_DATE = Pattern.compile("([0-9]{2})([0-9]{2})([0-9]{2})?");
  private static final int CENTURY = 2000;
  private static final int HALF_DAY = 12;

  private final ZonedDateTime now;
  private Optional<LocalDate> day = Optional.empty();
  private Optional<LocalTime> time = Optional.empty();

  private Begin(ZonedDateTime now) {
    this.now = now;
  }

  /**
   * The instant that {@code text} says; it can be in the past, where a day is named. Nothing where
   * it is no such form.
   *
   * @param now in the zone whose days and hours are meant
   */
  public static Optional<Instant> parse(String text, ZonedDateTime now) {
    String small = text.strip().toLowerCase(Locale.ROOT);
    Matcher relative = NOW.matcher(small);
    if (relative.matches()) {
      return Optional.of(now.toInstant().plus(added(relative)));
    }
    try {
      return new Begin(now).readAll(small);
    } catch (DateTimeException noSuchTime) {
      return Optional.empty();
    }
  }

  /** Seconds as they pass, not as a calendar counts: a day has 24 hours. */
  private static Duration added(Matcher relative) {
    if (relative.group(1) == null) {
      return Duration.ZERO;
    }
    long count = Long.parseLong(relative.group(1));
    String unit = relative.group(2) == null ? "s" : relative.group(2);
    return switch (unit.charAt(0)) {
      case 'm' -> Duration.ofMinutes(count);
      case 'h' -> Duration.ofHours(count);
      case 'd' -> Duration.ofDays(count);
      case 'w' -> Duration.ofDays(7 * count);
      default -> Duration.ofSeconds(count);
    };
  }

  private Optional<Instant> readAll(String text) {
    String words = SEAM.matcher(text).replaceAll(" ");
    // "4 pm" is one word
    for (String word : words.replaceAll("\\s+(am|pm)\\b", "$1").split("\\s+")) {
      if (!read(word)) {
        return Optional.empty();
      }
    }
    return Optional.of(at());
  }

  /** Reads a day or a time; false where it is neither, or a second one. */
  private boolean read(String word) {
    Optional<LocalTime> itsTime = time(word);
    if (itsTime.isPresent()) {
      boolean first = time.isEmpty();
      time = itsTime;
      return first;
    }
    Optional<LocalDate> itsDay = day(word);
    boolean first = day.isEmpty();
    day = itsDay;
    return first && itsDay.isPresent();
  }

  private Instant at() {
    if (day.isPresent()) {
      return time.isPresent() ? at(day.get(), time.get()) : startOf(day.get());
    }
    Instant today = at(now.toLocalDate(), time.orElseThrow());
    return today.isBefore(now.toInstant())
        ? at(now.toLocalDate().plusDays(1), time.orElseThrow())
        : today;
  }

  private Instant at(LocalDate date, LocalTime clock) {
    return ZonedDateTime.of(date, clock, now.getZone()).toInstant();
  }

  /** Its first moment, which need not be midnight. */
  private Instant startOf(LocalDate date) {
    return date.atStartOfDay(now.getZone()).toInstant();
  }

  private static Optional<LocalTime> time(String word) {
    return switch (word) {
      case "midnight" -> Optional.of(LocalTime.MIDNIGHT);
      case "elevenses" -> Optional.of(LocalTime.of(11, 0));
      case "noon" -> Optional.of(LocalTime.NOON);
      case "fika" -> Optional.of(LocalTime.of(15, 0));
      case "teatime" -> Optional.of(LocalTime.of(16, 0));
      default -> clock(word);
    };
  }

  private static Optional<LocalTime> clock(String word) {
    Matcher parts = CLOCK.matcher(word);
    if (!parts.matches() || (parts.group(2) == null && parts.group(4) == null)) {
      return Optional.empty();
    }
    int hour = number(parts, 1);
    if (parts.group(4) != null) {
      if (hour < 1 || hour > HALF_DAY) {
        return Optional.empty();
      }
      hour = hour % HALF_DAY + (parts.group(4).equals("pm") ? HALF_DAY : 0);
    }
    return Optional.of(LocalTime.of(hour, number(parts, 2), number(parts, 3)));
  }

  private Optional<LocalDate> day(String word) {
    if (word.equals("today")) {
      return Optional.of(now.toLocalDate());
    }
    if (word.equals("tomorrow")) {
      return Optional.of(now.toLocalDate().plusDays(1));
    }
    Matcher iso = ISO_DATE.matcher(word);
    if (iso.matches()) {
      return Optional.of(LocalDate.of(number(iso, 1), number(iso, 2), number(iso, 3)));
    }
    Matcher brief = SHORT_DATE.matcher(word);
    Matcher parts = brief.matches() ? brief : US_DATE.matcher(word);
    return parts.matches() ? Optional.of(american(parts)) : Optional.empty();
  }

  /** A month, a day, and perhaps a year; else the next such day. */
  private LocalDate american(Matcher parts) {
    if (parts.group(3) != null) {
      return LocalDate.of(CENTURY + number(parts, 3), number(parts, 1), number(parts, 2));
    }
    LocalDate today = now.toLocalDate();
    LocalDate thisYear = LocalDate.of(today.getYear(), number(parts, 1), number(parts, 2));
    return thisYear.isBefore(today)
        ? LocalDate.of(today.getYear() + 1, number(parts, 1), number(parts, 2))
        : thisYear;
  }

  private static int number(Matcher parts, int group) {
    return parts.group(group) == null ? 0 : Integer.parseInt(parts.group(group));
  }
}
