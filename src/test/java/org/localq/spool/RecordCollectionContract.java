package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.core.Clocks;
import org.localq.core.JobId;
import org.localq.core.Policy;
import org.localq.core.Refusal;
import org.localq.core.Retention;

/** What a collection takes and what it leaves, on any file system that a spool can be on. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
abstract class RecordCollectionContract {
  /** When everything that a test writes is 31 days old. */
  private static final Instant LATER = Instant.now().plus(Duration.ofDays(31));

  private static final String ALL_OLD = "30d,0";

  private Bench bench;

  abstract Path place() throws IOException;

  abstract Fsync fsync();

  @BeforeEach
  void makeTheSpool() throws IOException {
    bench = new Bench(place(), fsync());
  }

  @AfterEach
  void close() throws IOException {
    bench.close();
  }

  /** Records 1 to {@code count}, and a counter that gave them out. */
  private void records(int count) throws IOException {
    counter(count);
    for (int id = 1; id <= count; id++) {
      bench.put("done/" + id + ".json", "{}");
    }
  }

  private void counter(long last) throws IOException {
    SortedSet<String> before = bench.names(".localq/seq");
    before.removeIf(name -> name.startsWith("."));
    for (String name : before) {
      Files.delete(bench.layout.seq().resolve(name));
    }
    bench.put(".localq/seq/" + last, "");
  }

  private RecordCollection begin(String keep, Instant now) throws IOException {
    return bench.spool.collection((Retention.Bounded) Retention.parse(keep).orElseThrow(), now);
  }

  /** A whole collection. */
  private RecordCollection collect(String keep, Instant now) throws IOException {
    try (RecordCollection collection = begin(keep, now)) {
      while (collection.step()) {
        // on to the next
      }
      return collection;
    }
  }

  private RecordCollection collect(String keep) throws IOException {
    return collect(keep, LATER);
  }

  private static RecordCollection.Tally tally(long count, long lowest, long highest) {
    return new RecordCollection.Tally(count, lowest, highest);
  }

  @Nested
  class An_array {
    private static final String RECORD =
        "{\"command\": [\"x\"], \"tasks\": 3, \"result\": {\"state\": \"COMPLETED\", \"exit_code\": 0,"
            + " \"ended\": \"2026-01-01T00:00:00Z\", \"tasks\": {\"COMPLETED\": 3}}}";

    private void tasks(int count) throws IOException {
      for (int task = 1; task <= count; task++) {
        bench.put("done/1_" + task + ".json", "{}");
      }
    }

    @Test
    void goes_with_the_records_of_its_tasks() throws IOException {
      records(2);
      bench.put("done/1.json", RECORD);
      tasks(3);
      assertEquals(2, collect(ALL_OLD).tally().count());
      bench.assertNames("done");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{"})
    void goes_with_them_where_its_own_record_is_gone_or_damaged(String record) throws IOException {
      records(1);
      Files.delete(bench.layout.record(new JobId(1)));
      if (!record.isEmpty()) {
        bench.put("done/1.json", record);
      }
      tasks(3);
      collect(ALL_OLD);
      bench.assertNames("done");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.json", "held/1.json", "running/1.json", "running/1_3.json"})
    void leaves_the_records_of_its_tasks_as_long_as_it_has_none_and_is_about(String place)
        throws IOException {
      records(1);
      Files.delete(bench.layout.record(new JobId(1)));
      bench.put(place, "{\"command\": [\"x\"], \"tasks\": 1, \"lines\": [\"a\"]}");
      tasks(2);
      collect(ALL_OLD);
      bench.assertNames("done", "1_1.json", "1_2.json");
    }

    /** Of numbers that begin at 0, and of which a worker could not try all that are between. */
    @ParameterizedTest
    @ValueSource(strings = {"", "{", "{\"command\": [\"x\"], \"array\": \"0,7,999999999\"}"})
    @Timeout(20)
    void goes_with_its_tasks_whatever_their_numbers_are(String record) throws IOException {
      records(1);
      Files.delete(bench.layout.record(new JobId(1)));
      if (!record.isEmpty()) {
        bench.put("done/1.json", record);
      }
      for (int task : new int[] {0, 7, 999_999_999}) {
        bench.put("done/1_" + task + ".json", "{}");
      }
      collect(ALL_OLD);
      bench.assertNames("done");
    }

    /** Of the tasks of an array without a record the last to end need not be the last by number. */
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void without_a_record_keeps_those_of_its_tasks_until_the_youngest_is_outlived(int young)
        throws IOException {
      counter(1);
      tasks(3);
      Path record = bench.layout.record(new JobId(1, young));
      Files.setLastModifiedTime(record, FileTime.from(LATER.minus(Duration.ofDays(1))));
      collect(ALL_OLD);
      bench.assertNames("done", "1_1.json", "1_2.json", "1_3.json");
    }

    @Test
    void that_ends_while_records_are_collected_keeps_its_own() throws IOException {
      counter(1);
      tasks(3);
      try (RecordCollection collection = begin(ALL_OLD, LATER)) {
        assertTrue(collection.step(), "listed, without the array's record");
        bench.put("done/1.json", RECORD);
        while (collection.step()) {
          // on to the next
        }
        assertEquals(tally(0, 0, 0), collection.tally());
      }
      bench.assertNames("done", "1.json", "1_1.json", "1_2.json", "1_3.json");
    }

    @Test
    void goes_also_where_some_have_gone_before() throws IOException {
      records(1);
      bench.put("done/1.json", RECORD);
      tasks(2);
      Files.delete(bench.layout.record(new JobId(1, 1)));
      collect(ALL_OLD);
      bench.assertNames("done");
    }

    @Test
    void counts_as_one_record() throws IOException {
      records(3);
      bench.put("done/1.json", RECORD);
      tasks(3);
      assertEquals(1, collect("30d,2").tally().count());
      bench.assertNames("done", "2.json", "3.json");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "1.json",
          "held/1.json",
          "running/1.json",
          "running/1_2.json",
          "running/1.claimed-3"
        })
    void that_is_still_somewhere_keeps_its_tasks_records(String place) throws IOException {
      counter(1);
      tasks(3);
      bench.put("done/1.json", RECORD);
      bench.put(place, RECORD);
      collect(ALL_OLD);
      bench.assertNames("done", "1.json", "1_1.json", "1_2.json", "1_3.json");
    }

    @Test
    void that_has_not_ended_keeps_its_tasks_records() throws IOException {
      counter(1);
      bench.put("1.json", "{\"command\": [\"x\"], \"lines\": [\"a\", \"b\", \"c\"]}");
      tasks(3);
      collect(ALL_OLD);
      bench.assertNames("done", "1_1.json", "1_2.json", "1_3.json");
    }
  }

  @Nested
  class Goes {
    @Test
    void a_record_that_is_old_and_beyond_the_newest() throws IOException {
      records(5);
      assertEquals(tally(3, 1, 3), collect("30d,2").tally());
      bench.assertNames("done", "4.json", "5.json");
    }

    @Test
    void each_batch_of_many_and_the_lock_is_let_go_between_two() throws IOException {
      int count = 2 * RecordCollection.BATCH + 1;
      records(count);
      int left = count;
      try (RecordCollection collection = begin(ALL_OLD, LATER)) {
        boolean more = true;
        while (more) {
          more = collection.step();
          // would throw if this process held it still
          bench.spool.lock().close();
          int now = bench.names("done").size();
          assertTrue(left - now <= RecordCollection.BATCH, left + " records, then " + now);
          left = now;
        }
        assertEquals(tally(count, 1, count), collection.tally());
      }
      assertEquals(0, left);
    }

    @Test
    void nothing_where_there_is_nothing() throws IOException {
      assertEquals(tally(0, 0, 0), collect("0s,0").tally());
      bench.assertNames(".localq/seq", "0");
    }

    @Test
    void a_record_of_a_gap_in_the_ids() throws IOException {
      counter(900);
      bench.put("done/7.json", "{}");
      bench.put("done/800.json", "{}");
      bench.put("done/900.json", "{}");
      assertEquals(tally(2, 7, 800), collect("30d,1").tally());
      bench.assertNames("done", "900.json");
    }

    @Test
    void a_record_that_is_damaged() throws IOException {
      records(1);
      bench.put("done/1.json", "half a rec");
      assertEquals(tally(1, 1, 1), collect(ALL_OLD).tally());
    }
  }

  @Nested
  class Stays {
    @Test
    void what_is_young() throws IOException {
      records(3);
      assertEquals(tally(0, 0, 0), collect("32d,0").tally());
      bench.assertNames("done", "1.json", "2.json", "3.json");
      bench.assertNames(".localq/seq", "3");
    }

    @Test
    void what_is_among_the_newest_however_old() throws IOException {
      records(3);
      assertEquals(tally(0, 0, 0), collect("0s,3").tally());
      bench.assertNames("done", "1.json", "2.json", "3.json");
    }

    @Test
    void what_somebody_gave_an_older_time_than_it_has() throws IOException {
      records(2);
      Path record = bench.layout.record(new JobId(1));
      Files.setLastModifiedTime(record, FileTime.from(Instant.parse("2001-01-01T00:00:00Z")));
      assertEquals(tally(0, 0, 0), collect("30d,0", Instant.now()).tally(), bench.evidence());
      bench.assertNames("done", "1.json", "2.json");
    }

    @Test
    void what_somebody_touched() throws IOException {
      records(2);
      Path record = bench.layout.record(new JobId(1));
      Files.setLastModifiedTime(record, FileTime.from(LATER.minus(Duration.ofDays(1))));
      assertEquals(tally(1, 2, 2), collect(ALL_OLD).tally());
      bench.assertNames("done", "1.json");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "1.json",
          "held/1.json",
          "running/1.json",
          "running/1.1.started",
          "running/1.1.exit-0",
          "running/1.cancel"
        })
    void what_has_something_left_of_its_job(String name) throws IOException {
      records(2);
      bench.put(name, "{}");
      assertEquals(tally(1, 2, 2), collect(ALL_OLD).tally());
      bench.assertNames("done", "1.json");
      assertTrue(bench.has(name), bench.evidence());
    }

    @Test
    void what_was_brought_back_to_the_root_while_it_was_collected() throws IOException {
      records(2);
      try (RecordCollection collection = begin(ALL_OLD, LATER)) {
        assertTrue(collection.step());
        bench.put("1.json", "{}");
        while (collection.step()) {
          // on to the next
        }
      }
      bench.assertNames("done", "1.json");
    }

    @Test
    void what_is_no_record_of_ours() throws IOException {
      records(1);
      bench.put("done/notes.txt", "mine");
      bench.put("done/007.json", "mine");
      bench.put("done/.1.json", "mine");
      // never given out: were it collected, no id up to it could be
      bench.put("done/999999999999999999.json", "mine");
      Files.createDirectory(bench.layout.doneDirectory().resolve("2.json"));
      counter(2);
      assertEquals(tally(1, 1, 1), collect("0s,0", LATER).tally());
      bench.assertNames(
          "done", "notes.txt", "007.json", ".1.json", "999999999999999999.json", "2.json");
      assertEquals(new JobId(3), bench.submit("a"));
    }

    @Test
    void what_was_rejected() throws IOException {
      records(1);
      bench.put("rejected/2.json", "no job");
      bench.put("rejected/2.reason", "is no job");
      counter(2);
      assertEquals(tally(1, 1, 1), collect("0s,0", LATER).tally());
      bench.assertNames("rejected", "2.json", "2.reason");
    }
  }

  @Nested
  class A_job_that_waits {
    @ParameterizedTest(name = "with {0} keeps [{1}]")
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '`',
        value = {
          "{\"command\":[\"a\"]} | ``",
          "{\"command\":[\"a\"],\"dependency\":\"afterok:1\"} | 1",
          "{\"dependency\":\"afterok:1:2,afterany:3?afternotok:4\"} | 1 2 3 4",
          "{\"dependency\":\"afterok:2_3\"} | 2 3",
          "{\"dependency\":[\"afterok:1\",{\"any\":[3]}],\"name\":\"2\"} | 1 3",
          "{\"dependency\":4,\"cores\":2} | 4",
          "{\"dependency\":null} | ``",
          "{\"dependency\":\"\"} | ``",
          "{\"dependency\":\"singleton\"} | ``",
          "{\"dependency\":\"afterok:77\"} | ``",
          "{\"\\u0064ependency\":\"after\\u006fk:\\u0032\"} | 2",
          // only its own, at the top
          "{\"environment\":{\"dependency\":\"1\"},\"dependency\":\"2\"} | 2",
          "{\"cores\":\"three\",\"dependency\":\"3\"} | 3",
          // no JSON object: every number counts
          "{\"dependency\":\"afterok:1:2 | 1 2",
          "{\"name\":\"3\",\"depen | 3",
          "[\"1\", 4] | 1 4",
          "`` | ``",
        })
    void keeps_the_records_that_it_refers_to(String job, String kept) throws IOException {
      for (String place : List.of("9.json", "held/9.json", "drop.json")) {
        records(4);
        counter(9);
        bench.put(place, job);
        collect(ALL_OLD);
        SortedSet<String> expected = new TreeSet<>();
        for (String id : kept.split(" ")) {
          if (!id.isEmpty()) {
            expected.add(id + ".json");
          }
        }
        assertEquals(expected, bench.names("done"), place);
        Files.delete(bench.layout.root().resolve(place));
      }
    }

    @Test
    void keeps_what_it_refers_to_in_bytes_that_are_no_text() throws IOException {
      records(2);
      counter(9);
      bench.put(
          "9.json", new byte[] {'{', '"', 'x', '"', ':', '"', (byte) 0xff, ' ', '2', '"', '}'});
      assertEquals(tally(1, 1, 1), collect(ALL_OLD).tally());
    }

    @ParameterizedTest
    @ValueSource(strings = {"9.json", "held/9.json"})
    void and_can_not_be_read_keeps_everything(String name) throws IOException {
      records(2);
      counter(9);
      Files.createDirectory(bench.layout.root().resolve(name));
      RecordCollection collection = collect(ALL_OLD);
      assertEquals(tally(0, 0, 0), collection.tally());
      assertEquals(
          Optional.of(
              bench.layout.root().resolve(name)
                  + " is no regular file, and may refer to any of them; mend the file or move it away"),
          collection.obstacle());
      bench.assertNames("done", "1.json", "2.json");
      bench.assertNames(".localq/seq", "9");
      Files.delete(bench.layout.root().resolve(name));
      assertEquals(tally(2, 1, 2), collect(ALL_OLD).tally());
    }

    @Test
    void and_is_no_job_yet_and_never_will_be_keeps_nothing() throws IOException {
      records(1);
      Files.createDirectory(bench.layout.root().resolve("drop.json"));
      assertEquals(tally(1, 1, 1), collect(ALL_OLD).tally());
    }

    @Test
    void is_not_read_where_there_is_nothing_to_collect() throws IOException {
      records(1);
      Files.createDirectory(bench.layout.root().resolve("9.json"));
      assertEquals(Optional.empty(), collect("32d,0").obstacle());
    }

    @Test
    void is_seen_when_it_is_released_while_one_looks() throws IOException {
      records(1);
      counter(9);
      Path held = bench.put("held/9.json", "{\"dependency\":\"1\"}");
      References references = new References(bench.spool, new long[] {1});
      // the root is listed, and empty; then held/
      bench.put("8.json", "{}");
      assertTrue(references.read());
      Files.move(held, bench.layout.pending(new JobId(9)));
      while (references.read()) {
        // on to the next
      }
      assertArrayEquals(new long[] {}, references.unreferred());
    }
  }

  @Nested
  class Ids_never_come_back {
    @ParameterizedTest
    @ValueSource(longs = {0, 1, 4, 5})
    void where_the_counter_was_set_back(long counter) throws IOException {
      records(5);
      assertEquals(5, collect(ALL_OLD).tally().count());
      counter(counter);
      assertEquals(new JobId(6), bench.submit("a"));
      assertEquals(new JobId(7), bench.submit("b"));
      bench.assertNames(".localq/seq", ".collected-5", "7");
    }

    @Test
    void where_the_counter_was_deleted() throws IOException {
      records(5);
      collect(ALL_OLD);
      Files.delete(bench.layout.seq().resolve("5"));
      assertTrue(
          assertThrows(Refusal.class, () -> bench.submit("a")).getMessage().contains("no counter"));
      // the highest id in this spool, as the refusal advises: there is none
      counter(0);
      assertEquals(new JobId(6), bench.submit("a"));
    }

    @Test
    void for_a_shell_client_either_once_a_worker_has_looked() throws IOException {
      records(5);
      collect(ALL_OLD);
      counter(2);
      bench.put("done/2.json", "{}");
      collect(ALL_OLD);
      bench.assertNames(".localq/seq", ".collected-5", "5");
    }

    @Test
    void and_a_job_that_was_given_a_higher_id_is_no_stranger() throws IOException {
      records(5);
      collect(ALL_OLD);
      bench.put("5.json", "{\"command\":[\"late\"]}");
      counter(2);
      Intake intake = new Intake(Policy.FIFO);
      intake.list(bench.layout);
      try (Locked locked = bench.spool.lock()) {
        assertEquals(List.of(), intake.look(locked, Duration.ZERO));
      }
      assertTrue(bench.has("5.json"), bench.evidence());
    }

    @Test
    void as_the_note_and_what_was_removed_elsewhere_are_on_disk_before_the_first_record_goes()
        throws IOException {
      records(5);
      bench.fsync.forget();
      collect("30d,1");
      assertEquals(List.of(".localq/seq", "running", "", "held"), bench.fsync.order());
      for (RecordingFsync.Forced call : bench.fsync.calls()) {
        SortedSet<String> then = call.names();
        assertTrue(then.contains(".localq/seq/.collected-4"), then.toString());
        assertTrue(then.contains("done/1.json") && then.contains("done/4.json"), then.toString());
      }
    }

    @Test
    void and_nothing_goes_where_the_note_can_not_be_forced() throws IOException {
      records(5);
      bench.fsync.before(
          what -> {
            throw new IOException("no disk");
          });
      assertThrows(IOException.class, () -> collect(ALL_OLD));
      assertEquals(5, bench.names("done").size(), bench.evidence());
      // whoever comes next goes on from there
      bench.fsync.before(what -> {});
      assertEquals(tally(5, 1, 5), collect(ALL_OLD).tally());
    }

    @Test
    void as_the_note_only_grows_and_is_one() throws IOException {
      records(3);
      collect(ALL_OLD);
      bench.assertNames(".localq/seq", ".collected-3", "3");
      records(8);
      collect("30d,2");
      bench.assertNames(".localq/seq", ".collected-6", "8");
      bench.put("done/2.json", "brought back");
      assertEquals(tally(1, 2, 2), collect("30d,2").tally());
      bench.assertNames(".localq/seq", ".collected-6", "8");
    }

    @Test
    void whatever_else_lies_in_seq() throws IOException {
      records(3);
      collect(ALL_OLD);
      bench.put(".localq/seq/.collected-", "");
      bench.put(".localq/seq/.collected-07", "");
      bench.put(".localq/seq/.collected-x", "");
      bench.put(".localq/seq/collected-9", "");
      bench.put(".localq/seq/.collected-2", "a crash's");
      counter(1);
      assertEquals(new JobId(4), bench.submit("a"));
    }

    @Test
    void and_an_id_is_known_to_have_been_retired() throws IOException {
      records(4);
      assertFalse(bench.spool.isRetired(new JobId(1)));
      collect("30d,1");
      assertTrue(bench.spool.isRetired(new JobId(1)));
      assertTrue(bench.spool.isRetired(new JobId(3)));
      assertFalse(bench.spool.isRetired(new JobId(4)));
    }
  }

  @Nested
  class A_note_of_the_clocks {
    private Clocks clocks;

    @BeforeEach
    void look_at_the_clocks() {
      clocks =
          new Clocks(
              bench.identity.boot(), Duration.ofHours(5), Instant.parse("2026-11-22T12:00:00Z"));
    }

    @Test
    void is_read_as_it_was_written() throws IOException {
      try (Locked locked = bench.spool.lock()) {
        locked.noteClocks(clocks);
        assertEquals(Optional.of(clocks), locked.notedClocks());
      }
      assertEquals(
          bench.identity.boot() + " 18000000 2026-11-22T12:00:00Z\n", bench.text(".localq/clock"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "damaged", "another0boot 18000000 2026-11-22T12:00:00Z"})
    void that_is_of_another_boot_or_says_nothing_is_none_and_is_replaced(String text)
        throws IOException {
      bench.put(".localq/clock", text);
      try (Locked locked = bench.spool.lock()) {
        assertEquals(Optional.empty(), locked.notedClocks());
        locked.noteClocks(clocks);
        assertEquals(Optional.of(clocks), locked.notedClocks());
      }
    }

    @Test
    void is_none_before_the_first_was_written() throws IOException {
      try (Locked locked = bench.spool.lock()) {
        assertEquals(Optional.empty(), locked.notedClocks());
      }
    }
  }

  @Test
  void a_collection_needs_a_counter() throws IOException {
    Files.delete(bench.layout.seq().resolve("0"));
    assertThrows(Refusal.class, () -> collect(ALL_OLD), bench::evidence);
  }
}
