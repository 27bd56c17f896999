package org.localq.core;

import java.util.Locale;
import java.util.Optional;

/**
 * A signal that a user can have sent, by its name without {@code SIG}. The numbers are those of
 * Linux on all its machines but MIPS, Alpha, SPARC and PA-RISC; see signal(7).
 */
public enum Signal {
  HUP(1),
  INT(2),
  QUIT(3),
  ABRT(6),
  KILL(9),
  USR1(10),
  USR2(12),
  ALRM(14),
  TERM(15),
  CONT(18),
  STOP(19),
  TSTP(20),
  URG(23),
  XCPU(24),
  WINCH(28);

  private static final String PREFIX = "SIG";

  private final int number;

  Signal(int number) {
    this.number = number;
  }

  /**
   * The signal that {@code text} names: its word in either case, with SIG or not, or its number.
   */
  public static Optional<Signal> parse(String text) {
    String upper = text.toUpperCase(Locale.ROOT);
    String word = upper.startsWith(PREFIX) ? upper.substring(PREFIX.length()) : upper;
    for (Signal signal : values()) {
      if (signal.name().equals(word) || Integer.toString(signal.number).equals(text)) {
        return Optional.of(signal);
      }
    }
    return Optional.empty();
  }

  public int number() {
    return number;
  }
}
