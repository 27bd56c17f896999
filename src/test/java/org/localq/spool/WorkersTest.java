package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.SmallDisk;
import org.localq.core.Policy;
import org.localq.core.ProcessId;
import org.localq.core.Refusal;
import org.localq.core.Retention;
import org.localq.core.Trouble;

/** On the real file system: the lock that workers share is between processes. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
// a lock that is not let go must not hang the build
@Timeout(60)
class WorkersTest {
  private static final int MACHINE_CORES = 16;
  private static final ProcessId SELF = new ProcessId(4711, 99);

  @TempDir private Path directory;
  private Bench bench;
  private Workers workers;
  private Locked locked;

  @BeforeEach
  void makeTheSpool() throws IOException {
    bench = new Bench(directory, Bench.FILES_ONLY);
    workers = bench.spool.workers();
    locked = bench.spool.lock();
  }

  @AfterEach
  void close() throws IOException {
    locked.close();
    bench.close();
  }

  @Nested
  class The_first {
    @ParameterizedTest
    @CsvSource({"4, 4", "1, 1", "1000, 1000", "-, 16"})
    void sets_the_limit(String asked, int limit) throws IOException {
      try (Workers.Membership member = workers.join(locked, wish(asked))) {
        assertTrue(member != null);
        assertEquals(OptionalInt.of(limit), workers.limit());
        assertEquals(OptionalInt.of(limit), bench.spool.limit());
        assertEquals(limit + "\n", bench.text(".localq/limit"));
      }
    }

    @Test
    void replaces_the_limit_of_those_before_it() throws IOException {
      bench.put(".localq/limit", "99\n");
      workers.join(locked, wish("4")).close();
      assertEquals(OptionalInt.of(4), workers.limit());
      workers.join(locked, wish("-")).close();
      assertEquals(OptionalInt.of(MACHINE_CORES), workers.limit());
    }

    @Test
    void is_alone_where_the_others_died_without_a_word() throws Exception {
      bench.put(".localq/workers/1", "5 " + bench.identity.boot() + "\n");
      try (OtherProcess dead = otherWorker()) {
        dead.kill();
      }
      workers.join(locked, new Workers.Wish(settings("4"), MACHINE_CORES, true)).close();
      assertEquals(OptionalInt.of(4), workers.limit());
    }

    @Test
    void ends_a_drain() throws IOException {
      workers.drain(locked);
      assertTrue(workers.isDraining());
      workers.join(locked, wish("4")).close();
      assertFalse(workers.isDraining());
    }

    @Test
    void keeps_what_it_was_started_with() throws IOException {
      Settings settings = new Settings(Optional.of(4), 7, Policy.MCF, new Retention.All());
      workers.join(locked, new Workers.Wish(settings, MACHINE_CORES, false)).close();
      assertEquals(settings, workers.settings());
      assertEquals("cores=4\ninterval=7\npolicy=mcf\nkeep=all\n", bench.text(".localq/options"));
    }
  }

  @Nested
  class Another {
    private OtherProcess first;

    @BeforeEach
    void startTheFirst() throws IOException {
      bench.put(".localq/limit", "4\n");
      bench.put(".localq/options", "cores=4\ninterval=7\npolicy=mcf\n");
      bench.put(".localq/workers/1", "5 " + bench.identity.boot() + "\n");
      first = otherWorker();
    }

    @AfterEach
    void endTheFirst() throws Exception {
      first.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"-", "4"})
    void joins_where_it_agrees(String asked) throws IOException {
      workers.join(locked, wish(asked)).close();
      assertEquals(OptionalInt.of(4), workers.limit());
      assertEquals(
          new Settings(Optional.of(4), 7, Policy.MCF, Retention.DEFAULT), workers.settings());
    }

    @ParameterizedTest
    @ValueSource(strings = {"3", "5"})
    void is_refused_with_another_limit(String asked) throws IOException {
      assertEquals(
          "-n "
              + asked
              + ": the workers of "
              + bench.layout.root()
              + " share a limit of 4 cores, pid 1; leave -n out, or stop them first: localqd stop",
          assertThrows(Refusal.class, () -> workers.join(locked, wish(asked))).getMessage());
      bench.assertNames(".localq/workers", "1");
      assertEquals(OptionalInt.of(4), workers.limit());
    }

    @Test
    void is_refused_where_it_wants_to_be_alone() throws IOException {
      assertEquals(
          "already running, pid 1",
          assertThrows(
                  Refusal.class,
                  () -> workers.join(locked, new Workers.Wish(settings("4"), MACHINE_CORES, true)))
              .getMessage());
      bench.assertNames(".localq/workers", "1");
    }

    @Test
    void holds_nothing_once_it_was_refused() throws Exception {
      assertThrows(Refusal.class, () -> workers.join(locked, wish("5")));
      first.kill();
      workers.join(locked, wish("5")).close();
      assertEquals(OptionalInt.of(5), workers.limit());
    }

    @Test
    void does_not_end_a_drain() throws IOException {
      workers.drain(locked);
      workers.join(locked, wish("-")).close();
      assertTrue(workers.isDraining());
    }

    @Test
    void goes_on_when_the_first_ends() throws Exception {
      try (Workers.Membership member = workers.join(locked, wish("-"))) {
        assertTrue(member != null);
        first.kill();
        assertFalse(OtherProcess.couldLock(bench.layout.workerLock()));
      }
      assertTrue(OtherProcess.couldLock(bench.layout.workerLock()));
    }
  }

  @Nested
  class An_entry {
    @Test
    void says_when_and_under_which_boot_a_worker_started() throws IOException {
      try (Workers.Membership member = workers.join(locked, wish("4"))) {
        assertTrue(member != null);
        assertEquals(
            "99 " + bench.identity.boot(),
            bench.text(".localq/workers/4711").lines().findFirst().orElseThrow());
        assertEquals(List.of(SELF), workers.alive(process -> true));
      }
      bench.assertNames(".localq/workers");
      assertEquals(List.of(), workers.alive(process -> true));
    }

    @Test
    void shows_in_place_what_keeps_its_worker_from_its_work() throws IOException {
      try (Workers.Membership member = workers.join(locked, wish("4"))) {
        int length = bench.text(".localq/workers/4711").length();
        assertEquals(Optional.empty(), workers.trouble(SELF));
        Trouble full = new Trouble("/s\u00fc: No space left on device", "free some space");
        member.show(Optional.of(full));
        assertEquals(Optional.of(full), workers.trouble(SELF));
        assertEquals(List.of(SELF), workers.alive(process -> true));
        member.show(Optional.of(new Trouble("short", "")));
        assertEquals(Optional.of(new Trouble("short", "")), workers.trouble(SELF));
        member.show(Optional.of(new Trouble("w\n".repeat(2000), "a")));
        assertTrue(workers.trouble(SELF).orElseThrow().what().startsWith("w\\nw\\n"));
        assertEquals(2, bench.text(".localq/workers/4711").lines().count());
        member.show(Optional.empty());
        assertEquals(Optional.empty(), workers.trouble(SELF));
        assertEquals(length, bench.text(".localq/workers/4711").length());
      }
      assertEquals(Optional.empty(), workers.trouble(SELF));
    }

    @Test
    void shows_it_on_a_full_disk_too() throws Exception {
      Path place = Files.createDirectory(directory.resolve("small"));
      try (SmallDisk disk = SmallDisk.mount(place, "256k")) {
        Bench small = new Bench(place, Bench.FILES_ONLY);
        Workers its = small.spool.workers();
        try (Locked lock = small.spool.lock();
            Workers.Membership member = its.join(lock, wish("4"))) {
          disk.fill();
          Trouble full = Trouble.of("No space left on device");
          member.show(Optional.of(full));
          assertEquals(Optional.of(full), its.trouble(SELF));
        } finally {
          small.close();
        }
      }
    }

    @Test
    void counts_while_its_process_is_alive() throws IOException {
      for (int pid : List.of(30, 4, 200)) {
        bench.put(".localq/workers/" + pid, "5 " + bench.identity.boot() + "\n");
      }
      assertEquals(
          List.of(new ProcessId(4, 5), new ProcessId(200, 5)),
          workers.alive(process -> process.pid() != 30));
    }

    @ParameterizedTest
    @CsvSource({
      "12, ''",
      "12, 5",
      "12, '5 ffffffff'",
      "12, '5  BOOT'",
      "12, 'x BOOT'",
      "12, '5 BOOT 6'",
      "x, '5 BOOT'",
      "0, '5 BOOT'",
      "-1, '5 BOOT'",
    })
    void of_another_boot_or_no_grammar_does_not_count(String name, String content)
        throws IOException {
      bench.put(".localq/workers/" + name, content.replace("BOOT", bench.identity.boot()));
      assertEquals(List.of(), workers.alive(process -> true));
    }

    @Test
    void is_swept_when_its_process_is_dead() throws IOException {
      bench.put(".localq/workers/7", "5 " + bench.identity.boot() + "\n");
      bench.put(".localq/workers/8", "5 " + bench.identity.boot() + "\n");
      bench.put(".localq/workers/9", "5 ffffffff\n");
      bench.put(".localq/workers/10", "");
      workers.sweep(process -> process.equals(new ProcessId(8, 5)));
      bench.assertNames(".localq/workers", "8");
    }
  }

  @Nested
  class Sweeping {
    @Test
    void removes_the_drafts_of_dead_processes_and_nothing_else() throws IOException {
      for (String name :
          List.of("7-5-0", "7-5-12", "8-5-0", "notes", "7-5", "7-5-0-0", "-7-5-0", "x-5-0")) {
        bench.put(".localq/tmp/" + name, "");
      }
      workers.sweep(process -> process.pid() == 8);
      bench.assertNames(".localq/tmp", "8-5-0", "notes", "7-5", "7-5-0-0", "-7-5-0", "x-5-0");
    }
  }

  @Nested
  class The_limit {
    @Test
    void is_unknown_before_the_first_worker() throws IOException {
      assertEquals(OptionalInt.empty(), workers.limit());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "0", "-1", "04", "4.5", "x", "1000000000", "4 5"})
    void is_refused_where_it_is_no_number(String text) throws IOException {
      bench.put(".localq/limit", text + "\n");
      assertEquals(
          bench.layout.limit()
              + ": \""
              + text
              + "\", expected a number of cores; remove the file and restart the worker: localqd"
              + " restart",
          assertThrows(Refusal.class, () -> workers.limit()).getMessage());
    }
  }

  @Nested
  class A_drain {
    @Test
    void is_a_file_that_is_on_the_disk() throws IOException {
      assertFalse(workers.isDraining());
      bench.fsync.forget();
      workers.drain(locked);
      assertTrue(bench.has(".localq/drain"));
      assertEquals(".localq", bench.fsync.order().get(1), bench.evidence());
      assertTrue(workers.isDraining());
    }
  }

  @Nested
  class The_settings {
    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "- | 10 | FIFO | 30d,100000",
          "1 | 1 | MCF | all",
          "999999999 | 999999999 | FIFO | 0s,0"
        })
    void come_back(String cores, int interval, Policy policy, String keep) {
      Settings settings =
          new Settings(
              settings(cores).cores(), interval, policy, Retention.parse(keep).orElseThrow());
      assertEquals(settings, Settings.parse(settings.toText()));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "\n\n",
          "nonsense",
          "=5",
          "cores=0\ninterval=0\npolicy=lifo",
          "cores=-1",
          "cores=x\ninterval=1.5",
          "Cores=4\nPOLICY=mcf",
          "cores=4000000000",
          "later=1\ncores="
        })
    void are_the_defaults_where_they_are_damaged(String text) {
      Settings damaged = Settings.parse(text);
      assertEquals(new Settings(Optional.empty(), 10, Policy.FIFO, damaged.keep()), damaged);
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {"'' | all", "nonsense | all", "keep=nonsense | all", "interval=7 | 30d,100000"})
    void keep_all_records_where_nobody_knows_which_were_to_stay(String text, String keep) {
      assertEquals(keep, Settings.parse(text).keep().toString());
    }

    @Test
    void are_the_defaults_where_there_are_none() throws IOException {
      assertEquals(Settings.DEFAULT, workers.settings());
      assertEquals(
          new Settings(Optional.empty(), 10, Policy.FIFO, Retention.DEFAULT), Settings.DEFAULT);
    }

    @ParameterizedTest
    @ValueSource(strings = {"keep=", "keep=30d", "keep=1y,5,later"})
    void keep_every_record_where_nobody_knows_which(String text) {
      assertEquals(new Retention.All(), Settings.parse(text).keep());
    }

    @Test
    void are_read_line_by_line() {
      assertEquals(
          new Settings(Optional.of(3), 10, Policy.MCF, Retention.DEFAULT),
          Settings.parse("policy=mcf\nlater=1\ninterval=x\ncores=3"));
    }
  }

  private OtherProcess otherWorker() throws IOException {
    return OtherProcess.thatShares(bench.layout.workerLock(), directory.resolve("witness"));
  }

  private static Settings settings(String cores) {
    return new Settings(
        cores.equals("-") ? Optional.empty() : Optional.of(Integer.valueOf(cores)),
        Settings.DEFAULT.interval(),
        Settings.DEFAULT.policy(),
        Settings.DEFAULT.keep());
  }

  private static Workers.Wish wish(String cores) {
    return new Workers.Wish(settings(cores), MACHINE_CORES, false);
  }
}
