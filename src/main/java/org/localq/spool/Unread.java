package org.localq.spool;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import org.localq.core.JobId;

/**
 * Ids in order, those that were listed as bare numbers: there can be a million, of which only the
 * first are wanted now.
 */
final class Unread {
  private final long[] listed;
  private int next;
  private final TreeSet<JobId> added = new TreeSet<>();

  /** Of those that were listed and are not taken by their order: which were taken before. */
  private final Set<Long> taken = new HashSet<>();

  /**
   * These ids.
   *
   * @param listed in no order; taken over
   */
  Unread(long[] listed) {
    this.listed = listed;
    Arrays.sort(listed);
  }

  boolean isEmpty() {
    return size() == 0;
  }

  /** How many there are at most. */
  int size() {
    return listed.length - next - taken.size() + added.size();
  }

  boolean contains(JobId id) {
    return added.contains(id) || isListed(id);
  }

  private boolean isListed(JobId id) {
    return !id.isTask()
        && Arrays.binarySearch(listed, next, listed.length, id.number()) >= 0
        && !taken.contains(id.number());
  }

  /** Takes this one out of its turn, if it is there. */
  void take(JobId id) {
    added.remove(id);
    if (isListed(id)) {
      taken.add(id.number());
    }
  }

  /** The lowest; there has to be one. */
  JobId first() {
    skipTaken();
    return isListedFirst() ? new JobId(listed[next]) : added.first();
  }

  private boolean isListedFirst() {
    return next < listed.length
        && (added.isEmpty() || new JobId(listed[next]).compareTo(added.first()) <= 0);
  }

  private void skipTaken() {
    while (next < listed.length && !taken.isEmpty() && taken.remove(listed[next])) {
      next++;
    }
  }

  void add(JobId id) {
    added.add(id);
  }

  /** Takes back what was added. */
  void remove(JobId id) {
    added.remove(id);
  }

  /** Takes the lowest; there has to be one. */
  JobId takeFirst() {
    JobId first = first();
    if (isListedFirst()) {
      next++;
    }
    added.remove(first);
    return first;
  }
}
