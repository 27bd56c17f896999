package org.localq.engine;

/** Words for a POSIX shell. */
public final class Quoting {
  private Quoting() {}

  /** {@code word} in single quotes, so that the shell takes it literally. */
  public static String quote(String word) {
    return "'" + word.replace("'", "'\\''") + "'";
  }
}
