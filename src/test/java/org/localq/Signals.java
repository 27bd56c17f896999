package org.localq;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a process does with signals, by its {@code /proc/PID/status}. */
public final class Signals {
  private static final int INT = 2;

  private Signals() {}

  /** A mask of a status: {@code SigIgn}, {@code SigCgt}; bit n-1 is signal n. */
  public static long mask(String status, String field) {
    return status
        .lines()
        .filter(line -> line.startsWith(field + ":"))
        .mapToLong(line -> Long.parseUnsignedLong(line.substring(field.length() + 1).strip(), 16))
        .findFirst()
        .orElseThrow();
  }

  /**
   * The signals that the tests themselves were started to ignore, as by nohup or a script's {@code
   * &}: no shell can undo that, so whatever a test starts ignores them too.
   */
  public static long ignoredHere() throws IOException {
    return mask(Files.readString(Path.of("/proc/self/status")), "SigIgn");
  }

  /** Whether Control-C reaches what a test starts. */
  public static boolean canInterrupt() throws IOException {
    return (ignoredHere() >> (INT - 1) & 1) == 0;
  }
}
