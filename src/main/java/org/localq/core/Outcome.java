package org.localq.core;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a job ended: a terminal state, the exit code where its command ran to an end that is known,
 * and the reason where the state alone does not say it (else empty).
 */
public record Outcome(State state, OptionalInt exitCode, String reason) {
  private static final int NOT_EXECUTABLE = 126;
  private static final int NOT_FOUND = 127;

  public Outcome {
    if (!state.isTerminal()) {
      throw new IllegalArgumentException(state + " is no end");
    }
  }

  /** The outcome of an attempt that left an exit token. */
  public static Outcome of(Exit exit, Workplace workplace) {
    if (exit instanceof Exit.NotLaunched cause) {
      return new Outcome(
          State.FAILED,
          OptionalInt.empty(),
          Reason.JOB_LAUNCH_FAILURE + ": " + cause.path(workplace));
    }
    int code = ((Exit.Code) exit).value();
    return new Outcome(
        code == 0 ? State.COMPLETED : State.FAILED, OptionalInt.of(code), reasonFor(code));
  }

  /** A user wanted the end; {@code code} is there when the command had come to one. */
  public static Outcome cancelled(OptionalInt code) {
    return new Outcome(State.CANCELLED, code, "");
  }

  /** Its end was wanted, not by a user but for {@code why}. */
  public static Outcome cancelled(OptionalInt code, Reason why) {
    return new Outcome(State.CANCELLED, code, why.toString());
  }

  /** It had reached its time limit; {@code code} is there when the command had come to an end. */
  public static Outcome timeout(OptionalInt code) {
    return new Outcome(State.TIMEOUT, code, Reason.TIME_LIMIT.toString());
  }

  /** The system ended it, or a part of it, for its memory; {@code code} as of any other end. */
  public static Outcome outOfMemory(OptionalInt code) {
    return new Outcome(State.OUT_OF_MEMORY, code, Reason.OUT_OF_MEMORY.toString());
  }

  /** The end is unknown. */
  public static Outcome lost(Reason reason) {
    return new Outcome(State.LOST, OptionalInt.empty(), reason.toString());
  }

  /** The signal that ended the command, where one did. */
  public OptionalInt signal() {
    return exitCode.isPresent() ? new Exit.Code(exitCode.getAsInt()).signal() : OptionalInt.empty();
  }

  /** Why no job can have ended so, as a phrase behind "it"; nothing when one can. */
  public Optional<String> contradiction() {
    boolean zero = exitCode.isPresent() && exitCode.getAsInt() == 0;
    return switch (state) {
      case COMPLETED -> zero ? Optional.empty() : Optional.of(saysOf("0"));
      case FAILED -> {
        boolean launched = !reason.startsWith(Reason.JOB_LAUNCH_FAILURE.toString());
        yield launched == exitCode.isPresent() && !zero
            ? Optional.empty()
            : Optional.of(saysOf(launched ? "one above 0" : "none"));
      }
      case LOST -> exitCode.isEmpty() ? Optional.empty() : Optional.of(saysOf("none"));
      case REJECTED -> Optional.of("says REJECTED, which no record does");
      default -> Optional.empty();
    };
  }

  private String saysOf(String expected) {
    return "says "
        + state
        + " with "
        + (exitCode.isPresent() ? "exit code " + exitCode.getAsInt() : "no exit code")
        + ", expected "
        + expected;
  }

  private static String reasonFor(int code) {
    if (code == 0) {
      return "";
    }
    return switch (code) {
      case NOT_EXECUTABLE -> Reason.NOT_EXECUTABLE.toString();
      case NOT_FOUND -> Reason.COMMAND_NOT_FOUND.toString();
      default -> Reason.NON_ZERO_EXIT_CODE.toString();
    };
  }
}
