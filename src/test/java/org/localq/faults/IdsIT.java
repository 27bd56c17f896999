package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.localq.system.Installation;

/** An id is given out once, whatever becomes of the counter and of the records. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class IdsIT {
  private static final int CLIENTS = 8;

  @TempDir Path scratch;
  @AutoClose private Trial trial;
  private Path seq;

  @BeforeEach
  void begin() throws IOException {
    trial = new Trial(scratch, 4);
    trial.start();
    seq = trial.spool().resolve(".localq/seq");
    for (int job = 0; job < 5; job++) {
      trial.submit(1, job, "0");
    }
    trial.settle();
  }

  private void removeCounter() throws IOException {
    try (Stream<Path> files = Files.list(seq)) {
      for (Path file : files.toList()) {
        if (file.getFileName().toString().matches("[0-9]+")) {
          Files.delete(file);
        }
      }
    }
  }

  @Test
  @Injection(41)
  void a_counter_that_is_gone_is_a_refusal_until_a_repair_sets_it_above_every_id()
      throws Exception {
    removeCounter();
    Installation.Result refused = trial.localq().run("lbatch", "true").exits(1);
    assertTrue(refused.err().contains("no counter"), refused::toString);
    trial.localq().run("localqd", "stop").exits(0);
    Installation.Result found = trial.localq().run("localqd", "check").exits(1);
    assertTrue(found.out().contains("seq"), found::toString);
    trial.localq().run("localqd", "check", "--repair").exits(0);
    trial.localq().run("localqd", "check").exits(0);
    assertEquals("6", trial.start().submit(1, 0, "0"));
    trial.settleAndVerify();
  }

  @Test
  @Injection(41)
  void a_counter_that_is_set_back_gives_no_id_out_again() throws Exception {
    removeCounter();
    Files.createFile(seq.resolve("2"));
    for (int job = 0; job < 4; job++) {
      trial.submit(1, job, "0");
    }
    trial.settleAndVerify();
    assertEquals(9, new HashSet<>(trial.accepted()).size());
  }

  @Test
  @Injection(41)
  void neither_does_one_that_is_set_back_behind_records_that_were_collected() throws Exception {
    trial.localq().run("localqd", "-n", "4", "--keep", "0s,0", "restart").exits(0);
    Installation.eventually(
        "the collection of all records", () -> trial.names("done").isEmpty(), trial::evidence);
    removeCounter();
    Files.createFile(seq.resolve("2"));
    assertEquals("6", trial.submit(1, 0, "0"));
  }

  @Test
  @Tag("long")
  @Injection(41)
  void a_collection_that_races_with_clients_gives_no_id_back() throws Exception {
    trial.localq().run("localqd", "-n", "4", "--keep", "0s,0", "restart").exits(0);
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    List<Future<String>> answers = new ArrayList<>();
    try {
      for (int job = 0; job < 50; job++) {
        answers.add(clients.submit(() -> trial.localq().submit("-o", "/dev/null", "true")));
      }
      for (int restart = 0; restart < 5; restart++) {
        // each worker collects when it begins
        trial.localq().run("localqd", "restart").exits(0);
      }
      HashSet<String> ids = new HashSet<>(trial.accepted());
      for (Future<String> answer : answers) {
        assertTrue(ids.add(answer.get()), () -> "an id was given out twice: " + ids);
      }
      assertEquals(55, ids.size());
      assertTrue(trial.said("collected ") > 0, trial::log);
    } finally {
      clients.shutdownNow();
    }
    trial.settle();
    trial.localq().run("localqd", "check").exits(0);
  }
}
