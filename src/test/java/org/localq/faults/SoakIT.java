package org.localq.faults;

import static org.localq.system.Installation.eventually;

import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Everything at random, for a while: {@code -Dlocalq.soak.seconds=N}. In the order of the seed,
 * though not to its tick: what the machine does between two steps is chance of its own.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class SoakIT {
  private static final int SECONDS = Integer.getInteger("localq.soak.seconds", 60);
  private static final int MOST_WORKERS = 3;

  private final Random random = Seed.of(SoakIT.class);
  private final List<Process> workers = new ArrayList<>();
  private final List<String> held = new ArrayList<>();
  private final List<String> submittedOnHold = new ArrayList<>();
  private final Demands demands = new Demands(random);
  private int drops;
  @TempDir Path scratch;
  @AutoClose private Trial trial;

  @AfterEach
  void end() throws InterruptedException {
    for (Process worker : workers) {
      signal("CONT", worker.pid());
      worker.destroyForcibly().waitFor();
    }
  }

  @Test
  @Tag("long")
  @Injection({1, 2, 4, 6, 15, 16, 38, 42})
  void a_mix_of_everything_that_can_be_done_to_a_queue() throws Exception {
    trial = new Trial(scratch, 4).withBudget();
    trial.submit(1, 0, "0");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SECONDS);
    int steps = 0;
    while (System.nanoTime() < deadline) {
      step();
      steps++;
    }
    System.out.println("steps: " + steps + ", jobs: " + trial.accepted().size());
    for (Process worker : workers) {
      signal("CONT", worker.pid());
      // one that is still coming up would not hear of the stop
      Path joined = trial.spool().resolve(".localq/workers/" + worker.pid());
      eventually("a worker", () -> !worker.isAlive() || Files.exists(joined));
    }
    for (String id : held) {
      rename("held", "", id);
    }
    for (String id : submittedOnHold) {
      trial.release(id).waitFor();
    }
    trial.localq().run("localqd", "stop").exits(0);
    trial.start().settleAndVerify();
  }

  private void step() throws Exception {
    switch (random.nextInt(15)) {
      case 0 -> trial.submit(1 + random.nextInt(4), random.nextInt(256), nap());
      case 1, 2, 12 -> demand();
      case 13 -> trial.requeue(anyJob());
      case 14 -> letGo();
      case 3 -> killedSubmit();
      case 4 -> trial.drop("drop" + drops++ + ".json", trial.witness().command(7, nap()));
      case 5, 6 -> cancel();
      case 7 -> hold();
      case 8 -> release();
      case 9 -> stopOrGoOn();
      default -> killOrStart();
    }
  }

  private void demand() {
    if (random.nextInt(6) == 0) {
      trial.tryToSubmitNumbers(random.nextInt(3), nap());
      return;
    }
    Demands.Demand demand = demands.next(trial.accepted());
    String id = trial.submit(demand);
    if (demand.isHeld()) {
      submittedOnHold.add(id);
    }
  }

  private void letGo() {
    if (!submittedOnHold.isEmpty()) {
      trial.release(submittedOnHold.remove(random.nextInt(submittedOnHold.size())));
    }
  }

  private String nap() {
    return random.nextInt(3) == 0 ? "0." + random.nextInt(9) : "0";
  }

  private void killedSubmit() {
    String after = "0." + String.format("%03d", 50 + random.nextInt(250));
    trial.remember(
        trial.run(
            List.of("timeout", "-s", "KILL", after),
            trial.submitLine(1, random.nextInt(128), nap())));
  }

  private String anyJob() {
    List<String> jobs = trial.accepted();
    // of the latest ones: the others have ended
    int last = Math.min(jobs.size(), 12);
    return jobs.get(jobs.size() - 1 - random.nextInt(last));
  }

  /** Not waited for: a worker may be stopped that holds the lock. */
  private void cancel() {
    trial.localq().launch("lcancel", "--grace", Integer.toString(random.nextInt(2)), anyJob());
  }

  private void hold() throws Exception {
    String id = anyJob();
    if (rename("", "held", id)) {
      held.add(id);
    }
  }

  private void release() throws Exception {
    if (!held.isEmpty()) {
      rename("held", "", held.remove(random.nextInt(held.size())));
    }
  }

  /** As a person would, with mv. */
  private boolean rename(String from, String to, String id) throws Exception {
    try {
      Files.move(
          trial.spool().resolve(from).resolve(id + ".json"),
          trial.spool().resolve(to).resolve(id + ".json"),
          StandardCopyOption.ATOMIC_MOVE);
      return true;
    } catch (NoSuchFileException elsewhere) {
      return false;
    }
  }

  private void stopOrGoOn() throws Exception {
    workers.removeIf(worker -> !worker.isAlive());
    if (!workers.isEmpty()) {
      long pid = workers.get(random.nextInt(workers.size())).pid();
      signal("STOP", pid);
      TimeUnit.MILLISECONDS.sleep(random.nextInt(200));
      signal("CONT", pid);
    }
  }

  private static void signal(String name, long pid) {
    try {
      new ProcessBuilder("kill", "-s", name, Long.toString(pid))
          .redirectErrorStream(true)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .start()
          .waitFor();
    } catch (java.io.IOException failed) {
      throw new IllegalStateException(failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void killOrStart() {
    workers.removeIf(worker -> !worker.isAlive());
    if (workers.size() == MOST_WORKERS || (!workers.isEmpty() && random.nextBoolean())) {
      Process victim = workers.remove(random.nextInt(workers.size()));
      victim.destroyForcibly();
      eventually("its end", () -> !victim.isAlive());
    } else {
      workers.add(trial.localq().launch(trial.runLine()));
    }
  }
}
