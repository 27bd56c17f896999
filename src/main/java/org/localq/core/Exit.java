package org.localq.core;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * How an attempt came to its end, as its shim saw it: the command's exit code, or which file it
 * could not be started with.
 */
public sealed interface Exit {
  /**
   * The command ended.
   *
   * @param value what a shell's {@code $?} shows: 0 to 255, 128 + n when signal n ended it
   */
  record Code(int value) implements Exit {
    private static final int SIGNALLED = 128;
    private static final int LAST_SIGNAL = 64;

    /** The signal that ended the command; {@code exit 137} looks the same as KILL. */
    public OptionalInt signal() {
      return value > SIGNALLED && value <= SIGNALLED + LAST_SIGNAL
          ? OptionalInt.of(value - SIGNALLED)
          : OptionalInt.empty();
    }
  }

  /** Whether the command ended as one does that has done its work. */
  default boolean isSuccess() {
    return this instanceof Code code && code.value() == 0;
  }

  /** The command never ran, because this could not be opened. */
  enum NotLaunched implements Exit {
    DIRECTORY,
    STDIN,
    STDOUT,
    STDERR;

    /** The absolute name of what could not be opened. */
    public String path(Workplace workplace) {
      return switch (this) {
        case DIRECTORY -> workplace.directory();
        case STDIN -> workplace.resolve(workplace.stdin());
        case STDOUT -> workplace.resolve(workplace.stdout());
        case STDERR -> workplace.resolve(workplace.stderr().orElse(workplace.stdout()));
      };
    }

    /** The word in the name of an exit token. */
    public String word() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  /**
   * The exit that the last part of an exit token's name says: a decimal code without leading zeros,
   * or one of the words.
   */
  static Optional<Exit> parse(String text) {
    if (text.matches("0|[1-9][0-9]{0,2}")) {
      int code = Integer.parseInt(text);
      return code > 255 ? Optional.empty() : Optional.of(new Code(code));
    }
    for (NotLaunched cause : NotLaunched.values()) {
      if (cause.word().equals(text)) {
        return Optional.of(cause);
      }
    }
    return Optional.empty();
  }
}
