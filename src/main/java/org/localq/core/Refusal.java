package org.localq.core;

/**
 * Something a user asked for can't be done: the message is one line for a person, with the value,
 * the place, what was expected and what to do.
 *
 * <p>An exception and not a return value, because between the place that finds it and the command
 * that prints it nobody can do anything about it. A race that somebody else won is never one of
 * these.
 */
public final class Refusal extends RuntimeException {
  private static final long serialVersionUID = 1;

  /** What kind of mistake it is; each has an exit code. */
  public enum Kind {
    /** The command line alone is wrong. */
    USAGE,
    /** The command line is right, but not for this queue, file or disk. */
    REFUSED
  }

  private final Kind kind;

  private Refusal(Kind kind, String message, Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /** The command line alone is wrong. */
  public static Refusal usage(String message) {
    return new Refusal(Kind.USAGE, message, null);
  }

  /** A value does not go with what is there. */
  public static Refusal of(String message) {
    return new Refusal(Kind.REFUSED, message, null);
  }

  /** The same, with what the system said. */
  public static Refusal of(String message, Throwable cause) {
    return new Refusal(Kind.REFUSED, message, cause);
  }

  public Kind kind() {
    return kind;
  }
}
