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
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.core.Identity;
import org.localq.core.JobId;
import org.localq.core.ProcessId;
import org.localq.core.Refusal;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class SpoolGateTest {
  @TempDir private Path directory;
  private Path root;
  private Identity identity;
  private RecordingFsync fsync;
  private SpoolGate gate;

  @BeforeEach
  void findOutWhoWeAre() throws IOException {
    root = directory.resolve("queue");
    identity = Bench.identity(directory, 4711);
    fsync = new RecordingFsync(Bench.FILES_ONLY, directory);
    gate = new SpoolGate(identity, Bench.ACCOUNT, fsync);
  }

  @Nested
  class Founding {
    @Test
    void makes_a_whole_spool() throws IOException {
      gate.openOrFound(root).close();
      assertEquals(
          new TreeSet<>(
              List.of(
                  ".localq/host",
                  ".localq/lock",
                  ".localq/seq/0",
                  ".localq/version",
                  ".localq/void",
                  ".localq/worker.lock")),
          RecordingFsync.tree(root));
      assertEquals("1\n", Files.readString(root.resolve(".localq/version")));
      assertEquals(Bench.HOST + "\n", Files.readString(root.resolve(".localq/host")));
      assertEquals("void\n", Files.readString(root.resolve(".localq/void")));
      for (String name :
          List.of(
              "held",
              "running",
              "done",
              "rejected",
              ".localq/workers",
              ".localq/keys",
              ".localq/tmp")) {
        assertTrue(Files.isDirectory(root.resolve(name)), name);
      }
    }

    @Test
    void makes_everything_private() throws IOException {
      gate.openOrFound(root.resolve("deeper/still")).close();
      List<String> open = new ArrayList<>();
      try (Stream<Path> walk = Files.walk(root)) {
        for (Path path : walk.toList()) {
          String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
          if (!mode.equals(Files.isDirectory(path) ? "rwx------" : "rw-------")) {
            open.add(path + " " + mode);
          }
        }
      }
      assertEquals(List.of(), open);
    }

    @Test
    void gives_the_first_job_number_1() throws IOException {
      try (Spool spool = gate.openOrFound(root)) {
        assertEquals(new JobId(1), spool.submit(id -> Bench.job()));
      }
    }

    @Test
    void forces_everything_before_it_gets_its_name_and_the_name_at_last() throws IOException {
      gate.openOrFound(root).close();
      List<RecordingFsync.Forced> calls = fsync.calls();
      RecordingFsync.Forced last = calls.get(calls.size() - 1);
      assertEquals("", last.what(), "the directory above");
      assertTrue(last.names().contains("queue/.localq/version"), last.toString());
      for (RecordingFsync.Forced call : calls.subList(0, calls.size() - 1)) {
        assertTrue(
            call.names().stream().noneMatch(name -> name.startsWith("queue/")), call.toString());
      }
      List<String> order = fsync.order();
      String draft = "queue.new-4711-99";
      for (String name : List.of("", "/held", "/running", "/done", "/.localq", "/.localq/seq")) {
        assertTrue(order.contains(draft + name), name + " in " + order);
      }
      assertEquals(
          6, order.stream().filter(what -> what.startsWith("file of ")).count(), order.toString());
    }

    @Test
    void forces_the_name_of_a_directory_whose_maker_died_before_it_did() throws IOException {
      Path above = Files.createDirectory(directory.resolve("above"));
      gate.openOrFound(above.resolve("queue")).close();
      assertEquals("", fsync.order().get(0), () -> "before all: " + fsync.order());
    }

    @Test
    void fails_where_its_name_can_not_be_forced() throws IOException {
      fsync.before(
          what -> {
            if (what.isEmpty() && Files.exists(root)) {
              throw new IOException("no disk");
            }
          });
      IOException failed = assertThrows(IOException.class, () -> gate.openOrFound(root));
      assertEquals(root + ": no disk", failed.getMessage());
    }

    @Test
    void takes_an_empty_directory_that_was_made_before() throws IOException {
      Files.createDirectory(
          root, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
      gate.openOrFound(root).close();
      assertTrue(Files.exists(root.resolve(".localq/version")));
      assertNothingBeside("queue");
    }

    @Test
    void refuses_an_empty_directory_that_is_open_to_others() throws IOException {
      Files.createDirectory(root);
      Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwxr-xr-x"));
      assertRefused(
          root
              + ": mode is 0755, expected 0700; see that nobody put files there, then: chmod 700 '"
              + root
              + "'",
          () -> gate.openOrFound(root));
      assertEquals("rwxr-xr-x", PosixFilePermissions.toString(Files.getPosixFilePermissions(root)));
    }

    @Test
    void refuses_a_directory_that_holds_something_else() throws IOException {
      Files.createDirectory(root);
      Files.writeString(root.resolve("thesis.tex"), "kept");
      assertRefused(
          root
              + ": is no spool and not empty; name another directory with --spool, or move it away",
          () -> gate.openOrFound(root));
      assertEquals("kept", Files.readString(root.resolve("thesis.tex")));
      assertNothingBeside("queue");
    }

    @Test
    void refuses_a_file() throws IOException {
      Files.writeString(root, "kept");
      assertRefused(
          root + ": is no directory, expected a spool; name its real place",
          () -> gate.openOrFound(root));
      assertEquals("kept", Files.readString(root));
      assertNothingBeside("queue");
    }

    @ParameterizedTest
    @ValueSource(strings = {"nowhere", "empty", "spool"})
    void refuses_a_link(String target) throws IOException {
      Files.createDirectory(directory.resolve("empty"));
      gate.openOrFound(directory.resolve("spool")).close();
      Files.createSymbolicLink(root, Path.of(target));
      assertRefused(
          root + ": is no directory, expected a spool; name its real place",
          () -> gate.openOrFound(root));
      assertTrue(Files.isSymbolicLink(root));
      assertNothingBeside("queue", "empty", "spool");
    }

    @Test
    void takes_a_draft_of_its_own_away_that_a_crash_left() throws IOException {
      Files.createDirectories(directory.resolve("queue.new-4711-99/held"));
      Files.writeString(directory.resolve("queue.new-4711-99/held/x"), "");
      gate.openOrFound(root).close();
      assertNothingBeside("queue");
    }

    @Test
    void does_nothing_where_a_spool_is() throws IOException {
      try (Spool spool = gate.openOrFound(root)) {
        spool.submit(id -> Bench.job());
      }
      fsync.forget();
      try (Spool spool = gate.openOrFound(root)) {
        assertEquals(1, spool.pending().size());
      }
      assertEquals(List.of(), fsync.order());
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "a'b", "-rf", "$HOME", "a%20b", "~", "queue.new-1-2"})
    void works_at_any_name(String name) throws IOException {
      try (Spool spool = gate.openOrFound(directory.resolve(name))) {
        assertEquals(new JobId(1), spool.submit(id -> Bench.job()));
      }
    }
  }

  @Nested
  class Founding_at_once {
    /** Each thread stands for a process of its own. */
    @Test
    void gives_one_spool() throws Exception {
      int founders = 6;
      ExecutorService threads = Executors.newFixedThreadPool(founders);
      try {
        for (int round = 0; round < 20; round++) {
          Path place = directory.resolve("round" + round + "/of/many/queue");
          CyclicBarrier start = new CyclicBarrier(founders);
          List<Future<JobId>> ids = new ArrayList<>();
          for (int founder = 0; founder < founders; founder++) {
            Identity who = Bench.identity(directory, 100 + founder);
            ids.add(
                threads.submit(
                    () -> {
                      start.await(20, TimeUnit.SECONDS);
                      SpoolGate its = new SpoolGate(who, Bench.ACCOUNT, Bench.FILES_ONLY);
                      try (Spool spool = its.openOrFound(place)) {
                        return spool.submit(id -> Bench.job());
                      }
                    }));
          }
          SortedSet<JobId> given = new TreeSet<>();
          for (Future<JobId> id : ids) {
            given.add(id.get(60, TimeUnit.SECONDS));
          }
          assertEquals(founders, given.size(), "round " + round + ": " + given);
          try (Spool spool = gate.open(place)) {
            assertEquals(given, spool.pending(), "round " + round);
          }
          assertEquals(List.of(place), Names.in(place.getParent()), "drafts were left behind");
        }
      } finally {
        threads.shutdownNow();
      }
    }
  }

  @Nested
  class Opening {
    @BeforeEach
    void makeTheSpool() throws IOException {
      gate.openOrFound(root).close();
    }

    @Test
    void refuses_where_nothing_is() {
      Path nowhere = directory.resolve("nowhere");
      assertRefused(
          nowhere
              + ": no such spool, though the URI file names it; mount its disk, or remove the URI file if it is gone for good",
          () -> gate.open(nowhere));
    }

    @ParameterizedTest
    @CsvSource({
      "rwxr-xr-x, 0755",
      "rwxr-x---, 0750",
      "rwx--x---, 0710",
      "rwxrwxrwx, 0777",
      "rwx-----x, 0701",
      // nor one in which the user can't work
      "r-x------, 0500",
      "---------, 0000"
    })
    void refuses_a_spool_that_is_not_private(String mode, String shown) throws IOException {
      Files.setPosixFilePermissions(root, PosixFilePermissions.fromString(mode));
      String message =
          root
              + ": mode is "
              + shown
              + ", expected 0700; see that nobody put files there, then: chmod 700 '"
              + root
              + "'";
      assertRefused(message, () -> gate.open(root));
      assertRefused(message, () -> gate.openOrFound(root));
      Files.setPosixFilePermissions(root, PosixFilePermissions.fromString("rwx------"));
      gate.open(root).close();
    }

    @Test
    void refuses_somebody_elses_spool() {
      Identity other =
          new Identity(new ProcessId(1, 1), identity.boot(), Bench.HOST, identity.uid() + 1);
      assertRefused(
          root
              + ": belongs to user "
              + identity.uid()
              + ", expected "
              + other.uid()
              + "; a queue is for one user: make your own with localqd start",
          () -> new SpoolGate(other, Bench.ACCOUNT, fsync).open(root));
    }

    @Test
    void refuses_a_link() throws IOException {
      Path link = Files.createSymbolicLink(directory.resolve("link"), root);
      assertRefused(
          link + ": is no directory, expected a spool; name its real place", () -> gate.open(link));
    }

    @ParameterizedTest
    @CsvSource({"2, 2", "0, 0", "01, 01", "x, x", "'1\n2', '1\n2'"})
    void refuses_another_version(String version, String shown) throws IOException {
      Files.writeString(root.resolve(".localq/version"), version + "\n");
      assertRefused(
          root
              + ": has format "
              + shown
              + ", expected a spool of format 1; use the localq that made it",
          () -> gate.open(root));
      assertRefused(
          root
              + ": has format "
              + shown
              + ", expected a spool of format 1; use the localq that made it",
          () -> gate.takeOver(root));
    }

    @Test
    void refuses_what_has_no_version() throws IOException {
      Files.delete(root.resolve(".localq/version"));
      assertRefused(
          root
              + ": is no spool (.localq/version is missing), expected a spool of format 1; if it was one: localqd"
              + " check --repair; else name another place with --spool",
          () -> gate.open(root));
    }

    @Test
    void refuses_another_machines_spool() {
      Identity elsewhere =
          new Identity(identity.process(), identity.boot(), "ffff pid:[1]", identity.uid());
      assertRefused(
          root
              + ": belongs to another machine or container ("
              + Bench.HOST
              + "), this is ffff pid:[1]; if nothing runs there any more: localqd --take-over start",
          () -> new SpoolGate(elsewhere, Bench.ACCOUNT, fsync).open(root));
    }

    @Test
    void takes_another_machines_spool_over_where_asked() throws IOException {
      Identity elsewhere =
          new Identity(identity.process(), identity.boot(), "ffff pid:[1]", identity.uid());
      SpoolGate its = new SpoolGate(elsewhere, Bench.ACCOUNT, fsync);
      its.takeOver(root);
      its.open(root).close();
      assertThrows(Refusal.class, () -> gate.open(root));
      assertFalse(
          Files.list(root.resolve(".localq/tmp")).findAny().isPresent(), "a draft was left");
    }
  }

  private void assertNothingBeside(String... names) throws IOException {
    SortedSet<String> found = new TreeSet<>();
    for (Path path : Names.in(directory)) {
      found.add(path.getFileName().toString());
    }
    assertEquals(new TreeSet<>(List.of(names)), found);
  }

  private static void assertRefused(
      String message, org.junit.jupiter.api.function.Executable call) {
    assertEquals(message, assertThrows(Refusal.class, call).getMessage());
  }
}
