package org.localq.core;

import java.util.Arrays;
import java.util.Collection;

/** Ids of jobs, each once and in order, as bare numbers: there can be a million of them. */
public final class IdSet {
  public static final IdSet NONE = new IdSet(new long[0]);

  private final long[] numbers;

  private IdSet(long[] sorted) {
    this.numbers = sorted;
  }

  /** The ids of these numbers, in whatever order and however often they come. */
  public static IdSet of(long... numbers) {
    long[] sorted = numbers.clone();
    Arrays.sort(sorted);
    int size = 0;
    for (int i = 0; i < sorted.length; i++) {
      if (i == 0 || sorted[i] != sorted[i - 1]) {
        sorted[size++] = sorted[i];
      }
    }
    return new IdSet(size == sorted.length ? sorted : Arrays.copyOf(sorted, size));
  }

  /** These ids. */
  public static IdSet of(Collection<JobId> ids) {
    long[] numbers = new long[ids.size()];
    int i = 0;
    for (JobId id : ids) {
      numbers[i++] = id.number();
    }
    return of(numbers);
  }

  public int size() {
    return numbers.length;
  }

  public boolean isEmpty() {
    return numbers.length == 0;
  }

  /** The id before which there are {@code index} others. */
  public JobId get(int index) {
    return new JobId(numbers[index]);
  }

  public boolean contains(JobId id) {
    return Arrays.binarySearch(numbers, id.number()) >= 0;
  }

  /** The ids that are here or there. */
  public IdSet with(IdSet others) {
    if (isEmpty() || others.isEmpty()) {
      return isEmpty() ? others : this;
    }
    long[] both = Arrays.copyOf(numbers, numbers.length + others.numbers.length);
    System.arraycopy(others.numbers, 0, both, numbers.length, others.numbers.length);
    return of(both);
  }

  /** The ids that are here and not there. */
  public IdSet without(IdSet others) {
    if (isEmpty() || others.isEmpty()) {
      return this;
    }
    long[] left = new long[numbers.length];
    int size = 0;
    for (long number : numbers) {
      if (Arrays.binarySearch(others.numbers, number) < 0) {
        left[size++] = number;
      }
    }
    return new IdSet(Arrays.copyOf(left, size));
  }
}
