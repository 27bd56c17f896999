package org.localq.engine;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.localq.Executed;
import org.localq.core.Job;
import org.localq.core.JobId;

/** A directory that stands for running/, with job 7 in it, and real shims at work there. */
final class ShimBench implements AutoCloseable {
  static final String URI = "/home/u/.localq/localqd";

  private static final String JOB = "7";
  static final String RUN_FILE = "7.1.run-b0070000";
  private static final int SECONDS = 20;

  private final Path base;
  private List<String> wrapper = List.of();
  private final Path directory;
  private final List<String> shell;
  private final List<Shim> shims = new ArrayList<>();

  /**
   * A bench.
   *
   * @param base an empty directory; running/ is made in it
   * @param shell the words that start the shell which executes the shim
   */
  ShimBench(Path base, String shell) throws IOException {
    this(base, Files.createDirectory(base.resolve("running")), shell);
  }

  /** The same, with running/ in a place of its own. */
  ShimBench(Path base, Path running, String shell) throws IOException {
    this.base = base;
    this.directory = running;
    this.shell = List.of(shell.split(" "));
    Files.write(base.resolve("shim"), LocalEngine.shimText());
    Files.createFile(directory.resolve(JOB + ".json"));
  }

  /** The shells that the shim has to get along with. */
  static Stream<String> shells() {
    return Stream.of("dash", "bash --posix", "busybox sh");
  }

  /** Skips the test where the shell is not installed. */
  void assumeShell() throws IOException, InterruptedException {
    assumeTrue(Executed.isInstalled(shell.get(0)), () -> shell.get(0) + " is not installed");
  }

  Path directory() {
    return directory;
  }

  Path path(String name) {
    return directory.resolve(name);
  }

  /** Job 7 is not claimed any more. */
  ShimBench dropClaim() throws IOException {
    Files.delete(path(JOB + ".json"));
    return this;
  }

  /** A run file for attempt 1 with this text, which ends as every run file does. */
  ShimBench script(String text) throws IOException {
    return script((text + "\nexit\n").getBytes(StandardCharsets.ISO_8859_1));
  }

  ShimBench script(byte[] text) throws IOException {
    Files.write(path(RUN_FILE), text);
    return this;
  }

  /** The same, made from a job. */
  ShimBench job(Job job, Inherited own, boolean again) throws IOException {
    Mark mark = new Mark(base.toString(), new JobId(7), 1);
    return script(
        RunScript.of(
            new Launch(mark, job, directory, RUN_FILE, again ? 1 : 0), Map.of(), own, URI));
  }

  /** The script of a task, in the place of job 7's. */
  ShimBench task(JobId id, Job job) throws IOException {
    Launch launch = new Launch(new Mark(base.toString(), id, 1), job, directory, RUN_FILE, 0);
    return script(RunScript.of(launch, Map.of(), new Inherited(Map.of(), Optional.empty()), URI));
  }

  ShimBench job(Job job) throws IOException {
    return job(job, new Inherited(Map.of(), Optional.empty()), false);
  }

  /** A shim at work; itself the leader of a session. */
  record Shim(Process process, Path errors, ShimBench bench) {
    /** Waits for its end, which has to come and to be in peace. */
    Shim await() throws IOException, InterruptedException {
      if (!process.waitFor(SECONDS, TimeUnit.SECONDS)) {
        throw new AssertionError("the shim did not end: " + bench.evidence());
      }
      if (process.exitValue() != 0) {
        throw new AssertionError(
            "the shim ended with " + process.exitValue() + ": " + bench.evidence());
      }
      return this;
    }

    void signal(String name) throws IOException, InterruptedException {
      Executed.run(Path.of("/"), "sh", "-c", "kill -s " + name + " " + process.pid()).orFail();
    }
  }

  /** From now on shims are started by this command. */
  ShimBench by(List<String> command) {
    wrapper = List.copyOf(command);
    return this;
  }

  /** Starts a shim that is told of attempt 1. */
  Shim start() throws IOException {
    return start(JOB + " 1 " + RUN_FILE + "\n");
  }

  /** Starts a shim that is told {@code lines}, and that there are no more. */
  Shim start(String lines) throws IOException {
    List<String> words = new ArrayList<>(wrapper);
    words.add("setsid");
    words.addAll(shell);
    words.addAll(List.of(base.resolve("shim").toString(), directory.toString()));
    Path attempts = Files.writeString(base.resolve("attempts"), lines);
    Path errors = base.resolve("shim-" + shims.size() + ".err");
    ProcessBuilder builder =
        new ProcessBuilder(words)
            .directory(directory.toFile())
            .redirectInput(attempts.toFile())
            .redirectOutput(ProcessBuilder.Redirect.appendTo(errors.toFile()))
            .redirectError(ProcessBuilder.Redirect.appendTo(errors.toFile()));
    Shim shim = new Shim(builder.start(), errors, this);
    shims.add(shim);
    return shim;
  }

  /** Starts a shim and waits for its end. */
  ShimBench run() throws IOException, InterruptedException {
    start().await();
    return this;
  }

  /** The names of the tokens, in order. */
  TreeSet<String> tokens() throws IOException {
    TreeSet<String> tokens = new TreeSet<>();
    try (Stream<Path> files = Files.list(directory)) {
      files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.startsWith(JOB + ".1.") && !name.equals(RUN_FILE))
          .map(name -> name.substring((JOB + ".1.").length()))
          .forEach(tokens::add);
    }
    return tokens;
  }

  String text(String name) throws IOException {
    return Files.readString(path(name), StandardCharsets.ISO_8859_1);
  }

  /** Everything there is to see. */
  String evidence() {
    StringBuilder text = new StringBuilder(shell + " in " + directory + "\n");
    try (Stream<Path> files = Files.walk(base)) {
      for (Path file : files.sorted(Comparator.comparing(Path::toString)).toList()) {
        text.append("--- ").append(file).append('\n');
        if (Files.isRegularFile(file) && !file.endsWith("shim") && Files.size(file) < 10_000) {
          text.append(Files.readString(file, StandardCharsets.ISO_8859_1)).append('\n');
        }
      }
    } catch (IOException unreadable) {
      text.append(unreadable);
    }
    return text.toString();
  }

  @Override
  public void close() {
    for (Shim shim : shims) {
      ProcessHandle handle = shim.process().toHandle();
      handle.descendants().forEach(ProcessHandle::destroyForcibly);
      handle.destroyForcibly();
    }
  }
}
