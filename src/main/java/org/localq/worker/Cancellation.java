package org.localq.worker;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.localq.core.Claim;
import org.localq.core.JobId;
import org.localq.core.Retry;
import org.localq.core.TimeLimit;
import org.localq.spool.JobFile;
import org.localq.spool.Locked;
import org.localq.spool.Spool;

/**
 * The wish that a job ends, made durable and begun; whoever judges the job next brings it to its
 * end.
 */
public final class Cancellation {
  /** What became of the wish. */
  public enum Answer {
    /** It was pending, and is CANCELLED now. */
    CANCELLED,
    /** It is running; its processes were told to end. */
    ENDING,
    /** There was nothing to cancel any more. */
    ENDED,
    /** Nobody knows this id. */
    UNKNOWN
  }

  /** The time between TERM and KILL unless a user says otherwise; Slurm's KillWait. */
  public static final Duration GRACE = TimeLimit.GRACE;

  private final Spool spool;
  private final Judge judge;

  public Cancellation(Spool spool, Judge judge) {
    this.spool = spool;
    this.judge = judge;
  }

  /** Cancels a job in any state. */
  public Answer cancel(JobId id, Duration grace) throws IOException {
    try (Locked locked = spool.lock()) {
      if (locked.isDone(id) || locked.isRejected(id)) {
        return Answer.ENDED;
      }
      if (locked.isClaimed(id)) {
        return cancelClaimed(locked, id, grace);
      }
      if (!locked.isWanted(id) && !locked.arrays().isWaitingTask(id)) {
        // of a task that its array's cancellation kept from starting there is no file
        return spool.find(id).isPresent() ? Answer.ENDED : Answer.UNKNOWN;
      }
      // the marker first: whoever dies from here on, the wish stays
      locked.markCancelled(id, grace);
      if (locked.isWanted(id)) {
        locked.withdraw(id);
      } else {
        locked.arrays().withdrawTask(id);
      }
      judge.settle(locked, id);
      return locked.isDone(id) ? Answer.CANCELLED : Answer.ENDING;
    }
  }

  private Answer cancelClaimed(Locked locked, JobId id, Duration grace) throws IOException {
    Claim claim = locked.claim(id);
    Optional<Duration> earlier = claim.cancel().map(Claim.Cancel::grace);
    boolean hasEnded =
        claim.attempt().end().isPresent() && !claim.isToBeFollowed(retry(locked, id));
    if (hasEnded && earlier.isEmpty()) {
      return Answer.ENDED;
    }
    // who asks again may hurry the end, never put it off; and marks it anew, because who asked
    // before may have died before the marker was on the disk
    locked.markCancelled(id, earlier.filter(e -> e.compareTo(grace) < 0).orElse(grace));
    judge.settle(locked, id);
    return locked.isDone(id) ? Answer.CANCELLED : Answer.ENDING;
  }

  /** When a claimed job asks to be run again; never where its file can't be read. */
  private static Retry retry(Locked locked, JobId id) throws IOException {
    return locked
        .readClaimed(id)
        .flatMap(JobFile::valid)
        .map(valid -> valid.job().requirements().retry())
        .orElse(Retry.NEVER);
  }

  /**
   * Brings a cancelled job on by one step, where no worker does.
   *
   * @return whether it has ended
   * @throws IOException when something keeps it from its end; it is as it was
   */
  public boolean pursue(JobId id) throws IOException {
    try (Locked locked = spool.lock()) {
      if (locked.isClaimed(id)) {
        // who waits for the end is to know why it doesn't come; the wish is on the disk
        judge.judge(locked, id).orThrow();
      }
      return !locked.isClaimed(id) && !locked.isWanted(id);
    }
  }
}
