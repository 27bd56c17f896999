package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The models of the protocol, gone through by spin: the protocol holds, and each rule that is taken
 * back breaks the property that it is there for.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Order(2)
class ModelIT {
  private static final Path MODELS = Path.of("src", "test", "model").toAbsolutePath();

  /** Beyond what check itself allows a scenario. */
  private static final long MINUTES = 5;

  @TempDir Path work;

  @BeforeEach
  void needs_spin_and_a_compiler() {
    assumeTrue(isOnPath("spin"), "spin is not installed; the models are not checked");
    assumeTrue(isOnPath("gcc"), "gcc is not installed; the models are not checked");
  }

  private static boolean isOnPath(String program) {
    return Stream.of(System.getenv("PATH").split(":"))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  @Test
  void a_job_whose_worker_and_canceller_are_killed_comes_to_one_record() throws Exception {
    comes_out_as_expected("short-job");
  }

  @Test
  void a_scenario_that_does_not_come_out_as_expected_is_an_error() throws Exception {
    Path models = Files.createDirectory(work.resolve("models"));
    for (String name : List.of("check", "readers.pml")) {
      Files.copy(MODELS.resolve(name), models.resolve(name));
    }
    Files.writeString(models.resolve("scenarios"), "wrong readers OK BACK=1 NO_SECOND_SEARCH\n");
    Run run = check(models, "wrong");
    assertEquals(1, run.code(), run.output());
    assertTrue(run.output().contains("came missed"), run.output());
  }

  @Tag("long")
  @ParameterizedTest(name = "{0}")
  @MethodSource("scenarios")
  void comes_out_as_expected(String scenario) throws Exception {
    Run run = check(MODELS, scenario);
    assertEquals(0, run.code(), run.output());
    assertTrue(run.output().contains("1 scenarios, all as expected"), run.output());
  }

  /** The names in the file scenarios. */
  static List<String> scenarios() throws IOException {
    return Files.readAllLines(MODELS.resolve("scenarios")).stream()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .map(line -> line.split(" ", 2)[0])
        .toList();
  }

  private record Run(int code, String output) {}

  private Run check(Path models, String scenario) throws Exception {
    Path output = work.resolve("output");
    Process process =
        new ProcessBuilder(
                "sh", models.resolve("check").toString(), "-d", work.toString(), scenario)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    try {
      assertTrue(process.waitFor(MINUTES, TimeUnit.MINUTES), "check does not end");
      return new Run(process.exitValue(), Files.readString(output, StandardCharsets.UTF_8));
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }
}
