package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.localq.system.Installation;

/** Many workers and clients on one spool, some of which die; and jobs that are there twice. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class CrowdIT {
  private static final int CLIENTS = 4;

  private final Random random = Seed.of(CrowdIT.class);
  private final List<Process> workers = new ArrayList<>();
  @TempDir Path scratch;
  @AutoClose private Trial trial;

  private Trial trial(int cores) throws IOException {
    trial = new Trial(scratch, cores);
    return trial;
  }

  @AfterEach
  void end() throws InterruptedException {
    for (Process worker : workers) {
      worker.destroyForcibly().waitFor();
    }
  }

  /** Runs while clients submit: {@code step} by step until they have. */
  private void storm(int jobs, Step client, Step meanwhile) throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    try {
      List<Future<?>> all = new ArrayList<>();
      for (int job = 0; job < jobs; job++) {
        int number = job;
        all.add(
            clients.submit(
                () -> {
                  client.take(number);
                  return null;
                }));
      }
      clients.shutdown();
      int step = 0;
      while (!clients.awaitTermination(200, TimeUnit.MILLISECONDS)) {
        meanwhile.take(step++);
      }
      for (Future<?> one : all) {
        one.get();
      }
    } finally {
      clients.shutdownNow();
    }
  }

  private interface Step {
    void take(int number) throws Exception;
  }

  /** Kills one of the workers, or starts one more where some are dead. */
  private void killOrStart(int most) {
    workers.removeIf(worker -> !worker.isAlive());
    if (workers.size() == most || (!workers.isEmpty() && random.nextBoolean())) {
      workers.get(random.nextInt(workers.size())).destroyForcibly();
    } else {
      workers.add(trial.localq().launch(trial.runLine()));
    }
  }

  @Test
  @Injection(15)
  void two_workers_of_which_one_is_killed_now_and_then() throws Exception {
    killAmong(2, 40);
  }

  @Test
  @Tag("long")
  @Injection(15)
  void five_workers_of_which_one_is_killed_now_and_then() throws Exception {
    killAmong(5, 250);
  }

  private void killAmong(int most, int jobs) throws Exception {
    trial(4).start();
    storm(
        jobs,
        job -> trial.submit(1 + job % 3, job % 7, job % 5 == 0 ? "0.2" : "0"),
        step -> killOrStart(most));
    trial.settleAndVerify();
    assertEquals(jobs, trial.names("done").size());
  }

  @Test
  @Injection({15, 16})
  void jobs_that_ask_for_whatever_a_job_can_while_workers_die() throws Exception {
    demandAmong(2, 30);
  }

  @Test
  @Tag("long")
  @Injection({15, 16})
  void many_jobs_that_ask_for_whatever_a_job_can_while_workers_die() throws Exception {
    demandAmong(5, 200);
  }

  private void demandAmong(int most, int jobs) throws Exception {
    trial(3).withBudget().start();
    trial.submit(1, 0, "0");
    Demands demands = new Demands(random);
    Queue<String> held = new ConcurrentLinkedQueue<>();
    storm(
        jobs,
        job -> {
          if (job % 6 == 5) {
            trial.submitNumbers(job % 3, "0.05");
            return;
          }
          Demands.Demand demand = demands.next(trial.accepted());
          String id = trial.submit(demand);
          if (demand.isHeld()) {
            held.add(id);
          }
          if (job % 4 == 0) {
            trial.requeue(id).waitFor();
          }
          if (job % 7 == 0) {
            trial.localq().run("lcancel", "--grace", "1", id).exits(0);
          }
        },
        step -> killOrStart(most));
    for (String id : held) {
      trial.release(id).waitFor();
    }
    trial.settleAndVerify();
  }

  @Test
  @Injection(16)
  void jobs_that_are_dropped_and_cancelled_while_workers_die() throws Exception {
    cancelAmong(2, 30);
  }

  @Test
  @Tag("long")
  @Injection(16)
  void many_jobs_that_are_dropped_and_cancelled_while_workers_die() throws Exception {
    cancelAmong(4, 120);
  }

  private void cancelAmong(int most, int jobs) throws Exception {
    trial(4).start();
    storm(
        jobs,
        job -> {
          trial.drop("drop" + job + ".json", trial.witness().command(job % 3, "0"));
          String id = trial.submit(1, job % 7, job % 2 == 0 ? "0.3" : "0");
          if (job % 3 != 0) {
            trial.localq().run("lcancel", "--grace", Integer.toString(job % 2), id).exits(0);
          }
        },
        step -> killOrStart(most));
    trial.settleAndVerify();
    assertEquals(2 * jobs, trial.names("done").size(), trial::evidence);
  }

  @Test
  @Tag("long")
  @Injection(2)
  void two_hundred_clients_that_are_killed_at_random() throws Exception {
    trial(4).start();
    storm(
        200,
        job -> {
          long after = 60 + random.nextInt(200);
          trial.remember(
              trial.run(
                  List.of("timeout", "-s", "KILL", "0." + String.format("%03d", after)),
                  trial.submitLine(1, job % 7, "0")));
        },
        step -> {});
    trial.settleAndVerify();
  }

  @Test
  @Injection(17)
  void one_file_that_is_dropped_twice_is_two_jobs() throws Exception {
    trial(2).start();
    trial.drop("one.json", trial.witness().command(3, "0"));
    trial.drop("other.json", trial.witness().command(3, "0"));
    eventually("two records", () -> trial.names("done").size() == 2, trial::evidence);
    trial.settleAndVerify();
  }

  @Test
  @Injection(17)
  void a_job_that_is_copied_back_while_it_runs_or_after_its_end_does_not_run_again()
      throws Exception {
    trial(2).start();
    String id = trial.submitStarted(1, 4, Witness.GATE);
    copyBack("running", id);
    eventually("a refusal", () -> trial.names("rejected").size() == 2, trial::evidence);
    trial.witness().openGate();
    eventually("its end", () -> trial.isRecorded(id), trial::evidence);
    copyBack("done", id);
    eventually("another", () -> trial.names("rejected").size() == 4, trial::evidence);
    trial.expectRefusals(2);
    trial.settleAndVerify();
  }

  private void copyBack(String directory, String id) throws IOException {
    Path copy = trial.spool().resolve(".copy");
    Files.copy(trial.spool().resolve(directory).resolve(id + ".json"), copy);
    Files.move(copy, trial.spool().resolve(id + ".json"), StandardCopyOption.ATOMIC_MOVE);
  }

  @Test
  @Injection(17)
  void pending_jobs_that_come_back_from_a_backup_do_not_run_again() throws Exception {
    trial(2);
    List<String> jobs = new ArrayList<>();
    for (int job = 0; job < 3; job++) {
      jobs.add(trial.submit(1, job, "0"));
    }
    Path backup = scratch.resolve("backup");
    copy("-a", trial.spool(), backup);
    trial.start().settleAndVerify();
    trial.localq().run("localqd", "stop").exits(0);
    // over what is there: the counter of the backup lies beside the present one
    copy("-aT", backup, trial.spool());
    trial.expectRefusals(3);
    String next = trial.start().submit(1, 5, "0");
    eventually("its end", () -> trial.isRecorded(next), trial::evidence);
    trial.settleAndVerify();
    assertEquals(4, trial.names("done").size());
  }

  private static void copy(String option, Path from, Path to) throws Exception {
    Process copy = new ProcessBuilder("cp", option, from.toString(), to.toString()).start();
    assertEquals(0, copy.waitFor());
  }

  @Test
  @Injection(18)
  void one_file_under_two_names_runs_as_two_jobs_or_one_and_no_claim_is_lost() throws Exception {
    trial(2);
    trial.submit(1, 0, "0");
    trial.drop("one.json", trial.witness().command(6, "0"));
    Files.createLink(trial.spool().resolve("other.json"), trial.spool().resolve("one.json"));
    trial.expectOneMore();
    trial.drop("unrelated.json", trial.witness().command(0, "0"));
    trial.start().settleAndVerify();
    Installation.Result queue = trial.localq().run("lqueue").exits(0);
    assertTrue(trial.names("done").size() >= 3, queue::toString);
  }
}
