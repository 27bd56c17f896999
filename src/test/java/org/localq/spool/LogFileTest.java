package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.localq.SmallDisk;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class LogFileTest {
  @TempDir Path directory;
  private Path path;
  private Path former;

  @BeforeEach
  void set_up() {
    path = directory.resolve("q.log");
    former = directory.resolve("q.log.1");
  }

  @Test
  void is_made_for_its_user_alone_and_grows_line_by_line() throws IOException {
    try (LogFile log = new LogFile(path)) {
      assertFalse(log.exists());
      log.append("one");
      log.append("zwölf");
      assertTrue(log.exists());
    }
    assertEquals(List.of("one", "zwölf"), Files.readAllLines(path));
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
  }

  @Test
  void begins_anew_when_it_is_full_and_keeps_one_former() throws IOException {
    try (LogFile log = new LogFile(path, 8)) {
      for (String line : List.of("one", "two", "three", "four", "five")) {
        log.append(line);
      }
      assertTrue(log.exists());
    }
    assertEquals(List.of("three", "four"), Files.readAllLines(former));
    assertEquals(List.of("five"), Files.readAllLines(path));
  }

  @Test
  void is_followed_when_another_process_begins_it_anew() throws IOException {
    try (LogFile one = new LogFile(path, 8);
        LogFile other = new LogFile(path, 8)) {
      one.append("one");
      other.append("two");
      other.append("three");
      one.append("four");
    }
    assertEquals(List.of("one", "two"), Files.readAllLines(former));
    assertEquals(List.of("three", "four"), Files.readAllLines(path));
  }

  @Test
  void grows_on_while_another_process_is_about_to_rename_it() throws Exception {
    try (LogFile log = new LogFile(path, 4)) {
      log.append("full");
      Path witness = directory.resolve("witness");
      try (OtherProcess stopped = OtherProcess.thatHolds(path, witness)) {
        log.append("more");
        assertEquals(List.of("full", "more"), Files.readAllLines(path));
        stopped.kill();
      }
      log.append("new");
    }
    assertEquals(List.of("full", "more"), Files.readAllLines(former));
    assertEquals(List.of("new"), Files.readAllLines(path));
  }

  @Test
  void loses_and_tears_no_line_of_several_writers_around_a_new_beginning() throws Exception {
    int lines = 400;
    List<Callable<Boolean>> writers = new ArrayList<>();
    TreeSet<String> expected = new TreeSet<>();
    for (int writer = 0; writer < 4; writer++) {
      String name = "writer " + writer + " line ";
      for (int i = 0; i < lines; i++) {
        expected.add(name + i);
      }
      writers.add(() -> write(name, lines));
    }
    ExecutorService threads = Executors.newFixedThreadPool(writers.size());
    try {
      for (Future<Boolean> written : threads.invokeAll(writers)) {
        assertTrue(written.get());
      }
    } finally {
      threads.shutdownNow();
    }
    List<String> found = new ArrayList<>(Files.readAllLines(former));
    found.addAll(Files.readAllLines(path));
    assertEquals(expected.size(), found.size());
    assertEquals(expected, new TreeSet<>(found));
  }

  private boolean write(String name, int lines) throws IOException {
    // begun anew once: a second time would take the first lines away
    try (LogFile log = new LogFile(path, 20_000)) {
      for (int i = 0; i < lines; i++) {
        log.append(name + i);
      }
      return true;
    }
  }

  @Test
  void that_is_no_regular_file_is_refused_and_not_waited_for() throws Exception {
    org.localq.Executed.run(directory, "mkfifo", path.toString()).orFail();
    try (LogFile log = new LogFile(path)) {
      assertTrue(
          assertThrows(IOException.class, () -> log.append("one"))
              .getMessage()
              .endsWith("is no regular file, expected a log; move it away"));
    }
  }

  @Test
  void begins_a_line_anew_behind_one_of_which_a_full_disk_took_a_part() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(Files.createDirectory(directory.resolve("d")), "64k");
        LogFile log = new LogFile(directory.resolve("d/q.log"))) {
      Path full = directory.resolve("d/q.log");
      log.append("x".repeat(4000));
      disk.fill();
      assertThrows(IOException.class, () -> log.append("y".repeat(4000)));
      disk.free();
      log.append("whole");
      List<String> lines = Files.readAllLines(full);
      assertEquals("whole", lines.get(lines.size() - 1));
      assertTrue(lines.get(1).matches("y+"), lines.get(1));
    }
  }
}
