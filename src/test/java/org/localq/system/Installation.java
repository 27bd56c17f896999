package org.localq.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** The built package with a scratch HOME: runs its commands, and ends what it started. */
final class Installation implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Path home;
  private final Path bin = Path.of("target", "localq", "bin").toAbsolutePath();

  /** What a command came to. */
  record Result(List<String> words, int code, String out, String err) {
    /** This result, which has to be of exit code {@code expected}. */
    Result exits(int expected) {
      assertEquals(expected, code, this::toString);
      return this;
    }

    /** Standard output without the last line end. */
    String text() {
      return out.strip();
    }
  }

  Installation(Path home) {
    this.home = home;
  }

  Path home() {
    return home;
  }

  Path spool() {
    return home.resolve(".localq/queue");
  }

  /** Runs one of our commands in HOME, to its end. */
  Result run(String... words) {
    return run(Map.of(), words);
  }

  /** The same with more variables. */
  Result run(Map<String, String> variables, String... words) {
    List<String> line = new ArrayList<>(List.of(words));
    line.set(0, bin.resolve(words[0]).toString());
    return finish(line, start(variables, line));
  }

  /** Runs any program with our commands on its PATH. */
  Result runOther(String... words) {
    List<String> line = List.of(words);
    return finish(line, start(Map.of(), line));
  }

  private record Started(Process process, Path out, Path err) {}

  private Started start(Map<String, String> variables, List<String> line) {
    try {
      Path out = Files.createTempFile(home.getParent(), "out", "");
      Path err = Files.createTempFile(home.getParent(), "err", "");
      ProcessBuilder builder = new ProcessBuilder(line);
      builder.environment().keySet().removeIf(name -> name.startsWith("LOCALQ_"));
      builder.environment().put("HOME", home.toString());
      builder.environment().put("PATH", bin + ":" + System.getenv("PATH"));
      builder.environment().putAll(variables);
      builder.directory(home.toFile());
      builder.redirectInput(Path.of("/dev/null").toFile());
      builder.redirectOutput(out.toFile());
      builder.redirectError(err.toFile());
      return new Started(builder.start(), out, err);
    } catch (IOException failed) {
      throw new IllegalStateException(line.toString(), failed);
    }
  }

  private static Result finish(List<String> line, Started started) {
    try {
      if (!started.process().waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        started.process().destroyForcibly();
        fail(line + " did not end within " + PATIENCE);
      }
      return new Result(
          line,
          started.process().exitValue(),
          Files.readString(started.out(), StandardCharsets.ISO_8859_1),
          Files.readString(started.err(), StandardCharsets.ISO_8859_1));
    } catch (IOException failed) {
      throw new IllegalStateException(line.toString(), failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(interrupted);
    }
  }

  /** Starts one of our commands, and leaves it running. */
  Process launch(String... words) {
    List<String> line = new ArrayList<>(List.of(words));
    line.set(0, bin.resolve(words[0]).toString());
    return start(Map.of(), line).process();
  }

  /** Submits a job, and returns its id. */
  String submit(String... words) {
    List<String> line = new ArrayList<>(List.of("lbatch", "--parsable"));
    line.addAll(List.of(words));
    return run(line.toArray(new String[0])).exits(0).text();
  }

  /** The state of a job. */
  String state(String id) {
    return run("linfo", "--state", id).text();
  }

  /** The record of a job, once it is there. */
  String record(String id) {
    Path record = spool().resolve("done").resolve(id + ".json");
    eventually("a record of job " + id, () -> Files.exists(record));
    return read(record);
  }

  static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException failed) {
      throw new IllegalStateException(failed);
    }
  }

  /** The pids of the workers that say they are alive. */
  List<Long> workers() {
    try (Stream<Path> entries = Files.list(spool().resolve(".localq/workers"))) {
      return entries.map(entry -> Long.parseLong(entry.getFileName().toString())).sorted().toList();
    } catch (IOException failed) {
      throw new IllegalStateException(failed);
    }
  }

  /** Kills the one worker without a word. */
  void killWorker() {
    for (long pid : workers()) {
      Optional<ProcessHandle> worker = ProcessHandle.of(pid);
      worker.ifPresent(ProcessHandle::destroyForcibly);
      eventually("the end of worker " + pid, () -> worker.isEmpty() || !worker.get().isAlive());
    }
  }

  /** Waits for a condition. */
  static void eventually(String what, BooleanSupplier condition) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        fail("still waiting for " + what + " after " + PATIENCE);
      }
      try {
        TimeUnit.MILLISECONDS.sleep(5);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new IllegalStateException(interrupted);
      }
    }
  }

  /** Everything that this queue can say of itself, for a failure's message. */
  String evidence() {
    return run("lqueue").out() + "\n" + read(home.resolve(".localq/localqd.log"));
  }

  @Override
  public void close() {
    if (Files.exists(home.resolve(".localq/localqd"))) {
      run("lcancel", "--all", "--grace", "0");
      run("localqd", "stop", "--cancel");
    }
  }
}
