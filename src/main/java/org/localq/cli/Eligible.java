package org.localq.cli;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.localq.core.Candidate;
import org.localq.core.IdSet;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Readiness;
import org.localq.core.Reason;
import org.localq.core.Requirements;
import org.localq.core.Schedule;
import org.localq.spool.Fates;
import org.localq.spool.Listing;
import org.localq.spool.Spool;

/**
 * Which of the pending jobs take their turn, told from the files as a worker does: those whose time
 * has come, and for which nothing is left to become of other jobs.
 */
final class Eligible {
  private final Spool spool;
  private final Instant now;
  private Optional<Fates> fates = Optional.empty();
  private Optional<Names> names = Optional.empty();

  Eligible(Spool spool, Instant now) {
    this.spool = spool;
    this.now = now;
  }

  /** Whether a pending job takes its turn. */
  Readiness of(JobId id, Job job) throws IOException {
    Requirements requirements = job.requirements();
    if (requirements.isFree()) {
      return new Readiness.Ready();
    }
    if (fates.isEmpty()) {
      fates = Optional.of(spool.fates());
    }
    return fates.get().readiness(id, requirements, () -> names().hasEarlier(id, job.name()), now);
  }

  /** Why a pending job takes no turn; nothing where it does. */
  Optional<Reason> reason(JobId id, Job job) throws IOException {
    Readiness readiness = of(id, job);
    if (readiness instanceof Readiness.Waiting waiting) {
      return Optional.of(waiting.reason());
    }
    return readiness instanceof Readiness.Never
        ? Optional.of(Reason.DEPENDENCY_NEVER_SATISFIED)
        : Optional.empty();
  }

  /** The time that a pending job waits for; nothing where it waits for anything else. */
  Optional<Instant> begin(JobId id, Job job) throws IOException {
    return of(id, job) instanceof Readiness.Waiting waiting && waiting.reason() == Reason.BEGIN_TIME
        ? waiting.due()
        : Optional.empty();
  }

  /** What is said of a pending job that takes no turn; nothing where it does. */
  Optional<Schedule.Waiting> withoutTurn(JobId id, Job job) throws IOException {
    Optional<Reason> reason = reason(id, job);
    return reason.isEmpty()
        ? Optional.empty()
        : Optional.of(new Schedule.Waiting(id, OptionalInt.empty(), 0, reason));
  }

  /** Whether a job takes no turn for this reason, whoever works on the queue. */
  static boolean isOne(Reason reason) {
    return switch (reason) {
      case BEGIN_TIME, DEPENDENCY, DEPENDENCY_NEVER_SATISFIED -> true;
      default -> false;
    };
  }

  /** A job that is no array and no task, as it takes its turn. */
  static Candidate candidate(JobId id, Job job) {
    return Candidate.of(id, job.requirements(), 0, OptionalInt.empty());
  }

  /** The jobs that go before those of the usual rank, as far as they are marked. */
  List<Candidate> early() throws IOException {
    List<Candidate> early = new ArrayList<>();
    for (JobId id : spool.early()) {
      Optional<Candidate> candidate = candidate(id);
      if (candidate.isPresent() && candidate.get().rank() > 0) {
        early.add(candidate.get());
      }
    }
    return early;
  }

  /** The job of this id if it takes its turn. */
  Optional<Candidate> candidate(JobId id) throws IOException {
    Optional<Spool.Pending> pending = spool.pendingJob(id);
    return pending.isPresent() && of(id, pending.get().job()) instanceof Readiness.Ready
        ? Optional.of(pending.get().candidate())
        : Optional.empty();
  }

  private Names names() throws IOException {
    if (names.isEmpty()) {
      names = Optional.of(new Names(spool));
    }
    return names.get();
  }

  /** The first job of each name; read only as far as anybody asks. */
  private static final class Names {
    private final Spool spool;
    private final IdSet live;
    private final Map<String, JobId> firsts = new HashMap<>();
    private int next;

    Names(Spool spool) throws IOException {
      this.spool = spool;
      Listing listing = spool.listing();
      this.live = listing.pending().with(listing.held()).with(listing.running());
    }

    boolean hasEarlier(JobId id, String name) throws IOException {
      while (next < live.size() && live.get(next).number() < id.number()) {
        JobId other = live.get(next);
        spool.nameOfLive(other).ifPresent(its -> firsts.putIfAbsent(its, other));
        next++;
      }
      JobId first = firsts.get(name);
      return first != null && first.number() < id.number();
    }
  }
}
