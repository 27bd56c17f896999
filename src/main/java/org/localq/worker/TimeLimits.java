package org.localq.worker;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.localq.core.Claim;
import org.localq.core.Span;
import org.localq.core.TimeLimit;
import org.localq.spool.JobFile;

/**
 * Holds running jobs to their time limits: sends the warning that was asked for, and decides that
 * the time is over. It owns how the time is counted; how a job is brought to its end is {@link
 * Ending}'s.
 *
 * <p>The clock is the machine's uptime, which nobody sets and which every worker of a boot reads
 * the same, less the time that the machine was suspended: from what the shim noted when the command
 * began, and what the claim noted of suspensions before.
 */
final class TimeLimits {
  private final Judge.Uptime uptime;
  private final Log log;

  TimeLimits(Judge.Uptime uptime, Log log) {
    this.uptime = uptime;
    this.log = log;
  }

  /**
   * Does what is due for a job.
   *
   * @param runs whether anything of it was seen to run in this boot: what is gone has not been
   *     ended by its time, and uptimes of two boots can't be compared
   * @return the same; or as it is to be judged, where its time is over
   */
  Case enforce(Case its, boolean runs) throws IOException {
    Claim.Attempt attempt = its.claim().attempt();
    boolean isToEnd =
        attempt.end().isPresent() || its.claim().cancel().isPresent() || attempt.told().toEnd();
    TimeLimit limit = isToEnd ? TimeLimit.NONE : limit(its);
    if (limit.most().isEmpty()) {
      its.memory().notDue();
      return its;
    }
    Duration now = uptime.now();
    if (attempt.start().filter(Claim.Start::begun).isEmpty()) {
      // no token announces that it begins
      its.memory().due(now.plus(limit.warnedAfter().orElse(limit.most().get())));
      return its;
    }
    if (!runs) {
      its.memory().notDue();
      return its;
    }
    Duration ran = ran(its, now);
    if (ran.compareTo(limit.most().get()) >= 0) {
      its.memory().notDue();
      its.locked().markTimedOut(its.id(), its.attempt());
      log.say(its.id(), "has reached its time limit of " + Span.show(limit.most().get()));
      return its.timedOut();
    }
    Duration next = warn(its, limit, ran) ? limit.warnedAfter().orElseThrow() : limit.most().get();
    its.memory().due(now.plus(next).minus(ran));
    return its;
  }

  /**
   * Sends the warning if it is due.
   *
   * @return whether it still is to be sent
   */
  private boolean warn(Case its, TimeLimit limit, Duration ran) throws IOException {
    Optional<Duration> after = limit.warnedAfter();
    if (after.isEmpty() || its.claim().attempt().told().warned()) {
      return false;
    }
    if (ran.compareTo(after.get()) < 0) {
      return true;
    }
    its.look().warn(its.mark(), its.claim().attempt().start(), limit.warning().orElseThrow());
    log.say(
        its.id(),
        "was sent "
            + limit.warning().get().signal()
            + ", "
            + Span.show(limit.most().orElseThrow().minus(ran).plusMillis(500))
            + " before its time limit");
    // last: who dies before this sends it once more, but no job goes without its warning
    its.locked().markWarned(its.id(), its.attempt());
    return false;
  }

  /** For how long an attempt has run, suspended time left out. */
  private Duration ran(Case its, Duration now) throws IOException {
    Claim.Start start = its.claim().attempt().start().orElseThrow();
    // a shim of an earlier version noted no time: counted from when it was first seen
    Duration since = start.uptime().orElseGet(() -> its.memory().startedSince(now));
    Duration slept =
        uptime.suspended().minus(its.locked().suspendedBefore(its.id(), its.attempt()));
    Duration ran = now.minus(since);
    return slept.isNegative() ? ran : ran.minus(slept);
  }

  private static TimeLimit limit(Case its) throws IOException {
    Optional<TimeLimit> known = its.memory().limit();
    if (known.isEmpty()) {
      // of a file that can't be read nobody knows it
      TimeLimit limit =
          its.locked()
              .readClaimed(its.id())
              .flatMap(JobFile::valid)
              .map(valid -> valid.job().requirements().timeLimit())
              .orElse(TimeLimit.NONE);
      its.memory().limit(limit);
      return limit;
    }
    return known.get();
  }
}
