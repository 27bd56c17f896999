package org.localq.cli;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Sets words under each other, in columns as wide as some lines want. What is wider in another line
 * pushes the rest of that line aside.
 */
final class Columns {
  private static final String GAP = "  ";

  private final Set<Integer> numbers;
  private final Optional<Integer> most;
  private final int[] widths;

  /**
   * @param numbers the columns that are set to the right
   * @param most where lines are cut; nothing: nowhere
   */
  Columns(List<List<String>> lines, Set<Integer> numbers, Optional<Integer> most) {
    this.numbers = numbers;
    this.most = most;
    this.widths = new int[lines.get(0).size()];
    for (List<String> line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], width(line.get(i)));
      }
    }
  }

  /** Whether the lines that it was made for are shown whole. */
  boolean areWideEnough() {
    int length = GAP.length() * (widths.length - 1);
    for (int width : widths) {
      length += width;
    }
    return most.isEmpty() || length <= most.get();
  }

  /** One line of words. */
  String line(List<String> words) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      String cell = words.get(i);
      String padding = " ".repeat(Math.max(0, widths[i] - width(cell)));
      if (i == widths.length - 1) {
        text.append(cell);
      } else {
        text.append(numbers.contains(i) ? padding + cell : cell + padding).append(GAP);
      }
    }
    return cut(text.toString());
  }

  private String cut(String text) {
    return most.isEmpty() || width(text) <= most.get()
        ? text
        : text.substring(0, text.offsetByCodePoints(0, most.get() - 1)) + "…";
  }

  private static int width(String text) {
    return text.codePointCount(0, text.length());
  }
}
