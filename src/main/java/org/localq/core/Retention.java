package org.localq.core;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which records stay in done/.
 *
 * <p>Grammar of its text form: {@code all}, or {@code AGE,COUNT} with AGE a whole number and a
 * unit, {@code s m h d w}, and COUNT a whole number, as in {@code 30d,100000}.
 */
public sealed interface Retention {
  /** The pattern of an AGE. */
  String AGE = "([0-9]{1,9})([smhdw])";

  /** The pattern of a COUNT. */
  String COUNT = "([0-9]{1,18})";

  /** What holds where nothing else is said. */
  Retention DEFAULT = new Bounded(new Age(30, Unit.D), 100_000);

  /** Every record stays. */
  record All() implements Retention {
    @Override
    public String toString() {
      return "all";
    }
  }

  /**
   * A record stays that is young, or among the newest.
   *
   * @param age up to which it is young
   * @param count of the newest, which are those with the highest ids; at least 0
   */
  record Bounded(Age age, long count) implements Retention {
    public Bounded {
      if (count < 0) {
        throw new IllegalArgumentException("a count is at least 0, not " + count);
      }
    }

    /** Those of {@code ids} that are not among the newest, in order; {@code ids} is not changed. */
    public long[] beyondNewest(long[] ids) {
      long[] ordered = ids.clone();
      Arrays.sort(ordered);
      return Arrays.copyOf(ordered, (int) Math.max(0, ordered.length - count));
    }

    /** Whether what was written at {@code written} is older than the age at {@code now}. */
    public boolean isOutlived(Instant written, Instant now) {
      return written.isBefore(now.minus(age.length()));
    }

    @Override
    public String toString() {
      return age + "," + count;
    }
  }

  /**
   * A time as a user writes it.
   *
   * @param number of units; 0 to 999999999
   */
  record Age(long number, Unit unit) {
    public Age {
      if (number < 0 || number > 999_999_999) {
        throw new IllegalArgumentException("an age is 0 to 999999999 units, not " + number);
      }
    }

    Duration length() {
      return unit.length.multipliedBy(number);
    }

    @Override
    public String toString() {
      return number + unit.name().toLowerCase(Locale.ROOT);
    }
  }

  /** In what an age is counted. */
  enum Unit {
    S(Duration.ofSeconds(1)),
    M(Duration.ofMinutes(1)),
    H(Duration.ofHours(1)),
    D(Duration.ofDays(1)),
    W(Duration.ofDays(7));

    private final Duration length;

    Unit(Duration length) {
      this.length = length;
    }
  }

  /** What is wrong with {@code text}, of which {@link #parse} made nothing, and what is right. */
  static String mistake(String text) {
    String[] parts = text.split(",", 2);
    String form = ", as in " + DEFAULT + "; or all, to keep every record";
    if (parts.length < 2) {
      return "is no pair, expected AGE,COUNT" + form;
    }
    return parts[0].matches(AGE)
        ? "COUNT is \"" + parts[1] + "\", expected a whole number of at most 18 digits" + form
        : "AGE is \""
            + parts[0]
            + "\", expected a whole number of at most 9 digits and one of s m h d w"
            + form;
  }

  /** What {@code text} says, or nothing when it is not of the grammar above. */
  static Optional<Retention> parse(String text) {
    if (text.equals("all")) {
      return Optional.of(new All());
    }
    Matcher parts = Pattern.compile(AGE + "," + COUNT).matcher(text);
    if (!parts.matches()) {
      return Optional.empty();
    }
    Unit unit = Unit.valueOf(parts.group(2).toUpperCase(Locale.ROOT));
    return Optional.of(
        new Bounded(new Age(Long.parseLong(parts.group(1)), unit), Long.parseLong(parts.group(3))));
  }
}
