package org.localq.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
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
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The built package with a scratch HOME: runs its commands, and ends what it started. */
public final class Installation implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(120);

  /** One class-data archive for all tests, and not one made in the background of each. */
  private static final Path CACHE = Path.of("target", "cache").toAbsolutePath();

  private final Path home;
  private final List<String> wrapper;
  private final Path bin = Path.of("target", "localq", "bin").toAbsolutePath();

  /** What a command came to. */
  public record Result(List<String> words, int code, String out, String err) {
    /** This result, which has to be of exit code {@code expected}. */
    public Result exits(int expected) {
      assertEquals(expected, code, this::toString);
      return this;
    }

    /** Standard output without the last line end. */
    public String text() {
      return out.strip();
    }
  }

  /** With a HOME that is made in {@code scratch}. */
  public Installation(Path scratch) throws IOException {
    this(Files.createDirectory(scratch.resolve("home")), List.of());
    awaitArchive(this);
  }

  private Installation(Path home, List<String> wrapper) {
    this.home = home;
    this.wrapper = wrapper;
  }

  /**
   * The same, with everything that it runs as the last words of {@code wrapper}, a program that
   * runs another.
   */
  public Installation inside(List<String> wrapper) {
    return new Installation(home, List.copyOf(wrapper));
  }

  /** One at a time: who finds the archive being made would make its commands wait, and be slow. */
  private static synchronized void awaitArchive(Installation first) {
    if (!isArchiveMade()) {
      first.run("localqd", "--version").exits(0);
      eventually("a class-data archive, or word that there is none", Installation::isArchiveMade);
    }
  }

  private static boolean isArchiveMade() {
    try (Stream<Path> files = Files.walk(Files.createDirectories(CACHE))) {
      return files.map(Path::toString).anyMatch(name -> name.matches(".*\\.(jsa|aot|failed)"));
    } catch (IOException | UncheckedIOException moving) {
      return false;
    }
  }

  public Path home() {
    return home;
  }

  public Path spool() {
    return home.resolve(".localq/queue");
  }

  /** Runs one of our commands in HOME, to its end. */
  public Result run(String... words) {
    return run(Map.of(), words);
  }

  /** The same with more variables. */
  public Result run(Map<String, String> variables, String... words) {
    List<String> line = new ArrayList<>(List.of(words));
    line.set(0, bin.resolve(words[0]).toString());
    return finish(line, start(variables, line));
  }

  /** Runs any program with our commands on its PATH. */
  public Result runOther(String... words) {
    List<String> line = List.of(words);
    return finish(line, start(Map.of(), line));
  }

  private record Started(Process process, Path out, Path err) {}

  private Started start(Map<String, String> variables, List<String> line) {
    try {
      Path out = Files.createTempFile(home.getParent(), "out", "");
      Path err = Files.createTempFile(home.getParent(), "err", "");
      List<String> whole = new ArrayList<>(wrapper);
      whole.addAll(line);
      ProcessBuilder builder = new ProcessBuilder(whole);
      builder.environment().keySet().removeIf(name -> name.startsWith("LOCALQ_"));
      builder.environment().put("HOME", home.toString());
      builder.environment().put("XDG_CACHE_HOME", CACHE.toString());
      builder.environment().put("PATH", bin + ":" + searchable(System.getenv("PATH")));
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

  /** Without directories that are another user's own: with one, "not found" is "denied". */
  private static String searchable(String path) {
    return Stream.of(path.split(":"))
        .filter(directory -> Files.isExecutable(Path.of(directory)))
        .collect(Collectors.joining(":"));
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
  public Process launch(String... words) {
    return launch(Map.of(), List.of(), words);
  }

  /**
   * The same with more variables, as the last words of {@code wrapper}, a program that runs
   * another.
   */
  public Process launch(Map<String, String> variables, List<String> wrapper, String... words) {
    return start(variables, wrapped(wrapper, words)).process();
  }

  /** Runs one of our commands to its end, as the last words of {@code wrapper}. */
  public Result run(Map<String, String> variables, List<String> wrapper, String... words) {
    List<String> line = wrapped(wrapper, words);
    return finish(line, start(variables, line));
  }

  private List<String> wrapped(List<String> wrapper, String... words) {
    List<String> line = new ArrayList<>(wrapper);
    line.add(bin.resolve(words[0]).toString());
    line.addAll(List.of(words).subList(1, words.length));
    return line;
  }

  /** Submits a job, and returns its id. */
  public String submit(String... words) {
    List<String> line = new ArrayList<>(List.of("lbatch", "--parsable"));
    line.addAll(List.of(words));
    return run(line.toArray(new String[0])).exits(0).text();
  }

  /** The state of a job. */
  public String state(String id) {
    return run("linfo", "--state", id).text();
  }

  /** The record of a job, once it is there. */
  public String record(String id) {
    Path record = spool().resolve("done").resolve(id + ".json");
    eventually("a record of job " + id, () -> Files.exists(record));
    return read(record);
  }

  public static String read(Path file) {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1);
    } catch (IOException failed) {
      throw new IllegalStateException(failed);
    }
  }

  /** The pids of the workers that say they are alive. */
  public List<Long> workers() {
    try (Stream<Path> entries = Files.list(spool().resolve(".localq/workers"))) {
      return entries.map(entry -> Long.parseLong(entry.getFileName().toString())).sorted().toList();
    } catch (IOException failed) {
      throw new IllegalStateException(failed);
    }
  }

  /** Kills the one worker without a word. */
  public void killWorker() {
    for (long pid : workers()) {
      Optional<ProcessHandle> worker = ProcessHandle.of(pid);
      worker.ifPresent(ProcessHandle::destroyForcibly);
      eventually("the end of worker " + pid, () -> worker.isEmpty() || !worker.get().isAlive());
    }
  }

  /** Waits for a condition. */
  public static void eventually(String what, BooleanSupplier condition) {
    eventually(what, condition, () -> "");
  }

  /** Waits for a condition; fails with {@code evidence} when it does not come. */
  public static void eventually(String what, BooleanSupplier condition, Supplier<String> evidence) {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        fail("still waiting for " + what + " after " + PATIENCE + evidence.get());
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
  public String evidence() {
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
