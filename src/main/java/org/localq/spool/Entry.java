package org.localq.spool;

import java.time.Instant;
import org.localq.core.Claim;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Result;
import org.localq.core.State;

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

  /** It is claimed. */
  record Running(JobId id, Job job, Claim claim) implements Entry {
    @Override
    public State state() {
      return State.RUNNING;
    }
  }

  /** It has a record. */
  record Finished(JobId id, Job job, Result result) implements Entry {
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
