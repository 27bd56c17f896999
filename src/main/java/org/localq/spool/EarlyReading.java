package org.localq.spool;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.localq.core.JobId;

/**
 * Which of the pending jobs that are not read yet are to be read before it is their ids' turn:
 * those that are {@linkplain EarlyJobs marked}. Sees to it, too, that marks go when their jobs
 * have.
 */
final class EarlyReading {
  /** Whoever marks a job publishes it at once. */
  static final Duration ABANDONED = Duration.ofHours(1);

  private final NavigableSet<JobId> wanted = new TreeSet<>();

  /** Came since the listing, marked or not. */
  private final Set<JobId> unsure = new HashSet<>();

  /** Marked and not in the root, and since when that was seen. */
  private final Map<JobId, Duration> strays = new HashMap<>();

  private Set<JobId> absent = Set.of();

  /**
   * The root was listed, and the marks behind it: of a job that is in the root the mark was made
   * before.
   *
   * @param isUnread whether a job is in the root and not read yet
   */
  void listed(Set<JobId> marked, Predicate<JobId> isUnread, Predicate<JobId> isKnown) {
    wanted.clear();
    Set<JobId> notThere = new HashSet<>();
    for (JobId id : marked) {
      if (isUnread.test(id)) {
        wanted.add(id);
      } else if (!isKnown.test(id)) {
        notThere.add(id);
      }
    }
    absent = notThere;
    strays.keySet().retainAll(notThere);
  }

  /** A job has come, or come back, and is not read yet. */
  void came(JobId id) {
    unsure.add(id);
  }

  /** This one is not to be read. */
  void forget(JobId id) {
    wanted.remove(id);
    unsure.remove(id);
  }

  /**
   * Looks which of those that came are marked.
   *
   * @param all whether all are read now anyway
   */
  void look(EarlyJobs marks, boolean all) throws IOException {
    if (!all) {
      for (JobId id : unsure) {
        if (marks.isMarked(id)) {
          wanted.add(id);
        }
      }
    }
    unsure.clear();
  }

  boolean isEmpty() {
    return wanted.isEmpty();
  }

  /** Takes one; there has to be one. */
  JobId takeFirst() {
    return wanted.pollFirst();
  }

  /**
   * Removes the marks that nobody needs any more.
   *
   * @param now a time that only goes forward
   */
  void sweep(Spool spool, Duration now) throws IOException {
    for (JobId id : absent) {
      Duration since = strays.computeIfAbsent(id, first -> now);
      // a claimed job may come back; of one that is nowhere the file may be just about to come
      boolean isOld = now.minus(since).compareTo(ABANDONED) > 0;
      if (spool.isOver(id) || (isOld && !spool.isElsewhere(id))) {
        spool.earlyJobs().remove(id);
      }
    }
    absent = Set.of();
  }
}
