package org.localq.worker;

import java.io.IOException;
import java.util.SortedSet;
import java.util.TreeSet;
import org.localq.core.Claim;
import org.localq.core.JobId;
import org.localq.spool.Locked;
import org.localq.spool.Reopening;
import org.localq.spool.Spool;

/**
 * The wish that a job is run again, made durable: one that has ended is pending again, one that
 * runs is told to end, and whoever judges it next brings its attempt to the end.
 */
public final class Requeueing {
  /** What became of the wish. */
  public enum Answer {
    /** Its processes were told to end; then it waits for its turn. */
    ENDING,
    /** It had ended, and waits for its turn again. */
    REOPENED,
    /** It waits for its turn, or is on hold. */
    WAITING,
    /** It is being cancelled, or what its command left behind is about to end. */
    CLOSING,
    /** It is an array that has ended, or a task of an array that has. */
    ENDED_ARRAY,
    /** It has ended, and has no record. */
    ENDED,
    /** Nobody knows this id. */
    UNKNOWN
  }

  private final Spool spool;
  private final Judge judge;

  public Requeueing(Spool spool, Judge judge) {
    this.spool = spool;
    this.judge = judge;
  }

  /** Has a job run again from the top, under the id that it has; of an array the tasks that run. */
  public Answer requeue(JobId id) throws IOException {
    try (Locked locked = spool.lock()) {
      SortedSet<JobId> tasks = locked.look().tasksOf(id);
      if (!tasks.isEmpty()) {
        Answer answer = Answer.WAITING;
        for (JobId task : tasks) {
          answer = requeueClaimed(locked, task) == Answer.ENDING ? Answer.ENDING : answer;
        }
        return answer;
      }
      if (locked.isClaimed(id) && !locked.isDone(id)) {
        return requeueClaimed(locked, id);
      }
      if (locked.isDone(id)) {
        return reopen(locked, id);
      }
      if (locked.isWanted(id) || locked.arrays().isWaitingTask(id)) {
        return Answer.WAITING;
      }
      return spool.find(id).isPresent() ? Answer.ENDED : Answer.UNKNOWN;
    }
  }

  private Answer reopen(Locked locked, JobId id) throws IOException {
    return switch (new Reopening(spool).reopen(locked, id)) {
      case DONE -> Answer.REOPENED;
      case OF_ARRAY -> Answer.ENDED_ARRAY;
      case NO_RECORD -> Answer.ENDED;
    };
  }

  private Answer requeueClaimed(Locked locked, JobId id) throws IOException {
    Claim claim = locked.claim(id);
    if (claim.attempt().end().isPresent() && claim.cancel().isEmpty()) {
      return requeueEnded(locked, id);
    }
    if (claim.cancel().isPresent()) {
      return Answer.CLOSING;
    }
    locked.markToRequeue(id, claim.attempt().number());
    judge.judge(locked, id);
    return Answer.ENDING;
  }

  /** Of a job whose command has ended, which perhaps no worker has seen yet. */
  private Answer requeueEnded(Locked locked, JobId id) throws IOException {
    judge.settle(locked, id);
    if (locked.isDone(id)) {
      return reopen(locked, id);
    }
    return locked.isWanted(id) ? Answer.WAITING : Answer.CLOSING;
  }

  /**
   * Brings the attempts of a job, or of an array's tasks, on by one step, where no worker does.
   *
   * @return whether none runs any more
   */
  public boolean pursue(JobId id) throws IOException {
    try (Locked locked = spool.lock()) {
      SortedSet<JobId> running = new TreeSet<>(locked.look().tasksOf(id));
      if (locked.isClaimed(id) && !locked.look().arrays().contains(id)) {
        running.add(id);
      }
      boolean over = true;
      for (JobId one : running) {
        judge.judge(locked, one).orThrow();
        over &= !locked.isClaimed(one);
      }
      return over;
    }
  }
}
