package org.localq.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.localq.Eventually;

/** Checks a spool again and again while workers, clients and shims are at work on it. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class CheckIT {
  private static final int CLIENTS = 4;
  private static final int JOBS = 480;
  private static final int CHECKS_A_KILL = 15;
  private static final Path BIN = Path.of("target", "localq", "bin").toAbsolutePath();

  @TempDir Path home;
  private CommandContext context;
  private final List<Process> workers = new ArrayList<>();

  @Test
  void a_busy_spool_never_gives_a_false_alarm() throws Exception {
    context = new CommandContext(home);
    context.run("lbatch", "-o", "/dev/null", "true").exits(0);
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    try {
      startWorker();
      startWorker();
      List<Future<?>> work = new ArrayList<>();
      for (int i = 0; i < JOBS; i++) {
        int number = i;
        work.add(clients.submit(() -> act(number)));
      }
      int checks = 0;
      while (!isAllOver(work, check())) {
        if (++checks % CHECKS_A_KILL == 0) {
          workers.remove(0).destroyForcibly().waitFor();
          startWorker();
        }
        assertTrue(workers.stream().allMatch(Process::isAlive), "the workers live");
      }
      for (Future<?> done : work) {
        done.get();
      }
      assertTrue(checks > CHECKS_A_KILL, "the spool was checked while it was busy: " + checks);
    } finally {
      clients.shutdownNow();
      for (Process worker : workers) {
        worker.destroy();
        assertTrue(worker.waitFor(20, TimeUnit.SECONDS), "a worker ends on TERM");
      }
    }
    assertEquals(0, context.run("localqd", "check").code());
  }

  private CommandContext.Ran check() {
    return context.run("localqd", "check").exits(0);
  }

  private static boolean isAllOver(List<Future<?>> work, CommandContext.Ran check) {
    return work.stream().allMatch(Future::isDone)
        && check.out().contains("ok: 0 pending, 0 running, ")
        && !check.out().contains("left for");
  }

  /** One of the things that clients do. */
  private Void act(int number) throws Exception {
    switch (number % 8) {
      case 0 -> drop("nap" + number, "{\"command\": [\"true\"], \"stdout\": \"/dev/null\"}");
      case 1 -> Files.createDirectory(context.spool("hostile" + number + ".json"));
      case 2 -> drop("1", "{\"command\": [\"false\"]}");
      case 3 -> cancel(submit("sleep", "60"));
      case 4 -> submit("sh", "-c", "exit 3");
      default -> submit("true");
    }
    return null;
  }

  private void drop(String name, String text) throws Exception {
    Path draft = Files.writeString(context.spool("." + name + Math.random()), text);
    Files.move(draft, context.spool(name + ".json"), StandardCopyOption.ATOMIC_MOVE);
  }

  private String submit(String... command) {
    List<String> words = new ArrayList<>(List.of("lbatch", "--parsable", "-o", "/dev/null"));
    words.addAll(List.of(command));
    return context.run(words.toArray(new String[0])).exits(0).out().strip();
  }

  /** In a process of its own: this one holds the lock for the check. */
  private void cancel(String id) throws Exception {
    assertEquals(0, start("lcancel", "--grace", "1", id).waitFor());
  }

  private void startWorker() throws Exception {
    Path log = Files.createTempFile(home, "worker", ".log");
    Process worker = start(log, "localqd", "-i", "1", "run");
    workers.add(worker);
    Eventually.eventually(
        () -> Files.readString(log).contains("works on"), () -> "a worker that works");
  }

  private Process start(String... words) throws Exception {
    return start(Files.createTempFile(home, "out", ""), words);
  }

  private Process start(Path output, String... words) throws Exception {
    List<String> line = new ArrayList<>(List.of(words));
    line.set(0, BIN.resolve(words[0]).toString());
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.environment().keySet().removeIf(name -> name.startsWith("LOCALQ_"));
    builder.environment().put("HOME", home.toString());
    return builder.redirectErrorStream(true).redirectOutput(output.toFile()).start();
  }
}
