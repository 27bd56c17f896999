package org.localq.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class RetryIT {
  @TempDir Path scratch;
  @AutoClose private Installation localq;

  @BeforeEach
  void install() throws IOException {
    localq = new Installation(scratch);
    localq.run("localqd", "-n", "4", "start").exits(0);
  }

  private static boolean has(String record, String field) {
    return record.replaceAll("\\s", "").contains(field);
  }

  private String shim(String id) {
    Path token = localq.spool().resolve("running/" + id + ".1.started");
    eventually("a shim", () -> Files.exists(token) && Installation.read(token).contains("\n"));
    return Installation.read(token).split(" ")[0];
  }

  @Test
  void a_job_that_fails_is_run_again_with_its_output_kept() {
    String id =
        localq.submit(
            "--retry",
            "2",
            "-o",
            "out",
            "sh",
            "-c",
            "echo $LOCALQ_ATTEMPT $LOCALQ_RESTART_COUNT; exit $((3 - LOCALQ_ATTEMPT))");
    String record = localq.record(id);
    assertTrue(has(record, "\"state\":\"COMPLETED\""), record);
    assertTrue(has(record, "\"restarts\":2"), record);
    assertTrue(has(record, "{\"attempt\":1,\"state\":\"FAILED\",\"exit_code\":2,"), record);
    assertTrue(has(record, "{\"attempt\":3,\"state\":\"COMPLETED\",\"exit_code\":0,"), record);
    assertEquals("1\n2 1\n3 2\n", Installation.read(localq.home().resolve("out")));
    assertTrue(localq.run("linfo", id).text().contains("Attempt 2:"), record);
    assertEquals(0, localq.run("localqd", "check").code(), localq::evidence);
  }

  @Test
  void a_task_of_an_array_is_run_again() throws IOException {
    Files.writeString(localq.home().resolve("lines"), "exit $((2 - LOCALQ_ATTEMPT))\ntrue\n");
    String id = localq.submit("--retry", "1", "--each-line", "lines");
    assertTrue(has(localq.record(id), "\"tasks\":{\"COMPLETED\":2}"), localq::evidence);
    assertTrue(has(localq.record(id + "_1"), "\"restarts\":1"), localq::evidence);
  }

  @Test
  void a_job_whose_shim_was_killed_is_run_again_where_it_asked_for_that() {
    String id = localq.submit("--requeue", "sh", "-c", "[ $LOCALQ_ATTEMPT = 2 ] || sleep 1000");
    localq.runOther("kill", "-s", "KILL", shim(id)).exits(0);
    // what it left behind is no other attempt's
    localq.runOther("pkill", "-s", shim(id));
    String record = localq.record(id);
    assertTrue(has(record, "\"state\":\"COMPLETED\""), record);
    assertTrue(has(record, "\"reason\":\"ShimLost\""), record);
  }

  @Test
  void a_running_job_is_run_again_where_somebody_wants_it() {
    String id =
        localq.submit(
            "-o", "out", "sh", "-c", "echo $LOCALQ_ATTEMPT; [ $LOCALQ_ATTEMPT = 2 ] || sleep 1000");
    shim(id);
    assertEquals("", localq.run("lctl", "requeue", id).exits(0).text());
    String record = localq.record(id);
    assertTrue(has(record, "\"state\":\"COMPLETED\""), record);
    assertTrue(has(record, "{\"attempt\":1,\"state\":\"CANCELLED\",\"exit_code\":143,"), record);
    assertEquals("1\n2\n", Installation.read(localq.home().resolve("out")));
    localq.run("lctl", "requeue", "99").exits(1);
  }

  @Test
  void a_job_that_has_ended_is_run_again_where_somebody_wants_it() {
    String id =
        localq.submit("-o", "out", "sh", "-c", "echo $LOCALQ_ATTEMPT; exit $LOCALQ_ATTEMPT");
    localq.record(id);
    for (int code = 2; code <= 3; code++) {
      String last = "\"exit_code\":" + code + ",";
      assertEquals("", localq.run("lctl", "requeue", id).exits(0).text());
      eventually(
          "its end",
          () ->
              Files.exists(localq.spool().resolve("done/" + id + ".json"))
                  && has(localq.record(id), "\"state\":\"FAILED\"," + last),
          localq::evidence);
    }
    String record = localq.record(id);
    assertTrue(has(record, "{\"attempt\":1,\"state\":\"FAILED\",\"exit_code\":1,"), record);
    assertTrue(has(record, "\"restarts\":2"), record);
    assertEquals("1\n2\n3\n", Installation.read(localq.home().resolve("out")));
    assertEquals(0, localq.run("localqd", "check").code(), localq::evidence);
  }

  @Test
  void a_running_job_is_put_back_with_no_worker_alive() {
    String id = localq.submit("sh", "-c", "[ $LOCALQ_ATTEMPT = 2 ] || sleep 1000");
    shim(id);
    localq.killWorker();
    localq.run("lctl", "requeue", id).exits(0);
    assertEquals("PENDING", localq.state(id));
    localq.run("localqd", "-n", "4", "start").exits(0);
    assertTrue(has(localq.record(id), "\"restarts\":1"), localq::evidence);
  }

  @Test
  void a_failure_with_no_worker_alive_is_run_again_by_the_next() {
    String id =
        localq.submit(
            "--retry", "1", "sh", "-c", "[ $LOCALQ_ATTEMPT = 2 ] || { sleep 0.3; exit 9; }");
    shim(id);
    localq.killWorker();
    eventually(
        "its end", () -> Files.exists(localq.spool().resolve("running/" + id + ".1.exit-9")));
    localq.run("localqd", "-n", "4", "start").exits(0);
    assertTrue(has(localq.record(id), "\"state\":\"COMPLETED\""), localq::evidence);
  }
}
