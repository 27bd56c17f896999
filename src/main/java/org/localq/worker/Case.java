package org.localq.worker;

import org.localq.core.Claim;
import org.localq.core.JobId;
import org.localq.engine.Engine;
import org.localq.engine.Mark;
import org.localq.spool.Locked;

/**
 * A claimed job as one round sees it.
 *
 * @param claim its tokens, read behind the look
 * @param mark of the claim's current attempt
 * @param look at the processes of the machine
 */
record Case(Locked locked, Claim claim, Mark mark, Engine.Look look, Memory memory) {
  JobId id() {
    return claim.id();
  }

  /** The same, as its time is over. */
  Case timedOut() {
    Claim.Attempt now = claim.attempt();
    Claim.Told told =
        new Claim.Told(now.told().warned(), true, now.told().requeued(), now.told().terminated());
    Claim.Attempt then = new Claim.Attempt(now.number(), now.boot(), now.start(), now.end(), told);
    return new Case(
        locked, new Claim(claim.id(), then, claim.cancel(), claim.earlier()), mark, look, memory);
  }

  int attempt() {
    return claim.attempt().number();
  }
}
