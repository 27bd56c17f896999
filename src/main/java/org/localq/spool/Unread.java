package org.localq.spool;

import java.util.Arrays;
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
    return next == listed.length && added.isEmpty();
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
    boolean fromListed =
        next < listed.length
            && (added.isEmpty() || new JobId(listed[next]).compareTo(added.first()) <= 0);
    JobId first = fromListed ? new JobId(listed[next++]) : added.first();
    added.remove(first);
    return first;
  }
}
