package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.localq.system.Installation;

/** Clocks that are set while jobs wait and run. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ClockIT {
  private static final Path LIBRARIES = Path.of("/usr/lib");
  private static final Path STAT = Path.of("/proc/stat");

  private static final Pattern SHARED = Pattern.compile("(?:sem\\.)?faketime_(?:shm|sem)_(\\d+)");

  @TempDir Path scratch;
  private Set<Path> shared = Set.of();
  private Trial trial;

  private Trial trial(int cores) throws IOException {
    trial = new Trial(scratch, cores);
    return trial;
  }

  @BeforeEach
  void look() throws IOException {
    shared = shared();
  }

  @AfterEach
  void end() throws IOException {
    if (trial != null) {
      trial.close();
    }
    // what libfaketime leaves there of a process that was killed
    Set<Path> left = shared();
    left.removeAll(shared);
    for (Path file : left) {
      Files.deleteIfExists(file);
    }
  }

  /** What libfaketime shares of processes that are gone. */
  private static Set<Path> shared() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("/dev/shm"))) {
      return files.filter(file -> isLeft(file) && isOurs(file)).collect(Collectors.toSet());
    }
  }

  private static boolean isLeft(Path file) {
    Matcher name = SHARED.matcher(file.getFileName().toString());
    return name.matches() && ProcessHandle.of(Long.parseLong(name.group(1))).isEmpty();
  }

  private static boolean isOurs(Path file) {
    try {
      return Files.getOwner(file).equals(Files.getOwner(Path.of("/proc/self")));
    } catch (IOException gone) {
      return false;
    }
  }

  /**
   * The variables under which a program sees another time of day; skips the test where there is no
   * libfaketime. The clocks that nobody sets, and the times of files, stay what they are.
   */
  private static Map<String, String> clockSet(String by) throws IOException {
    Optional<Path> library;
    try (Stream<Path> files =
        Files.find(LIBRARIES, 3, (file, facts) -> file.endsWith("libfaketimeMT.so.1"))) {
      library = files.findAny();
    }
    assumeTrue(library.isPresent(), "libfaketime is not installed");
    return Map.of(
        "LD_PRELOAD", library.get().toString(),
        "FAKETIME", by,
        "DONT_FAKE_MONOTONIC", "1",
        "FAKETIME_DONT_FAKE_MONOTONIC", "1",
        "NO_FAKE_STAT", "1");
  }

  @Test
  @Tag("long")
  @Injection(29)
  void a_clock_set_back_and_forth_changes_neither_the_order_nor_the_end_of_any_job()
      throws Exception {
    Map<String, String> yesterday = clockSet("-1d");
    Map<String, String> nextYear = clockSet("+1y");
    trial(1).start();
    String first = trial.submitStarted(1, 3, Witness.GATE);
    String second = trial.submit(1, 4, "0");
    trial.localq().killWorker();
    trial.localq().run(yesterday, trial.startLine()).exits(0);
    Installation.Result submitted = trial.localq().run(nextYear, trial.submitLine(1, 5, "0"));
    trial.remember(submitted.exits(0));
    trial.localq().killWorker();
    trial.localq().run(nextYear, trial.startLine()).exits(0);
    submitted = trial.localq().run(yesterday, trial.submitLine(1, 6, "0"));
    trial.remember(submitted.exits(0));
    assertEquals("RUNNING", trial.localq().state(first));
    assertEquals("PENDING", trial.localq().state(second));

    trial.witness().openGate();
    trial.settleAndVerify();
    List<String> starts =
        trial.witness().events().stream()
            .filter(event -> event.what().equals("START"))
            .map(Witness.Event::id)
            .toList();
    assertEquals(trial.accepted(), starts, "started in another order than submitted");
    for (int job = 0; job < 4; job++) {
      String record = trial.localq().record(trial.accepted().get(job));
      assertTrue(record.contains("\"exit_code\" : " + (3 + job)), record);
    }
  }

  @Test
  @Tag("long")
  @Injection(29)
  void no_record_is_collected_while_the_clock_is_off() throws Exception {
    Map<String, String> nextYear = clockSet("+1y");
    Map<String, String> yesterday = clockSet("-1d");
    trial(1).localq().run(keep("1d,1")).exits(0);
    for (int code = 1; code <= 3; code++) {
      trial.submit(1, code, "0");
    }
    trial.settle();
    for (Map<String, String> clock : List.of(nextYear, yesterday)) {
      trial.localq().run("localqd", "stop").exits(0);
      trial.localq().run(clock, keep("1d,1")).exits(0);
      String word = clock == nextYear ? "forward" : "back";
      eventually(
          "word of the clock",
          () -> trial.log().contains("no records are collected: the clock was set " + word),
          trial::log);
      trial.verify();
    }
    assertEquals(3, trial.names("done").size());
    // that they would have been collected otherwise
    trial.localq().run("localqd", "stop").exits(0);
    trial.localq().run(keep("0s,1")).exits(0);
    eventually("a collection", () -> trial.names("done").size() == 1, trial::log);
  }

  private static String[] keep(String most) {
    return new String[] {"localqd", "-n", "1", "-i", "1", "--keep", most, "start"};
  }

  @Test
  @Injection(29)
  void a_boot_that_seems_to_have_been_an_hour_later_loses_no_running_job() throws Exception {
    try (Namespace namespace = Namespace.ofMounts()) {
      trial(2).start();
      String runs = trial.submitStarted(1, 3, Witness.GATE);
      String cancelled = trial.submitStarted(1, 4, Witness.GATE);
      trial.localq().killWorker();
      String stat =
          Pattern.compile("(?m)^btime (\\d+)$")
              .matcher(Files.readString(STAT))
              .replaceFirst(found -> "btime " + (Long.parseLong(found.group(1)) + 3600));
      namespace.disguise(STAT, Files.writeString(scratch.resolve("stat"), stat));
      trial.enter(namespace);
      trial.start();
      trial.localq().run("lcancel", "--grace", "0", cancelled).exits(0);
      assertTrue(trial.localq().record(cancelled).contains("\"CANCELLED\""));
      assertEquals("RUNNING", trial.localq().state(runs));
      trial.witness().openGate();
      trial.settleAndVerify();
      assertTrue(trial.localq().record(runs).contains("\"exit_code\" : 3"));
      trial.close();
    }
  }
}
