package org.localq.worker;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.localq.core.JobId;
import org.localq.engine.Mark;

/** What a judge remembers from one round to the next: of each attempt, and of itself. */
final class Memories {
  private final Map<Mark, Memory> attempts = new HashMap<>();
  private boolean newcomer = true;

  /** What is remembered of an attempt. */
  Memory of(Mark mark) {
    return attempts.computeIfAbsent(mark, first -> new Memory());
  }

  /** Forgets an attempt. */
  void forget(Mark mark) {
    attempts.remove(mark);
  }

  /** Forgets all jobs but these. */
  void retain(Set<JobId> jobs) {
    attempts.keySet().removeIf(mark -> !jobs.contains(mark.id()));
  }

  /** Whether no round is over yet, so that whatever is met was there before. */
  boolean isNewcomer() {
    return newcomer;
  }

  /** A round is over. */
  void settled() {
    newcomer = false;
  }
}
