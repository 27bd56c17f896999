package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.localq.Executed;
import org.localq.spool.OtherProcess;
import org.localq.system.Installation;

/** What others do to the lock file, and what we must not do to it ourselves. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class LockIT {
  @TempDir Path scratch;
  private final List<Process> bystanders = new ArrayList<>();
  @AutoClose private Trial trial;

  private Trial trial(int cores) throws IOException {
    trial = new Trial(scratch, cores);
    return trial;
  }

  @AfterEach
  void end() {
    bystanders.forEach(Process::destroyForcibly);
  }

  private Path lock() {
    return trial.spool().resolve(".localq/lock");
  }

  /** One more worker, in the foreground; what it says goes to {@code file}. */
  private Process worker(Path file) {
    String line = "exec \"$@\" 2>'" + file + "'";
    Process worker =
        trial.localq().launch(Map.of(), List.of("sh", "-c", line, "sh"), trial.runLine());
    bystanders.add(worker);
    return worker;
  }

  @Test
  @Injection(34)
  void a_lock_file_that_others_read_and_lock_by_flock_locks_nobody_out_and_lets_nobody_in()
      throws Exception {
    assumeTrue(Executed.isInstalled("flock"), "flock is not installed");
    trial(2).start();
    worker(scratch.resolve("second.log"));
    // flock(2) and the JDK's locks know nothing of each other
    Path held = scratch.resolve("held");
    String hold = "exec flock '" + lock() + "' sh -c ': >\"" + held + "\"; exec sleep 1000'";
    bystanders.add(new ProcessBuilder("sh", "-c", hold).start());
    eventually("flock to have it", () -> Files.exists(held));
    for (int job = 0; job < 4; job++) {
      trial.submit(1 + job % 2, job, "0.1");
      trial.localq().runOther("cat", lock().toString()).exits(0);
    }
    trial.settleAndVerify();
  }

  @Test
  @Injection(34)
  void while_another_process_holds_the_lock_jobs_are_accepted_and_end_and_none_is_claimed()
      throws Exception {
    trial(1).start();
    String runs = trial.submitStarted(1, 3, Witness.GATE);
    try (OtherProcess holder = OtherProcess.thatHolds(lock(), scratch.resolve("let go"))) {
      String waits = trial.submit(1, 4, "0");
      trial.witness().openGate();
      Path token = trial.spool().resolve("running").resolve(runs + ".1.exit-3");
      eventually("an end", () -> Files.exists(token), trial::evidence);
      assertEquals("RUNNING", trial.localq().state(runs));
      assertEquals("PENDING", trial.localq().state(waits));
      assertFalse(trial.isRecorded(runs), "a record without the lock");
      holder.tellToEnd();
      trial.settleAndVerify();
      assertTrue(trial.witness().saw(waits, "END"));
    }
  }

  @Test
  @Injection(34)
  void a_lock_file_that_is_replaced_ends_all_workers_so_that_no_two_can_hold_it() throws Exception {
    trial(2);
    trial.submit(1, 0, "0");
    List<Path> logs = List.of(scratch.resolve("first.log"), scratch.resolve("second.log"));
    List<Process> workers = logs.stream().map(this::worker).toList();
    eventually("two workers", () -> trial.localq().workers().size() == 2);
    String first = trial.submitStarted(1, 3, Witness.GATE);
    String second = trial.submitStarted(1, 4, Witness.GATE);
    String waits = trial.submit(2, 5, "0");
    Files.delete(lock());
    Files.createFile(
        lock(), PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    for (Process worker : workers) {
      assertEquals(1, worker.waitFor(), () -> Installation.read(logs.get(0)));
    }
    for (Path log : logs) {
      assertTrue(Installation.read(log).contains("has another lock file"), Installation.read(log));
    }
    assertEquals("RUNNING", trial.localq().state(first));
    assertEquals("RUNNING", trial.localq().state(second));
    assertEquals("PENDING", trial.localq().state(waits));

    trial.start();
    worker(scratch.resolve("third.log"));
    trial.witness().openGate();
    trial.settleAndVerify();
    assertTrue(trial.localq().record(first).contains("\"exit_code\" : 3"));
    assertTrue(trial.localq().record(second).contains("\"exit_code\" : 4"));
  }

  @Test
  @Tag("long")
  @Injection(34)
  void a_lock_file_that_is_gone_is_missed_with_what_to_do_and_can_be_made_again() throws Exception {
    trial(1).start();
    String runs = trial.submitStarted(1, 3, Witness.GATE);
    long worker = trial.localq().workers().get(0);
    Files.delete(lock());
    eventually("the end of the worker", () -> ProcessHandle.of(worker).isEmpty(), trial::evidence);
    String accepted = trial.submit(1, 4, "0");
    for (String[] words : new String[][] {trial.startLine(), {"lcancel", accepted}}) {
      Installation.Result refused = trial.localq().run(words).exits(1);
      assertTrue(refused.err().contains("localqd check --repair"), refused::toString);
    }
    trial.localq().run("localqd", "check", "--repair");
    trial.start();
    trial.witness().openGate();
    trial.settleAndVerify();
    assertTrue(trial.localq().record(runs).contains("\"exit_code\" : 3"));
  }

  /** Shows that the rule of the next test is needed: the JDK's pitfall is still there. */
  @Test
  @Injection(35)
  void to_read_a_lock_file_in_the_process_that_holds_it_frees_the_lock_without_a_word()
      throws Exception {
    Path file = Files.createFile(scratch.resolve("lock"));
    try (FileChannel channel =
            FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      assertFalse(OtherProcess.couldLock(file), "nobody opened it in between");
      assertEquals("", Files.readString(file));
      assertTrue(lock.isValid(), "it says that it is valid");
      assertTrue(OtherProcess.couldLock(file), "and another can have it");
    }
  }

  private static final Pattern OPENED =
      Pattern.compile(
          "^(\\d+) +open(?:at)?\\(.*\"[^\"]*/(lock|worker\\.lock)\"", Pattern.MULTILINE);

  /** That nothing but SpoolLock names these files, ArchitectureTest reads in the sources. */
  @Test
  @Injection(35)
  void a_worker_at_all_its_work_opens_each_lock_file_once() throws Exception {
    Strace.assumeInstalled();
    trial(2);
    trial.submit(1, 3, "0");
    Path log = scratch.resolve("strace.log");
    List<String> wrapper =
        List.of(
            "strace",
            "-f",
            "-qq",
            "-e",
            "signal=none",
            "-e",
            "trace=open,openat,execve",
            "-o",
            log.toString());
    Process worker = trial.localq().launch(Map.of(), wrapper, trial.runLine());
    trial.submit(2, 4, "0");
    trial.drop("drop.json", trial.witness().command(5, "0"));
    trial.drop("99.json", List.of("true"));
    String cancelled = trial.submitStarted(1, 6, "1000");
    trial.localq().run("lcancel", "--grace", "0", cancelled).exits(0);
    trial.settle();
    trial.localq().run("localqd", "stop").exits(0);
    eventually("the end of the worker", () -> !worker.isAlive());
    Map<String, Integer> opened = new TreeMap<>();
    Matcher open = OPENED.matcher(Installation.read(log));
    while (open.find()) {
      opened.merge(open.group(2), 1, Integer::sum);
    }
    assertEquals(Map.of("lock", 1, "worker.lock", 1), opened, () -> Installation.read(log));
  }
}
