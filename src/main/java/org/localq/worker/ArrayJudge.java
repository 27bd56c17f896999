package org.localq.worker;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.localq.core.Claim;
import org.localq.core.JobId;
import org.localq.core.Outcome;
import org.localq.core.Result;
import org.localq.core.State;
import org.localq.core.Tally;
import org.localq.core.TaskNumbers;
import org.localq.spool.JobFile;
import org.localq.spool.Locked;
import org.localq.spool.RunningDirectory;

/**
 * Sees arrays to their end: hands the wish that one ends on to its tasks, counts how they ended,
 * and makes the array's record behind the last of them.
 *
 * <p>It owns what was counted so far, which can be lost: the tasks' records stay at least as long
 * as the array has none. Who counts a million of them anew does so in slices.
 */
final class ArrayJudge {
  private final Clock clock;
  private final Log log;
  private final Map<JobId, ArrayCount> counts = new HashMap<>();

  ArrayJudge(Clock clock, Log log) {
    this.clock = clock;
    this.log = log;
  }

  /** Forgets all arrays but these. */
  void retain(Set<JobId> arrays) {
    counts.keySet().retainAll(arrays);
  }

  /**
   * Brings an array as far as it can be brought now.
   *
   * @param running a look that is not older than the lock
   * @param deadline when to leave counting to the next call, as {@link System#nanoTime} has it
   */
  Judge.Next judge(Locked locked, RunningDirectory running, JobId array, long deadline)
      throws IOException {
    boolean closed = locked.isClaimed(array);
    if (closed) {
      locked.dropPendingTwin(array);
      locked.dropHeldTwin(array);
    }
    if (closed && locked.isDone(array)) {
      Round.cleanUp(locked, array);
      log.say(array, Round.CLEANED_UP);
      return Judge.Next.NOTHING;
    }
    if (closed && !counts.containsKey(array) && locked.arrays().dropStrayNote(array)) {
      log.say(array, "is no array; the note beside it that says so is removed");
      return Judge.Next.SOON;
    }
    if (!counts.containsKey(array)) {
      counts.put(array, new ArrayCount(array, locked.arrays().numbers(array)));
    }
    ArrayCount count = counts.get(array);
    if (!count.goOn(locked, running.tasksClaimed(array).orElse(0), deadline)) {
      return Judge.Next.SOON;
    }
    if (running.isCancelled(array)) {
      handOn(locked, running, count);
    }
    return closed && count.open().isEmpty()
        ? finish(locked, running, count, deadline)
        : Judge.Next.LATER;
  }

  /**
   * Whoever cancelled the array may have died before its tasks knew. Who cancels it again can hurry
   * the end of its tasks; one whose command has ended is not cancelled any more.
   */
  private static void handOn(Locked locked, RunningDirectory running, ArrayCount count)
      throws IOException {
    Duration grace =
        running.claim(count.array()).cancel().map(Claim.Cancel::grace).orElse(Cancellation.GRACE);
    for (JobId task : count.open()) {
      Claim claim = running.claim(task);
      Optional<Duration> earlier = claim.cancel().map(Claim.Cancel::grace);
      boolean isOver = earlier.isEmpty() && claim.attempt().end().isPresent();
      if (!isOver && earlier.filter(its -> its.compareTo(grace) <= 0).isEmpty()) {
        locked.markCancelled(task, grace);
      }
      if (locked.isWanted(task)) {
        // its attempt was closed, and it waited for another
        locked.withdraw(task);
      }
    }
  }

  /** The result with the reason for which the array was cancelled, where it was no user's. */
  private static Result because(Claim claim, Result result) {
    return claim
        .cancel()
        .flatMap(Claim.Cancel::why)
        .map(why -> Outcome.cancelled(result.outcome().exitCode(), why))
        .map(
            outcome ->
                new Result(
                    outcome,
                    result.started(),
                    result.ended(),
                    result.usage(),
                    result.restarts(),
                    result.attempts()))
        .orElse(result);
  }

  private Judge.Next finish(
      Locked locked, RunningDirectory running, ArrayCount count, long deadline) throws IOException {
    JobId array = count.array();
    Optional<JobFile> file = locked.readClaimed(array);
    boolean isDamaged = file.flatMap(JobFile::defect).isPresent();
    if (isDamaged && !locked.look().tasksOf(array).isEmpty()) {
      // which tasks are its own nobody can tell: it stays as long as any runs
      return Judge.Next.LATER;
    }
    if (file.isEmpty() || !(file.get() instanceof JobFile.Valid valid) || valid.tasks().isEmpty()) {
      file.flatMap(JobFile::defect)
          .ifPresent(reason -> log.say(array, "REJECTED, its file " + reason));
      locked.rejectClaimed(array, file.flatMap(JobFile::defect).orElse("is no array"));
      return Judge.Next.NOTHING;
    }
    TaskNumbers numbers = valid.tasks().get().numbers();
    if (!count.numbers().equals(numbers)) {
      // another file was put in its place since, or it could not be read
      counts.put(array, new ArrayCount(array, numbers));
      return Judge.Next.SOON;
    }
    int tasks = numbers.count();
    boolean cancelled = running.isCancelled(array);
    Tally tally = count.tally();
    if (cancelled) {
      tally.add(State.CANCELLED, tasks - tally.count());
    } else if (tally.count() < tasks) {
      // all were claimed, but the note that says so was lost, and a record in the middle
      return count.goOn(locked, tasks, deadline) ? Judge.Next.LATER : Judge.Next.SOON;
    }
    Result result = because(running.claim(array), tally.result(cancelled, clock.instant()));
    locked.arrays().finish(array, result, tally.tasks());
    counts.remove(array);
    log.say(array, Recording.describe(result.outcome()) + ", " + tally.count() + " tasks");
    return Judge.Next.NOTHING;
  }
}
