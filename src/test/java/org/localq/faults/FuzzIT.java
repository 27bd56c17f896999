package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.commons.io.file.PathUtils;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Looks for inputs that break a reader, led by what they cover: Jazzer, in a JVM of its own, for
 * {@code -Dlocalq.fuzz.seconds=N} (300) in all.
 *
 * <p>What it finds is left in {@code target/fuzz/WORD/found/}. Once mended it belongs into {@code
 * src/test/resources/fuzz/WORD/}, where {@link FuzzCorpusTest} tries it for ever.
 */
@Tag("long")
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Order(1)
class FuzzIT {
  private static final int SECONDS = Integer.getInteger("localq.fuzz.seconds", 300);

  /** To start, to read the corpus, and to finish the last input. */
  private static final int PATIENCE = 120;

  /** What is looked into. Everything else, as the file system in memory, is fast. */
  private static final String WATCHED = "org.localq.**:com.fasterxml.jackson.core.**";

  private static final Pattern EXECUTIONS = Pattern.compile("number_of_executed_units: (\\d+)");
  private static final Pattern COVERAGE = Pattern.compile("\\scov: (\\d+) ft: (\\d+)");
  private static final Pattern EXCEPTION = Pattern.compile("== Java Exception: .*(\\R\\sat .*)*");

  private final Path target = Path.of(System.getProperty("localq.home")).getParent();
  private final Random random = Seed.of(FuzzIT.class);

  @ParameterizedTest
  @EnumSource
  @Injection({19, 20})
  void no_input_breaks_a_reader(FuzzTarget fuzzed) throws Exception {
    Path jazzer = target.resolve("jazzer");
    assumeTrue(Files.isDirectory(jazzer), "no " + jazzer + "; mvn verify -Pfaults puts it there");
    Path place = target.resolve("fuzz").resolve(fuzzed.word());
    if (Files.exists(place)) {
      PathUtils.deleteDirectory(place);
    }
    Files.createDirectories(place.resolve("found"));
    Files.createDirectories(place.resolve("grown"));
    drawSeeds(fuzzed, place.resolve("seeds"));
    int code = fuzz(fuzzed, place, jazzer);
    String log = Files.readString(place.resolve("log"), StandardCharsets.ISO_8859_1);
    assertNothingFound(place, code, log);
    assertItRan(fuzzed, log);
  }

  /**
   * Half of the inputs that are kept, another half with each seed: so it begins elsewhere each
   * time, and there is something left that it has to find.
   */
  private void drawSeeds(FuzzTarget fuzzed, Path seeds) throws IOException {
    Files.createDirectories(seeds);
    for (Path input : fuzzed.corpus()) {
      if (random.nextBoolean()) {
        Files.copy(input, seeds.resolve(input.getFileName()));
      }
    }
  }

  private int fuzz(FuzzTarget fuzzed, Path place, Path jazzer) throws Exception {
    int seconds = fuzzed.share(SECONDS);
    List<String> words =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx512m",
            "-cp",
            System.getProperty("java.class.path") + File.pathSeparator + jazzer + "/*",
            "com.code_intelligence.jazzer.Jazzer",
            "--target_class=" + fuzzed.className(),
            "--instrumentation_includes=" + WATCHED,
            "--custom_hook_includes=" + WATCHED,
            "--reproducer_path=" + place,
            "-artifact_prefix=" + place.resolve("found") + "/",
            "-seed=" + (1 + random.nextInt(Integer.MAX_VALUE - 1)),
            "-max_total_time=" + seconds,
            "-timeout=30",
            "-max_len=8192",
            "-print_final_stats=1",
            place.resolve("grown").toString(),
            place.resolve("seeds").toString());
    Process process =
        new ProcessBuilder(words)
            .redirectErrorStream(true)
            .redirectOutput(place.resolve("log").toFile())
            .start();
    try {
      process.getOutputStream().close();
      assertTrue(process.waitFor(seconds + PATIENCE, TimeUnit.SECONDS), "it does not end");
      return process.exitValue();
    } finally {
      process.destroyForcibly();
    }
  }

  private static void assertNothingFound(Path place, int code, String log) throws IOException {
    List<Path> found;
    try (Stream<Path> files = Files.list(place.resolve("found"))) {
      found = files.toList();
    }
    if (code != 0 || !found.isEmpty()) {
      Matcher exception = EXCEPTION.matcher(log);
      fail(
          "the fuzzer ended with "
              + code
              + ", found "
              + found
              + (exception.find() ? ": " + exception.group() : "")
              + "\nsee "
              + place.resolve("log"));
    }
  }

  /** A fuzzer that does nothing finds nothing. */
  private static void assertItRan(FuzzTarget fuzzed, String log) {
    Matcher executions = EXECUTIONS.matcher(log);
    assertTrue(executions.find(), log);
    long least = (long) fuzzed.fewestAMinute() * fuzzed.share(SECONDS) / 60;
    assertTrue(Long.parseLong(executions.group(1)) >= least, "tried only " + executions.group(1));
    List<MatchResult> coverage = new ArrayList<>(COVERAGE.matcher(log).results().toList());
    assertTrue(coverage.size() > 1, "no coverage: " + log);
    int first = Integer.parseInt(coverage.get(0).group(2));
    int last = Integer.parseInt(coverage.get(coverage.size() - 1).group(2));
    assertTrue(last > first, "covered " + first + " features at first, and " + last + " at last");
  }
}
