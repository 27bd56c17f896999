package org.localq.spool;

import java.util.Optional;
import java.util.OptionalInt;
import org.localq.core.Job;
import org.localq.core.Result;
import org.localq.core.Tasks;

/** What a job file or a record says. */
public sealed interface JobFile {
  /**
   * A valid one.
   *
   * @param job for an array what all tasks have in common: the words before their lines, and the
   *     patterns of their files
   * @param result what a record adds
   * @param tasks of an array
   * @param throttle of an array or a task: how many of the array may run at a time; nothing where
   *     only the cores say so
   */
  record Valid(Job job, Optional<Result> result, Optional<Tasks> tasks, OptionalInt throttle)
      implements JobFile {
    /** One that is no array, and no task of one with a throttle. */
    public Valid(Job job, Optional<Result> result) {
      this(job, result, Optional.empty());
    }

    /** One that is no task of an array with a throttle. */
    public Valid(Job job, Optional<Result> result, Optional<Tasks> tasks) {
      this(job, result, tasks, tasks.isPresent() ? tasks.get().throttle() : OptionalInt.empty());
    }
  }

  /** Not one: in one line, why. */
  record Invalid(String reason) implements JobFile {}

  /** Itself if it is a valid one. */
  default Optional<Valid> valid() {
    return this instanceof Valid valid ? Optional.of(valid) : Optional.empty();
  }

  /** Why it is not a valid one; nothing for one that is. */
  default Optional<String> defect() {
    return this instanceof Invalid invalid ? Optional.of(invalid.reason()) : Optional.empty();
  }
}
