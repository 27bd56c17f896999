package org.localq.core;

import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * The replacement symbols in the names of output and input files; Slurm's ("filename pattern" in
 * sbatch(1)), as far as they mean something on one machine.
 *
 * <p>{@code %j %A} the job's id, {@code %x} its name, {@code %u} the user, {@code %N} the machine,
 * {@code %n %t} 0, {@code %%} a percent sign. A number between {@code %} and the letter pads {@code
 * %j %A %n %t} with zeros to that width, at most 10. A backslash anywhere switches replacement off
 * and is itself dropped. Any other symbol stays as it is.
 *
 * <p>In an array each task has its own {@code %j} ({@code 17_3}) and {@code %a} ({@code 3}), and
 * {@code %A} is the array's id; numbers pad {@code %A} and {@code %a}, and mean nothing to {@code
 * %j}: a pattern is reduced to these three when the array is submitted, and they are replaced when
 * a task is claimed.
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
    return pattern.indexOf('\\') >= 0
        ? pattern.replace("\\", "")
        : replaceAll(pattern, symbol -> replace(symbol, values));
  }

  /** {@code pattern} with all symbols replaced but those that differ from task to task. */
  public static String reduce(String pattern, Values values) {
    if (pattern.indexOf('\\') >= 0) {
      return escape(pattern.replace("\\", ""));
    }
    return replaceAll(
        pattern, symbol -> isOfTask(symbol) ? symbol : escape(replace(symbol, values)));
  }

  /** A reduced pattern with its symbols replaced for a task. */
  public static String expandTask(String reduced, JobId task) {
    return replaceAll(
        reduced,
        symbol -> {
          String width = symbol.substring(1, symbol.length() - 1);
          return switch (symbol.charAt(symbol.length() - 1)) {
            case 'j' -> task.toString();
            case 'A' -> pad(Long.toString(task.number()), width);
            case 'a' -> pad(Integer.toString(task.task()), width);
            case '%' -> width.isEmpty() ? "%" : symbol;
            default -> symbol;
          };
        });
  }

  /** Whether a reduced pattern means another file for each task. */
  public static boolean differsByTask(String reduced) {
    return !expandTask(reduced, new JobId(1, 0)).equals(expandTask(reduced, new JobId(1, 1)));
  }

  /** A pattern that means exactly {@code name}. */
  public static String escape(String name) {
    return name.replace("%", "%%");
  }

  private static boolean isOfTask(String symbol) {
    return "jAa".indexOf(symbol.charAt(symbol.length() - 1)) >= 0;
  }

  private static String replaceAll(String pattern, UnaryOperator<String> replacement) {
    StringBuilder name = new StringBuilder();
    int i = 0;
    while (i < pattern.length()) {
      char c = pattern.charAt(i);
      int end = c == '%' ? endOfSymbol(pattern, i) : i;
      if (c == '%' && end < pattern.length()) {
        name.append(replacement.apply(pattern.substring(i, end + 1)));
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
