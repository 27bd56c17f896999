package org.localq.cli;

import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Shows how far the reading of an array has come: on a terminal, and only when it takes a while.
 *
 * <p>On standard error, because standard output is for the id; closed, it leaves no trace.
 */
final class Progress implements AutoCloseable {
  /** What takes less is over before anybody has read it. */
  private static final long PATIENCE = TimeUnit.MILLISECONDS.toNanos(500);

  private static final long PAUSE = TimeUnit.MILLISECONDS.toNanos(100);
  private static final int WIDTH = 30;
  private static final int ALL = 100;

  private final Door.Console console;
  private final OptionalLong size;
  private final LongSupplier clock;
  private long due;
  private int shown;

  /**
   * Progress that begins now.
   *
   * @param size how many bytes there are, where that is known
   * @param clock nanoseconds
   */
  Progress(Door.Console console, OptionalLong size, LongSupplier clock) {
    this.console = console;
    this.size = size;
    this.clock = clock;
    this.due = clock.getAsLong() + PATIENCE;
  }

  /** So many bytes were read by now, and so many tasks found in them. */
  void show(long bytes, int tasks) {
    if (console.errorTerminal() && clock.getAsLong() - due >= 0) {
      String line = bar(bytes) + Text.count(tasks, "task");
      print("\r" + line + " ".repeat(Math.max(0, shown - line.length())));
      shown = Math.max(shown, line.length());
      due = clock.getAsLong() + PAUSE;
    }
  }

  private String bar(long bytes) {
    if (size.isEmpty() || size.getAsLong() == 0) {
      return "";
    }
    // a file can grow while it is read
    double part = Math.min(1.0, (double) bytes / size.getAsLong());
    int full = (int) (part * WIDTH);
    String percent = (int) (part * ALL) + "%";
    return "["
        + "#".repeat(full)
        + "-".repeat(WIDTH - full)
        + "] "
        + " ".repeat("100%".length() - percent.length())
        + percent
        + "  ";
  }

  private void print(String text) {
    console.err().print(text);
    console.err().flush();
  }

  /** Makes it disappear. */
  @Override
  public void close() {
    if (shown > 0) {
      print("\r" + " ".repeat(shown) + "\r");
      shown = 0;
    }
  }
}
