package org.localq.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class CancelIT {
  @TempDir Path scratch;
  @AutoClose private Installation localq;

  @BeforeEach
  void install() throws IOException {
    localq = new Installation(scratch);
  }

  private List<Long> pidsIn(Path file, int count) {
    eventually(
        count + " pids",
        () -> Files.exists(file) && Installation.read(file).lines().count() >= count);
    return Installation.read(file).lines().map(Long::parseLong).toList();
  }

  private static void areGone(List<Long> pids) {
    for (long pid : pids) {
      eventually("the end of process " + pid, () -> ProcessHandle.of(pid).isEmpty());
    }
  }

  @Test
  void every_process_of_the_session_gets_TERM() {
    localq.run("localqd", "-n", "1", "start").exits(0);
    String id =
        localq.submit("sh", "-c", "for i in 1 2 3; do sleep 1000 & echo $! >>pids; done; wait");
    List<Long> pids = pidsIn(localq.home().resolve("pids"), 3);
    localq.run("lcancel", "-j", id).exits(0);
    String record = localq.record(id);
    assertTrue(record.contains("\"state\" : \"CANCELLED\""), record);
    assertTrue(record.contains("\"exit_code\" : 143"), record);
    areGone(pids);
  }

  @Test
  void what_ignores_TERM_gets_KILL_after_the_grace() {
    localq.run("localqd", "-n", "1", "start").exits(0);
    String id =
        localq.submit(
            "sh",
            "-c",
            "trap '' TERM; for i in 1 2 3 4 5; do (trap '' TERM; sleep 1000) & echo $! >>pids; done; wait; sleep 1000");
    List<Long> pids = pidsIn(localq.home().resolve("pids"), 5);
    localq.run("lcancel", "--grace", "1", "-j", id).exits(0);
    assertTrue(localq.record(id).contains("\"state\" : \"CANCELLED\""));
    assertTrue(localq.record(id).contains("\"signal\" : 9"), localq.record(id));
    areGone(pids);
  }

  @Test
  void a_process_that_left_the_session_is_found_by_its_environment() {
    localq.run("localqd", "-n", "1", "start").exits(0);
    String id = localq.submit("sh", "-c", "setsid sleep 1000 & echo $! >>pids; sleep 1000");
    List<Long> pids = pidsIn(localq.home().resolve("pids"), 1);
    localq.run("lcancel", id).exits(0);
    assertTrue(localq.record(id).contains("CANCELLED"));
    areGone(pids);
  }

  @Test
  void what_a_command_leaves_behind_is_ended_and_holds_the_cores_until_then() {
    localq.run("localqd", "-n", "1", "start").exits(0);
    String id = localq.submit("sh", "-c", "sleep 1000 & echo $! >>pids; exit 4");
    List<Long> pids = pidsIn(localq.home().resolve("pids"), 1);
    assertTrue(localq.record(id).contains("\"exit_code\" : 4"));
    areGone(pids);
  }

  @Test
  void so_is_what_stays_in_the_session_without_its_environment() {
    localq.run("localqd", "-n", "1", "start").exits(0);
    String id = localq.submit("sh", "-c", "env -i sleep 1000 & echo $! >>pids; exit 4");
    List<Long> pids = pidsIn(localq.home().resolve("pids"), 1);
    assertTrue(localq.record(id).contains("\"exit_code\" : 4"));
    areGone(pids);
  }

  @Test
  void a_stopped_job_ends_with_TERM_too() throws Exception {
    localq.run("localqd", "-n", "1", "start").exits(0);
    String id = localq.submit("sh", "-c", "echo $$ >>pids; exec sleep 1000");
    List<Long> pids = pidsIn(localq.home().resolve("pids"), 1);
    assertEquals(0, new ProcessBuilder("kill", "-STOP", pids.get(0).toString()).start().waitFor());
    localq.run("lcancel", "--grace", "1000", id).exits(0);
    assertTrue(localq.record(id).contains("\"exit_code\" : 143"), localq.record(id));
  }

  @Test
  void without_a_worker_lcancel_escalates_and_records_by_itself() {
    localq.run("localqd", "-n", "1", "start").exits(0);
    String id =
        localq.submit("sh", "-c", "trap '' TERM; echo $$ >>pids; while :; do sleep 0.1; done");
    List<Long> pids = pidsIn(localq.home().resolve("pids"), 1);
    localq.killWorker();
    Installation.Result cancelled = localq.run("lcancel", "--grace", "1", id).exits(0);
    assertTrue(cancelled.out().contains("no worker is alive"), cancelled::toString);
    assertTrue(cancelled.out().contains("ended, CANCELLED"), cancelled::toString);
    assertEquals("CANCELLED", localq.state(id));
    areGone(pids);
  }

  @Test
  void a_job_can_cancel_itself() {
    localq.run("localqd", "-n", "1", "start").exits(0);
    String id = localq.submit("sh", "-c", "lcancel $LOCALQ_JOB_ID; sleep 1000");
    assertTrue(localq.record(id).contains("CANCELLED"));
  }

  @Test
  void an_ended_job_stays_what_it_is() {
    localq.run("localqd", "-n", "1", "start").exits(0);
    String id = localq.submit("true");
    localq.record(id);
    Installation.Result late = localq.run("lcancel", id).exits(0);
    assertEquals("job " + id + " had already ended, COMPLETED\n", late.out());
    assertEquals("COMPLETED", localq.state(id));
  }
}
