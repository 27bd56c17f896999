package org.localq.cli;

import java.util.List;
import org.localq.core.ExactText;
import org.localq.core.Printable;
import org.localq.spool.Entry;

/**
 * What came from users, made fit for a terminal: no control character gets through, and no byte is
 * hidden.
 */
final class Text {
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
    if (isPlain(word)) {
      return word;
    }
    String shown = Printable.of(word);
    boolean escaped = !shown.equals(word) || ExactText.hasEscape(word);
    String quoted = shown.replace("'", escaped ? "\\'" : "'\\''");
    return (escaped ? "$'" : "'") + quoted + "'";
  }

  private static boolean isPlain(String word) {
    for (int i = 0; i < word.length(); i++) {
      if (!isPlain(word.charAt(i))) {
        return false;
      }
    }
    return !word.isEmpty();
  }

  private static boolean isPlain(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || "@%+=:,./-_".indexOf(c) >= 0
        || (c > 0x7f && Character.isLetterOrDigit(c));
  }

  /** What a sentence calls a job: {@code job 17_3}, {@code array 17}. */
  static String name(Entry entry) {
    return (isArray(entry) ? "array " : "job ") + entry.id();
  }

  static boolean isArray(Entry entry) {
    return entry instanceof Entry.Array
        || (entry instanceof Entry.Finished finished && finished.tasks().isPresent());
  }

  /** {@code 1 core}, {@code 2 cores}. */
  static String count(long number, String noun) {
    return number + " " + noun + (number == 1 ? "" : "s");
  }
}
