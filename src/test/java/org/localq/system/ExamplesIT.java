package org.localq.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ExamplesIT {
  private static final Path EXAMPLES = Path.of("examples").toAbsolutePath();

  @TempDir Path scratch;
  @AutoClose private Installation localq;

  @BeforeEach
  void install() throws IOException {
    localq = new Installation(scratch);
  }

  @Test
  void the_quickstart_shows_a_queue_at_work_and_leaves_nothing_behind() {
    Installation.Result quickstart =
        localq.runOther(EXAMPLES.resolve("quickstart.sh").toString()).exits(0);
    assertTrue(
        quickstart.out().contains("Everything came out as it should."), quickstart::toString);
    assertTrue(quickstart.out().contains("on 2 cores in"), quickstart::toString);
    assertTrue(
        !Files.exists(localq.home().resolve(".localq")), "the user's own queue is left alone");
  }

  @Test
  void the_shell_client_submits_what_lbatch_would() {
    localq.run("localqd", "-n", "2", "start").exits(0);
    String submit = EXAMPLES.resolve("submit.sh").toString();
    String id =
        localq.runOther(submit, "printf", "%s\\n", "it's", "a \"b\" \\ c", "").exits(0).text();
    String record = localq.record(id);
    assertTrue(record.contains("\"state\" : \"COMPLETED\""), record);
    String output = record.replaceAll("(?s).*\"stdout\" : \"([^\"]*)\".*", "$1");
    assertEquals("it's\na \"b\" \\ c\n\n", Installation.read(localq.home().resolve(output)));
    assertEquals("2", localq.submit("true"), "both count with the same counter");
  }

  @Test
  void every_script_passes_dash_and_shellcheck() throws Exception {
    Assumptions.assumeTrue(has("dash") && has("shellcheck"), "dash and shellcheck are installed");
    try (Stream<Path> scripts = Files.list(EXAMPLES)) {
      for (Path script : scripts.filter(s -> s.toString().endsWith(".sh")).toList()) {
        localq.runOther("dash", "-n", script.toString()).exits(0);
        localq.runOther("shellcheck", script.toString()).exits(0);
      }
    }
  }

  private static boolean has(String program) throws Exception {
    Process which = new ProcessBuilder(List.of("sh", "-c", "command -v " + program)).start();
    return which.waitFor(10, TimeUnit.SECONDS) && which.exitValue() == 0;
  }
}
