package org.localq.core;

import java.util.Locale;
import java.util.Optional;

/**
 * Where a job is in its life; Slurm's words, and two of localq's own ({@code REJECTED}, {@code
 * LOST}).
 *
 * <p>{@code SUSPENDED} is a word of the format that nothing sets yet.
 */
public enum State {
  PENDING("PD"),
  RUNNING("R"),
  SUSPENDED("S"),
  COMPLETED("CD"),
  FAILED("F"),
  CANCELLED("CA"),
  TIMEOUT("TO"),
  OUT_OF_MEMORY("OOM"),
  /** Dropped into the spool, but no valid job. */
  REJECTED("RJ"),
  /** It was started, and its end is unknown. */
  LOST("LO");

  private final String letters;

  State(String letters) {
    this.letters = letters;
  }

  /** The state that {@code text} names: its word or Slurm's letters for it, in either case. */
  public static Optional<State> parse(String text) {
    String upper = text.toUpperCase(Locale.ROOT);
    for (State state : values()) {
      if (state.name().equals(upper) || state.letters.equals(upper)) {
        return Optional.of(state);
      }
    }
    return Optional.empty();
  }

  /** Whether no job leaves this state. */
  public boolean isTerminal() {
    return this != PENDING && this != RUNNING && this != SUSPENDED;
  }
}
