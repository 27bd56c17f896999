package org.localq.core;

import java.util.Optional;

/**
 * A file mode creation mask.
 *
 * @param bits 0 to 0777
 */
public record Umask(int bits) {
  private static final int ALL = 0777;

  public Umask {
    if (bits < 0 || bits > ALL) {
      throw new IllegalArgumentException(
          "a umask is 0 to 0777, not " + Integer.toOctalString(bits));
    }
  }

  /** The mask that one to four octal digits name, or nothing. */
  public static Optional<Umask> parse(String text) {
    if (text.isEmpty() || text.length() > 4) {
      return Optional.empty();
    }
    // not by a pattern, which takes a cold JVM longer than all the rest
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '7') {
        return Optional.empty();
      }
    }
    int bits = Integer.parseInt(text, 8);
    return bits > ALL ? Optional.empty() : Optional.of(new Umask(bits));
  }

  /** Four octal digits. */
  @Override
  public String toString() {
    // by hand: the first use of a format takes a cold JVM 2 ms
    String digits = Integer.toOctalString(bits);
    return "0".repeat(4 - digits.length()) + digits;
  }
}
