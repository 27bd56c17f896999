package org.localq.core;

import java.time.Instant;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * How the tasks of an array have ended so far, and what that makes of the array.
 *
 * <p>The array's state is the worst of its tasks' (LOST, FAILED, OUT_OF_MEMORY, TIMEOUT, CANCELLED,
 * COMPLETED), or CANCELLED where a user wanted its end; its exit code is the highest, as Slurm's
 * {@code sbatch --wait} has it, where it did not end LOST; it took the time of all of them. A task
 * that was REJECTED is as bad as a LOST one. No array that is not COMPLETED has the exit code 0.
 */
public final class Tally {
  private final Map<State, Integer> ended = new EnumMap<>(State.class);
  private OptionalInt exitCode = OptionalInt.empty();
  private Optional<Instant> first = Optional.empty();
  private Optional<Instant> last = Optional.empty();
  private OptionalDouble user = OptionalDouble.empty();
  private OptionalDouble system = OptionalDouble.empty();
  private OptionalLong peak = OptionalLong.empty();
  private int restarts;

  /** A task has ended so. */
  public void add(Result result) {
    add(result.outcome().state(), 1);
    OptionalInt code = result.outcome().exitCode();
    if (code.isPresent()) {
      exitCode = OptionalInt.of(Math.max(code.getAsInt(), exitCode.orElse(0)));
    }
    if (result.started().isPresent()) {
      Instant started = result.started().get();
      first = first.filter(before -> before.isBefore(started)).or(result::started);
    }
    last =
        last.filter(before -> before.isAfter(result.ended())).or(() -> Optional.of(result.ended()));
    add(result.usage());
    restarts += result.restarts();
  }

  private void add(Usage usage) {
    if (usage.userSeconds().isPresent()) {
      user = OptionalDouble.of(rounded(user.orElse(0) + usage.userSeconds().getAsDouble()));
    }
    if (usage.systemSeconds().isPresent()) {
      system = OptionalDouble.of(rounded(system.orElse(0) + usage.systemSeconds().getAsDouble()));
    }
    if (usage.maxRssBytes().isPresent()) {
      peak = OptionalLong.of(Math.max(peak.orElse(0), usage.maxRssBytes().getAsLong()));
    }
  }

  /** To the microsecond, so that a sum shows no more digits than its parts. */
  private static double rounded(double seconds) {
    return Math.round(seconds * 1e6) / 1e6;
  }

  /** So many tasks ended in {@code state}, and nothing more is known of them. */
  public void add(State state, int tasks) {
    if (tasks > 0) {
      ended.merge(state, tasks, Integer::sum);
    }
  }

  /** How many tasks have ended. */
  public int count() {
    int count = 0;
    for (int tasks : ended.values()) {
      count += tasks;
    }
    return count;
  }

  /** The tasks of the array, all of which are counted here. */
  public Tasks tasks() {
    return new Tasks(count(), ended);
  }

  /**
   * What becomes of the array.
   *
   * @param cancelled whether a user wanted its end
   * @param now for an array of which no task came to an end of its own
   */
  public Result result(boolean cancelled, Instant now) {
    Usage usage = new Usage(user, system, peak);
    return new Result(outcome(cancelled), first, last.orElse(now), usage, restarts);
  }

  private Outcome outcome(boolean cancelled) {
    // of one that did not end well, 0 would be taken for the opposite
    OptionalInt code = exitCode.orElse(0) > 0 ? exitCode : OptionalInt.empty();
    if (cancelled) {
      return Outcome.cancelled(code);
    }
    if (ended.containsKey(State.LOST) || ended.containsKey(State.REJECTED)) {
      return Outcome.lost(Reason.TASK_LOST);
    }
    if (ended.containsKey(State.FAILED)) {
      Reason reason = code.isPresent() ? Reason.NON_ZERO_EXIT_CODE : Reason.JOB_LAUNCH_FAILURE;
      return new Outcome(State.FAILED, code, reason.toString());
    }
    if (ended.containsKey(State.OUT_OF_MEMORY)) {
      return Outcome.outOfMemory(code);
    }
    if (ended.containsKey(State.TIMEOUT)) {
      return Outcome.timeout(code);
    }
    return ended.containsKey(State.CANCELLED)
        ? Outcome.cancelled(code)
        : new Outcome(State.COMPLETED, exitCode, "");
  }
}
