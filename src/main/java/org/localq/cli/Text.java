package org.localq.cli;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.localq.core.ExactText;

/**
 * What came from users, made fit for a terminal: no control character gets through, and no byte is
 * hidden.
 */
final class Text {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss");

  private Text() {}

  /**
   * {@code text} with everything that a terminal would act upon or can't show written as {@code
   * \n}, {@code \x1b}, …
   */
  static String visible(String text) {
    StringBuilder shown = new StringBuilder(text.length());
    text.codePoints().forEach(c -> append(c, shown));
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

  /** {@code words} as a person would type them into a shell, made visible. */
  static String command(List<String> words) {
    StringBuilder line = new StringBuilder();
    for (String word : words) {
      line.append(line.length() == 0 ? "" : " ").append(word(word));
    }
    return line.toString();
  }

  /** One word likewise. */
  static String word(String word) {
    if (!word.isEmpty() && word.chars().allMatch(Text::isPlain)) {
      return word;
    }
    String shown = visible(word);
    boolean escaped = !shown.equals(word) || ExactText.hasEscape(word);
    String quoted = shown.replace("'", escaped ? "\\'" : "'\\''");
    return (escaped ? "$'" : "'") + quoted + "'";
  }

  private static boolean isPlain(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || "@%+=:,./-_".indexOf(c) >= 0
        || (c > 0x7f && Character.isLetterOrDigit(c));
  }

  /** A moment in local time, to the second. */
  static String time(Instant moment, ZoneId zone) {
    return TIME.format(moment.atZone(zone));
  }

  /** {@code 1 core}, {@code 2 cores}. */
  static String count(long number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }
}
