package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.localq.Executed;

/** The kernel has nothing left for a worker: no descriptor, no process, no answer of a disk. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class DescriptorIT {
  private static final String TROUBLE = "can't go on";

  @TempDir Path scratch;
  @AutoClose private Trial trial;
  private String running;

  /** A worker whose queue is full by one job that runs until the gate is opened. */
  private Trial full() throws IOException {
    trial = new Trial(scratch, 2).start();
    running = trial.submitStarted(2, 7, Witness.GATE);
    return trial;
  }

  private Strace failing(String calls, String error, List<Path> paths) {
    return new Strace(calls, "error=" + error, "1+", paths, scratch.resolve("strace." + error));
  }

  private void awaitTrouble(long before) {
    eventually("word of it", () -> trial.said(TROUBLE) > before, trial::evidence);
  }

  /** Nothing was taken for empty, or for over. */
  private void runsAlone(String pending) throws IOException {
    assertFalse(trial.isRecorded(running), trial::evidence);
    assertFalse(trial.witness().saw(pending, "START"), trial::evidence);
    assertTrue(Files.exists(trial.spool().resolve(pending + ".json")), trial::evidence);
  }

  /** Everything goes on by itself, once and with its own exit code. */
  private void goesOn(String pending, int code) throws IOException {
    trial.witness().openGate();
    trial.settleAndVerify();
    exitCode(running, 7);
    exitCode(pending, code);
  }

  private void exitCode(String id, int code) {
    String record = trial.localq().record(id);
    assertTrue(record.contains("\"exit_code\" : " + code), record);
  }

  @Test
  @Injection(13)
  void without_descriptors_a_queue_is_not_taken_for_empty() throws Exception {
    assumeTrue(Executed.isInstalled("prlimit"), "prlimit is not installed");
    full();
    long worker = trial.worker();
    String before = limit(worker);
    // no more than it has had since its birth: those that are open stay so, and none can be opened
    limit(worker, "3");
    String pending;
    try {
      pending = trial.submit(2, 5, "0");
      awaitTrouble(0);
      runsAlone(pending);
      assertEquals(List.of(worker), trial.localq().workers(), trial::evidence);
    } finally {
      limit(worker, before);
    }
    goesOn(pending, 5);
  }

  private static String limit(long pid) throws Exception {
    return Executed.run(
            Path.of("/"), "prlimit", "--pid", "" + pid, "--nofile", "-o", "SOFT", "--noheadings")
        .orFail()
        .out()
        .strip();
  }

  private static void limit(long pid, String soft) throws Exception {
    Executed.run(Path.of("/"), "prlimit", "--pid", "" + pid, "--nofile=" + soft + ":").orFail();
  }

  @Test
  @Tag("long")
  @Injection(13)
  void without_files_in_the_whole_system_a_queue_is_not_taken_for_empty() throws Exception {
    Strace.assumeInstalled();
    full();
    String pending;
    try (Fault fault = Fault.of(trial.worker(), failing("openat", "ENFILE", List.of()))) {
      pending = trial.submit(2, 5, "0");
      awaitTrouble(0);
      assertTrue(fault.hasStruck(), trial::evidence);
      runsAlone(pending);
    }
    goesOn(pending, 5);
  }

  @Test
  @Injection(13)
  void a_job_whose_shim_can_not_be_forked_starts_once_when_one_can() throws Exception {
    startsOnceAfter("EAGAIN");
  }

  @Test
  @Tag("long")
  @Injection(13)
  void a_job_for_whose_shim_there_is_no_memory_starts_once_when_there_is() throws Exception {
    startsOnceAfter("ENOMEM");
  }

  private void startsOnceAfter(String error) throws Exception {
    Strace.assumeInstalled();
    trial = new Trial(scratch, 2).start();
    String claimed;
    String pending;
    // threads are cloned by clone3 where the C library knows it, and processes are not
    try (Fault fault =
        Fault.of(trial.worker(), failing("clone,clone3,fork,vfork", error, List.of()))) {
      claimed = trial.submit(1, 5, "0");
      awaitTrouble(0);
      assertTrue(fault.hasStruck(), trial::evidence);
      pending = trial.submit(1, 6, "0");
      assertEquals("PENDING", trial.localq().state(pending), "claimed where none can be spawned");
      assertFalse(trial.isRecorded(claimed), trial::evidence);
    }
    trial.settleAndVerify();
    exitCode(claimed, 5);
    exitCode(pending, 6);
    assertTrue(trial.localq().record(claimed).contains("\"restarts\" : 0"), trial::evidence);
  }

  @Test
  @Tag("long")
  @Injection({13, 15})
  void a_claim_of_a_worker_that_can_not_fork_is_taken_over_by_another() throws Exception {
    Strace.assumeInstalled();
    trial = new Trial(scratch, 2).start();
    long worker = trial.worker();
    Strace strace = failing("clone,clone3,fork,vfork", "EAGAIN", List.of());
    try (Fault fault = Fault.of(worker, strace)) {
      String claimed = trial.submit(1, 5, "0");
      awaitTrouble(0);
      assertTrue(fault.hasStruck(), trial::evidence);
      Process other = trial.localq().launch(trial.runLine());
      eventually("a record", () -> trial.isRecorded(claimed), trial::evidence);
      exitCode(claimed, 5);
      other.destroy();
      eventually("its end", () -> !other.isAlive());
    }
    trial.settleAndVerify();
  }

  @Test
  @Injection(12)
  void a_directory_that_can_not_be_listed_is_not_taken_for_empty() throws Exception {
    nothingIsTakenForEmpty(List.of("", "running"));
  }

  @Test
  @Tag("long")
  @Injection(12)
  void nor_is_one_of_the_spool_s_own() throws Exception {
    nothingIsTakenForEmpty(List.of(".localq/tmp", ".localq/workers"));
    assertTrue(trial.said("can't tidy up") > 0, trial::evidence);
  }

  private void nothingIsTakenForEmpty(List<String> directories) throws Exception {
    Strace.assumeInstalled();
    full();
    long worker = trial.worker();
    String pending = trial.submit(2, 5, "0");
    for (String name : directories) {
      cannotRead("openat,getdents64", name);
      runsAlone(pending);
      assertEquals(List.of(worker), trial.localq().workers(), trial::evidence);
    }
    goesOn(pending, 5);
  }

  @Test
  @Tag("long")
  @Injection(12)
  void a_token_that_can_not_be_read_leaves_its_job_as_it_is() throws Exception {
    Strace.assumeInstalled();
    full();
    String pending = trial.submit(2, 5, "0");
    for (String calls : List.of("openat", "read", "statx,newfstatat,stat,lstat")) {
      cannotRead(calls, "running/" + running + ".1.started");
      runsAlone(pending);
    }
    goesOn(pending, 5);
  }

  /** Until the worker has met it. */
  private void cannotRead(String calls, String name) throws IOException {
    Path path = trial.spool().resolve(name);
    Strace strace = failing(calls, "EIO", List.of(path));
    try (Fault fault = Fault.of(trial.worker(), strace)) {
      eventually("an error", fault::hasStruck, trial::evidence);
    }
  }
}
