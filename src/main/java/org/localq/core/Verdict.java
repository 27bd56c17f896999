package org.localq.core;

import java.time.Duration;

/**
 * What becomes of a claimed job next. The decision alone; {@link #of} is a pure function of what
 * was found.
 *
 * <p>The rules R1 to R9 are those of the spool's protocol, see {@code org.localq.spool.Layout}.
 */
public enum Verdict {
  /** It runs; nothing to do. */
  WAIT,
  /** It is between two steps of its shim: look again within moments. */
  LOOK_AGAIN,
  /**
   * Claimed, and no shim has shown up: spawn the same attempt again. The start token lets one of
   * two shims through.
   */
  RESPAWN,
  /** It is to end, and no shim has shown up: close the door to the shim (R3). */
  VOID,
  /** The attempt was closed and the move back to the root is still to be made. */
  PUT_BACK,
  /** Its shim died before it came to the command: close the attempt, move back to the root. */
  CLOSE,
  /** It is to end, or its command has, and processes are there: TERM, and KILL after the grace. */
  TERMINATE,
  /** Everything is over and the exit is known: write the record. */
  RECORD_EXIT,
  /** Everything is over and somebody had asked for it. */
  RECORD_CANCELLED,
  /** Everything is over, and somebody had asked for another attempt. */
  REQUEUE,
  /** Everything is over, and it had reached its time limit. */
  RECORD_TIMEOUT,
  /** The machine went down under it. */
  RECORD_NODE_FAIL,
  /** It was started, is gone, and left no exit token. */
  RECORD_SHIM_LOST;

  /**
   * For how long a claim may be without a start token before its shim is taken for dead. Only saves
   * work.
   */
  public static final Duration PATIENCE = Duration.ofSeconds(10);

  /**
   * Decides.
   *
   * @param boot the first digits of this boot's id
   * @param presence looked at before the claim's exit token was read (R6)
   * @param unstarted for how long the claim has been seen without a start token that names a shim
   */
  public static Verdict of(Claim claim, String boot, Presence presence, Duration unstarted) {
    Claim.Attempt attempt = claim.attempt();
    boolean cancelled = claim.cancel().isPresent();
    if (attempt.boot().isEmpty() && attempt.start().isEmpty()) {
      return cancelled ? RECORD_CANCELLED : PUT_BACK;
    }
    if (!attempt.boot().orElse(boot).equals(boot)) {
      return ended(claim, RECORD_NODE_FAIL);
    }
    if (attempt.start().isEmpty()) {
      if (cancelled) {
        return VOID;
      }
      return unstarted.compareTo(PATIENCE) < 0 ? WAIT : RESPAWN;
    }
    if (presence == Presence.SHIM_ONLY && attempt.end().filter(Claim.End::isWhole).isPresent()) {
      // it is done with this attempt, and waits for another
      return ended(claim, RECORD_EXIT);
    }
    if (presence == Presence.GONE) {
      boolean ran = attempt.start().get().begun();
      // a machine that can't fork now is not asked again and again
      Verdict neverRan = unstarted.compareTo(PATIENCE) < 0 ? WAIT : CLOSE;
      return ended(claim, ran ? RECORD_SHIM_LOST : neverRan);
    }
    if (attempt.end().isPresent() || cancelled || attempt.told().toEnd()) {
      return presence == Presence.ALIVE ? TERMINATE : LOOK_AGAIN;
    }
    return WAIT;
  }

  /** What is recorded of a claim of which nothing runs; {@code unknown} without an exit token. */
  private static Verdict ended(Claim claim, Verdict unknown) {
    if (claim.cancel().isPresent()) {
      return RECORD_CANCELLED;
    }
    if (claim.attempt().told().requeued()) {
      return REQUEUE;
    }
    if (claim.attempt().told().timedOut()) {
      return RECORD_TIMEOUT;
    }
    return claim.attempt().end().isPresent() ? RECORD_EXIT : unknown;
  }
}
