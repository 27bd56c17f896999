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
class TimeLimitIT {
  @TempDir Path scratch;
  @AutoClose private Installation localq;

  @BeforeEach
  void install() throws IOException {
    localq = new Installation(scratch);
    localq.run("localqd", "-n", "4", "-i", "600", "start").exits(0);
  }

  private static void isTimeout(String record) {
    assertTrue(record.contains("\"state\" : \"TIMEOUT\""), record);
    assertTrue(record.contains("\"reason\" : \"TimeLimit\""), record);
  }

  @Test
  void a_job_that_reaches_it_is_sent_TERM_long_before_the_next_poll() {
    String id = localq.submit("-t", "0:01", "sleep", "1000");
    String record = localq.record(id);
    isTimeout(record);
    assertTrue(record.contains("\"exit_code\" : 143"), record);
    assertEquals("TIMEOUT", localq.state(id));
  }

  @Test
  void a_job_that_ends_before_it_is_what_it_ended_with() {
    String id = localq.submit("-t", "10", "true");
    assertTrue(localq.record(id).contains("\"state\" : \"COMPLETED\""), localq::evidence);
  }

  @Test
  void a_task_of_an_array_is_held_to_it() throws IOException {
    Files.writeString(localq.home().resolve("lines"), "sleep 1000\ntrue\n");
    String id = localq.submit("-t", "0:01", "--each-line", "lines");
    isTimeout(localq.record(id + "_1"));
    isTimeout(localq.record(id));
    assertTrue(localq.record(id + "_2").contains("\"state\" : \"COMPLETED\""));
  }

  @Test
  void the_worker_that_comes_after_a_crash_holds_a_job_to_it() {
    String id = localq.submit("-t", "0:01", "sleep", "1000");
    eventually(
        "its start", () -> Files.exists(localq.spool().resolve("running/" + id + ".1.started")));
    localq.killWorker();
    localq.run("localqd", "-n", "4", "-i", "600", "start").exits(0);
    isTimeout(localq.record(id));
  }

  @Test
  void the_warning_comes_first() {
    String id =
        localq.submit(
            "-t",
            "0:03",
            "--signal=B:USR1@2",
            "sh",
            "-c",
            "trap 'echo warned >warned; exit 7' USR1; while :; do sleep 0.05; done");
    String record = localq.record(id);
    assertTrue(record.contains("\"exit_code\" : 7"), record);
    assertTrue(record.contains("\"state\" : \"FAILED\""), record);
    assertEquals("warned\n", Installation.read(localq.home().resolve("warned")));
    assertEquals(0, localq.run("localqd", "check").code(), localq::evidence);
  }
}
