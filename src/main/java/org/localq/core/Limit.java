package org.localq.core;

import java.util.Optional;

/**
 * A soft and a hard limit, in the kernel's units.
 *
 * @param soft what holds; at least 0, {@link #UNLIMITED} for none
 * @param hard up to where the process may raise it; likewise
 */
public record Limit(long soft, long hard) {
  /** No limit at all. */
  public static final long UNLIMITED = Long.MAX_VALUE;

  private static final String NONE = "unlimited";

  public Limit {
    if (soft < 0 || hard < 0) {
      throw new IllegalArgumentException("a limit is at least 0, not " + soft + ":" + hard);
    }
  }

  /** The limit that {@code soft:hard} says, each a number or {@code unlimited}; or nothing. */
  public static Optional<Limit> parse(String text) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      return Optional.empty();
    }
    Optional<Long> soft = parseValue(text.substring(0, colon));
    Optional<Long> hard = parseValue(text.substring(colon + 1));
    return soft.isPresent() && hard.isPresent()
        ? Optional.of(new Limit(soft.get(), hard.get()))
        : Optional.empty();
  }

  private static Optional<Long> parseValue(String text) {
    if (text.equals(NONE)) {
      return Optional.of(UNLIMITED);
    }
    return text.matches("[0-9]{1,18}") ? Optional.of(Long.parseLong(text)) : Optional.empty();
  }

  /** What {@link #parse} reads. */
  @Override
  public String toString() {
    return show(soft) + ":" + show(hard);
  }

  private static String show(long value) {
    return value == UNLIMITED ? NONE : Long.toString(value);
  }
}
