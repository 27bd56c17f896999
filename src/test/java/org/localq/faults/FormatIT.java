package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.localq.system.Installation;

/** Spools that another version made. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class FormatIT {
  private static final Path RELEASED = Path.of("src/test/resources/spools");

  @TempDir Path scratch;
  @AutoClose private Trial trial;

  @AfterEach
  void end() throws IOException {
    Files.writeString(trial.spool().resolve(".localq/version"), "1\n");
  }

  @Test
  @Injection(40)
  void a_spool_of_a_newer_format_is_refused_by_every_command_and_left_as_it_is() throws Exception {
    trial = new Trial(scratch, 1);
    trial.submit(1, 0, "0");
    Files.writeString(trial.spool().resolve(".localq/version"), "2\n");
    Map<String, String> before = contents();
    for (String[] words :
        new String[][] {
          trial.startLine(),
          trial.runLine(),
          {"lbatch", "true"},
          {"lqueue"},
          {"linfo", "1"},
          {"lcancel", "1"},
          {"localqd", "status"},
          {"localqd", "stop"}
        }) {
      Installation.Result refused = trial.localq().run(words).exits(1);
      assertTrue(
          refused.err().contains("has format 2, expected a spool of format 1"), refused::toString);
    }
    assertEquals(before, contents());
  }

  private Map<String, String> contents() throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.walk(trial.spool())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        contents.put(trial.spool().relativize(file).toString(), Installation.read(file));
      }
    }
    return contents;
  }

  /**
   * As 0.1.0 left it when the machine went down: records (1 to 3), a claim (4), a started attempt
   * (5), a second one (6), a void one (7), a pending job (8), an end that was not recorded (9).
   */
  @Test
  @Injection(40)
  void a_spool_that_version_0_1_0_left_in_the_middle_of_its_work_goes_on() throws Exception {
    trial = new Trial(scratch, 1);
    trial.localq().run("lbatch", "true").exits(0);
    Path spool = trial.spool();
    Files.delete(spool.resolve("1.json"));
    Files.delete(spool.resolve(".localq/seq/1"));
    try (Stream<Path> files = Files.walk(RELEASED.resolve("0.1.0"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        // Git knows nothing of modes, and the name of a hidden directory is easily overlooked
        String name = RELEASED.resolve("0.1.0").relativize(file).toString();
        Path target = spool.resolve(name.replaceFirst("^localq/", ".localq/"));
        Files.write(target, Files.readAllBytes(file));
        Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rw-------"));
      }
    }
    trial.localq().run("localqd", "check").exits(0);
    trial.start();
    for (String job :
        List.of(
            "1 COMPLETED",
            "2 FAILED",
            "3 CANCELLED",
            "4 LOST",
            "5 LOST",
            "6 LOST",
            "7 COMPLETED",
            "8 COMPLETED",
            "9 COMPLETED")) {
      String[] words = job.split(" ");
      eventually(
          "the end of " + job,
          () -> trial.localq().state(words[0]).equals(words[1]),
          trial::evidence);
    }
    trial.settle();
    assertEquals("10", trial.localq().submit("true"));
    trial.localq().run("localqd", "check").exits(0);
  }
}
