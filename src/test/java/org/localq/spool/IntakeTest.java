package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.core.Candidate;
import org.localq.core.JobId;
import org.localq.core.Needs;
import org.localq.core.Policy;

/** On the real file system: what people and programs drop into a spool. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class IntakeTest {
  private static final String JOB = "{\"command\": [\"true\"], \"cores\": 3}";
  private static final JobId ONE = new JobId(1);
  private static final JobId TWO = new JobId(2);
  private static final Duration START = Duration.ofHours(5);

  /** In so long a look reads all that is to be read. */
  private static final Duration AT_LEISURE = Duration.ofDays(1);

  @TempDir private Path directory;
  private Bench bench;
  private Locked locked;
  private final Intake intake = new Intake(Policy.FIFO, Intake.Gate.OPEN, AT_LEISURE);

  @BeforeEach
  void makeTheSpool() throws IOException {
    bench = new Bench(directory, Bench.FILES_ONLY);
    locked = bench.spool.lock();
  }

  @AfterEach
  void close() throws IOException {
    locked.close();
    bench.close();
  }

  @Nested
  class A_whole_job {
    @Test
    void gets_an_id() throws IOException {
      bench.put("mine.json", JOB);
      assertEquals(List.of(new Intake.Event.Accepted("mine.json", ONE)), look(0));
      assertEquals(JOB, bench.text("1.json"));
      assertFalse(bench.has("mine.json"));
      assertEquals(Set.of(ONE), bench.spool.pending());
      assertCandidates(new Candidate(ONE, Needs.cores(3)));
    }

    @Test
    void that_is_one_of_many_waits_for_the_next_look_where_time_is_over() throws IOException {
      for (int drop = 0; drop <= Intake.LEAST_EVENTS; drop++) {
        bench.put("drop" + drop + ".json", JOB);
      }
      Intake hurried = new Intake(Policy.FIFO, Intake.Gate.OPEN, Duration.ZERO);
      assertEquals(Intake.LEAST_EVENTS, look(hurried, 0).size());
      assertTrue(hurried.isInterrupted());
      assertEquals(1, look(hurried, 0).size());
      assertFalse(hurried.isInterrupted());
      assertEquals(Intake.LEAST_EVENTS + 1, bench.spool.pending().size());
    }

    @Test
    void that_is_one_of_many_is_taken_with_them_where_there_is_time() throws IOException {
      for (int drop = 0; drop <= Intake.LEAST_EVENTS; drop++) {
        bench.put("drop" + drop + ".json", JOB);
      }
      assertEquals(Intake.LEAST_EVENTS + 1, look(0).size());
      assertFalse(intake.isInterrupted());
    }

    @Test
    void is_not_looked_at_twice() throws IOException {
      bench.put("mine.json", JOB);
      look(0);
      assertEquals(List.of(), look(1));
      assertCandidates(new Candidate(ONE, Needs.cores(3)));
    }

    @Test
    void becomes_private_and_is_forced_before_it_gets_its_name() throws IOException {
      Path file = bench.put("mine.json", JOB);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-r--"));
      bench.fsync.forget();
      look(0);
      assertEquals(
          List.of("file of " + JOB.length() + " bytes", ".localq/seq", ""), bench.fsync.order());
      SortedSet<String> forced = bench.fsync.calls().get(0).names();
      assertTrue(forced.contains("mine.json"), forced.toString());
      SortedSet<String> named = bench.fsync.calls().get(2).names();
      assertTrue(named.contains("1.json") && !named.contains("mine.json"), named.toString());
      assertEquals("rw-------", mode("1.json"));
    }

    @Test
    void has_the_time_of_its_file() throws IOException {
      Path file = bench.put("mine.json", JOB);
      Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-02T03:04:05Z")));
      look(0);
      assertEquals(
          Instant.parse("2026-01-02T03:04:05Z"),
          assertInstanceOf(Entry.Waiting.class, bench.entry(ONE)).job().submission().submitted());
    }

    @Test
    void takes_the_next_id_where_a_file_lies_under_its_own() throws IOException {
      // both come to number 1: one by name, one by its turn
      bench.put("1.json", JOB);
      bench.put("mine.json", JOB);
      for (int second = 0; second < 4; second++) {
        look(second);
      }
      assertFalse(bench.has("mine.json"), bench.evidence());
      assertEquals(1, bench.spool.pending().size(), bench.evidence());
      assertEquals(1, bench.spool.rejected().size(), bench.evidence());
    }

    @ParameterizedTest
    @ValueSource(strings = {"held", "running", "done", "rejected"})
    void passes_over_an_id_that_is_taken_in(String place) throws IOException {
      // a counter that came out of an old backup
      bench.put(place + "/1.json", "{}");
      bench.put("mine.json", JOB);
      assertEquals(List.of(new Intake.Event.Accepted("mine.json", TWO)), look(0));
    }

    @Test
    void of_a_client_is_known_as_it_is() throws IOException {
      bench.submit("a");
      assertEquals(List.of(), look(0));
      assertCandidates(new Candidate(ONE, Needs.cores(2)));
      assertEquals("rw-------", mode("1.json"));
    }

    @Test
    void is_forgotten_when_it_is_claimed() throws IOException {
      bench.submit("a");
      bench.submit("b");
      look(0);
      assertTrue(locked.claim(ONE, 1, new byte[0]));
      look(1);
      assertCandidates(new Candidate(TWO, Needs.cores(2)));
    }

    @Test
    void is_read_anew_where_it_was_forgotten() throws IOException {
      bench.submit("a");
      look(0);
      Files.delete(bench.layout.pending(ONE));
      bench.put("1.json", JOB);
      assertEquals(List.of(), look(1));
      assertCandidates(new Candidate(ONE, Needs.cores(2)));
      intake.reread(ONE);
      assertEquals(List.of(), look(2));
      assertCandidates(new Candidate(ONE, Needs.cores(3)));
    }
  }

  @Nested
  class A_notice {
    @Test
    void of_a_job_is_enough_to_know_it() throws IOException {
      bench.submit("a");
      intake.notice(path("1.json"));
      assertEquals(List.of(), lookOnly());
      assertCandidates(new Candidate(ONE, Needs.cores(2)));
    }

    @Test
    void of_a_drop_is_enough_to_take_it() throws IOException {
      intake.notice(bench.put("mine.json", JOB));
      assertEquals(List.of(new Intake.Event.Accepted("mine.json", ONE)), lookOnly());
      assertCandidates(new Candidate(ONE, Needs.cores(3)));
    }

    @Test
    void of_what_is_not_there_any_more_takes_no_id() throws IOException {
      intake.notice(path("mine.json"));
      intake.notice(path("1.json"));
      assertEquals(List.of(), lookOnly());
      bench.assertNames(".localq/seq", "0");
    }

    @Test
    void of_a_job_that_is_running_by_now_takes_no_id() throws IOException {
      bench.submit("a");
      intake.notice(path("1.json"));
      assertTrue(locked.claim(ONE, 1, new byte[0]));
      assertEquals(List.of(), lookOnly());
      assertCandidates();
      bench.assertNames(".localq/seq", "1");
    }

    @Test
    void of_a_job_that_was_changed_has_it_read_anew() throws IOException {
      bench.submit("a");
      look(0);
      Files.move(
          bench.put("held/1.json", JOB), path("1.json"), StandardCopyOption.REPLACE_EXISTING);
      assertEquals(List.of(), lookOnly());
      assertCandidates(new Candidate(ONE, Needs.cores(2)));
      intake.notice(path("1.json"));
      assertEquals(List.of(), lookOnly());
      assertCandidates(new Candidate(ONE, Needs.cores(3)));
    }

    @Test
    void is_heard_again_where_the_machine_did_not_let_it_be_taken() throws IOException {
      intake.notice(bench.put("mine.json", JOB));
      bench.fsync.before(
          what -> {
            if (what.startsWith("file")) {
              throw new IOException("No space left on device");
            }
          });
      assertEquals(List.of(), lookOnly());
      assertTrue(intake.trouble().isPresent());
      bench.fsync.before(what -> {});
      assertEquals(1, lookOnly().size());
      assertTrue(intake.trouble().isEmpty());
    }
  }

  @Nested
  class Of_very_many_jobs {
    private static final int MANY = Intake.READ_AHEAD + 100;

    private void submit(int jobs) throws IOException {
      for (int job = 0; job < jobs; job++) {
        bench.submit("a");
      }
    }

    private Set<Long> known(Intake which) {
      Set<Long> ids = new TreeSet<>();
      which.candidates().forEach(candidate -> ids.add(candidate.id().number()));
      return ids;
    }

    private static Set<Long> ids(long first, long last) {
      return LongStream.rangeClosed(first, last).boxed().collect(Collectors.toSet());
    }

    @Test
    void the_first_are_read() throws IOException {
      submit(MANY);
      look(0);
      assertEquals(ids(1, Intake.READ_AHEAD), known(intake));
      assertTrue(intake.hasUnread());
      assertFalse(intake.isInterrupted());
    }

    @Test
    void the_next_are_read_as_the_first_go() throws IOException {
      submit(MANY);
      look(0);
      for (long id = 1; id <= 70; id++) {
        intake.forget(new JobId(id));
      }
      lookOnly();
      assertEquals(ids(71, Intake.READ_AHEAD + 70), known(intake));
    }

    @Test
    void more_are_read_where_the_first_are_not_enough() throws IOException {
      submit(MANY);
      look(0);
      intake.readOn();
      assertTrue(intake.isInterrupted());
      lookOnly();
      assertEquals(ids(1, MANY), known(intake));
      assertFalse(intake.hasUnread());
    }

    @Test
    void one_that_comes_back_is_known_before_the_others() throws IOException {
      submit(MANY);
      look(0);
      intake.forget(ONE);
      intake.forget(TWO);
      intake.reread(ONE);
      lookOnly();
      assertTrue(known(intake).contains(1L));
    }

    @Test
    void all_are_read_where_any_could_be_the_first() throws IOException {
      submit(MANY);
      Intake widest = new Intake(Policy.MCF, Intake.Gate.OPEN, AT_LEISURE);
      look(widest, 0);
      assertEquals(MANY, known(widest).size());
      assertFalse(widest.hasUnread());
    }

    @Test
    void a_look_whose_time_is_over_gives_way_and_the_next_goes_on() throws IOException {
      submit(2 * Intake.LEAST_READS + 1);
      Intake hurried = new Intake(Policy.FIFO, Intake.Gate.OPEN, Duration.ZERO);
      look(hurried, 0);
      assertEquals(ids(1, Intake.LEAST_READS), known(hurried));
      assertTrue(hurried.isInterrupted());
      hurried.look(locked, START);
      assertEquals(ids(1, 2 * Intake.LEAST_READS), known(hurried));
      hurried.look(locked, START);
      assertEquals(ids(1, 2 * Intake.LEAST_READS + 1), known(hurried));
      assertFalse(hurried.isInterrupted());
    }

    @Test
    void a_listing_forgets_those_that_are_gone() throws IOException {
      submit(MANY);
      look(0);
      for (long id = 1; id <= 50; id++) {
        Files.delete(bench.layout.pending(new JobId(id)));
      }
      look(0);
      assertEquals(ids(51, Intake.READ_AHEAD + 50), known(intake));
    }
  }

  @Nested
  class A_file_that_is_no_job {
    @Test
    void is_put_in_the_place_of_no_other() throws IOException {
      bench.put("rejected/1.json", "kept");
      bench.put("bad.json", "{");
      look(0);
      assertEquals(TWO, theRefusal(look(60)).id());
      assertEquals("kept", bench.text("rejected/1.json"));
    }

    @Test
    void is_refused_once_it_was_unchanged_for_sixty_seconds() throws IOException {
      bench.put("bad.json", "{\"command\": [");
      assertEquals(List.of(), look(0));
      assertEquals(List.of(), look(59.999));
      assertTrue(bench.has("bad.json"));
      Intake.Event.Refused refused = theRefusal(look(60));
      assertEquals("bad.json", refused.name());
      assertTrue(refused.reason().startsWith("is not JSON: "), refused.reason());
      assertKept(refused.id(), "bad.json " + refused.reason());
      assertEquals("{\"command\": [", bench.text("rejected/1.json"));
    }

    @Test
    void is_left_alone_while_it_grows() throws IOException {
      Path file = bench.put("growing.json", "");
      for (int second = 0; second < 600; second += 30) {
        assertEquals(List.of(), look(second), "after " + second + " seconds");
        Files.writeString(file, " ", StandardOpenOption.APPEND);
      }
      Files.writeString(file, JOB, StandardOpenOption.APPEND);
      assertEquals(List.of(new Intake.Event.Accepted("growing.json", ONE)), look(600));
    }

    @Test
    void is_left_alone_while_it_is_rewritten_at_the_same_length() throws IOException {
      Path file = bench.put("changing.json", "{");
      for (int second = 0; second < 300; second += 30) {
        Files.setLastModifiedTime(file, FileTime.from(Instant.ofEpochSecond(1_000_000 + second)));
        assertEquals(List.of(), look(second), "after " + second + " seconds");
      }
    }

    @Test
    void waits_anew_where_another_took_its_name() throws IOException {
      bench.put("bad.json", "{");
      look(0);
      Files.delete(bench.layout.root().resolve("bad.json"));
      look(30);
      bench.put("bad.json", "{");
      assertEquals(List.of(), look(60));
      assertEquals(List.of(), look(119));
      theRefusal(look(120));
    }

    @Test
    void waits_anew_where_the_worker_was_restarted() throws IOException {
      bench.put("bad.json", "{");
      look(0);
      Intake restarted = new Intake(Policy.FIFO);
      assertEquals(List.of(), look(restarted, 60));
      assertEquals(1, look(restarted, 120).size());
    }

    @Test
    void delays_no_other() throws IOException {
      bench.put("bad.json", "{");
      bench.put("good.json", JOB);
      assertEquals(List.of(new Intake.Event.Accepted("good.json", ONE)), look(0));
    }

    @Test
    void is_refused_under_its_own_id_where_it_was_given_out() throws IOException {
      bench.submit("a");
      Files.delete(bench.layout.pending(ONE));
      bench.put("1.json", "{");
      look(0);
      assertEquals(ONE, theRefusal(look(60)).id());
      bench.assertNames(".localq/seq", "1");
    }

    @Test
    void is_known_to_readers_with_the_reason() throws IOException {
      bench.put("bad.json", "{\"command\": [\"x\"], \"cores\": 0}");
      look(0);
      look(60);
      assertEquals(
          "bad.json field \"cores\" is 0, expected a whole number from 1 to 2147483647",
          assertInstanceOf(Entry.Rejected.class, bench.entry(ONE)).reason());
    }
  }

  /** Waiting will not mend it: refused at the first look, and never opened. */
  @Nested
  class A_file_that_can_be_no_job {
    @Test
    void is_a_link_to_a_file_outside() throws IOException {
      Path outside = Files.writeString(directory.resolve("outside"), JOB);
      Files.createSymbolicLink(path("x.json"), outside);
      assertRefusedAtOnce("x.json", "is no regular file");
      assertTrue(Files.isSymbolicLink(bench.layout.rejected(ONE)));
      assertEquals(JOB, Files.readString(outside));
    }

    @ParameterizedTest
    @ValueSource(strings = {"x.json", "nowhere", "held", "/dev/zero", "."})
    void is_a_link_to(String target) throws IOException {
      Files.createSymbolicLink(path("x.json"), Path.of(target));
      assertRefusedAtOnce("x.json", "is no regular file");
      Files.delete(bench.layout.rejected(ONE));
    }

    @Test
    void is_a_fifo() throws Exception {
      run("mkfifo", path("x.json").toString());
      assertRefusedAtOnce("x.json", "is no regular file");
    }

    @Test
    void is_a_directory() throws IOException {
      Files.createDirectory(path("x.json"));
      Files.writeString(path("x.json").resolve("inside"), "kept");
      assertRefusedAtOnce("x.json", "is no regular file");
      assertEquals("kept", bench.text("rejected/1.json/inside"));
    }

    @Test
    void is_huge() throws IOException {
      try (RandomAccessFile sparse = new RandomAccessFile(path("x.json").toFile(), "rw")) {
        sparse.setLength(5L << 30);
      }
      assertTimeoutPreemptively(
          Duration.ofSeconds(20),
          () -> assertRefusedAtOnce("x.json", "has 5368709120 bytes, expected at most 33554432"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-----w-", "rwxrwxrwx"})
    void can_be_written_by_everybody(String mode) throws IOException {
      bench.put("x.json", JOB);
      Files.setPosixFilePermissions(path("x.json"), PosixFilePermissions.fromString(mode));
      assertRefusedAtOnce("x.json", "can be written by every user, expected mode 0600");
    }

    /** For its owner, that is; to root the mode says nothing, and it is all the same. */
    @Test
    void can_not_be_read() throws IOException {
      bench.put("x.json", JOB);
      Files.setPosixFilePermissions(path("x.json"), Set.of());
      assertRefusedAtOnce("x.json", "can't be read by its owner, expected mode 0600");
    }

    @Test
    void lies_under_an_id_that_was_never_given_out() throws IOException {
      bench.put("5.json", JOB);
      assertRefusedAtOnce(
          "5.json", "job id 5 was never given out; drop the file under a name that is no number");
    }

    @ParameterizedTest
    @ValueSource(strings = {"held", "running", "done", "rejected"})
    void lies_under_an_id_that_is_taken_in(String place) throws IOException {
      bench.submit("a");
      Files.move(bench.layout.pending(ONE), bench.layout.root().resolve(place + "/1.json"));
      String before = bench.text(place + "/1.json");
      bench.put("1.json", JOB);
      Intake.Event.Refused refused = theRefusal(look(0));
      assertEquals(
          new Intake.Event.Refused(
              "1.json", TWO, "job 1 exists already; drop the file under a name that is no number"),
          refused);
      assertEquals(before, bench.text(place + "/1.json"), bench.evidence());
      assertEquals(JOB, bench.text("rejected/2.json"));
      assertCandidates();
    }
  }

  @Nested
  class A_name {
    @ParameterizedTest
    @ValueSource(strings = {"x.json.tmp", ".x.json", ".json", "x.JSON", "x", "json", "README"})
    void that_is_nobodys_business_is_left_alone(String name) throws IOException {
      bench.put(name, JOB);
      assertEquals(List.of(), look(0));
      assertEquals(List.of(), look(600));
      assertTrue(bench.has(name));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "007.json",
          "0.json",
          "-1.json",
          "1_03.json",
          "1e3.json",
          "1000000000000000000.json",
          "-rf.json",
          "--help.json",
          "a b.json",
          "$(id).json",
          "*.json",
          "a'b\".json",
          "a\\b.json",
          "a\u001b[31m.json",
          "a\nb.json",
          "\n.json",
          "a\rb.json",
          "x.json.json"
        })
    void that_is_odd_makes_no_difference(String name) throws IOException {
      bench.put(name, JOB);
      assertEquals(List.of(new Intake.Event.Accepted(name, ONE)), look(0));
      assertEquals(JOB, bench.text("1.json"));
    }

    @Test
    void of_a_task_is_refused_where_there_is_no_array() throws IOException {
      bench.submit("a");
      look(0);
      bench.put("1_3.json", JOB);
      Files.delete(bench.layout.pending(ONE));
      assertTrue(theRefusal(look(0)).reason().contains("there is no array 1"));
    }

    @Test
    void of_a_task_of_an_array_is_a_job_that_waits() throws IOException {
      bench.submit("a");
      bench.put("1.json", "{\"command\": [\"x\"], \"cores\": 2, \"lines\": [\"a\", \"b\"]}");
      bench.put("1_1.json", JOB);
      look(0);
      assertCandidates(
          new Candidate(new JobId(1, 1), Needs.cores(3)), new Candidate(ONE, Needs.cores(2), 2));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\nb.json", "\n.json", "a\r\nb.json"})
    void with_a_line_end_makes_no_second_line_of_a_reason(String name) throws IOException {
      bench.put(name, "{");
      look(0);
      theRefusal(look(60));
      String reason = bench.text("rejected/1.reason");
      assertEquals(1, reason.lines().count(), reason);
      assertTrue(reason.endsWith("\n"), reason);
    }

    @Test
    void of_250_bytes_is_no_matter() throws IOException {
      String name = "x".repeat(245) + ".json";
      bench.put(name, JOB);
      assertEquals(List.of(new Intake.Event.Accepted(name, ONE)), look(0));
    }

    @Test
    void that_is_not_utf_8_is_no_matter() throws Exception {
      dropByShell("a\\377b.json", JOB);
      assertInstanceOf(Intake.Event.Accepted.class, look(0).get(0), bench.evidence());
      assertEquals(JOB, bench.text("1.json"));
    }

    @Test
    void that_is_not_utf_8_is_refused_like_any_other() throws Exception {
      dropByShell("a\\377b.json", "{");
      look(0);
      theRefusal(look(60));
      assertEquals("{", bench.text("rejected/1.json"));
    }

    @Test
    void that_looks_like_another_is_not_mixed_up_with_it() throws Exception {
      // both decode to the same text
      dropByShell("a\\377b.json", "{");
      dropByShell("a\\376b.json", "{ ");
      look(0);
      assertEquals(List.of(), look(59));
      assertEquals(2, look(60).size(), bench.evidence());
    }
  }

  /** Pitfall: rename(2) of one link of a file over another does nothing, and says it did. */
  @Nested
  class Two_names_of_one_file {
    @Test
    void become_two_jobs() throws IOException {
      bench.put("a.json", JOB);
      Files.createLink(path("b.json"), path("a.json"));
      assertEquals(2, look(0).size(), bench.evidence());
      assertEquals(Set.of(ONE, TWO), bench.spool.pending());
      assertTrue(locked.claim(ONE, 1, new byte[0]));
      assertTrue(locked.claim(TWO, 1, new byte[0]));
      assertEquals(Set.of(), bench.spool.pending(), bench.evidence());
      assertEquals(Set.of(ONE, TWO), bench.spool.running());
    }

    @Test
    void of_which_one_is_a_pending_job_become_two_jobs() throws IOException {
      bench.submit("a");
      Files.createLink(path("copy.json"), bench.layout.pending(ONE));
      look(0);
      assertEquals(Set.of(ONE, TWO), bench.spool.pending(), bench.evidence());
    }

    @Test
    void of_which_one_is_running_do_not_bring_it_back() throws IOException {
      bench.submit("a");
      assertTrue(locked.claim(ONE, 1, new byte[0]));
      Files.createLink(bench.layout.pending(ONE), bench.layout.running(ONE));
      theRefusal(look(0));
      assertEquals(Set.of(), bench.spool.pending(), bench.evidence());
      assertEquals(Set.of(ONE), bench.spool.running());
    }
  }

  /** As is a directory that its owner can't write. Root can move that; but not over this. */
  @Nested
  class A_file_that_can_not_be_moved {
    @BeforeEach
    void block() throws IOException {
      Files.createDirectory(bench.layout.reason(ONE));
      Files.createSymbolicLink(path("x.json"), Path.of("nowhere"));
    }

    @Test
    void holds_up_no_other() throws IOException {
      // the first to come gets the number with which it goes wrong
      assertInstanceOf(Intake.Event.Stuck.class, look(0).get(0));
      bench.put("good.json", JOB);
      assertEquals(List.of(new Intake.Event.Accepted("good.json", TWO)), look(1));
    }

    @Test
    void is_tried_again_after_a_while_and_takes_no_number_until_then() throws IOException {
      Intake.Event.Stuck stuck = assertInstanceOf(Intake.Event.Stuck.class, look(0).get(0));
      assertTrue(stuck.trouble().startsWith("is no regular file; "), stuck.trouble());
      assertTrue(bench.has("x.json"), bench.evidence());
      assertEquals(List.of(), look(1));
      assertEquals(List.of(), look(59));
      bench.assertNames(".localq/seq", "1");
      assertEquals(TWO, theRefusal(look(60)).id());
    }
  }

  @Nested
  class A_refusal_that_the_disk_has_no_room_for {
    @Test
    void is_made_later_and_takes_one_number_however_often_it_is_tried() throws IOException {
      Files.createSymbolicLink(path("x.json"), Path.of("nowhere"));
      bench.fsync.before(
          what -> {
            if (what.startsWith("file")) {
              throw new IOException("No space left on device");
            }
          });
      for (int poll = 0; poll < 5; poll++) {
        assertEquals(List.of(), look(poll));
        assertTrue(bench.has("x.json"), bench.evidence());
      }
      bench.fsync.before(what -> {});
      assertEquals(ONE, theRefusal(look(5)).id());
      bench.assertNames(".localq/seq", "1");
    }
  }

  @Nested
  class A_hundred_of_each {
    @Test
    void end_in_one_place_each() throws IOException {
      for (int i = 0; i < 100; i++) {
        bench.put("good" + i + ".json", JOB);
        bench.put("bad" + i + ".json", "{" + i);
        Files.createDirectory(path("ugly" + i + ".json"));
      }
      assertEquals(200, lookAtAll(0).size());
      assertEquals(100, lookAtAll(60).size());
      Map<Boolean, Long> count =
          Map.of(
              true,
              (long) bench.spool.pending().size(),
              false,
              (long) bench.spool.rejected().size());
      assertEquals(Map.of(true, 100L, false, 200L), count);
      Set<JobId> ids = new TreeSet<>(bench.spool.pending());
      ids.addAll(bench.spool.rejected());
      assertEquals(300, ids.size(), "each has an id of its own");
      assertEquals(400, bench.names("rejected").size(), "each refusal has a reason");
    }
  }

  /** At what was noticed, and no listing. */
  private List<Intake.Event> lookOnly() throws IOException {
    return intake.look(locked, START);
  }

  /** {@code seconds} after the first look. */
  private List<Intake.Event> look(double seconds) throws IOException {
    return look(intake, seconds);
  }

  private List<Intake.Event> look(Intake which, double seconds) throws IOException {
    which.list(bench.layout);
    return which.look(locked, START.plusMillis(Math.round(seconds * 1000)));
  }

  /** Looks again for as long as a look leaves something to the next one. */
  private List<Intake.Event> lookAtAll(double seconds) throws IOException {
    List<Intake.Event> events = new ArrayList<>(look(seconds));
    while (intake.isInterrupted()) {
      events.addAll(look(seconds));
    }
    return events;
  }

  private Intake.Event.Refused theRefusal(List<Intake.Event> events) {
    assertEquals(1, events.size(), () -> events + bench.evidence());
    return assertInstanceOf(Intake.Event.Refused.class, events.get(0));
  }

  private void assertRefusedAtOnce(String name, String reason) throws IOException {
    assertEquals(List.of(new Intake.Event.Refused(name, ONE, reason)), look(0), bench.evidence());
    assertKept(ONE, name + " " + reason);
    assertFalse(bench.has(name), bench.evidence());
    assertEquals(List.of(), look(1));
  }

  private void assertKept(JobId id, String reason) throws IOException {
    bench.assertNames("rejected", id + ".json", id + ".reason");
    assertEquals(reason + "\n", bench.text("rejected/" + id + ".reason"));
  }

  private void assertCandidates(Candidate... expected) {
    Collection<Candidate> found = intake.candidates();
    assertEquals(Set.of(expected), Set.copyOf(found), bench::evidence);
  }

  private String mode(String name) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path(name)));
  }

  private Path path(String name) {
    return bench.layout.root().resolve(name);
  }

  /** Java can't make a name that is not of the locale. */
  private void dropByShell(String name, String content) throws Exception {
    run(
        "sh",
        "-c",
        "umask 077; printf %s \"$3\" > \"$1/$(printf \"$2\")\"",
        "sh",
        bench.layout.root().toString(),
        name,
        content);
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertTrue(process.waitFor(20, TimeUnit.SECONDS), String.join(" ", command));
    assertEquals(0, process.exitValue(), () -> String.join(" ", command) + ": " + output);
  }
}
