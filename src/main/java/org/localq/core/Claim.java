package org.localq.core;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What running/ says about one job.
 *
 * @param attempt the current attempt: the lowest number that is not closed
 * @param cancel somebody asked for its end
 * @param earlier the attempts that had started and were followed by another, in order
 */
public record Claim(JobId id, Attempt attempt, Optional<Cancel> cancel, List<Earlier> earlier) {
  public Claim {
    earlier = List.copyOf(earlier);
  }

  /** How many attempts that had started were followed by another. */
  public int restarts() {
    return earlier.size();
  }

  /**
   * Whether the current attempt has ended in a way that another may follow.
   *
   * @param retry what the job asks for
   */
  public boolean isToBeFollowed(Retry retry) {
    if (attempt.end().isEmpty()) {
      return false;
    }
    boolean failed = !attempt.end().get().exit().isSuccess() && !attempt.told().timedOut();
    return attempt.told().requeued() || (failed && failures() < retry.retries());
  }

  /** The attempt before one that was never claimed, if it was closed before it started. */
  public OptionalInt givenUp() {
    int last = attempt.number() - 1;
    boolean isClaimed = attempt.boot().isPresent() || attempt.start().isPresent();
    boolean started = !earlier.isEmpty() && earlier.get(earlier.size() - 1).number() == last;
    return isClaimed || last == 0 || started ? OptionalInt.empty() : OptionalInt.of(last);
  }

  /** Whether the job had ended once, and was put back. */
  public boolean isReopened() {
    for (Earlier attempt : earlier) {
      if (attempt.isRecorded()) {
        return true;
      }
    }
    return false;
  }

  /**
   * The earlier attempts as a record tells of them.
   *
   * @param recorded what the job's own file says, of those before the job was put back
   * @param boot the first digits of the boot id under which the job went on
   */
  public List<Attempted> attempted(
      List<Attempted> recorded, Optional<String> boot, Workplace workplace) {
    List<Attempted> attempts = new ArrayList<>();
    for (Earlier attempt : earlier) {
      attempts.add(
          recorded.stream()
              .filter(its -> attempt.isRecorded() && its.number() == attempt.number())
              .findFirst()
              .orElseGet(() -> attempt.attempted(boot, workplace)));
    }
    return attempts;
  }

  /** How many of them had failed. */
  public int failures() {
    int failures = 0;
    for (Earlier attempt : earlier) {
      failures += attempt.failure().isPresent() ? 1 : 0;
    }
    return failures;
  }

  /** Of how many of them the end is not known. */
  public int losses() {
    int losses = 0;
    for (Earlier attempt : earlier) {
      losses += attempt.isLost() ? 1 : 0;
    }
    return losses;
  }

  /**
   * An attempt that was followed by another.
   *
   * @param boot the first digits of the boot id under which it was claimed
   * @param start its start token
   * @param end its exit token; nothing where its end is not known
   * @param told what its processes were told
   */
  public record Earlier(
      int number, Optional<String> boot, Start start, Optional<End> end, Told told) {
    /** How it failed: nothing where it did not, also where somebody had ended it for another. */
    public Optional<End> failure() {
      return told.requeued() ? Optional.empty() : end.filter(its -> !its.exit().isSuccess());
    }

    /** Whether it is of a job that had ended and was put back, whose own file tells of it. */
    public boolean isRecorded() {
      return told.requeued() && end.isEmpty() && boot.isEmpty();
    }

    private Attempted attempted(Optional<String> laterBoot, Workplace workplace) {
      return new Attempted(
          number, outcome(laterBoot, workplace), Optional.of(start.at()), end.map(End::at));
    }

    private Outcome outcome(Optional<String> laterBoot, Workplace workplace) {
      if (told.requeued()) {
        return Outcome.cancelled(end.map(End::exitCode).orElse(OptionalInt.empty()));
      }
      return end.map(its -> Outcome.of(its.exit(), workplace))
          .orElseGet(
              () -> Outcome.lost(boot.equals(laterBoot) ? Reason.SHIM_LOST : Reason.NODE_FAIL));
    }

    /** Whether nobody knows how it ended, and nobody had ended it. */
    private boolean isLost() {
      return end.isEmpty() && !told.requeued();
    }
  }

  /**
   * An attempt.
   *
   * @param number 1, 2, …
   * @param boot the first digits of the boot id under which it was claimed; nothing when it never
   *     was
   * @param start its start token
   * @param end its exit token
   * @param told what its processes were told
   */
  public record Attempt(
      int number, Optional<String> boot, Optional<Start> start, Optional<End> end, Told told) {}

  /**
   * What the processes of an attempt were told.
   *
   * @param warned whether they were sent the signal that comes before the time limit
   * @param timedOut whether they had reached the time limit, and are to end
   * @param requeued whether somebody wants them to end, and another attempt to follow
   * @param terminated when they were sent TERM, in the machine's uptime
   */
  public record Told(
      boolean warned, boolean timedOut, boolean requeued, Optional<Duration> terminated) {
    /** Nothing. */
    public static final Told NOTHING = new Told(false, false, false, Optional.empty());

    /** Whether they are to end, where nobody cancelled the job. */
    public boolean toEnd() {
      return timedOut || requeued;
    }
  }

  /**
   * A start token.
   *
   * @param shim who made it; nothing while, or because, its content is not there or makes no sense
   * @param begun whether the shim may have come to the command: any content says so
   * @param uptime the machine's when the command began
   * @param over the machine's uptime when the shim saw its command end
   */
  public record Start(
      Optional<ProcessId> shim,
      boolean begun,
      Instant at,
      Optional<Duration> uptime,
      Optional<Duration> over) {}

  /** An exit token. */
  public record End(Exit exit, Instant at, Usage usage) {
    /** Whether the shim has written all that it has to say: a token has a name before a content. */
    public boolean isWhole() {
      return usage.userSeconds().isPresent();
    }

    /** The command's exit code; nothing where it never ran. */
    public OptionalInt exitCode() {
      return exit instanceof Exit.Code code ? OptionalInt.of(code.value()) : OptionalInt.empty();
    }
  }

  /**
   * The wish that a job ends.
   *
   * @param grace between TERM and KILL
   * @param why where it was no user's
   */
  public record Cancel(Duration grace, Optional<Reason> why) {
    /** A user's wish. */
    public Cancel(Duration grace) {
      this(grace, Optional.empty());
    }
  }
}
