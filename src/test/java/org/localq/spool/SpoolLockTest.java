package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.localq.core.JobId;
import org.localq.engine.LocalMachine;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
// a lock that is not let go must not hang the build
@Timeout(60)
class SpoolLockTest {
  @TempDir private Path directory;
  private Bench bench;

  @BeforeEach
  void makeTheSpool() throws IOException {
    bench = new Bench(directory, Bench.FILES_ONLY);
  }

  @AfterEach
  void close() throws IOException {
    bench.close();
  }

  @Nested
  class The_lock {
    @Test
    void is_refused_where_another_spool_has_taken_the_place() throws Exception {
      bench.spool.lock().close();
      Files.move(bench.layout.lock(), directory.resolve("moved"));
      assertThrows(NoSuchFileException.class, () -> bench.spool.lock());
      Files.createFile(bench.layout.lock());
      assertThrows(NoSuchFileException.class, () -> bench.spool.lock());
      assertFalse(bench.spool.isInPlace());
    }

    @Test
    void is_not_taken_for_another_where_it_can_not_be_looked_at() throws Exception {
      bench.spool.lock().close();
      Path own = bench.layout.own();
      Path aside = Files.move(own, directory.resolve("moved"));
      // ELOOP, which root meets too
      Files.createSymbolicLink(own, own);
      FileSystemException failed =
          assertThrows(FileSystemException.class, () -> bench.spool.lock());
      assertFalse(failed instanceof NoSuchFileException, failed::toString);
      assertTrue(bench.spool.isInPlace());
      Files.delete(own);
      Files.move(aside, own);
      bench.spool.lock().close();
    }

    @Test
    void is_got_only_after_another_process_let_go() throws Exception {
      Path witness = directory.resolve("witness");
      try (OtherProcess holder = OtherProcess.thatHolds(bench.layout.lock(), witness)) {
        holder.tellToEnd();
        boolean ended =
            assertTimeoutPreemptively(
                Duration.ofSeconds(20),
                () -> {
                  try (Locked locked = bench.spool.lock()) {
                    return locked.root().equals(bench.layout.root()) && Files.exists(witness);
                  }
                });
        assertTrue(ended, "two processes held the lock at once");
      }
    }

    @Test
    void that_is_held_for_long_is_said_to_be_once_and_waited_for() throws Exception {
      List<Path> heard = new CopyOnWriteArrayList<>();
      try (OtherProcess holder =
              OtherProcess.thatHolds(bench.layout.lock(), directory.resolve("witness"));
          Spool spool =
              new SpoolGate(
                      bench.identity,
                      Bench.ACCOUNT,
                      Bench.FILES_ONLY,
                      new Terms(heard::add, Content.MOST_BYTES))
                  .open(bench.layout.root())) {
        Thread waiter = new Thread(() -> lockAndLetGo(spool));
        waiter.start();
        org.localq.Eventually.eventually(() -> !heard.isEmpty(), () -> "" + waiter.getState());
        assertTrue(waiter.isAlive());
        assertEquals(
            Optional.of(Long.toString(holder.pid())),
            new LocalMachine(Path.of("/proc")).lockHolder(bench.layout.lock()));
        holder.tellToEnd();
        waiter.join();
        assertEquals(List.of(bench.layout.lock()), heard);
      }
    }

    private void lockAndLetGo(Spool spool) {
      try {
        spool.lock().close();
      } catch (IOException failed) {
        throw new IllegalStateException(failed);
      }
    }

    @Test
    void is_free_when_its_holder_was_killed() throws Exception {
      try (OtherProcess holder =
          OtherProcess.thatHolds(bench.layout.lock(), directory.resolve("witness"))) {
        try (SpoolLock lock = SpoolLock.open(bench.layout.lock())) {
          assertFalse(lock.isFree());
          holder.kill();
          assertTrue(lock.isFree());
        }
      }
    }

    @Test
    void is_not_free_for_one_alone_while_another_shares_it() throws Exception {
      try (OtherProcess holder =
              OtherProcess.thatShares(bench.layout.workerLock(), directory.resolve("witness"));
          SpoolLock lock = SpoolLock.open(bench.layout.workerLock())) {
        assertFalse(lock.isFree());
        // but can be shared
        assertTrue(
            assertTimeoutPreemptively(Duration.ofSeconds(20), () -> lock.shared().isValid()));
        holder.kill();
      }
    }

    @Test
    void can_be_taken_again_and_again() throws IOException {
      for (int i = 0; i < 3; i++) {
        try (Locked locked = bench.spool.lock()) {
          assertEquals(bench.layout.root(), locked.root());
        }
      }
    }

    @Test
    void can_not_be_taken_twice_in_one_process() throws IOException {
      try (Locked locked = bench.spool.lock()) {
        assertEquals(
            "two threads of one process took the same spool's lock",
            assertThrows(IllegalStateException.class, () -> bench.spool.lock()).getMessage());
        assertEquals(bench.layout.root(), locked.root());
      }
      bench.spool.lock().close();
    }

    @Test
    void is_not_freed_by_submitting_and_reading() throws Exception {
      try (Locked locked = bench.spool.lock()) {
        bench.submit("a");
        bench.spool.find(new JobId(1));
        bench.spool.pending();
        bench.spool.limit();
        assertTrue(locked.claim(new JobId(1), 1, new byte[0]));
        assertFalse(
            OtherProcess.couldLock(bench.layout.lock()),
            "something opened and closed the lock file");
      }
      assertTrue(OtherProcess.couldLock(bench.layout.lock()));
    }
  }
}
