package org.localq.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.localq.engine.LocalMachine;

/** Two workers and sixteen clients on one spool, watched from outside it. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class RaceIT {
  private static final int CLIENTS = 16;
  private static final int JOBS = 500;
  private static final int LIMIT = 3;
  private static final Path LOCALQD =
      Path.of("target", "localq", "bin", "localqd").toAbsolutePath();

  /** One O_APPEND write each, so that the lines are whole and in the order of the events. */
  private static final String JOB =
      "echo \"$LOCALQ_JOB_ID START $LOCALQ_CORES\" >>witness; echo \"$LOCALQ_JOB_ID END $LOCALQ_CORES\" >>witness";

  @TempDir Path home;

  @Test
  void no_job_is_lost_none_runs_twice_and_the_limit_holds() throws Exception {
    List<Process> workers = List.of(worker("-n", Integer.toString(LIMIT)), worker());
    try {
      Set<String> ids = submitAll();
      assertEquals(JOBS, ids.size(), "ids that were printed, each once");
      await(() -> namesIn("done").size() == JOBS, workers);
      List<String> witness = Files.readAllLines(home.resolve("witness"));
      assertEquals(ids, idsOf(witness, "START"));
      assertEquals(2 * JOBS, witness.size(), "each job started once and ended once");
      assertTrue(mostCores(witness) <= LIMIT, "cores at once: " + mostCores(witness));
      for (String id : ids) {
        String record = Files.readString(queue().resolve("done").resolve(id + ".json"));
        assertTrue(record.contains("\"COMPLETED\""), record);
      }
      await(() -> namesIn("running").isEmpty(), workers);
    } finally {
      workers.forEach(Process::destroy);
      for (Process worker : workers) {
        assertTrue(worker.waitFor(10, TimeUnit.SECONDS), "a worker ends on TERM");
      }
    }
  }

  private Path queue() {
    return home.resolve(".localq/queue");
  }

  private Process worker(String... options) throws Exception {
    List<String> line = new ArrayList<>(List.of(LOCALQD.toString()));
    line.addAll(List.of(options));
    line.add("run");
    ProcessBuilder builder = new ProcessBuilder(line);
    builder.environment().put("HOME", home.toString());
    Path log = Files.createTempFile(home, "worker", ".log");
    Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    await(() -> Files.readString(log).contains("works on"), List.of(process));
    return process;
  }

  private Set<String> submitAll() throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    try {
      List<Future<String>> answers = new ArrayList<>();
      for (int i = 0; i < JOBS; i++) {
        String cores = Integer.toString(1 + i % LIMIT);
        answers.add(clients.submit(() -> submit("-n", cores, "-o", "/dev/null")));
      }
      Set<String> ids = new HashSet<>();
      for (Future<String> answer : answers) {
        ids.add(answer.get(2, TimeUnit.MINUTES));
      }
      return ids;
    } finally {
      clients.shutdownNow();
    }
  }

  private String submit(String... options) {
    List<String> words = new ArrayList<>(List.of("lbatch", "--parsable"));
    words.addAll(List.of(options));
    words.addAll(List.of("sh", "-c", JOB));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
    Map<String, String> environment =
        Map.of("HOME", home.toString(), "PATH", System.getenv("PATH"));
    Door door =
        new Door(
            new Door.Console(stream, stream, false),
            new Door.Surroundings(
                FileSystems.getDefault(), environment, environment, home.toString()),
            new LocalMachine(Path.of("/proc")),
            Clock.systemDefaultZone(),
            List.of());
    assertEquals(0, Main.run(door, words), () -> out.toString(StandardCharsets.UTF_8));
    return out.toString(StandardCharsets.UTF_8).strip();
  }

  private List<Path> namesIn(String directory) throws IOException {
    try (Stream<Path> files = Files.list(queue().resolve(directory))) {
      return files.toList();
    }
  }

  private static Set<String> idsOf(List<String> witness, String event) {
    Set<String> ids = new HashSet<>();
    for (String line : witness) {
      if (line.contains(" " + event + " ")) {
        ids.add(line.split(" ")[0]);
      }
    }
    return ids;
  }

  private static int mostCores(List<String> witness) {
    int now = 0;
    int most = 0;
    for (String line : witness) {
      String[] words = line.split(" ");
      now += (words[1].equals("START") ? 1 : -1) * Integer.parseInt(words[2]);
      most = Math.max(most, now);
    }
    return most;
  }

  private static void await(Callable<Boolean> condition, List<Process> alive) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(3);
    while (!condition.call()) {
      assertTrue(alive.stream().allMatch(Process::isAlive), "the workers are alive");
      assertTrue(System.nanoTime() - deadline < 0, "in time");
      TimeUnit.MILLISECONDS.sleep(20);
    }
  }
}
