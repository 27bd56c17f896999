package org.localq.core;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Lengths of time in Slurm's forms: {@code M}, {@code M:S}, {@code H:M:S}, {@code D-H}, {@code
 * D-H:M} and {@code D-H:M:S}. A bare number is minutes. Each part can be as large as it likes.
 */
public final class Span {
  /** What sbatch(1) takes for no limit, as it takes 0. */
  private static final Pattern NONE = Pattern.compile("UNLIMITED|INFINITE");

  private static final String N = "([0-9]{1,9})";
  private static final Pattern MINUTES = Pattern.compile(N + "(?::" + N + ")?");
  private static final Pattern HOURS = Pattern.compile(N + ":" + N + ":" + N);
  private static final Pattern DAYS =
      Pattern.compile(N + "-" + N + "(?::" + N + ")?(?::" + N + ")?");

  private Span() {}

  /** The length that {@code text} says; zero for none at all; nothing where it is no such form. */
  public static Optional<Duration> parse(String text) {
    if (NONE.matcher(text).matches()) {
      return Optional.of(Duration.ZERO);
    }
    Matcher minutes = MINUTES.matcher(text);
    if (minutes.matches()) {
      return Optional.of(Duration.ofMinutes(number(minutes, 1)).plusSeconds(number(minutes, 2)));
    }
    Matcher hours = HOURS.matcher(text);
    if (hours.matches()) {
      return Optional.of(clock(hours, 1));
    }
    Matcher days = DAYS.matcher(text);
    return days.matches()
        ? Optional.of(Duration.ofDays(number(days, 1)).plus(clock(days, 2)))
        : Optional.empty();
  }

  private static Duration clock(Matcher parts, int first) {
    return Duration.ofHours(number(parts, first))
        .plusMinutes(number(parts, first + 1))
        .plusSeconds(number(parts, first + 2));
  }

  private static long number(Matcher parts, int group) {
    return parts.group(group) == null ? 0 : Long.parseLong(parts.group(group));
  }

  /**
   * The length as Slurm shows it, {@code [D-]HH:MM:SS}; what is less than a second is left out, and
   * less than nothing is nothing.
   */
  public static String show(Duration length) {
    if (length.isNegative()) {
      return "00:00:00";
    }
    String rest =
        String.format(
            "%02d:%02d:%02d", length.toHoursPart(), length.toMinutesPart(), length.toSecondsPart());
    return length.toDays() > 0 ? length.toDays() + "-" + rest : rest;
  }
}
