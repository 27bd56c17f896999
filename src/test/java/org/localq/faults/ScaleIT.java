package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.localq.system.Installation.eventually;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A queue of a size that nobody meant it to have. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ScaleIT {
  private static final int MANY = 100_000;

  @TempDir Path scratch;
  @AutoClose private Trial trial;

  @Test
  @Tag("long")
  @Injection(30)
  void a_hundred_thousand_pending_jobs_and_as_many_records_fit_a_heap_of_64_MB() throws Exception {
    trial = new Trial(scratch, 2);
    trial.localq().run("lbatch", "true").exits(0);
    byte[] record = record();
    Files.delete(trial.spool().resolve("1.json"));
    Path seq = trial.spool().resolve(".localq/seq");
    for (int id = 1; id <= MANY; id++) {
      Files.write(trial.spool().resolve("done").resolve(id + ".json"), record);
    }
    // wider than the queue, so that they stay
    String pending = "{\"command\":[\"true\"],\"cores\":3,\"directory\":\"/\"}\n";
    for (int id = MANY + 1; id <= 2 * MANY; id++) {
      Files.writeString(trial.spool().resolve(id + ".json"), pending);
    }
    Files.move(seq.resolve("1"), seq.resolve(Integer.toString(2 * MANY)));

    trial.localq().run(Map.of("LOCALQ_JAVA_OPTS", "-Xmx64m"), trial.startLine()).exits(0);
    List<Long> worker = trial.localq().workers();
    String id = trial.submit(2, 3, "0");
    assertEquals(Integer.toString(2 * MANY + 1), id);
    eventually("its record", () -> trial.isRecorded(id), () -> "job " + id);
    String last = trial.submit(1, 4, "0");
    eventually("its record", () -> trial.isRecorded(last), () -> "job " + last);
    assertEquals(worker, trial.localq().workers(), "the worker is the same");
    assertTrue(trial.names("").size() > MANY, "the others still wait");
    trial.localq().run("localqd", "stop").exits(0);
    // nobody is to cancel them one by one when the test is over
    Files.delete(trial.localq().home().resolve(".localq/localqd"));
  }

  private byte[] record() {
    return ("{\"command\":[\"true\"],\"directory\":\"/\",\"submitted\":\"2026-01-01T00:00:00Z\",\"stdout\":\"out\","
            + "\"result\":{\"state\":\"COMPLETED\",\"exit_code\":0,\"ended\":\"2026-01-01T00:00:01Z\",\"restarts\":0}}\n")
        .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  }
}
