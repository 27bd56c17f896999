package org.localq.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Priorities, times, holds and dependencies, with real processes. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class OrderIT {
  private static final String WITNESS = "echo $LOCALQ_JOB_ID >>ran; ";

  @TempDir Path scratch;
  @AutoClose private Installation localq;

  @BeforeEach
  void install() throws IOException {
    localq = new Installation(scratch);
  }

  /** A job that leaves its id behind, and does {@code then}. */
  private String submit(String then, String... options) {
    String[] words = java.util.Arrays.copyOf(options, options.length + 3);
    words[options.length] = "sh";
    words[options.length + 1] = "-c";
    words[options.length + 2] = WITNESS + then;
    return localq.submit(words);
  }

  private List<String> ran() {
    Path ran = localq.home().resolve("ran");
    return Files.exists(ran) ? Installation.read(ran).lines().toList() : List.of();
  }

  private void ended(String id, String state, String reason) {
    String record = localq.record(id);
    assertTrue(record.contains("\"state\" : \"" + state + "\""), () -> record + localq.evidence());
    assertTrue(reason.isEmpty() || record.contains("\"reason\" : \"" + reason + "\""), record);
  }

  private void isSound() {
    localq.run("localqd", "check").exits(0);
  }

  @Test
  void chains_are_decided_by_how_jobs_end_while_the_worker_is_killed() {
    String gate = "until [ -e gate ]; do sleep 0.05; done; ";
    localq.run("localqd", "-n", "1", "start").exits(0);
    String good = submit(gate + "exit 0");
    String bad = submit("exit 3");
    String afterGood = submit("exit 0", "-d", "afterok:" + good);
    String afterBad = submit("exit 0", "-d", "afterok:" + bad);
    String inTurn = submit("exit 0", "-d", "afterok:" + afterBad);
    String clean = submit("exit 0", "-d", "afternotok:" + bad + ",afterany:" + inTurn);
    String any = submit("exit 0", "-d", "afterok:" + bad + "?afterok:" + good);
    String first = submit("exit 0", "-J", "alone");
    String alone = submit("exit 0", "-J", "alone", "-d", "singleton");
    eventually("the first", () -> ran().contains(good));
    localq.killWorker();
    assertEquals("PENDING", localq.state(afterGood));
    opens("gate");
    eventually("the exit token", () -> Files.exists(localq.spool().resolve("running/1.1.exit-0")));
    localq.run("localqd", "-n", "1", "start").exits(0);
    ended(afterBad, "CANCELLED", "DependencyNeverSatisfied");
    ended(inTurn, "CANCELLED", "DependencyNeverSatisfied");
    localq.killWorker();
    localq.run("localqd", "-n", "1", "start").exits(0);
    for (String id : List.of(good, afterGood, clean, any, first, alone)) {
      ended(id, "COMPLETED", "");
    }
    ended(bad, "FAILED", "NonZeroExitCode");
    assertTrue(ran().indexOf(alone) > ran().indexOf(first), ran()::toString);
    assertEquals(7, ran().size(), ran()::toString);
    isSound();
  }

  private void opens(String gate) {
    try {
      Files.createFile(localq.home().resolve(gate));
    } catch (IOException failed) {
      throw new IllegalStateException(failed);
    }
  }

  @Test
  void a_job_begins_at_its_time_and_not_at_the_next_poll() {
    localq.run("localqd", "-i", "600", "start").exits(0);
    Instant before = Instant.now();
    String id = submit("date +%s.%N >at", "-b", "now+2");
    assertTrue(localq.run("lqueue").out().contains("BeginTime"), localq::evidence);
    ended(id, "COMPLETED", "");
    Duration took = Duration.between(before, Instant.now());
    assertTrue(took.compareTo(Duration.ofSeconds(2)) >= 0, took::toString);
    assertTrue(took.compareTo(Duration.ofSeconds(60)) < 0, took::toString);
    isSound();
  }

  @Test
  void a_job_on_hold_starts_when_it_is_released_also_under_another_worker() {
    localq.run("localqd", "-i", "600", "start").exits(0);
    String held = submit("exit 0", "-H");
    String other = submit("exit 0");
    ended(other, "COMPLETED", "");
    localq.killWorker();
    assertEquals("", localq.run("lctl", "hold", held).exits(0).out());
    localq.run("localqd", "-i", "600", "start").exits(0);
    assertTrue(localq.run("lqueue", "-j", held).out().contains("JobHeldUser"), localq::evidence);
    assertEquals("", localq.run("lctl", "release", held).exits(0).out());
    ended(held, "COMPLETED", "");
    assertEquals(List.of(other, held), ran());
    isSound();
  }

  @Test
  void a_high_priority_goes_first_and_a_low_one_last() {
    String usual = submit("exit 0");
    String low = submit("exit 0", "--nice");
    String high = submit("exit 0", "--priority", "5");
    localq.run("localqd", "-n", "1", "start").exits(0);
    for (String id : List.of(usual, low, high)) {
      ended(id, "COMPLETED", "");
    }
    assertEquals(List.of(high, usual, low), ran());
    isSound();
  }

  @Test
  void an_unknown_id_is_refused_and_nothing_is_accepted() {
    submit("exit 0");
    Installation.Result refused = localq.run("lbatch", "-d", "afterok:2", "true").exits(1);
    assertTrue(refused.err().contains("depends on job 2: no such job"), refused::toString);
    assertEquals(2, localq.run("lqueue").out().lines().count());
  }
}
