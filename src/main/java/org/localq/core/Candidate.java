package org.localq.core;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What scheduling needs to know of a pending job.
 *
 * @param needs of the job, or of each task of an array
 * @param timeLimit likewise; nothing for a job that may run for ever
 * @param tasks of an array, how many there are to claim at most; 0 for a job that is none
 * @param throttle of an array or a task: how many of the array may run at a time; nothing where
 *     only the cores say so
 * @param rank its priority less its nice value: higher goes first
 */
public record Candidate(
    JobId id,
    Needs needs,
    Optional<Duration> timeLimit,
    int tasks,
    OptionalInt throttle,
    long rank) {
  /** A job without a time limit. */
  public Candidate(JobId id, Needs needs) {
    this(id, needs, 0);
  }

  /** An array without a time limit and without a throttle. */
  public Candidate(JobId id, Needs needs, int tasks) {
    this(id, needs, Optional.empty(), tasks, OptionalInt.empty());
  }

  /** One of no special rank. */
  public Candidate(
      JobId id, Needs needs, Optional<Duration> timeLimit, int tasks, OptionalInt throttle) {
    this(id, needs, timeLimit, tasks, throttle, 0);
  }

  /** A job, or with {@code tasks} an array, that asks for this. */
  public static Candidate of(JobId id, Requirements requirements, int tasks, OptionalInt throttle) {
    return new Candidate(
        id,
        requirements.needs(),
        requirements.timeLimit().most(),
        tasks,
        throttle,
        requirements.conditions().rank());
  }

  /** Whether it is what it would be with these requirements and this throttle. */
  public boolean asksFor(Requirements requirements, OptionalInt throttle) {
    return of(id, requirements, tasks, throttle).equals(this);
  }

  /** How many cores each claim takes. */
  public int cores() {
    return needs.cores();
  }

  /** What each claim takes. */
  public Amounts amounts() {
    return Amounts.of(needs);
  }

  /** Whether it is an array. */
  public boolean isArray() {
    return tasks > 0;
  }

  /** How many times it can be claimed. */
  public int claims() {
    return Math.max(1, tasks);
  }
}
