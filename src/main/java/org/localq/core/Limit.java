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

  /** So many digits always fit into a long. */
  private static final int MOST_DIGITS = 18;

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
    if (text.isEmpty() || text.length() > MOST_DIGITS) {
      return Optional.empty();
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return Optional.empty();
      }
    }
    return Optional.of(Long.parseLong(text));
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
