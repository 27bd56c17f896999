package org.localq.worker;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.localq.core.Claim;

/**
 * Brings the processes of an attempt to their end: TERM, the grace, KILL.
 *
 * <p>It owns when which signal is sent; whose processes they are is the engine's to know.
 */
final class Ending {
  /** After a KILL the shim alone should be gone within this. */
  private static final Duration SHIM_PATIENCE = Duration.ofSeconds(5);

  private final Judge.Uptime uptime;
  private final Log log;

  Ending(Judge.Uptime uptime, Log log) {
    this.uptime = uptime;
    this.log = log;
  }

  /**
   * The shim alone is there. It is about to do something, or a signal stopped it.
   *
   * @param alone for how long it has been
   */
  Judge.Next lookAgain(Case its, Duration alone) throws IOException {
    boolean isToEnd = its.claim().cancel().isPresent() || its.claim().attempt().told().toEnd();
    if (isToEnd && isReached(grace(its).plus(SHIM_PATIENCE), alone)) {
      its.look().killShim(its.mark(), its.claim().attempt().start());
      sayKilled(its, "its shim, alone and not ending, was sent KILL");
    }
    return isReached(SHIM_PATIENCE, alone) ? Judge.Next.LATER : Judge.Next.SOON;
  }

  /** Processes are there that are to end. */
  Judge.Next terminate(Case its) throws IOException {
    its.memory().accompanied();
    Duration now = uptime.now();
    Optional<Duration> sent =
        its.claim().attempt().told().terminated().or(its.memory()::terminated);
    if (sent.isEmpty()) {
      sendTerm(its, now);
    } else if (isReached(grace(its), now.minus(sent.get()))) {
      its.look().kill(its.mark(), its.claim().attempt().start());
      sayKilled(its, "not gone " + grace(its).toSeconds() + " s after TERM; was sent KILL");
    }
    return Judge.Next.SOON;
  }

  private void sendTerm(Case its, Duration now) throws IOException {
    its.look().terminate(its.mark(), its.claim().attempt().start());
    its.memory().terminated(now);
    log.say(its.id(), why(its) + " sent TERM");
    // last: who dies before this sends TERM once more, but nobody counts the grace from a TERM that
    // was never sent
    its.locked().markTerminated(its.id(), its.attempt(), now);
  }

  private static String why(Case its) {
    if (its.claim().cancel().isPresent()) {
      return "cancelled; its processes were";
    }
    if (its.claim().attempt().end().isPresent()) {
      return "ended; what it left behind was";
    }
    return its.claim().attempt().told().requeued()
        ? "is to be run again; its processes were"
        : "its time is over; its processes were";
  }

  /** Once: KILL itself is sent at every look, to those that were forked in between. */
  private void sayKilled(Case its, String text) {
    if (its.memory().kill()) {
      log.say(its.id(), text);
    }
  }

  private static boolean isReached(Duration length, Duration passed) {
    return passed.compareTo(length) >= 0;
  }

  private static Duration grace(Case its) {
    return its.claim().cancel().map(Claim.Cancel::grace).orElse(Cancellation.GRACE);
  }
}
