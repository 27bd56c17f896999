package org.localq.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(ReplaceUnderscores.class)
class SmallHeapIT {
  private static final Map<String, String> SMALL = Map.of("LOCALQ_JAVA_OPTS", "-Xmx64m");
  private static final int HUGE = 31 << 20;

  /** Fits by a hair, and holds what takes the most memory to read. */
  private static final int FITTING = 2_650_000;

  @Test
  void of_a_worker_is_outlived_by_no_file_and_delays_no_other_job(@TempDir Path directory)
      throws IOException {
    try (Installation localq = new Installation(directory)) {
      localq.run(SMALL, "localqd", "-n", "1", "start").exits(0);
      List<Long> worker = localq.workers();
      drop(localq, "huge", "x".repeat(HUGE));
      Installation.eventually(
          "the refusal of the huge file",
          () -> Files.exists(localq.spool().resolve("rejected/1.json")));
      String reason = Installation.read(localq.spool().resolve("rejected/1.reason"));
      assertTrue(reason.startsWith("huge.json has " + HUGE), reason);
      drop(localq, "fitting", "\\udcff\u20ac" + "x".repeat(FITTING));
      assertTrue(localq.record("2").contains("\"COMPLETED\""), localq::evidence);
      String next = localq.submit("true");
      assertTrue(localq.record(next).contains("\"COMPLETED\""), localq::evidence);
      assertEquals(worker, localq.workers(), localq::evidence);
    }
  }

  private static void drop(Installation localq, String name, String note) throws IOException {
    String open = "{\"command\": [\"true\"], \"directory\": \"/tmp\", \"note\": \"";
    String close = "\"}";
    // of HUGE bytes altogether, where it is the huge one
    int most = Math.min(note.length(), HUGE - open.length() - close.length());
    Path draft = localq.spool().resolve("." + name);
    Files.writeString(draft, open + note.substring(0, most) + close);
    Files.move(draft, localq.spool().resolve(name + ".json"));
  }
}
