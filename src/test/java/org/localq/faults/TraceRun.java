package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.localq.Executed;

/** Runs shell scripts over the built package, with a HOME of their own, traced or not. */
final class TraceRun {
  private static final Path BIN = Path.of("target", "localq", "bin").toAbsolutePath();
  private static final int SECONDS = 60;

  /** Every call that changes a file system, and those by which its descriptors are known. */
  private static final String CALLS =
      "openat,creat,write,pwrite64,ftruncate,rename,renameat,renameat2,link,linkat,unlink,unlinkat,"
          + "mkdir,mkdirat,rmdir,fsync,fdatasync";

  /**
   * What every script begins with: where things are, and how to wait for a condition; not for ever.
   */
  private static final String PROLOGUE =
      """
      set -e
      queue=$HOME/.localq/queue
      running=$queue/running
      trap '[ -z "$(ls "$queue/.localq/workers" 2>/dev/null)" ] || localqd stop --cancel' EXIT
      boot=$(tr -d - </proc/sys/kernel/random/boot_id | cut -c1-8)
      await() {
        tries=0
        until "$@"; do
          tries=$((tries + 1))
          [ "$tries" -lt 1500 ] || { echo "waited in vain: $*" >&2; exit 99; }
          sleep 0.02
        done
      }
      # Whether a record is older than --keep 1s,0 keeps it.
      outlived() {
        [ -e "$1" ] && [ -n "$(find "$1" ! -newerct '2 seconds ago')" ]
      }
      # A command that says that it runs, and ends with an exit code that is its own.
      witness='echo "ran $LOCALQ_JOB_ID $LOCALQ_ATTEMPT"; exit 3'
      """;

  private final Path home;

  /** With a HOME that is there. */
  TraceRun(Path home) {
    this.home = home;
  }

  /** Skips the test where there is no strace, or where it may not trace. */
  static void assumeStrace() throws IOException, InterruptedException {
    assumeTrue(Executed.isInstalled("strace"), "strace is not installed");
    Executed probe = Executed.run(Path.of("/"), "strace", "-f", "-o", "/dev/null", "true");
    assumeTrue(probe.code() == 0, () -> "strace may not trace here: " + probe.err());
  }

  /** Runs a script to its end, which has to be a good one. */
  void run(String script) throws IOException, InterruptedException {
    finish(List.of("sh", "-c", PROLOGUE + script, "sh"));
  }

  /** Runs a script to its end, and returns what it did, and all that it started. */
  List<TraceEvent> trace(String script) throws IOException, InterruptedException {
    Path trace = home.resolveSibling(home.getFileName() + ".trace");
    finish(
        List.of(
            "strace",
            "-f",
            "-y",
            "-xx",
            "-s",
            "1000000",
            "--seccomp-bpf",
            "-o",
            trace.toString(),
            "-e",
            "trace=" + CALLS,
            "-e",
            "signal=none",
            "sh",
            "-c",
            PROLOGUE + script,
            "sh"));
    return TraceParser.parse(Files.readAllLines(trace, StandardCharsets.ISO_8859_1));
  }

  private void finish(List<String> line) throws IOException, InterruptedException {
    Path said = home.resolveSibling(home.getFileName() + ".said");
    ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(line)).directory(home.toFile());
    Map<String, String> environment = builder.environment();
    String path = System.getenv("PATH");
    environment.clear();
    environment.put("HOME", home.toString());
    environment.put("PATH", BIN + ":" + path);
    environment.put("LOCALQ_NO_ARCHIVE", "1");
    builder.redirectInput(Path.of("/dev/null").toFile());
    builder.redirectErrorStream(true);
    builder.redirectOutput(said.toFile());
    Process process = builder.start();
    try {
      assertTrue(process.waitFor(SECONDS, TimeUnit.SECONDS), () -> "no end: " + read(said));
      assertEquals(0, process.exitValue(), () -> read(said));
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException unreadable) {
      return unreadable.toString();
    }
  }

  /** What is below {@code directory}, as {@link CrashDisk} has it. */
  static SortedMap<String, String> tree(Path directory) throws IOException {
    SortedMap<String, String> tree = new TreeMap<>();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        String name = directory.relativize(file).toString();
        if (Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
          tree.put(name + "/", "");
        } else {
          tree.put(name, Files.readString(file, StandardCharsets.ISO_8859_1));
        }
      }
    }
    tree.remove("/");
    return tree;
  }
}
