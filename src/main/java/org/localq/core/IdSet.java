package org.localq.core;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Ids of jobs, each once and in order. Those that are no task's are kept as bare numbers: there can
 * be a million of them.
 */
public final class IdSet {
  private static final JobId[] NO_TASKS = new JobId[0];

  public static final IdSet NONE = new IdSet(new long[0], NO_TASKS);

  private final long[] numbers;
  private final JobId[] tasks;

  /** How many ids there are before each of the tasks. */
  private final int[] places;

  private IdSet(long[] sortedNumbers, JobId[] sortedTasks) {
    this.numbers = sortedNumbers;
    this.tasks = sortedTasks;
    this.places = new int[sortedTasks.length];
    for (int i = 0; i < places.length; i++) {
      int found = Arrays.binarySearch(numbers, tasks[i].number());
      places[i] = i + (found < 0 ? -found - 1 : found);
    }
  }

  /** The ids of these numbers, in whatever order and however often they come. */
  public static IdSet of(long... numbers) {
    return new IdSet(sorted(numbers), NO_TASKS);
  }

  /** These ids. */
  public static IdSet of(Collection<JobId> ids) {
    long[] numbers = new long[ids.size()];
    int size = 0;
    SortedSet<JobId> tasks = new TreeSet<>();
    for (JobId id : ids) {
      if (id.isTask()) {
        tasks.add(id);
      } else {
        numbers[size++] = id.number();
      }
    }
    return new IdSet(sorted(Arrays.copyOf(numbers, size)), tasks.toArray(NO_TASKS));
  }

  private static long[] sorted(long[] numbers) {
    long[] sorted = numbers.clone();
    Arrays.sort(sorted);
    int size = 0;
    for (int i = 0; i < sorted.length; i++) {
      if (i == 0 || sorted[i] != sorted[i - 1]) {
        sorted[size++] = sorted[i];
      }
    }
    return size == sorted.length ? sorted : Arrays.copyOf(sorted, size);
  }

  public int size() {
    return numbers.length + tasks.length;
  }

  public boolean isEmpty() {
    return size() == 0;
  }

  /** The id before which there are {@code index} others. */
  public JobId get(int index) {
    int found = Arrays.binarySearch(places, index);
    return found < 0 ? new JobId(numbers[index - (-found - 1)]) : tasks[found];
  }

  public boolean contains(JobId id) {
    return id.isTask()
        ? Arrays.binarySearch(tasks, id) >= 0
        : Arrays.binarySearch(numbers, id.number()) >= 0;
  }

  /** Those of them that are tasks of this array. */
  public List<JobId> tasksOf(JobId array) {
    List<JobId> found = new ArrayList<>();
    for (JobId task : tasks) {
      if (task.number() == array.number()) {
        found.add(task);
      }
    }
    return found;
  }

  /** The ids that are here or there. */
  public IdSet with(IdSet others) {
    if (isEmpty() || others.isEmpty()) {
      return isEmpty() ? others : this;
    }
    long[] both = Arrays.copyOf(numbers, numbers.length + others.numbers.length);
    System.arraycopy(others.numbers, 0, both, numbers.length, others.numbers.length);
    SortedSet<JobId> all = new TreeSet<>(Arrays.asList(tasks));
    all.addAll(Arrays.asList(others.tasks));
    return new IdSet(sorted(both), all.toArray(NO_TASKS));
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
    SortedSet<JobId> tasksLeft = new TreeSet<>(Arrays.asList(tasks));
    tasksLeft.removeAll(Arrays.asList(others.tasks));
    return new IdSet(Arrays.copyOf(left, size), tasksLeft.toArray(NO_TASKS));
  }
}
