package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.localq.Executed;
import org.localq.SmallDisk;

/**
 * What a machine refuses for a while does not mislead a worker: what it can't see is not gone, what
 * it can't do now it does later, and it says so once.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class MachineIT {
  private static final String LOOK = "newfstatat,statx,stat,lstat";

  /** More calls than a job needs: where an enumeration gives up. */
  private static final int MOST = 60;

  @TempDir Path scratch;
  private Trial trial;
  private int faults;
  private Optional<SmallDisk> disk = Optional.empty();

  private void trial(int cores) throws IOException {
    trial = new Trial(scratch, cores);
  }

  @AfterEach
  void end() throws IOException {
    if (disk.isPresent()) {
      // a worker that can't write can't be told to end either
      disk.get().free();
    }
    if (trial != null) {
      trial.close();
    }
    if (disk.isPresent()) {
      disk.get().close();
    }
  }

  private Strace failing(String calls, String error, String when, List<Path> paths) {
    return new Strace(calls, "error=" + error, when, paths, scratch.resolve("strace." + ++faults));
  }

  /**
   * Submits a job to a worker that meets a fault: it says so or does without, and has done the job
   * soon after the fault is gone.
   *
   * @param message what the log is to say
   */
  private void goesOn(Strace calls, String message) throws Exception {
    long worker = trial.worker();
    long before = trial.said(message);
    String id;
    try (Fault fault = Fault.of(worker, calls)) {
      id = trial.submit(1, faults % 5, "0");
      eventually(
          "word of " + message,
          () -> fault.hasStruck() && (trial.said(message) > before || trial.isRecorded(id)),
          trial::evidence);
    }
    eventually("a record of job " + id, () -> trial.isRecorded(id), trial::evidence);
    assertEquals(worker, trial.worker(), trial::evidence);
  }

  @Test
  @Injection(13)
  void a_worker_that_gets_processes_and_no_threads_goes_on() throws Exception {
    Strace.assumeInstalled();
    trial(2);
    trial.start();
    goesOn(failing("clone3", "EAGAIN", "1+", List.of()), "native thread");
    trial.settleAndVerify();
  }

  @Test
  @Tag("long")
  @Injection(13)
  void a_worker_with_few_descriptors_goes_on_when_there_are_more() throws Exception {
    assumeTrue(Executed.isInstalled("prlimit"), "prlimit is not installed");
    trial(1);
    trial.start();
    String soft = prlimit("--noheadings", "-o", "SOFT", "--nofile").out().strip();
    String words = "Too many open files";
    for (int more = 0; more < 6; more++) {
      long before = trial.said(words);
      prlimit("--nofile=" + (highestDescriptor() + 1 + more) + ":");
      String id = trial.submit(1, more, "0");
      eventually(
          "word of it", () -> trial.said(words) > before || trial.isRecorded(id), trial::evidence);
      prlimit("--nofile=" + soft + ":");
      eventually("a record of job " + id, () -> trial.isRecorded(id), trial::evidence);
    }
    assertTrue(trial.said(words) > 0, trial::evidence);
    trial.settleAndVerify();
  }

  private Executed prlimit(String... words) throws IOException, InterruptedException {
    String[] line = {"prlimit", "--pid", Long.toString(trial.worker())};
    return Executed.run(Path.of("/"), Trial.with(line, words)).orFail();
  }

  private long highestDescriptor() throws IOException {
    try (Stream<Path> open = Files.list(Path.of("/proc/" + trial.worker() + "/fd"))) {
      return open.mapToLong(fd -> Long.parseLong(fd.getFileName().toString())).max().orElseThrow();
    }
  }

  @Test
  @Injection(14)
  void a_worker_that_needs_a_spawn_helper_that_is_broken_fails_no_job() throws Exception {
    assumeTrue(SmallDisk.isRoot(), "only root can mount over the JDK's helper");
    Path java = Path.of(System.getProperty("java.home"));
    Path helper = java.resolve("lib/jspawnhelper");
    assumeTrue(Files.exists(helper), "this JDK has no jspawnhelper");
    Path broken = Files.writeString(scratch.resolve("broken"), "#!/bin/sh\nexit 1\n");
    Files.setPosixFilePermissions(broken, Files.getPosixFilePermissions(helper));
    // in a mount namespace of its own: nobody else meets it
    List<String> beside =
        List.of(
            "unshare",
            "-m",
            "sh",
            "-c",
            "mount --bind \"$1\" \"$2\" && shift 2 && exec \"$@\"",
            "sh",
            broken.toString(),
            helper.toString());
    Executed mount =
        Executed.run(scratch, "unshare", "-m", "mount", "--bind", "broken", helper.toString());
    assumeTrue(mount.code() == 0, () -> "mounting is not allowed here: " + mount);
    trial(1);
    String id = trial.submit(1, 3, "0");
    Path log = scratch.resolve("log");
    Process worker =
        trial
            .localq()
            .launch(
                Map.of(
                    "JAVA_HOME",
                    java.toString(),
                    "LOCALQ_JAVA_OPTS",
                    "-Djdk.lang.Process.launchMechanism=POSIX_SPAWN"),
                Stream.concat(
                        Stream.of(
                            "sh",
                            "-c",
                            "log=$1; shift; exec \"$@\" 2>\"$log\"",
                            "sh",
                            log.toString()),
                        beside.stream())
                    .toList(),
                trial.runLine());
    eventually("word of it", () -> says(log, "Cannot run program"), trial::evidence);
    assertTrue(!trial.isRecorded(id) && worker.isAlive(), trial::evidence);
    trial.localq().run("localqd", "stop").exits(0);
    trial.start().settleAndVerify();
  }

  private static boolean says(Path log, String words) {
    try {
      return Files.exists(log) && Files.readString(log).contains(words);
    } catch (IOException failed) {
      throw new IllegalStateException(failed);
    }
  }

  @Test
  @Injection(12)
  void a_pending_job_that_can_not_be_looked_at_keeps_its_tokens() throws Exception {
    Strace.assumeInstalled();
    trial(1);
    trial.start();
    String running = trial.submitStarted(1, 9, Witness.GATE);
    String pending = trial.submit(1, 4, "0");
    Path token = trial.spool().resolve("running").resolve(pending + ".1.requeued");
    Path file = trial.spool().resolve(pending + ".json");
    // as if its first attempt had been given up
    Files.createFile(token);
    Strace strace = failing(LOOK, "EIO", "1+", List.of(file));
    try (Fault fault = Fault.of(trial.worker(), strace)) {
      // more often than the tick took that the fault came in
      eventually(
          "ticks that can't look",
          () -> !Files.exists(token) || fault.strikes() > 3,
          trial::evidence);
      assertTrue(Files.exists(token), trial::evidence);
      assertTrue(trial.said("Input/output error") > 0, trial::evidence);
    }
    trial.witness().openGate();
    trial.settleAndVerify();
    assertEquals(
        List.of(2),
        trial.witness().events().stream()
            .filter(event -> event.id().equals(pending) && event.what().equals("START"))
            .map(Witness.Event::attempt)
            .toList());
  }

  @Test
  @Injection(12)
  void a_job_file_that_can_not_be_read_holds_up_no_other_and_is_read_when_it_can_be()
      throws Exception {
    Strace.assumeInstalled();
    trial(1);
    trial.start();
    // the second of these is what the JVM says without a place
    for (String calls : List.of("openat", "read,pread64")) {
      String id = Integer.toString(trial.accepted().size() + 1);
      Path unreadable = trial.spool().resolve(id + ".json");
      Strace strace = failing(calls, "EIO", "1+", List.of(unreadable));
      try (Fault fault = Fault.of(trial.worker(), strace)) {
        assertEquals(id, trial.submit(1, 3, "0"));
        String next = trial.submit(1, 4, "0");
        eventually("the end of job " + next, () -> trial.isRecorded(next), trial::evidence);
        assertTrue(fault.hasStruck() && Files.exists(unreadable), trial::evidence);
        eventually(
            "word of it",
            () -> trial.said(unreadable + ": Input/output error") == 1,
            trial::evidence);
      }
      eventually("the end of job " + id, () -> trial.isRecorded(id), trial::evidence);
    }
    trial.settleAndVerify();
  }

  @ParameterizedTest(name = "{0} fails with {1}")
  @CsvSource({"rename, ENOSPC", "unlink, EROFS"})
  @Tag("long")
  @Injection({10, 12})
  void any_one_call_of_a_worker_that_changes_a_name_may_fail(String call, String error)
      throws Exception {
    Strace.assumeInstalled();
    trial(1);
    trial.start();
    boolean struck = true;
    int n = 0;
    while (struck && ++n < MOST) {
      Strace strace = failing(call, error, Integer.toString(n), List.of());
      try (Fault fault = Fault.of(trial.worker(), strace)) {
        trial.submit(1, n % 5, "0");
        trial.settle();
        struck = fault.hasStruck();
      }
    }
    assertTrue(n > 2, "only " + (n - 1) + " calls of " + call + " were found to fail");
    trial.settleAndVerify();
  }

  @Test
  @Injection(10)
  void a_record_that_finds_no_room_is_written_when_there_is_some_and_that_is_said_once()
      throws Exception {
    trial(1);
    disk = Optional.of(SmallDisk.mountOfFiles(trial.localq().home(), 100));
    trial.start();
    long worker = trial.worker();
    String id = trial.submitStarted(1, 5, Witness.GATE);
    signal("STOP", worker);
    trial.witness().openGate();
    Path end = trial.spool().resolve("running").resolve(id + ".1.exit-5");
    eventually("an exit token", () -> Files.exists(end), trial::evidence);
    disk.get().fillWithFiles();
    signal("CONT", worker);
    String words = "No space left on device";
    eventually("word of it", () -> trial.said(words) > 0, trial::evidence);
    polls();
    polls();
    polls();
    assertEquals(1, trial.said(words), trial::evidence);
    disk.get().free();
    trial.settleAndVerify();
  }

  private static void signal(String name, long pid) throws IOException, InterruptedException {
    Executed.run(Path.of("/"), "kill", "-" + name, Long.toString(pid)).orFail();
  }

  /** Waits for a poll: at each the worker lists the workers, and a tmpfs notes that. */
  private void polls() throws IOException {
    BasicFileAttributeView listed =
        Files.getFileAttributeView(
            trial.spool().resolve(".localq/workers"), BasicFileAttributeView.class);
    FileTime never = FileTime.fromMillis(0);
    listed.setTimes(null, never, null);
    eventually(
        "a poll",
        () -> {
          try {
            return !listed.readAttributes().lastAccessTime().equals(never);
          } catch (IOException failed) {
            throw new IllegalStateException(failed);
          }
        },
        trial::evidence);
  }
}
