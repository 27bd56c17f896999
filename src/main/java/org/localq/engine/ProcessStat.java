package org.localq.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import org.localq.core.ProcessId;

/**
 * What /proc/PID/stat says of a process.
 *
 * @param state the letter of proc_pid_stat(5), of its first thread
 * @param session the session's id, which is its leader's pid
 * @param threads how many there are
 * @param kernel whether it is a thread of the kernel's own
 */
record ProcessStat(
    ProcessId id, char state, long parent, long session, long threads, boolean kernel) {
  private static final int STATE = 0;
  private static final int PARENT = 1;
  private static final int SESSION = 3;
  private static final int FLAGS = 6;
  private static final int THREADS = 17;
  private static final int START = 19;

  /** Of the kernel's linux/sched.h. */
  private static final long PF_KTHREAD = 0x200000;

  /** Fifty numbers and a name of at most 64 bytes: the kernel gives it whole to one read. */
  private static final int MOST_BYTES = 2048;

  /**
   * Reads {@code directory}/stat; nothing when the process is gone. All of /proc is read at the end
   * of each job: so there are no more system calls than it takes, and no more is parsed than is
   * asked for.
   */
  static Optional<ProcessStat> read(Path directory) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(MOST_BYTES);
    try (SeekableByteChannel file = Files.newByteChannel(directory.resolve("stat"))) {
      file.read(buffer);
    } catch (NoSuchFileException gone) {
      return Optional.empty();
    } catch (IOException raced) {
      if (isGone(raced)) {
        return Optional.empty();
      }
      throw raced;
    }
    return parse(new String(buffer.array(), 0, buffer.position(), StandardCharsets.ISO_8859_1));
  }

  private static Optional<ProcessStat> parse(String line) {
    // the name in parentheses can hold anything, parentheses and spaces too
    int open = line.indexOf('(');
    int close = line.lastIndexOf(')');
    if (open < 0 || close < 0) {
      return Optional.empty();
    }
    String[] fields = line.substring(close + 2).split(" ", START + 2);
    long pid = Long.parseLong(line.substring(0, open - 1));
    return Optional.of(
        new ProcessStat(
            new ProcessId(pid, Long.parseLong(fields[START])),
            fields[STATE].charAt(0),
            Long.parseLong(fields[PARENT]),
            Long.parseLong(fields[SESSION]),
            Long.parseLong(fields[THREADS]),
            (Long.parseLong(fields[FLAGS]) & PF_KTHREAD) != 0));
  }

  /**
   * Whether a file of /proc could not be read because its process went between open and read:
   * ESRCH.
   */
  static boolean isGone(IOException failed) {
    return String.valueOf(failed.getMessage()).contains("No such process");
  }

  /** Whether it is more than a zombie: of one whose first thread has ended others may run. */
  boolean isAlive() {
    return (state != 'Z' && state != 'X') || threads > 1;
  }

  /** Whether a signal stopped it. */
  boolean isStopped() {
    return state == 'T';
  }
}
