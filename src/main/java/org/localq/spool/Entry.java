package org.localq.spool;

import java.time.Instant;
import java.util.Optional;
import org.localq.core.Claim;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Provision;
import org.localq.core.Result;
import org.localq.core.State;
import org.localq.core.Tasks;

/** A job as a reader finds it. State is where its file is. */
public sealed interface Entry {
  JobId id();

  State state();

  /** It waits: in the root, or in held/. */
  record Waiting(JobId id, Job job, boolean held) implements Entry {
    @Override
    public State state() {
      return State.PENDING;
    }
  }

  /**
   * An array that has no record yet.
   *
   * @param job what its tasks have in common
   * @param all of its tasks
   * @param claimed so many of them were claimed, from the first on; all where it is closed
   * @param running how many are claimed and have not ended
   */
  record Array(JobId id, Job job, Tasks all, int claimed, int running, boolean held)
      implements Entry {
    @Override
    public State state() {
      return claimed > 0 ? State.RUNNING : State.PENDING;
    }

    /** How many tasks it has. */
    public int tasks() {
      return all.count();
    }

    /** How many tasks were not claimed, the last ones. */
    public int unclaimed() {
      return tasks() - claimed;
    }
  }

  /**
   * It is claimed.
   *
   * @param provision what its current attempt was provided with, as far as is known
   */
  record Running(JobId id, Job job, Claim claim, Provision provision) implements Entry {
    @Override
    public State state() {
      return State.RUNNING;
    }
  }

  /**
   * It has a record.
   *
   * @param tasks of an array
   */
  record Finished(JobId id, Job job, Result result, Optional<Tasks> tasks) implements Entry {
    /** One that is no array. */
    public Finished(JobId id, Job job, Result result) {
      this(id, job, result, Optional.empty());
    }

    @Override
    public State state() {
      return result.outcome().state();
    }
  }

  /** It was dropped, and is no valid job. */
  record Rejected(JobId id, String reason, Instant at) implements Entry {
    @Override
    public State state() {
      return State.REJECTED;
    }
  }

  /** Its file is there and can't be read as a job. */
  record Damaged(JobId id, State state, String reason) implements Entry {}
}
