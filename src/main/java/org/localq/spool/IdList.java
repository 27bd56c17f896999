package org.localq.spool;

import java.util.Arrays;

/** Ids as bare numbers, eight bytes each: there can be a million records. */
final class IdList {
  private long[] numbers = new long[64];
  private int size;

  void add(long number) {
    if (size == numbers.length) {
      numbers = Arrays.copyOf(numbers, 2 * size);
    }
    numbers[size++] = number;
  }

  /** The numbers in the order in which they were added. */
  long[] toArray() {
    return Arrays.copyOf(numbers, size);
  }
}
