package org.localq.core;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeSet;

/**
 * Reads one text as {@link TaskNumbers}, in time and memory that its length bounds, whatever it
 * says.
 */
final class TaskNumbersReader {
  /** So many ranges serve anybody. */
  private static final int MOST_RANGES = 100_000;

  /** So many numbers are sorted one by one, where ranges with gaps reach into each other. */
  private static final int MOST_SORTED = 100_000;

  private static final String EXPECTED =
      "expected whole numbers from 0 to "
          + TaskNumbers.HIGHEST
          + " as in 0-15, 1,3,5-7 or 0-15:4, and %8 at the end for eight tasks at a time";

  private final String text;

  TaskNumbersReader(String text) {
    this.text = text;
  }

  /** Ends the reading. Caught here, never seen outside. */
  private static final class Mistake extends RuntimeException {
    private static final long serialVersionUID = 1;

    Mistake(String what, String expected) {
      super(what + ", " + expected, null, false, false);
    }
  }

  TaskNumbers.Parsed read() {
    try {
      int percent = text.indexOf('%');
      OptionalInt throttle =
          percent < 0 ? OptionalInt.empty() : OptionalInt.of(throttle(text.substring(percent + 1)));
      List<NumberRange> ranges = ranges(percent < 0 ? text : text.substring(0, percent));
      Collections.sort(ranges);
      List<NumberRange> apart = NumberRange.joined(apart(ranges));
      long count = count(apart);
      if (count > Tasks.MOST) {
        throw new Mistake("names " + count + " tasks", "expected at most " + Tasks.MOST);
      }
      return new TaskNumbers.Parsed.Valid(new TaskNumbers(apart, throttle));
    } catch (Mistake mistake) {
      return new TaskNumbers.Parsed.Invalid(mistake.getMessage());
    }
  }

  private static int throttle(String word) {
    int most = number(word);
    if (most < 1) {
      throw new Mistake(
          "with %" + shortened(word) + " no task could run",
          "expected at least %1, or no % at all");
    }
    return most;
  }

  private static List<NumberRange> ranges(String list) {
    List<NumberRange> ranges = new ArrayList<>();
    int start = 0;
    while (start <= list.length()) {
      int comma = list.indexOf(',', start);
      int end = comma < 0 ? list.length() : comma;
      ranges.add(range(list.substring(start, end)));
      start = end + 1;
      if (ranges.size() > MOST_RANGES) {
        throw new Mistake("lists more than " + MOST_RANGES + " ranges", "expected fewer");
      }
    }
    return ranges;
  }

  private static NumberRange range(String word) {
    int dash = word.indexOf('-');
    if (dash < 0) {
      int number = number(word);
      return new NumberRange(number, number, 1);
    }
    int colon = word.indexOf(':', dash);
    int first = number(word.substring(0, dash));
    int last = number(word.substring(dash + 1, colon < 0 ? word.length() : colon));
    int step = colon < 0 ? 1 : number(word.substring(colon + 1));
    if (last < first) {
      throw new Mistake(
          "\"" + shortened(word) + "\" counts down", "expected the lower number first");
    }
    if (step < 1) {
      throw new Mistake(
          "\"" + shortened(word) + "\" has the step 0", "expected a step of at least 1");
    }
    return NumberRange.upTo(first, last, step);
  }

  private static int number(String word) {
    if (word.isEmpty()) {
      throw new Mistake("a number is missing", EXPECTED);
    }
    long number = 0;
    for (int i = 0; i < word.length(); i++) {
      char digit = word.charAt(i);
      if (digit < '0' || digit > '9') {
        throw new Mistake("\"" + shortened(word) + "\" is no number", EXPECTED);
      }
      number = Math.min(number * 10 + (digit - '0'), TaskNumbers.HIGHEST + 1L);
    }
    if (number > TaskNumbers.HIGHEST) {
      throw new Mistake(shortened(word) + " is too high", EXPECTED);
    }
    return (int) number;
  }

  private static String shortened(String word) {
    return word.length() <= 20 ? word : word.substring(0, 20) + "…";
  }

  /** The same numbers in ranges of which none reaches the next. */
  private static List<NumberRange> apart(List<NumberRange> sorted) {
    List<NumberRange> apart = new ArrayList<>();
    List<NumberRange> heap = new ArrayList<>();
    int last = -1;
    for (NumberRange next : sorted) {
      if (next.first() > last && !heap.isEmpty()) {
        apart.addAll(sortedOut(heap, last));
        heap.clear();
      }
      heap.add(next);
      last = Math.max(last, next.last());
    }
    apart.addAll(sortedOut(heap, last));
    return apart;
  }

  /**
   * The same for ranges each of which reaches into others.
   *
   * @param last the highest number in them
   */
  private static List<NumberRange> sortedOut(List<NumberRange> heap, int last) {
    NumberRange longest = heap.get(0);
    boolean whole = true;
    for (NumberRange range : heap) {
      longest = range.count() > longest.count() ? range : longest;
      whole &= range.step() == 1;
    }
    if (longest.containsAll(heap)) {
      return List.of(longest);
    }
    if (whole) {
      return List.of(NumberRange.upTo(heap.get(0).first(), last, 1));
    }
    long count = count(heap);
    if (count > MOST_SORTED) {
      throw new Mistake(
          "ranges of " + count + " numbers reach into each other",
          "expected at most " + MOST_SORTED + " there; write ranges that follow each other");
    }
    TreeSet<Integer> numbers = new TreeSet<>();
    for (NumberRange range : heap) {
      for (int i = 0; i < range.count(); i++) {
        numbers.add(range.at(i));
      }
    }
    // they are joined with all others
    List<NumberRange> singles = new ArrayList<>();
    for (int number : numbers) {
      singles.add(new NumberRange(number, number, 1));
    }
    return singles;
  }

  private static long count(List<NumberRange> ranges) {
    long count = 0;
    for (NumberRange range : ranges) {
      count += range.count();
    }
    return count;
  }
}
