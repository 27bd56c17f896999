package org.localq.core;

import java.util.Map;

/**
 * The replacement symbols in the names of output and input files; Slurm's ("filename pattern" in
 * sbatch(1)), as far as they mean something on one machine.
 *
 * <p>{@code %j %A} the job's id, {@code %x} its name, {@code %u} the user, {@code %N} the machine,
 * {@code %n %t} 0, {@code %%} a percent sign. A number between {@code %} and the letter pads {@code
 * %j %A %n %t} with zeros to that width, at most 10. A backslash anywhere switches replacement off
 * and is itself dropped. Any other symbol stays as it is.
 */
public final class FilePattern {
  private static final int WIDEST = 10;

  private FilePattern() {}

  /** What the symbols stand for. */
  public record Values(JobId id, String name, String user, String host) {
    private Map<Character, String> texts() {
      return Map.of('x', name, 'u', user, 'N', host);
    }
  }

  /** {@code pattern} with its symbols replaced. */
  public static String expand(String pattern, Values values) {
    if (pattern.indexOf('\\') >= 0) {
      return pattern.replace("\\", "");
    }
    StringBuilder name = new StringBuilder();
    int i = 0;
    while (i < pattern.length()) {
      char c = pattern.charAt(i);
      int end = c == '%' ? endOfSymbol(pattern, i) : i;
      if (c == '%' && end < pattern.length()) {
        name.append(replace(pattern.substring(i, end + 1), values));
        i = end + 1;
      } else {
        name.append(c);
        i++;
      }
    }
    return name.toString();
  }

  private static int endOfSymbol(String pattern, int percent) {
    int end = percent + 1;
    while (end < pattern.length() && Character.isDigit(pattern.charAt(end))) {
      end++;
    }
    return end;
  }

  private static String replace(String symbol, Values values) {
    char letter = symbol.charAt(symbol.length() - 1);
    String width = symbol.substring(1, symbol.length() - 1);
    if (letter == '%' && width.isEmpty()) {
      return "%";
    }
    return switch (letter) {
      case 'j', 'A' -> pad(values.id().toString(), width);
      // one machine, one task
      case 'n', 't' -> pad("0", width);
      default -> values.texts().getOrDefault(letter, symbol);
    };
  }

  private static String pad(String number, String width) {
    String digits = width.replaceFirst("^0+", "");
    int wide = digits.length() > 2 ? WIDEST : digits.isEmpty() ? 0 : Integer.parseInt(digits);
    return "0".repeat(Math.max(0, Math.min(wide, WIDEST) - number.length())) + number;
  }
}
