package org.localq.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * The numbers of an array's tasks, each once and in order, and how many of its tasks may run at a
 * time. Kept as ranges: a million of them take no more than one.
 *
 * <p>Its text form is Slurm's: {@code 0-15}, {@code 0-15:4}, {@code 1,3,5-7}, and behind all of it
 * {@code %8} for eight at a time. It says what {@link #parse} read, in as few words as serve: of
 * {@code 0-15:4} the last number is 12.
 *
 * <p>A task's place is how far it is from the first, which has the place 1.
 */
public final class TaskNumbers {
  /** The highest that a task can have: nine digits, as in the grammar of {@link JobId}. */
  public static final int HIGHEST = 999_999_999;

  /** No numbers. */
  public static final TaskNumbers NONE = new TaskNumbers(List.of(), OptionalInt.empty());

  private final List<NumberRange> ranges;
  private final OptionalInt throttle;

  /** The place of the first number of each range, and that behind the last of all. */
  private final int[] places;

  /**
   * Numbers in these ranges.
   *
   * @param ranges {@linkplain NumberRange#joined joined}: what is equal looks the same
   */
  TaskNumbers(List<NumberRange> ranges, OptionalInt throttle) {
    this.ranges = List.copyOf(ranges);
    this.throttle = throttle;
    this.places = new int[ranges.size() + 1];
    places[0] = 1;
    for (int i = 0; i < ranges.size(); i++) {
      places[i + 1] = places[i] + ranges.get(i).count();
    }
  }

  /** What a text says. */
  public sealed interface Parsed {
    /** These numbers. */
    record Valid(TaskNumbers numbers) implements Parsed {}

    /** None: what is wrong with it, and what was expected. */
    record Invalid(String reason) implements Parsed {}
  }

  /** Reads the text form. */
  public static Parsed parse(String text) {
    return new TaskNumbersReader(text).read();
  }

  /** The numbers from 1 to {@code last}; none where that is 0. */
  public static TaskNumbers upTo(int last) {
    return last < 1
        ? NONE
        : new TaskNumbers(List.of(new NumberRange(1, last, 1)), OptionalInt.empty());
  }

  /** How many there are. */
  public int count() {
    return places[ranges.size()] - 1;
  }

  /** How many tasks may run at a time; nothing where only the cores say so. */
  public OptionalInt throttle() {
    return throttle;
  }

  /**
   * The number at this place.
   *
   * @param place from 1 to {@link #count}
   */
  public int at(int place) {
    if (place < 1 || place > count()) {
      throw new IllegalArgumentException("place " + place + " of " + count() + " tasks");
    }
    int found = Arrays.binarySearch(places, place);
    int range = found < 0 ? -found - 2 : found;
    return ranges.get(range).at(place - places[range]);
  }

  /** The place of this number; nothing where it is none of them. */
  public OptionalInt placeOf(int number) {
    int low = 0;
    int high = ranges.size() - 1;
    while (low <= high) {
      int middle = (low + high) >>> 1;
      NumberRange range = ranges.get(middle);
      if (number > range.last()) {
        low = middle + 1;
      } else if (number < range.first()) {
        high = middle - 1;
      } else {
        return range.contains(number)
            ? OptionalInt.of(places[middle] + (number - range.first()) / range.step())
            : OptionalInt.empty();
      }
    }
    return OptionalInt.empty();
  }

  /** Whether it is one of them. */
  public boolean contains(int number) {
    return placeOf(number).isPresent();
  }

  /** The lowest. */
  public int lowest() {
    return at(1);
  }

  /** The highest. */
  public int highest() {
    return at(count());
  }

  /** The distance from each to the next, 1 of a single one; nothing where it differs. */
  public OptionalInt step() {
    if (count() == 2) {
      return OptionalInt.of(highest() - lowest());
    }
    return ranges.size() == 1 ? OptionalInt.of(ranges.get(0).step()) : OptionalInt.empty();
  }

  /** Those behind the first {@code places}, which may run as many at a time. */
  public TaskNumbers after(int places) {
    if (places >= count()) {
      return NONE;
    }
    List<NumberRange> rest = new ArrayList<>();
    for (int i = 0; i < ranges.size(); i++) {
      int gone = places + 1 - this.places[i];
      if (gone < ranges.get(i).count()) {
        rest.add(ranges.get(i).after(Math.max(0, gone)));
      }
    }
    return new TaskNumbers(NumberRange.joined(rest), throttle);
  }

  /** Each of them, in order. */
  public IntStream stream() {
    return IntStream.rangeClosed(1, count()).map(this::at);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof TaskNumbers numbers
        && numbers.ranges.equals(ranges)
        && numbers.throttle.equals(throttle);
  }

  @Override
  public int hashCode() {
    return 31 * ranges.hashCode() + throttle.hashCode();
  }

  /** The numbers alone, without how many may run at a time. */
  public String list() {
    StringBuilder text = new StringBuilder();
    for (NumberRange range : ranges) {
      text.append(text.length() == 0 ? "" : ",").append(range);
    }
    return text.toString();
  }

  @Override
  public String toString() {
    return list() + (throttle.isPresent() ? "%" + throttle.getAsInt() : "");
  }
}
