package org.localq.spool;

import java.io.IOException;
import org.localq.core.Claim;
import org.localq.core.ProcessId;

/** What a repair has to know of this machine. */
public interface Processes {
  /** Whether this very process lives. */
  boolean isAlive(ProcessId process);

  /**
   * Whether anything of the current attempt of a claimed job lives, in one look: see {@code
   * Engine.Look}.
   */
  boolean isAlive(Claim claim) throws IOException;
}
