package org.localq.faults;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.localq.cli.SpoolFuzz;
import org.localq.spool.JobFileFuzz;
import org.localq.spool.UriFileFuzz;

/** What is fuzzed, and the inputs that are kept of it: {@code src/test/resources/fuzz/WORD/}. */
enum FuzzTarget {
  JOB("job", 40, 1_000, JobFileFuzz.class, JobFileFuzz::fuzzerTestOneInput),
  URI("uri", 15, 1_000, UriFileFuzz.class, UriFileFuzz::fuzzerTestOneInput),
  SPOOL("spool", 45, 60, SpoolFuzz.class, SpoolFuzz::fuzzerTestOneInput);

  /** Tries one input. */
  @FunctionalInterface
  private interface Trier {
    void tryOut(byte[] bytes) throws IOException;
  }

  private final String word;
  private final int percent;
  private final int fewest;
  private final Class<?> home;
  private final Trier trier;

  FuzzTarget(String word, int percent, int fewest, Class<?> home, Trier trier) {
    this.word = word;
    this.percent = percent;
    this.fewest = fewest;
    this.home = home;
    this.trier = trier;
  }

  String word() {
    return word;
  }

  /** The class that a fuzzer drives. */
  String className() {
    return home.getName();
  }

  /** Its part of {@code seconds}, at least 1. */
  int share(int seconds) {
    return Math.max(1, seconds * percent / 100);
  }

  /** How many inputs a fuzzer that runs tries in a minute at least, on a machine that is busy. */
  int fewestAMinute() {
    return fewest;
  }

  /**
   * Tries one input.
   *
   * @throws AssertionError when something about it does not hold
   */
  void tryOut(byte[] bytes) throws IOException {
    trier.tryOut(bytes);
  }

  /** The inputs that are kept, by name. */
  List<Path> corpus() throws IOException {
    try (Stream<Path> files =
        Files.list(Path.of(FuzzTarget.class.getResource("/fuzz/" + word).toURI()))) {
      return files.sorted().toList();
    } catch (URISyntaxException impossible) {
      throw new IOException(impossible);
    }
  }
}
