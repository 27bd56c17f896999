package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.localq.system.Installation;

/**
 * Each fsync fails in turn. The kernel says so once, and may have dropped what it could not write:
 * a second fsync of the same descriptor would succeed and mean nothing.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class FailingFsyncIT {
  /** More than any run makes: where an enumeration gives up. */
  private static final int MOST = 100;

  private static final Pattern FAILED = Pattern.compile("sync\\((\\d+<[^>]*>)\\).*\\(INJECTED\\)");

  @TempDir Path scratch;
  @AutoClose private Trial trial;

  @BeforeAll
  static void assumeStrace() throws IOException, InterruptedException {
    Strace.assumeInstalled();
  }

  @BeforeEach
  void makeTrial() throws IOException {
    trial = new Trial(scratch, 2);
  }

  private Path log(int n) {
    return scratch.resolve("fsync." + n);
  }

  /**
   * Lets the fsync number {@code n} of each thread fail. A log for each thread, so that no call is
   * torn by another's, shows what became of its file.
   */
  private List<String> failing(int n) {
    return List.of(
        "strace",
        "-ff",
        "-qq",
        "-y",
        "-o",
        log(n).toString(),
        "-e",
        "signal=none",
        "-e",
        "trace=fsync,fdatasync,close",
        "-e",
        "inject=fsync,fdatasync:error=EIO:when=" + n);
  }

  /** Whether one failed; its descriptor is not to be forced again before it is closed. */
  private boolean hasFailedOnce(int n) throws IOException {
    boolean found = false;
    try (DirectoryStream<Path> logs = Files.newDirectoryStream(scratch, "fsync." + n + ".*")) {
      for (Path log : logs) {
        found |= hasFailedOnce(Installation.read(log));
      }
    }
    return found;
  }

  private static boolean hasFailedOnce(String calls) {
    Matcher failed = FAILED.matcher(calls);
    if (!failed.find()) {
      return false;
    }
    String behind = calls.substring(failed.end());
    int closed = behind.indexOf("close(" + failed.group(1));
    int again = behind.indexOf("sync(" + failed.group(1));
    assertTrue(again < 0 || (closed >= 0 && closed < again), () -> "forced again: " + calls);
    return true;
  }

  private static void assertRefused(Installation.Result result) {
    result.exits(1);
    assertEquals("", result.out(), result::toString);
    assertEquals(1, result.err().lines().count(), result::toString);
  }

  @Test
  @Injection(9)
  void a_queue_is_founded_once_the_disk_is_well_again() throws Exception {
    int n = 0;
    Installation.Result last;
    do {
      last = trial.run(failing(++n), trial.submitLine(1, 0, "0"));
      if (hasFailedOnce(n)) {
        assertRefused(last);
      }
    } while (last.code() != 0 && n < MOST);
    last.exits(0);
    trial.remember(last);
    assertTrue(n > 10, "only " + n + " fsyncs of a first submission were found");
    System.out.println("failing fsyncs, first submission: " + (n - 1));
    trial.start().settleAndVerify();
  }

  @Test
  @Injection(9)
  void a_submission_is_refused_and_leaves_no_job() throws Exception {
    trial.submit(1, 0, "0");
    Set<String> before = trial.names("");
    int n = 1;
    Installation.Result result = trial.run(failing(n), trial.submitLine(1, 0, "0"));
    while (hasFailedOnce(n) && n < MOST) {
      assertRefused(result);
      assertEquals(before, trial.names(""), result::toString);
      assertEquals(Set.of(), trial.names(".localq/tmp"), result::toString);
      result = trial.run(failing(++n), trial.submitLine(1, 0, "0"));
    }
    trial.remember(result.exits(0));
    assertEquals(4, n, "the counter, the job, its name");
    trial.start().settleAndVerify();
  }

  @Test
  @Tag("long")
  @Injection(9)
  void a_worker_goes_on_once_the_disk_is_well_again() throws Exception {
    trial.submit(1, 0, "0");
    int n = 0;
    int survived = 0;
    boolean failed = true;
    while (failed && ++n < MOST) {
      trial.submit(1, n % 5, "0");
      trial.drop("drop" + n + ".json", trial.witness().command(n % 3, "0"));
      String cancelled = trial.submit(1, 0, "0");
      Files.createFile(trial.spool().resolve("running").resolve(cancelled + ".cancel"));

      Process worker = trial.localq().launch(Map.of(), failing(n), trial.runLine());
      boolean ended = trial.settlesUnless(() -> !worker.isAlive());
      assertFalse(ended && survived > 0, () -> "a worker at work has ended" + trial.evidence());
      if (!ended) {
        survived++;
        trial.localq().run("localqd", "stop").exits(0);
      }
      eventually("the end of the worker", () -> !worker.isAlive(), trial::evidence);
      failed = hasFailedOnce(n);
    }
    assertTrue(survived > 5, "only " + survived + " fsyncs of a worker at work were found");
    assertTrue(n < MOST, "no worker came to its end within " + MOST + " fsyncs");
    System.out.println("failing fsyncs, worker: " + (n - 1) + ", at work: " + (survived - 1));
    trial.start().settleAndVerify();
  }
}
