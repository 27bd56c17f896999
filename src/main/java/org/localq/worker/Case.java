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

  int attempt() {
    return claim.attempt().number();
  }
}
