package org.localq.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.localq.core.ProcessId;

/**
 * What /proc/PID/stat says of a process.
 *
 * @param state the letter of proc_pid_stat(5)
 * @param session the session's id, which is its leader's pid
 */
record ProcessStat(ProcessId id, char state, long session) {
  private static final int STATE = 0;
  private static final int SESSION = 3;
  private static final int START = 19;

  /** Reads {@code directory}/stat; nothing when the process is gone. */
  static Optional<ProcessStat> read(Path directory) throws IOException {
    try {
      String line =
          new String(Files.readAllBytes(directory.resolve("stat")), StandardCharsets.ISO_8859_1);
      // the name in parentheses can hold anything, parentheses and spaces too
      int open = line.indexOf('(');
      int close = line.lastIndexOf(')');
      if (open < 0 || close < 0) {
        return Optional.empty();
      }
      String[] fields = line.substring(close + 2).split(" ");
      long pid = Long.parseLong(line.substring(0, open - 1));
      return Optional.of(
          new ProcessStat(
              new ProcessId(pid, Long.parseLong(fields[START])),
              fields[STATE].charAt(0),
              Long.parseLong(fields[SESSION])));
    } catch (NoSuchFileException gone) {
      return Optional.empty();
    } catch (IOException raced) {
      if (isGone(raced)) {
        return Optional.empty();
      }
      throw raced;
    }
  }

  /**
   * Whether a file of /proc could not be read because its process went between open and read:
   * ESRCH.
   */
  static boolean isGone(IOException failed) {
    return String.valueOf(failed.getMessage()).contains("No such process");
  }

  /** Whether it is more than a zombie. */
  boolean isAlive() {
    return state != 'Z' && state != 'X';
  }

  /** Whether a signal stopped it. */
  boolean isStopped() {
    return state == 'T';
  }
}
