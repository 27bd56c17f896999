package org.localq.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class SurvivalIT {
  @TempDir Path scratch;
  @AutoClose private Installation localq;

  @BeforeEach
  void install() throws IOException {
    localq = new Installation(scratch);
  }

  /** A job that ends with {@code code} once {@code gate} is there. */
  private String waitingJob(Path gate, int code) {
    return localq.submit(
        "sh", "-c", "until [ -e \"$0\" ]; do sleep 0.05; done; exit " + code, gate.toString());
  }

  private void awaitRunning(String id) {
    Path token = localq.spool().resolve("running").resolve(id + ".1.started");
    eventually("the start of job " + id, () -> Files.exists(token));
  }

  @Test
  void a_killed_worker_leaves_jobs_running_and_the_next_one_records_their_codes()
      throws IOException {
    localq.run("localqd", "-n", "3", "start").exits(0);
    Path gate = scratch.resolve("gate");
    List<String> jobs = new ArrayList<>();
    for (int code : List.of(0, 3, 42)) {
      jobs.add(waitingJob(gate, code));
    }
    jobs.forEach(this::awaitRunning);
    localq.killWorker();
    localq.run("localqd", "-n", "3", "start").exits(0);
    jobs.forEach(id -> assertEquals("RUNNING", localq.state(id)));
    Files.createFile(gate);
    assertTrue(localq.record(jobs.get(0)).contains("\"exit_code\" : 0"));
    assertTrue(localq.record(jobs.get(1)).contains("\"exit_code\" : 3"));
    assertTrue(localq.record(jobs.get(2)).contains("\"exit_code\" : 42"));
  }

  @Test
  void ends_that_come_while_no_worker_is_alive_are_recorded_by_the_next() throws IOException {
    localq.run("localqd", "-n", "2", "start").exits(0);
    Path gate = scratch.resolve("gate");
    String one = waitingJob(gate, 0);
    String other = waitingJob(gate, 7);
    awaitRunning(one);
    awaitRunning(other);
    localq.run("localqd", "stop").exits(0);
    assertEquals(List.of(), localq.workers());
    Files.createFile(gate);
    Path running = localq.spool().resolve("running");
    eventually(
        "the exit tokens",
        () ->
            Files.exists(running.resolve(one + ".1.exit-0"))
                && Files.exists(running.resolve(other + ".1.exit-7")));
    assertEquals("RUNNING", localq.state(one), "nobody has recorded it yet");
    localq.run("localqd", "start").exits(0);
    assertTrue(localq.record(one).contains("\"state\" : \"COMPLETED\""));
    assertTrue(localq.record(other).contains("\"exit_code\" : 7"));
  }

  @Test
  void a_restart_keeps_the_options_of_the_worker_it_replaces() {
    localq.run("localqd", "-n", "5", "-i", "7", "-p", "mcf", "start").exits(0);
    Installation.Result restarted = localq.run("localqd", "restart").exits(0);
    assertTrue(restarted.out().contains("5 cores"), restarted::toString);
    String options = Installation.read(localq.spool().resolve(".localq/options"));
    assertEquals("cores=5\ninterval=7\npolicy=mcf\nkeep=30d,100000\n", options);
    localq.run("localqd", "-n", "6", "restart").exits(0);
    assertEquals(
        "cores=6\ninterval=7\npolicy=mcf\nkeep=30d,100000\n",
        Installation.read(localq.spool().resolve(".localq/options")));
  }

  @Test
  void a_job_whose_shim_was_killed_keeps_its_cores_until_it_is_gone_and_is_LOST()
      throws IOException {
    localq.run("localqd", "-n", "1", "start").exits(0);
    Path gate = scratch.resolve("gate");
    String id = waitingJob(gate, 0);
    awaitRunning(id);
    Path token = localq.spool().resolve("running").resolve(id + ".1.started");
    eventually("the token's content", () -> !Installation.read(token).isBlank());
    long shim = Long.parseLong(Installation.read(token).split(" ")[0]);
    assertTrue(ProcessHandle.of(shim).orElseThrow().destroyForcibly());
    String next = localq.submit("true");
    localq.run("localqd", "restart").exits(0);
    assertEquals("PENDING", localq.state(next));
    Files.createFile(gate);
    assertTrue(localq.record(id).contains("\"state\" : \"LOST\""), localq::evidence);
    assertTrue(localq.record(next).contains("\"state\" : \"COMPLETED\""));
  }

  @Test
  void stop_with_wait_lets_running_jobs_end_and_claims_nothing_new() throws Exception {
    localq.run("localqd", "-n", "1", "start").exits(0);
    Path gate = scratch.resolve("gate");
    String running = waitingJob(gate, 5);
    awaitRunning(running);
    Process stop = localq.launch("localqd", "stop", "--wait");
    Path drain = localq.spool().resolve(".localq/drain");
    eventually("the drain", () -> Files.exists(drain));
    String pending = localq.submit("true");
    Files.createFile(gate);
    assertEquals(0, stop.waitFor());
    assertTrue(localq.record(running).contains("\"exit_code\" : 5"));
    assertEquals("PENDING", localq.state(pending));
    localq.run("localqd", "status").exits(3);
    localq.run("localqd", "start").exits(0);
    assertTrue(localq.record(pending).contains("COMPLETED"));
  }

  @Test
  void a_second_stop_ends_a_waiting_one_at_once() throws Exception {
    localq.run("localqd", "-n", "1", "start").exits(0);
    Path gate = scratch.resolve("gate");
    String running = waitingJob(gate, 0);
    awaitRunning(running);
    Process patient = localq.launch("localqd", "stop", "--wait");
    eventually("the drain", () -> Files.exists(localq.spool().resolve(".localq/drain")));
    localq.run("localqd", "stop").exits(0);
    assertEquals(0, patient.waitFor());
    assertEquals("RUNNING", localq.state(running));
    Files.createFile(gate);
    localq.run("localqd", "start").exits(0);
    assertTrue(localq.record(running).contains("COMPLETED"));
  }

  @Test
  void stop_with_cancel_cancels_what_runs() {
    localq.run("localqd", "-n", "1", "start").exits(0);
    String id = localq.submit("sleep", "1000");
    awaitRunning(id);
    assertEquals(
        "localqd stopped; 1 job cancelled\n",
        localq.run("localqd", "stop", "--cancel").exits(0).out());
    assertTrue(localq.record(id).contains("\"state\" : \"CANCELLED\""));
    localq.run("localqd", "status").exits(3);
    String log = Installation.read(localq.home().resolve(".localq/localqd.log"));
    assertTrue(log.contains("drained: nothing runs any more\n"), log);
    assertTrue(log.endsWith("localqd ends\n"), log);
  }

  @Test
  void a_stopped_process_of_a_worker_does_not_hold_up_stop() throws Exception {
    localq.run("localqd", "-n", "1", "start").exits(0);
    long worker = localq.workers().get(0);
    assertEquals(0, new ProcessBuilder("kill", "-STOP", Long.toString(worker)).start().waitFor());
    localq.run("localqd", "stop").exits(0);
    eventually("its end", () -> ProcessHandle.of(worker).isEmpty());
    localq.run("localqd", "status").exits(3);
  }

  @Test
  void a_second_start_is_refused_and_two_runs_share_one_limit() throws Exception {
    localq.run("localqd", "-n", "2", "start").exits(0);
    long pid = localq.workers().get(0);
    Installation.Result second = localq.run("localqd", "-n", "2", "start").exits(1);
    assertEquals("localqd: already running, pid " + pid + "\n", second.err());
    Installation.Result other = localq.run("localqd", "-n", "3", "run").exits(1);
    assertTrue(other.err().contains("share a limit of 2 cores"), other::toString);
    Process more = localq.launch("localqd", "run");
    eventually("two workers", () -> localq.workers().size() == 2);
    localq.run("localqd", "stop").exits(0);
    assertTrue(more.waitFor() != 0 || !more.isAlive());
    assertFalse(more.isAlive());
    assertEquals(List.of(), localq.workers());
  }

  @Test
  void a_queue_goes_on_when_its_worker_was_started_from_inside_a_job() {
    localq.run("localqd", "-n", "1", "start").exits(0);
    String id = localq.submit("sh", "-c", "localqd restart >/dev/null");
    assertTrue(localq.record(id).contains("COMPLETED"), localq::evidence);
    assertEquals(1, localq.workers().size());
    assertTrue(localq.record(localq.submit("true")).contains("COMPLETED"));
  }
}
