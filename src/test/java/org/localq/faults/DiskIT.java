package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.Executed;
import org.localq.SmallDisk;
import org.localq.system.Installation;

/** The disk below the queue is full, or closed to it, and then isn't any more. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class DiskIT {
  /** Where a worker has to do with what is pending. */
  private static final List<String> DIRECTORIES =
      List.of(
          "",
          "held",
          "running",
          "done",
          "rejected",
          ".localq",
          ".localq/tmp",
          ".localq/seq",
          ".localq/workers");

  private static final String TROUBLE = "can't go on";
  private static final String WELL = "all is well again";

  /** A user without root's right to pass over modes, also where that user is root. */
  private static final List<String> NO_OVERRIDE =
      List.of("setpriv", "--bounding-set=-dac_override,-dac_read_search");

  @TempDir Path scratch;
  private Trial trial;
  private Optional<SmallDisk> disk = Optional.empty();

  private Trial trial(int cores) throws IOException {
    trial = new Trial(scratch, cores);
    return trial;
  }

  private SmallDisk diskOfBytes() throws Exception {
    trial(2);
    disk = Optional.of(SmallDisk.mount(trial.localq().home(), "1m"));
    return disk.get();
  }

  private SmallDisk diskOfFiles() throws Exception {
    trial(2);
    disk = Optional.of(SmallDisk.mountOfFiles(trial.localq().home(), 100));
    return disk.get();
  }

  @AfterEach
  void end() throws IOException {
    if (disk.isPresent()) {
      // a worker that can't write can't be told to end either
      disk.get().free();
    }
    // none where the test was skipped
    if (trial != null) {
      trial.close();
    }
    if (disk.isPresent()) {
      disk.get().close();
    }
  }

  @Test
  @Injection(10)
  void on_a_disk_full_of_data_exit_codes_are_kept_and_nothing_is_claimed_until_there_is_room()
      throws Exception {
    SmallDisk small = diskOfBytes();
    passes(small::fill, small::free);
  }

  @Test
  @Tag("long")
  @Injection(10)
  void on_a_disk_full_of_files_exit_codes_are_kept_and_nothing_is_claimed_until_there_is_room()
      throws Exception {
    SmallDisk small = diskOfFiles();
    passes(small::fillWithFiles, small::free);
  }

  private interface Step {
    void run() throws Exception;
  }

  /** Over a job that runs and one that is about to be claimed. */
  private void passes(Step fill, Step free) throws Exception {
    trial.start();
    String running = trial.submitStarted(1, 7, Witness.GATE);
    signal("STOP", trial.worker());
    String pending = trial.submit(1, 5, "0");
    fill.run();
    refusesClients();
    signal("CONT", trial.worker());
    eventually("word of it", () -> trial.said(TROUBLE) > 0, trial::evidence);
    trial.witness().openGate();
    eventually("an end", () -> trial.witness().saw(running, "END"), trial::evidence);
    assertEquals(Set.of(), trial.names("done"));
    assertFalse(trial.witness().saw(pending, "START"), trial::evidence);
    assertTrue(trial.names("").contains(pending + ".json"), trial::evidence);
    free.run();
    trial.settleAndVerify();
    exitCode(running, 7);
    exitCode(pending, 5);
    List<String> troubles = trial.log().lines().filter(line -> line.contains(TROUBLE)).toList();
    assertEquals(
        troubles.size(),
        troubles.stream().map(line -> line.substring(line.indexOf(TROUBLE))).distinct().count(),
        "a trouble that lasts is said once:" + trial.log());
    assertEquals(1, trial.said(WELL), trial::log);
  }

  private void refusesClients() {
    Set<String> before = files();
    Installation.Result refused = trial.localq().run(trial.submitLine(1, 0, "0"));
    refused.exits(1);
    assertEquals("", refused.out());
    assertEquals(1, refused.err().lines().count(), refused::toString);
    assertTrue(refused.err().startsWith("lbatch: "), refused::toString);
    assertTrue(refused.err().contains("No space left on device"), refused::toString);
    assertEquals(before, files(), "something half-made stayed behind");
  }

  private Set<String> files() {
    Set<String> files = new TreeSet<>(trial.names(""));
    files.addAll(trial.names(".localq/tmp"));
    return files;
  }

  private void exitCode(String id, int code) {
    String record = trial.localq().record(id);
    assertTrue(record.contains("\"exit_code\" : " + code), record);
  }

  private static void signal(String signal, long pid) throws Exception {
    run("kill", "-" + signal, Long.toString(pid));
  }

  private static void run(String... words) throws Exception {
    Executed.run(Path.of("/"), words).orFail();
  }

  @Test
  @Tag("long")
  @Injection(11)
  void a_job_that_fills_the_disk_keeps_its_exit_code() throws Exception {
    SmallDisk small = diskOfBytes();
    trial.start();
    List<String> line = new ArrayList<>(List.of("lbatch", "--parsable", "-o", "output"));
    line.addAll(List.of("sh", "-c", "cat /dev/zero >\"$0\"; cat /dev/zero; exec \"$@\""));
    line.add(small.filler().toString());
    line.addAll(trial.witness().command(9, "0"));
    Installation.Result submitted = trial.localq().run(line.toArray(new String[0]));
    trial.remember(submitted.exits(0));
    String id = submitted.text();
    Path token = trial.spool().resolve("running").resolve(id + ".1.exit-9");
    eventually("its exit token", () -> Files.exists(token), trial::evidence);
    eventually("word of it", () -> trial.said(TROUBLE) > 0, trial::evidence);
    assertFalse(trial.isRecorded(id), trial::evidence);
    small.free();
    trial.settleAndVerify();
    exitCode(id, 9);
  }

  @Test
  @Tag("long")
  @Injection(10)
  void any_one_write_or_open_of_a_worker_may_find_the_disk_full() throws Exception {
    Strace.assumeInstalled();
    trial(2).start();
    int struck = 0;
    for (int n = 1; n <= 20; n++) {
      struck += oneCallFails(n) ? 1 : 0;
    }
    assertTrue(struck > 12, "only " + struck + " calls failed");
    trial.settleAndVerify();
  }

  private boolean oneCallFails(int n) throws Exception {
    Strace strace =
        new Strace(
            "write,openat",
            "error=ENOSPC",
            Integer.toString(n),
            List.of(),
            scratch.resolve("strace." + n));
    try (Fault fault = Fault.of(trial.worker(), strace)) {
      trial.drop("drop" + n + ".json", trial.witness().command(n % 5, "0"));
      trial.settle();
      return fault.hasStruck();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"r-x------", "---------"})
  @Tag("long")
  @Injection(12)
  void a_directory_that_is_closed_is_worked_in_again_when_it_is_open(String mode) throws Exception {
    assumeTrue(Executed.isInstalled("setpriv"), "setpriv is not installed");
    assumeTrue(obeysModes(), "modes can't be made to count here");
    trial(3);
    trial.run(NO_OVERRIDE, trial.startLine()).exits(0);
    long worker = trial.worker();
    String running = trial.submitStarted(1, 6, Witness.GATE);
    for (String name : DIRECTORIES) {
      Path directory = trial.spool().resolve(name);
      signal("STOP", worker);
      String pending = trial.submit(1, 4, "0");
      // the one before may still be there
      trial.drop("drop" + pending + ".json", trial.witness().command(3, "0"));
      long troubles = trial.said(TROUBLE);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(mode));
      signal("CONT", worker);
      eventually(
          "word of it, or no need",
          () -> trial.said(TROUBLE) > troubles || trial.isRecorded(pending),
          trial::log);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
      eventually("a record", () -> trial.isRecorded(pending), trial::evidence);
    }
    trial.witness().openGate();
    trial.settleAndVerify();
    exitCode(running, 6);
  }

  private boolean obeysModes() throws Exception {
    Path closed = Files.createDirectory(scratch.resolve("closed"));
    Files.setPosixFilePermissions(closed, PosixFilePermissions.fromString("r-x------"));
    List<String> words = new ArrayList<>(NO_OVERRIDE);
    words.addAll(List.of("test", "-w", closed.toString()));
    Executed tried = Executed.run(Path.of("/"), words.toArray(new String[0]));
    return tried.code() == 1 && tried.err().isEmpty();
  }

  @Test
  @Tag("long")
  @Injection(12)
  void a_disk_that_is_read_only_for_a_while_is_worked_on_again() throws Exception {
    assumeTrue(SmallDisk.isRoot(), "only root can mount a directory read-only");
    trial(2).start();
    String home = trial.localq().home().toString();
    String running = trial.submitStarted(1, 7, Witness.GATE);
    signal("STOP", trial.worker());
    String pending = trial.submit(1, 5, "0");
    // over itself: what is open stays so, and whatever is opened by its name can't be written
    assumeTrue(
        Executed.run(Path.of("/"), "mount", "--bind", home, home).code() == 0,
        "mounting is not allowed here");
    try {
      run("mount", "-o", "remount,bind,ro", home);
      signal("CONT", trial.worker());
      Installation.Result refused = trial.localq().run(trial.submitLine(1, 0, "0")).exits(1);
      assertTrue(refused.err().contains("Read-only file system"), refused::toString);
      assertEquals(1, refused.err().lines().count(), refused::toString);
      eventually("word of it", () -> trial.said(TROUBLE) > 0, trial::evidence);
      assertFalse(trial.witness().saw(pending, "START"), trial::evidence);
      trial.localq().run("localqd", "check").exits(0);
    } finally {
      run("umount", "-l", home);
    }
    eventually("the next end", () -> trial.isRecorded(pending), trial::evidence);
    trial.witness().openGate();
    trial.settleAndVerify();
    exitCode(running, 7);
    exitCode(pending, 5);
  }

  @ParameterizedTest
  @ValueSource(strings = {"EACCES", "EROFS"})
  @Tag("long")
  @Injection(12)
  void nothing_is_lost_while_no_name_can_be_changed(String error) throws Exception {
    Strace.assumeInstalled();
    trial(2).start();
    String running = trial.submitStarted(1, 7, Witness.GATE);
    Strace strace =
        new Strace(
            "rename,link,unlink,mkdir",
            "error=" + error,
            "1+",
            List.of(),
            scratch.resolve("strace"));
    String pending;
    try (Fault fault = Fault.of(trial.worker(), strace)) {
      pending = trial.submit(1, 5, "0");
      trial.drop("drop.json", trial.witness().command(3, "0"));
      eventually("word of it", () -> fault.hasStruck() && trial.said(TROUBLE) > 0, trial::evidence);
      trial.witness().openGate();
      eventually("an end", () -> trial.witness().saw(running, "END"), trial::evidence);
      assertEquals(Set.of(), trial.names("done"));
      assertFalse(trial.witness().saw(pending, "START"), trial::evidence);
    }
    trial.settleAndVerify();
    exitCode(running, 7);
    exitCode(pending, 5);
  }
}
