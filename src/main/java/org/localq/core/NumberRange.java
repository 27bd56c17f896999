package org.localq.core;

import java.util.ArrayList;
import java.util.List;

/**
 * Numbers at one distance from each other.
 *
 * @param last not below the first, and one of them
 * @param step 1 where there is but one
 */
record NumberRange(int first, int last, int step) implements Comparable<NumberRange> {
  /** The numbers from {@code first} on in steps, none of which is beyond {@code end}. */
  static NumberRange upTo(int first, int end, int step) {
    int last = end - (end - first) % step;
    return new NumberRange(first, last, last == first ? 1 : step);
  }

  int count() {
    return (last - first) / step + 1;
  }

  /** The number before which there are {@code index} others. */
  int at(int index) {
    return first + index * step;
  }

  boolean contains(int number) {
    return number >= first && number <= last && (number - first) % step == 0;
  }

  /** Whether all of these are among its own. */
  boolean containsAll(List<NumberRange> others) {
    for (NumberRange other : others) {
      boolean goesAlong = other.first == other.last || other.step % step == 0;
      if (!goesAlong || !contains(other.first) || !contains(other.last)) {
        return false;
      }
    }
    return true;
  }

  /** Those behind the first {@code gone}, of which there are more. */
  NumberRange after(int gone) {
    return upTo(at(gone), last, step);
  }

  /** Whether it is more than one number, each the neighbour of the next. */
  private boolean isRun() {
    return step == 1 && first != last;
  }

  /**
   * The same numbers in the one form that they have, however they were said: neighbours are one
   * range; of the others, from the first on, three and more at one distance are; the rest is
   * single.
   *
   * @param ranges in order, none of which reaches the next
   */
  static List<NumberRange> joined(List<NumberRange> ranges) {
    return new Joining(neighboursJoined(ranges)).joined();
  }

  private static List<NumberRange> neighboursJoined(List<NumberRange> ranges) {
    List<NumberRange> joined = new ArrayList<>();
    for (NumberRange range : ranges) {
      int end = joined.size() - 1;
      if (end < 0 || joined.get(end).last + 1 != range.first) {
        joined.add(range);
        continue;
      }
      NumberRange before = joined.remove(end);
      if (before.step > 1) {
        joined.add(upTo(before.first, before.last - 1, before.step));
      }
      int first = before.step > 1 ? before.last : before.first;
      joined.add(new NumberRange(first, range.step > 1 ? range.first : range.last, 1));
      if (range.step > 1) {
        joined.add(range.after(1));
      }
    }
    return joined;
  }

  /** Joins those that are no neighbours. */
  private static final class Joining {
    private final List<NumberRange> joined = new ArrayList<>();
    private final List<NumberRange> ranges;
    private int next;

    Joining(List<NumberRange> ranges) {
      this.ranges = new ArrayList<>(ranges);
    }

    List<NumberRange> joined() {
      while (next < ranges.size()) {
        NumberRange from = ranges.get(next);
        boolean alone =
            from.first == from.last && (next + 1 == ranges.size() || ranges.get(next + 1).isRun());
        if (from.isRun() || alone) {
          joined.add(from);
          next++;
        } else {
          take(from);
        }
      }
      return joined;
    }

    private void take(NumberRange from) {
      int distance = from.first == from.last ? ranges.get(next + 1).first - from.last : from.step;
      int last = from.last;
      int end = next + 1;
      while (goesOn(end, last, distance) && isWhole(ranges.get(end), distance)) {
        last = ranges.get(end).last;
        end++;
      }
      // of a range at another distance the first number alone may belong here
      boolean oneMore = goesOn(end, last, distance);
      last = oneMore ? ranges.get(end).first : last;
      if ((last - from.first) / distance < 2) {
        joined.add(new NumberRange(from.first, from.first, 1));
        dropFirst(next);
        return;
      }
      joined.add(new NumberRange(from.first, last, distance));
      next = end;
      if (oneMore) {
        dropFirst(end);
      }
    }

    private boolean goesOn(int index, int last, int distance) {
      return index < ranges.size()
          && !ranges.get(index).isRun()
          && ranges.get(index).first - last == distance;
    }

    private static boolean isWhole(NumberRange more, int distance) {
      return more.first == more.last || more.step == distance;
    }

    /** The first number of a range is done with. */
    private void dropFirst(int index) {
      if (ranges.get(index).count() == 1) {
        next = index + 1;
      } else {
        ranges.set(index, ranges.get(index).after(1));
      }
    }
  }

  /** By the first number. */
  @Override
  public int compareTo(NumberRange other) {
    return Integer.compare(first, other.first);
  }

  /** As Slurm writes it. */
  @Override
  public String toString() {
    return first == last
        ? Integer.toString(first)
        : first + "-" + last + (step == 1 ? "" : ":" + step);
  }
}
