package org.localq.cli;

import org.localq.core.Refusal;

/** What our commands exit with; {@code lbatch -W} and {@code lwait} exit with their jobs' codes. */
final class ExitCode {
  /** Done. */
  static final int DONE = 0;

  /**
   * Refused or failed: a value does not go with the queue or the disk, an unknown id, an I/O error.
   */
  static final int REFUSED = 1;

  /** The command line alone is wrong. */
  static final int USAGE = 2;

  /** {@code localqd status}: no worker is alive. */
  static final int NO_WORKER = 3;

  private ExitCode() {}

  static int of(Refusal refusal) {
    return refusal.kind() == Refusal.Kind.USAGE ? USAGE : REFUSED;
  }
}
