package org.localq.faults;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.localq.Executed;
import org.localq.system.Installation;

/**
 * Makes a system call of an unmodified program fail, or kills the program in it, by strace(1).
 *
 * @param call the names of system calls, as strace wants them: {@code rename,fsync}
 * @param effect as in strace's {@code inject}: {@code signal=SIGKILL}, {@code error=EIO}
 * @param when which of the calls of a thread, from 1: {@code 3}, or {@code 3+} for all from there
 *     on
 * @param paths only calls that mention one of these; none: all
 * @param log where strace writes what it did
 */
record Strace(String call, String effect, String when, List<Path> paths, Path log) {

  /** Skips the test where there is no strace, or it may not trace. */
  static void assumeInstalled() throws IOException, InterruptedException {
    assumeTrue(Executed.isInstalled("strace"), "strace is not installed");
    assumeTrue(
        Executed.run(Path.of("/"), "strace", "-qq", "-o", "/dev/null", "true").code() == 0,
        "strace may not trace here");
  }

  /** The words before those of a command that is to be run so. */
  List<String> wrapper() {
    return words();
  }

  /**
   * The words of a tracer of a process that runs. It lets go of each child that becomes another
   * program: a fault of the worker is none of its jobs.
   */
  List<String> attached(long pid) {
    List<String> words = words();
    words.addAll(List.of("-b", "execve", "-p", Long.toString(pid)));
    return words;
  }

  private List<String> words() {
    List<String> words =
        new ArrayList<>(List.of("strace", "-f", "-qq", "-y", "-o", log.toString(), "-e"));
    words.add("signal=none");
    words.add("-e");
    words.add("trace=" + call);
    words.add("-e");
    words.add("inject=" + call + ":" + effect + ":when=" + when);
    for (Path path : paths) {
      words.add("-P");
      words.add(path.toString());
    }
    return words;
  }

  /** Whether it came to the injection. */
  boolean hasStruck() throws IOException {
    if (!Files.exists(log)) {
      return false;
    }
    String text = Installation.read(log);
    // a call that its process did not come back from shows no result
    return text.contains("(INJECTED)") || text.lines().anyMatch(line -> line.endsWith("= ?"));
  }
}
