package org.localq.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.localq.core.ProcessId;

/**
 * The numbers of all processes at one moment.
 *
 * <p>What a job starts is not among those that were there before the job. To read of the others
 * what they are costs three system calls each, at the end of each job.
 *
 * @param pids in order
 * @param nanos when, by {@link System#nanoTime}
 */
record Listing(long[] pids, long nanos) {
  /**
   * For how long a number that was taken means the same process. A number is used again after all
   * others were, of which there are at least {@value #LEAST_NUMBERS}: no machine forks as many in
   * this time.
   */
  private static final Duration FRESH = Duration.ofMillis(100);

  /** Linux has no fewer unless somebody has set {@code kernel.pid_max}. */
  private static final long LEAST_NUMBERS = 32_768;

  /** Whether this machine has so many numbers that what is said here of {@link #since} holds. */
  static boolean isReliable(Path proc) {
    try {
      // not readString: it asks for one byte first, and the kernel gives a sysctl to one read alone
      List<String> most =
          Files.readAllLines(proc.resolve("sys/kernel/pid_max"), StandardCharsets.US_ASCII);
      return !most.isEmpty() && Long.parseLong(most.get(0).strip()) >= LEAST_NUMBERS;
    } catch (IOException | NumberFormatException unknown) {
      return false;
    }
  }

  /** All that are there now. */
  static Listing of(Path proc) throws IOException {
    long begun = System.nanoTime();
    long[] pids = new long[256];
    int size = 0;
    try (DirectoryStream<Path> all = Files.newDirectoryStream(proc)) {
      for (Path entry : all) {
        String name = entry.getFileName().toString();
        if (name.charAt(0) >= '1' && name.charAt(0) <= '9') {
          if (size == pids.length) {
            pids = Arrays.copyOf(pids, 2 * size);
          }
          pids[size++] = Long.parseLong(name);
        }
      }
    } catch (DirectoryIteratorException failed) {
      throw failed.getCause();
    }
    long[] exact = Arrays.copyOf(pids, size);
    Arrays.sort(exact);
    return new Listing(exact, begun);
  }

  /** Whether a number in it still means the process that it meant, {@code now} or before. */
  boolean isFresh(long now) {
    return now - nanos < FRESH.toNanos();
  }

  /** Those that are not in {@code before}, and these. */
  long[] since(Listing before, Set<ProcessId> these) {
    Set<Long> wanted = these.stream().map(ProcessId::pid).collect(Collectors.toSet());
    return Arrays.stream(pids)
        .filter(pid -> Arrays.binarySearch(before.pids, pid) < 0 || wanted.contains(pid))
        .toArray();
  }
}
