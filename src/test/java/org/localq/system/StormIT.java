package org.localq.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients submit while the worker is killed and started again and again. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class StormIT {
  private static final int CLIENTS = 8;
  private static final int JOBS = 120;
  private static final int MOST_KILLS = 200;

  @TempDir Path scratch;
  @AutoClose private Installation localq;

  @BeforeEach
  void install() throws IOException {
    localq = new Installation(scratch);
  }

  @Test
  void every_job_runs_once_and_is_recorded() throws Exception {
    localq.run("localqd", "-n", "2", "start").exits(0);
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    List<Future<String>> ids = new ArrayList<>();
    for (int i = 0; i < JOBS; i++) {
      ids.add(
          clients.submit(
              () -> localq.submit("-o", "/dev/null", "sh", "-c", "echo $LOCALQ_JOB_ID >>witness")));
    }
    clients.shutdown();
    int kills = 0;
    while (records().size() < JOBS && kills++ < MOST_KILLS) {
      localq.killWorker();
      localq.run("localqd", "-n", "2", "start").exits(0);
      // time for a part of the work between two kills, all of it at the end
      clients.awaitTermination(500, TimeUnit.MILLISECONDS);
    }
    Set<String> printed = new HashSet<>();
    for (Future<String> id : ids) {
      printed.add(id.get(1, TimeUnit.MINUTES));
    }
    assertEquals(JOBS, printed.size());
    assertEquals(JOBS, records().size(), localq::evidence);
    assertTrue(kills > 1, "the worker was killed while there was work");
    List<String> witness = Files.readAllLines(localq.home().resolve("witness"));
    assertEquals(printed, new HashSet<>(witness));
    assertEquals(JOBS, witness.size(), "each ran once");
    for (Path record : records()) {
      assertTrue(Installation.read(record).contains("\"state\" : \"COMPLETED\""), record::toString);
    }
  }

  private List<Path> records() throws IOException {
    try (Stream<Path> records = Files.list(localq.spool().resolve("done"))) {
      return records.toList();
    }
  }
}
