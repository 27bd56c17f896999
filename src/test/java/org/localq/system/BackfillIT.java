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

/** A worker with two cores; one is taken for at most five minutes, and a job waits for both. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class BackfillIT {
  @TempDir Path scratch;
  @AutoClose private Installation localq;
  private String first;
  private String wide;

  @BeforeEach
  void install() throws IOException {
    localq = new Installation(scratch);
    localq.run("localqd", "-n", "2", "-i", "600", "start").exits(0);
    first = localq.submit("-t", "5", "sleep", "1000");
    starts(first);
    wide = localq.submit("-n", "2", "-t", "1", "true");
  }

  private void starts(String id) {
    eventually(
        "the start of " + id,
        () -> Files.exists(localq.spool().resolve("running/" + id + ".1.started")));
  }

  @Test
  void a_short_job_passes_it_and_others_do_not() {
    String endless = localq.submit("true");
    String late = localq.submit("-t", "5", "true");
    String early = localq.submit("-t", "3", "true");
    assertTrue(localq.record(early).contains("\"state\" : \"COMPLETED\""), localq::evidence);
    for (String id : new String[] {wide, endless, late}) {
      assertEquals("PENDING", localq.state(id), localq::evidence);
    }
    localq.run("lcancel", first).exits(0);
    assertTrue(localq.record(wide).contains("\"state\" : \"COMPLETED\""), localq::evidence);
    assertTrue(localq.record(endless).contains("\"state\" : \"COMPLETED\""), localq::evidence);
    assertTrue(localq.record(late).contains("\"state\" : \"COMPLETED\""), localq::evidence);
  }

  @Test
  void what_runs_has_as_much_time_left_for_the_worker_that_comes_after_a_crash() {
    localq.killWorker();
    String late = localq.submit("-t", "4:31", "true");
    String early = localq.submit("-t", "3", "true");
    localq.run("localqd", "-n", "2", "-i", "600", "start").exits(0);
    assertTrue(localq.record(early).contains("\"state\" : \"COMPLETED\""), localq::evidence);
    assertEquals("PENDING", localq.state(late), localq::evidence);
  }
}
