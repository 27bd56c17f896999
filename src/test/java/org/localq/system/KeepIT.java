package org.localq.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

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

/** {@code localqd --keep}, as installed. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class KeepIT {
  private static final Path SUBMIT = Path.of("examples/submit.sh").toAbsolutePath();

  @TempDir Path scratch;
  @AutoClose private Installation localq;

  @BeforeEach
  void install() throws IOException {
    localq = new Installation(scratch);
  }

  private Path file(String name) {
    return localq.spool().resolve(name);
  }

  private String log() {
    return Installation.read(localq.home().resolve(".localq/localqd.log"));
  }

  @Test
  void records_go_their_ids_do_not_come_back_and_the_option_is_kept() throws IOException {
    localq.run("localqd", "-n", "2", "--keep", "all", "start").exits(0);
    List<String> ids =
        List.of(localq.submit("true"), localq.submit("false"), localq.submit("true"));
    assertEquals(List.of("1", "2", "3"), ids);
    ids.forEach(localq::record);
    localq.run("localqd", "-i", "9", "restart").exits(0);
    assertTrue(Installation.read(file(".localq/options")).contains("interval=9\n"));
    assertTrue(Installation.read(file(".localq/options")).contains("keep=all\n"));
    localq.run("localqd", "stop").exits(0);
    localq.run("localqd", "start").exits(0);
    assertTrue(Installation.read(file(".localq/options")).contains("interval=10\n"));
    assertTrue(Installation.read(file(".localq/options")).contains("keep=all\n"));
    // its first poll is before the tick that starts this job
    localq.record(localq.submit("true"));
    assertTrue(Files.exists(file("done/1.json")), log());

    localq.run("localqd", "--keep", "0s,1", "restart").exits(0);
    Installation.eventually("a collection", () -> log().contains("collected "));
    assertTrue(log().contains("collected 3 records, ids 1 to 3 (--keep 0s,1)"), log());
    assertTrue(Files.exists(file("done/4.json")), log());
    assertTrue(localq.run("linfo", "2").exits(1).err().contains("its record was removed"), log());

    localq.run("localqd", "stop").exits(0);
    Files.move(file(".localq/seq/4"), file(".localq/seq/2"));
    // 4 has its record yet, 1 to 3 have only the note
    assertEquals("5", localq.submit("true"));
    assertEquals("6", localq.runOther(SUBMIT.toString(), "true").exits(0).text());
  }
}
