package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.localq.system.Installation;

/** What a worker is told of new files, too much or nothing; and directories replaced under it. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class NoticeIT {
  private static final Set<PosixFilePermission> PRIVATE =
      PosixFilePermissions.fromString("rwx------");

  /** How many drops are run. */
  private static final int RUN = 20;

  @TempDir Path scratch;
  @AutoClose private Trial trial;

  private Trial trial(int cores) throws IOException {
    trial = new Trial(scratch, cores);
    return trial;
  }

  private void assertRecorded(String id, int code) {
    String record = trial.localq().record(id);
    assertTrue(record.contains("\"exit_code\" : " + code), record);
  }

  /** A little more than what the JDK keeps of one directory, 512. */
  @Test
  @Injection(31)
  void more_drops_than_there_are_notices_kept_are_all_accepted() throws Exception {
    dropToSleepingWorker(600);
  }

  @Test
  @Tag("long")
  @Injection(31)
  void five_thousand_drops_are_all_accepted() throws Exception {
    dropToSleepingWorker(5000);
  }

  /** The next poll is beyond the test's patience: it is a notice that wakes the worker. */
  private void dropToSleepingWorker(int drops) throws Exception {
    trial(1).localq().run("localqd", "-n", "1", "-i", "600", "start").exits(0);
    trial.submitStarted(1, 0, Witness.GATE);
    signal("STOP");
    for (int drop = 0; drop < drops; drop++) {
      trial.drop("drop" + drop + ".json", trial.witness().command(3, "0"));
    }
    signal("CONT");
    for (int left = drops - drops % 500; left >= 0; left -= 500) {
      int most = left;
      eventually("at most " + most + " drops to be left", () -> drops() <= most, trial::log);
    }
    Set<String> names = trial.names("");
    for (int id = 2; id <= drops + 1; id++) {
      assertTrue(names.contains(id + ".json"), "no job " + id);
    }
    // to run them all would take minutes and show nothing new
    removeAbove(RUN + 1);
    trial.witness().openGate();
    for (int id = 2; id <= RUN + 1; id++) {
      String ran = Integer.toString(id);
      eventually("the end of job " + ran, () -> trial.isRecorded(ran), trial::evidence);
      assertRecorded(ran, 3);
      assertTrue(trial.witness().saw(ran, "END"), trial::evidence);
    }
    trial.localq().run("localqd", "check").exits(0);
  }

  private long drops() {
    return trial.names("").stream().filter(name -> name.startsWith("drop")).count();
  }

  /** As a person does who wants no more of them. */
  private void removeAbove(int last) throws IOException {
    for (String name : trial.names("")) {
      if (name.matches("[0-9]+\\.json") && Integer.parseInt(name.replace(".json", "")) > last) {
        Files.delete(trial.spool().resolve(name));
      }
    }
  }

  private void signal(String name) {
    trial.localq().runOther("kill", "-s", name, Long.toString(trial.worker())).exits(0);
  }

  @Test
  @Injection(32)
  void without_notices_a_worker_polls_says_so_once_and_has_them_again_when_there_are_some()
      throws Exception {
    goOnWithoutNotices("instances");
  }

  @Test
  @Tag("long")
  @Injection(32)
  void where_only_watches_are_wanting_it_is_no_other() throws Exception {
    goOnWithoutNotices("watches");
  }

  private void goOnWithoutNotices(String what) throws Exception {
    try (Namespace namespace = Namespace.ofUsers()) {
      limit(namespace, what, 0);
      trial(1).enter(namespace);
      trial.start();
      for (int code = 1; code <= 3; code++) {
        // pending until a poll finds it
        assertRecorded(trial.submit(1, code, "0"), code);
      }
      assertEquals(1, trial.log().split("no notice of new files", -1).length - 1, trial::log);
      assertTrue(trial.log().contains("User limit of inotify " + what), trial::log);
      assertEquals("", watched(namespace));

      limit(namespace, what, 100);
      eventually("notices", () -> watches(namespace, trial.spool()), trial::log);
      eventually("word of it", () -> trial.log().contains("all is well again"), trial::log);
      trial.settleAndVerify();
      trial.close();
    }
  }

  private static void limit(Namespace namespace, String what, int most) throws Exception {
    String file = "/proc/sys/user/max_inotify_" + what;
    namespace.run("sh", "-c", "echo " + most + " >" + file);
  }

  /** What the worker is to be told of, as the kernel shows it. */
  private String watched(Namespace namespace) {
    try {
      String files = "/proc/" + trial.worker() + "/fdinfo/*";
      return namespace.run("sh", "-c", "cat " + files + " 2>/dev/null | grep '^inotify ' || true");
    } catch (IOException | InterruptedException failed) {
      throw new IllegalStateException(failed);
    }
  }

  private boolean watches(Namespace namespace, Path directory) {
    try {
      long inode = (Long) Files.getAttribute(directory, "unix:ino");
      return watched(namespace).contains(" ino:" + Long.toHexString(inode) + " ");
    } catch (IOException failed) {
      throw new IllegalStateException(failed);
    }
  }

  @Test
  @Injection(33)
  void a_running_directory_that_is_replaced_is_watched_and_one_put_back_is_taken_up_again()
      throws Exception {
    try (Namespace namespace = Namespace.ofUsers()) {
      trial(2).enter(namespace);
      trial.start();
      String before = trial.submitStarted(1, 3, Witness.GATE);
      Path running = trial.spool().resolve("running");
      Path away = scratch.resolve("away");
      Files.move(running, away);
      Files.createDirectory(running, PosixFilePermissions.asFileAttribute(PRIVATE));
      eventually("the new one watched", () -> watches(namespace, running), trial::log);
      String between = trial.submit(1, 4, "0");
      assertRecorded(between, 4);
      eventually("nothing left", () -> trial.names("running").isEmpty(), trial::evidence);

      Files.delete(running);
      Files.move(away, running);
      eventually("the old one watched", () -> watches(namespace, running), trial::log);
      assertEquals("RUNNING", trial.localq().state(before));
      trial.witness().openGate();
      trial.settleAndVerify();
      assertRecorded(before, 3);
      trial.close();
    }
  }

  @Test
  @Injection(33)
  void a_spool_that_is_moved_away_ends_the_worker_and_moved_back_has_lost_nothing()
      throws Exception {
    moveAwayAndBack(false);
  }

  @Test
  @Tag("long")
  @Injection(33)
  void a_spool_that_is_moved_away_and_an_empty_one_in_its_place_are_not_mixed_up()
      throws Exception {
    moveAwayAndBack(true);
  }

  private void moveAwayAndBack(boolean replaced) throws Exception {
    trial(1).start();
    String runs = trial.submitStarted(1, 3, Witness.GATE);
    String waits = trial.submit(1, 4, "0");
    ProcessHandle worker = ProcessHandle.of(trial.worker()).orElseThrow();
    Path away = scratch.resolve("away");
    Files.move(trial.spool(), away);
    if (replaced) {
      Files.createDirectory(trial.spool(), PosixFilePermissions.asFileAttribute(PRIVATE));
    }
    eventually("the end of the worker", () -> !worker.isAlive(), trial::log);
    assertTrue(trial.log().contains(trial.spool() + " is gone; running jobs go on"), trial::log);
    trial.localq().run("lbatch", "true").exits(1);

    trial.witness().openGate();
    Path token = away.resolve("running").resolve(runs + ".1.exit-3");
    eventually("an end that nobody waited for", () -> Files.exists(token), trial::log);
    Files.deleteIfExists(trial.spool());
    Files.move(away, trial.spool());
    trial.start().settleAndVerify();
    assertRecorded(runs, 3);
    assertRecorded(waits, 4);
  }

  @Test
  @Injection(33)
  void a_spool_that_is_deleted_ends_the_worker_and_no_running_job() throws Exception {
    trial(1).start();
    String runs = trial.submitStarted(1, 3, Witness.GATE);
    String token = Installation.read(trial.spool().resolve("running/" + runs + ".1.started"));
    ProcessHandle shim = ProcessHandle.of(Long.parseLong(token.split(" ")[0])).orElseThrow();
    ProcessHandle worker = ProcessHandle.of(trial.worker()).orElseThrow();
    try (Stream<Path> files = Files.walk(trial.spool())) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
    eventually("the end of the worker", () -> !worker.isAlive(), trial::log);
    assertTrue(trial.log().contains(trial.spool() + " is gone; running jobs go on"), trial::log);
    assertTrue(shim.isAlive(), "the job was ended");
    trial.witness().openGate();
    eventually("its end", () -> trial.witness().saw(runs, "END"), trial::log);
    eventually("the end of its shim", () -> !shim.isAlive(), trial::log);
    Installation.Result refused = trial.localq().run("lqueue").exits(1);
    assertTrue(refused.err().contains("no such spool"), refused::toString);
  }
}
