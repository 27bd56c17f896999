package org.localq.core;

/**
 * What came from users, made fit for a terminal and a log: no control character gets through, and
 * no byte is hidden.
 */
public final class Printable {
  private Printable() {}

  /**
   * {@code text} with everything that a terminal would act upon or can't show written as {@code
   * \n}, {@code \x1b}, …
   */
  public static String of(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    // a loop and no stream, whose functions a cold JVM has to link first
    for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
      append(text.codePointAt(i), shown);
    }
    return shown.toString();
  }

  private static void append(int c, StringBuilder shown) {
    switch (c) {
      case '\n' -> shown.append("\\n");
      case '\t' -> shown.append("\\t");
      case '\r' -> shown.append("\\r");
      default -> {
        if (c >= 0xdc80 && c <= 0xdcff) {
          shown.append(String.format("\\x%02x", c - 0xdc00));
        } else if (isInvisible(c)) {
          shown.append(c < 0x80 ? String.format("\\x%02x", c) : String.format("\\u%04x", c));
        } else {
          shown.appendCodePoint(c);
        }
      }
    }
  }

  /** Controls, marks that turn the direction of writing, and what is no character. */
  private static boolean isInvisible(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }
}
