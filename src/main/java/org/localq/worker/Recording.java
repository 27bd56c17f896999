package org.localq.worker;

import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.localq.core.Attempted;
import org.localq.core.Claim;
import org.localq.core.Job;
import org.localq.core.Needs;
import org.localq.core.Outcome;
import org.localq.core.Provision;
import org.localq.core.Reason;
import org.localq.core.Result;
import org.localq.core.Retry;
import org.localq.core.Usage;
import org.localq.core.Verdict;
import org.localq.spool.JobFile;

/**
 * Makes the record of a job that has ended. It owns what the record says of the end; a job whose
 * file was damaged meanwhile gets none, and goes to rejected/ with the reason.
 */
final class Recording {
  private final Clock clock;
  private final Log log;

  Recording(Clock clock, Log log) {
    this.clock = clock;
    this.log = log;
  }

  /** What became of a job of which nothing runs any more. */
  sealed interface Answer {
    /** It has its record. */
    record Made(Outcome outcome) implements Answer {}

    /** It asked for another attempt, for this reason. */
    record Again(String why) implements Answer {}

    /** No record is left to be made. */
    record Nothing() implements Answer {}
  }

  /** Writes the record of a job in running/, unless it is to be run again. */
  Answer record(Case its, Verdict verdict) throws IOException {
    Optional<JobFile> file = its.locked().readClaimed(its.id());
    if (file.isPresent() && file.get() instanceof JobFile.Valid valid) {
      if (valid.tasks().isPresent()) {
        // the note that tells an array was lost
        its.locked().arrays().mark(its.id());
        return new Answer.Nothing();
      }
      return record(its, valid.job(), verdict);
    }
    if (file.isPresent() && file.get() instanceof JobFile.Invalid invalid) {
      reject(its, invalid.reason());
    }
    return new Answer.Nothing();
  }

  private Answer record(Case its, Job job, Verdict verdict) throws IOException {
    Claim claim = its.claim();
    Outcome outcome = outcome(claim, job, verdict, isOutOfMemory(its, job));
    Retry retry = job.requirements().retry();
    // what another record says is the end, also where its maker died before the job was gone
    if (retry.isToFollow(outcome, claim.failures(), claim.losses())
        && !its.locked().isDone(its.id())) {
      return new Answer.Again("attempt " + its.attempt() + " is " + describe(outcome));
    }
    if (its.claim().attempt().boot().isEmpty()) {
      // against a power cut: a canceller may have died between the move into running/ and its fsync
      its.locked().secureClaims();
    }
    its.locked().record(its.id(), job, result(its, job, outcome));
    return new Answer.Made(outcome);
  }

  /** Takes a job whose record is on the disk out of running/ for good. */
  void release(Case its, Outcome outcome) throws IOException {
    its.locked().release(its.id());
    log.say(its.id(), describe(outcome));
  }

  /** Its file can't be read any more, and nothing of it runs. */
  void reject(Case its, String reason) throws IOException {
    its.locked().rejectClaimed(its.id(), reason);
    log.say(
        its.id(),
        "REJECTED, its file was found damaged and is in rejected/ now, see linfo "
            + its.id()
            + ": "
            + reason);
  }

  /** Whether the system ended something of it for its memory. */
  private static boolean isOutOfMemory(Case its, Job job) throws IOException {
    return job.requirements().needs().memory() > 0
        && its.locked().look().isOutOfMemory(its.id(), its.attempt());
  }

  private static Outcome outcome(Claim claim, Job job, Verdict verdict, boolean outOfMemory) {
    Optional<Claim.End> end = claim.attempt().end();
    OptionalInt code = end.map(Claim.End::exitCode).orElse(OptionalInt.empty());
    return switch (verdict) {
      case RECORD_CANCELLED ->
          claim
              .cancel()
              .flatMap(Claim.Cancel::why)
              .map(why -> Outcome.cancelled(code, why))
              .orElseGet(() -> Outcome.cancelled(code));
      case RECORD_TIMEOUT -> Outcome.timeout(code);
      case RECORD_NODE_FAIL -> Outcome.lost(Reason.NODE_FAIL);
      case RECORD_SHIM_LOST -> Outcome.lost(Reason.SHIM_LOST);
      default -> {
        Outcome ended = Outcome.of(end.orElseThrow().exit(), job.workplace());
        yield outOfMemory && ended.exitCode().isPresent()
            ? Outcome.outOfMemory(ended.exitCode())
            : ended;
      }
    };
  }

  private Result result(Case its, Job job, Outcome outcome) throws IOException {
    Claim.Attempt attempt = its.claim().attempt();
    Instant ended = attempt.end().map(Claim.End::at).orElseGet(clock::instant);
    Usage measured = attempt.end().map(Claim.End::usage).orElse(Usage.UNKNOWN);
    Usage usage = new Usage(measured.userSeconds(), measured.systemSeconds(), its.memory().peak());
    Optional<Instant> started = attempt.start().map(Claim.Start::at);
    List<Attempted> attempts = attempts(its, job, outcome);
    return new Result(
        outcome,
        started,
        ended,
        usage,
        its.claim().restarts(),
        attempts,
        provision(its, job.requirements().needs()));
  }

  private static Provision provision(Case its, Needs needs) throws IOException {
    return needs.memory() == 0 && needs.resources().isEmpty()
        ? Provision.NONE
        : its.locked().look().provision(its.id(), its.attempt(), needs);
  }

  /**
   * All attempts, the last one with the outcome of the job; none where there was no other. The last
   * one is there too if it was given up before it started: a shim may come for it that late, when
   * the job is already {@linkplain org.localq.spool.Reopening put back}.
   */
  private static List<Attempted> attempts(Case its, Job job, Outcome outcome) throws IOException {
    Claim claim = its.claim();
    List<Attempted> former =
        claim.isReopened()
            ? its.locked().readFormer(its.id()).map(Result::allAttempts).orElse(List.of())
            : List.of();
    List<Attempted> attempts =
        new ArrayList<>(claim.attempted(former, claim.attempt().boot(), job.workplace()));
    Claim.Attempt last = claim.attempt();
    if (!attempts.isEmpty() && last.start().isPresent()) {
      attempts.add(
          new Attempted(
              last.number(),
              outcome,
              last.start().map(Claim.Start::at),
              last.end().map(Claim.End::at)));
    } else if (claim.givenUp().isPresent()) {
      attempts.add(
          new Attempted(claim.givenUp().getAsInt(), outcome, Optional.empty(), Optional.empty()));
    }
    return attempts;
  }

  static String describe(Outcome outcome) {
    StringBuilder text = new StringBuilder(outcome.state().name());
    outcome.exitCode().ifPresent(code -> text.append(", exit code ").append(code));
    return text.append(outcome.reason().isEmpty() ? "" : ", " + outcome.reason()).toString();
  }
}
