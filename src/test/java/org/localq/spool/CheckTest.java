package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.localq.core.JobId;

/** What a check finds. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class CheckTest {
  private static final byte[] SCRIPT = "exec true\n".getBytes(StandardCharsets.US_ASCII);
  private static final JobId ONE = new JobId(1);

  @TempDir private Path directory;
  private Bench bench;

  @BeforeEach
  void makeTheSpool() throws IOException {
    bench = new Bench(directory, Fsync.DISK);
  }

  @AfterEach
  void close() throws IOException {
    bench.close();
  }

  @Test
  void a_new_spool_is_clean() throws IOException {
    assertClean();
  }

  @Test
  void a_job_is_clean_all_its_life() throws IOException {
    bench.submit("a");
    assertClean();
    try (Locked locked = bench.spool.lock()) {
      locked.claim(ONE, 1, SCRIPT);
    }
    assertClean();
    bench.put("running/1.1.started", "");
    assertClean();
    bench.put("running/1.1.started", "7 8\n");
    assertClean();
    bench.put("running/1.1.exit-0", "");
    assertClean();
    try (Locked locked = bench.spool.lock()) {
      locked.finish(ONE, Bench.job(), Bench.result(0));
    }
    assertClean();
  }

  private void assertClean() throws IOException {
    assertEquals(List.of(), bench.spool.check(process -> false).findings(), () -> bench.evidence());
  }
}
