package org.localq.core;

import java.util.Optional;

/** Why a job is where it is, in one word; Slurm's wherever it has one. */
public enum Reason {
  /** It is the next to start, and too few cores are free. */
  RESOURCES("Resources"),
  /** Another job starts before it. */
  PRIORITY("Priority"),
  /** It wants more cores than the queue has; it is passed over until the limit is raised. */
  CORE_LIMIT("CoreLimit"),
  /** It wants more memory than the queue has; it is passed over until the limit is raised. */
  MAX_MEM_PER_LIMIT("MaxMemPerLimit"),
  /** It wants more of a resource than the queue has; it is passed over likewise. */
  BAD_CONSTRAINTS("BadConstraints"),
  /** As many tasks of its array run as may at a time; it is passed over until one of them ends. */
  JOB_ARRAY_TASK_LIMIT("JobArrayTaskLimit"),
  /** No worker is alive. */
  WORKER_DOWN("WorkerDown"),
  /** The workers were told to end once the running jobs have. */
  WORKER_DRAINING("WorkerDraining"),
  /** It was told to end, and has not yet. */
  CANCELLING("Cancelling"),
  /** It was told to end, to be run again. */
  REQUEUEING("Requeueing"),
  /** A user holds it. */
  JOB_HELD_USER("JobHeldUser"),
  /** The time at which it may begin has not come. */
  BEGIN_TIME("BeginTime"),
  /** It waits for what becomes of other jobs. */
  DEPENDENCY("Dependency"),
  /** What it waited for could never be any more. */
  DEPENDENCY_NEVER_SATISFIED("DependencyNeverSatisfied"),
  /** Its directory or one of its files could not be opened when it started. */
  JOB_LAUNCH_FAILURE("JobLaunchFailure"),
  /** The system ended it, or a part of it, because it wanted more memory than it had asked for. */
  OUT_OF_MEMORY("OutOfMemory"),
  /** It has reached its time limit. */
  TIME_LIMIT("TimeLimit"),
  NON_ZERO_EXIT_CODE("NonZeroExitCode"),
  /** Exit code 127. */
  COMMAND_NOT_FOUND("CommandNotFound"),
  /** Exit code 126. */
  NOT_EXECUTABLE("NotExecutable"),
  /** The machine went down while the job ran. */
  NODE_FAIL("NodeFail"),
  /** Its shim was killed before it could write the exit code. */
  SHIM_LOST("ShimLost"),
  /** Of an array: of at least one task the end is not known. */
  TASK_LOST("TaskLost");

  private final String word;

  Reason(String word) {
    this.word = word;
  }

  /** The reason that {@code word} names. */
  public static Optional<Reason> parse(String word) {
    for (Reason reason : values()) {
      if (reason.word.equals(word)) {
        return Optional.of(reason);
      }
    }
    return Optional.empty();
  }

  @Override
  public String toString() {
    return word;
  }
}
