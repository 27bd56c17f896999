package org.localq.worker;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
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

  /** When something is to be done first, in the machine's uptime, that no file announces. */
  Optional<Duration> due() {
    Optional<Duration> first = Optional.empty();
    for (Memory memory : attempts.values()) {
      Optional<Duration> its = memory.due();
      if (its.isPresent() && (first.isEmpty() || its.get().compareTo(first.get()) < 0)) {
        first = its;
      }
    }
    return first;
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
