package org.localq.cli;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.localq.core.ExactText;
import org.localq.core.Printable;

/**
 * What came from users, made fit for a terminal: no control character gets through, and no byte is
 * hidden.
 */
final class Text {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss");

  private static final DateTimeFormatter TODAY = DateTimeFormatter.ofPattern("HH:mm:ss");
  private static final DateTimeFormatter EARLIER = DateTimeFormatter.ofPattern("MM-dd HH:mm");

  private Text() {}

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
    String shown = Printable.of(word);
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

  /** A moment in as few characters as tell it: the time of today, else the day and the minute. */
  static String shortTime(Instant moment, ZonedDateTime now) {
    ZonedDateTime local = moment.atZone(now.getZone());
    return (local.toLocalDate().equals(now.toLocalDate()) ? TODAY : EARLIER).format(local);
  }

  /** {@code 1 core}, {@code 2 cores}. */
  static String count(long number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }
}
