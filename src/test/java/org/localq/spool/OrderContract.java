package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.SampleJob;
import org.localq.core.Conditions;
import org.localq.core.Dependency;
import org.localq.core.Fate;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Policy;
import org.localq.core.Reason;
import org.localq.core.Refusal;

/** Holds, marks of early jobs, and fates, on any file system that a spool can be on. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
abstract class OrderContract {
  private static final JobId ONE = new JobId(1);
  private static final JobId TWO = new JobId(2);
  private static final String ARRAY =
      "{\"command\": [\"sh\", \"-c\"], \"tasks\": 3, \"lines\": [\"a\", \"b\", \"c\"]}";
  private static final Duration START = Duration.ofHours(5);

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

  private static Job early() {
    return SampleJob.of("x").priority(5).build();
  }

  @Nested
  class Holding_a_job {
    private Holding holding() {
      return new Holding(bench.spool);
    }

    @Test
    void moves_it_and_forces_both_directories_before_it_is_done() throws IOException {
      bench.submit("x");
      bench.fsync.forget();
      assertEquals(Holding.Answer.DONE, holding().hold(ONE));
      bench.assertNames("held", "1.json");
      assertFalse(bench.has("1.json"));
      assertEquals(List.of("held", ""), bench.fsync.order());
      assertTrue(assertInstanceOf(Entry.Waiting.class, bench.entry(ONE)).held());
    }

    @Test
    void and_releasing_it_leaves_it_as_it_was() throws IOException {
      bench.submit("x");
      String before = bench.text("1.json");
      holding().hold(ONE);
      bench.fsync.forget();
      assertEquals(Holding.Answer.DONE, holding().release(ONE));
      assertEquals(before, bench.text("1.json"));
      bench.assertNames("held");
      assertEquals(List.of("", "held"), bench.fsync.order());
    }

    @Test
    void again_is_done_already() throws IOException {
      bench.submit("x");
      holding().hold(ONE);
      assertEquals(Holding.Answer.DONE, holding().hold(ONE));
      assertEquals(Holding.Answer.DONE, holding().release(ONE));
      assertEquals(Holding.Answer.DONE, holding().release(ONE));
      bench.assertNames("held");
    }

    @ParameterizedTest(name = "{0} is {1}")
    @CsvSource({
      "running/1.json, RUNNING",
      "done/1.json, ENDED",
      "rejected/1.json, ENDED",
      ".localq/seq/1, UNKNOWN",
    })
    void is_not_done_to_one_that_is_not_pending(String place, Holding.Answer expected)
        throws IOException {
      bench.submit("x");
      Files.move(bench.layout.pending(ONE), bench.layout.root().resolve("was"));
      if (place.endsWith(".json")) {
        bench.put(place, bench.text("was"));
      }
      assertEquals(expected, holding().hold(ONE));
      assertEquals(expected, holding().release(ONE));
      bench.assertNames("held");
    }

    @Test
    void that_is_under_both_names_by_a_power_cut_holds_it() throws IOException {
      bench.submit("x");
      Files.createLink(bench.layout.held(ONE), bench.layout.pending(ONE));
      assertEquals(Holding.Answer.DONE, holding().hold(ONE));
      bench.assertNames("held", "1.json");
      assertFalse(bench.has("1.json"));
    }

    @Test
    void that_is_under_both_names_and_is_released_is_pending_alone() throws IOException {
      bench.submit("x");
      Files.createLink(bench.layout.held(ONE), bench.layout.pending(ONE));
      assertEquals(Holding.Answer.DONE, holding().release(ONE));
      bench.assertNames("held");
      assertTrue(bench.has("1.json"));
    }

    @Test
    void that_is_under_both_names_is_on_hold_for_a_worker_and_no_copy() throws IOException {
      bench.submit("x");
      Files.createLink(bench.layout.held(ONE), bench.layout.pending(ONE));
      Intake intake = new Intake(Policy.FIFO);
      try (Locked locked = bench.spool.lock()) {
        intake.list(bench.layout);
        assertEquals(List.of(), intake.look(locked, START));
      }
      assertTrue(intake.candidates().isEmpty());
      assertFalse(bench.has("1.json"), bench::evidence);
      bench.assertNames("held", "1.json");
      bench.assertNames("rejected");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void never_overwrites_another_file_of_that_name(boolean hold) throws IOException {
      bench.submit("x");
      if (!hold) {
        holding().hold(ONE);
      }
      String other = "{\"command\": [\"other\"]}";
      bench.put(hold ? "held/1.json" : "1.json", other);
      Refusal refusal =
          assertThrows(Refusal.class, () -> assertEquals("", hold ? act("hold") : act("release")));
      assertTrue(refusal.getMessage().contains("is another file than"), refusal.getMessage());
      assertEquals(other, bench.text(hold ? "held/1.json" : "1.json"));
      assertTrue(bench.has("1.json") && bench.has("held/1.json"));
    }

    private String act(String verb) throws IOException {
      return (verb.equals("hold") ? holding().hold(ONE) : holding().release(ONE)).name();
    }

    @Test
    void is_killed_between_any_two_steps_and_can_be_done_again() throws IOException {
      for (int step = 0; step < 2; step++) {
        JobId id = bench.submit("x");
        int[] left = {step};
        bench.fsync.before(
            what -> {
              if (left[0]-- == 0) {
                throw new IOException("killed");
              }
            });
        assertThrows(IOException.class, () -> holding().hold(id));
        bench.fsync.before(what -> {});
        assertInstanceOf(Entry.Waiting.class, bench.entry(id));
        assertEquals(Holding.Answer.DONE, holding().hold(id));
        assertTrue(bench.has("held/" + id + ".json"));
      }
    }

    @Test
    void that_is_an_array_takes_its_tasks_along_that_wait_for_another_attempt() throws IOException {
      bench.submit("x");
      bench.put("1.json", ARRAY);
      bench.put("1_1.json", "{\"command\": [\"sh\", \"-c\", \"a\"]}");
      bench.put("running/1_1.1.requeued", "");
      bench.put("running/1.claimed-1", "");
      assertEquals(Holding.Answer.DONE, holding().hold(ONE));
      bench.assertNames("held", "1.json", "1_1.json");
      assertEquals(Holding.Answer.PART_OF_ARRAY, holding().hold(ONE.ofTask(2)));
      assertEquals(Holding.Answer.DONE, holding().release(ONE));
      assertTrue(bench.has("1.json") && bench.has("1_1.json"), bench::evidence);
    }

    @Test
    void that_is_an_array_keeps_a_task_that_comes_back_from_starting() throws IOException {
      bench.submit("x");
      bench.put("held/1.json", ARRAY);
      Files.delete(bench.layout.pending(ONE));
      bench.put("running/1_1.json", "{\"command\": [\"sh\", \"-c\", \"a\"]}");
      try (Locked locked = bench.spool.lock()) {
        locked.requeue(ONE.ofTask(1), 1);
        locked.putBack(ONE.ofTask(1));
      }
      bench.assertNames("held", "1.json", "1_1.json");
    }

    @Test
    void leaves_one_name_of_a_job_that_was_cancelled_then_where_a_power_cut_left_two()
        throws IOException {
      bench.spool.submit(id -> SampleJob.of("x").build(), Spool.Into.HELD);
      Files.createLink(bench.layout.running(ONE), bench.layout.held(ONE));
      try (Locked locked = bench.spool.lock()) {
        locked.dropHeldTwin(ONE);
        bench.assertNames("held");
        bench.assertNames("running", "1.json");
        bench.put("held/1.json", "{}");
        locked.dropHeldTwin(ONE);
        bench.assertNames("held", "1.json");
      }
    }

    @Test
    void can_be_done_when_it_is_submitted() throws IOException {
      bench.fsync.forget();
      assertEquals(ONE, bench.spool.submit(id -> early(), Spool.Into.HELD));
      bench.assertNames("held", "1.json");
      bench.assertNames(".localq/early");
      assertEquals("held", bench.fsync.order().get(bench.fsync.order().size() - 1));
    }
  }

  @Nested
  class The_mark_of_an_early_job {
    @Test
    void is_on_the_disk_before_the_job_is_there() throws IOException {
      bench.fsync.forget();
      bench.spool.submit(id -> early());
      bench.assertNames(".localq/early", "1");
      int forced = bench.fsync.order().indexOf(".localq/early");
      assertTrue(forced >= 0, bench::evidence);
      assertFalse(bench.fsync.calls().get(forced).names().contains("1.json"), bench::evidence);
    }

    @Test
    void is_there_for_no_job_of_the_usual_rank_or_below() throws IOException {
      bench.submit("x");
      bench.spool.submit(id -> SampleJob.of("x").priority(-5).build());
      bench.assertNames(".localq/early");
    }

    @Test
    void is_made_in_a_spool_of_a_version_without_them() throws IOException {
      Files.delete(bench.layout.early());
      bench.submit("x");
      bench.spool.submit(id -> early());
      bench.assertNames(".localq/early", "2");
    }

    @Test
    void is_made_when_a_job_is_released() throws IOException {
      bench.spool.submit(id -> early(), Spool.Into.HELD);
      new Holding(bench.spool).release(ONE);
      bench.assertNames(".localq/early", "1");
    }

    @Test
    void is_made_for_a_drop() throws IOException {
      bench.put("mine.json", "{\"command\": [\"x\"], \"priority\": 1}");
      look(new Intake(Policy.FIFO), START);
      bench.assertNames(".localq/early", "1");
    }

    private void look(Intake intake, Duration now) throws IOException {
      try (Locked locked = bench.spool.lock()) {
        intake.list(bench.layout);
        do {
          intake.look(locked, now);
        } while (intake.isInterrupted());
      }
    }

    @ParameterizedTest
    @ValueSource(strings = {"done/1.json", "rejected/1.json"})
    void goes_when_the_job_has(String end) throws IOException {
      bench.spool.submit(id -> early());
      Files.delete(bench.layout.pending(ONE));
      bench.put(end, "{}");
      look(new Intake(Policy.FIFO), START);
      bench.assertNames(".localq/early");
    }

    @ParameterizedTest
    @ValueSource(strings = {"running/1.json", "held/1.json"})
    void stays_while_the_job_may_come_back(String place) throws IOException {
      bench.spool.submit(id -> early());
      Files.move(bench.layout.pending(ONE), bench.layout.root().resolve(place));
      Intake intake = new Intake(Policy.FIFO);
      look(intake, START);
      look(intake, START.plus(EarlyReading.ABANDONED).plusSeconds(1));
      bench.assertNames(".localq/early", "1");
    }

    @Test
    void of_a_job_that_is_nowhere_goes_once_it_is_not_about_to_come() throws IOException {
      bench.put(".localq/early/7", "");
      Intake intake = new Intake(Policy.FIFO);
      look(intake, START);
      look(intake, START.plus(EarlyReading.ABANDONED));
      bench.assertNames(".localq/early", "7");
      look(intake, START.plus(EarlyReading.ABANDONED).plusSeconds(1));
      bench.assertNames(".localq/early");
    }

    @Test
    void has_a_job_read_before_hundreds_with_lower_ids() throws IOException {
      for (int i = 0; i < Intake.READ_AHEAD + 50; i++) {
        bench.put((i + 1) + ".json", "{\"command\": [\"x\"]}");
      }
      counter(Intake.READ_AHEAD + 50);
      JobId last = bench.spool.submit(id -> early());
      Intake intake = new Intake(Policy.FIFO);
      try (Locked locked = bench.spool.lock()) {
        intake.list(bench.layout);
        intake.look(locked, START);
      }
      assertEquals(last, intake.candidates().iterator().next().id());
    }

    @Test
    void has_a_job_read_that_was_noticed_behind_hundreds() throws IOException {
      for (int i = 0; i < Intake.READ_AHEAD + 50; i++) {
        bench.put((i + 1) + ".json", "{\"command\": [\"x\"]}");
      }
      counter(Intake.READ_AHEAD + 50);
      Intake intake = new Intake(Policy.FIFO);
      try (Locked locked = bench.spool.lock()) {
        intake.list(bench.layout);
        intake.look(locked, START);
      }
      JobId last = bench.spool.submit(id -> early());
      JobId usual = bench.submit("x");
      intake.notice(bench.layout.pending(last));
      intake.notice(bench.layout.pending(usual));
      try (Locked locked = bench.spool.lock()) {
        intake.look(locked, START);
      }
      assertEquals(last, intake.candidates().iterator().next().id());
      assertTrue(intake.hasUnread());
    }

    private void counter(int last) throws IOException {
      Files.move(bench.layout.seq().resolve("0"), bench.layout.seq().resolve("" + last));
    }
  }

  @Nested
  class A_check {
    private CheckReport check() throws IOException {
      return bench.spool.check(process -> true);
    }

    @Test
    void finds_nothing_in_marks_whether_their_jobs_are_there_or_not() throws IOException {
      bench.spool.submit(id -> early());
      bench.put(".localq/early/7", "");
      assertEquals(List.of(), check().findings());
      assertEquals(List.of(), check().notes());
    }

    @Test
    void finds_nothing_in_a_spool_of_a_version_without_them() throws IOException {
      Files.delete(bench.layout.early());
      assertEquals(List.of(), check().findings());
    }

    @Test
    void notes_what_is_no_mark_and_finds_one_that_others_can_write() throws IOException {
      bench.put(".localq/early/x", "");
      Files.setPosixFilePermissions(
          bench.put(".localq/early/7", ""), PosixFilePermissions.fromString("rw-rw-rw-"));
      assertEquals(1, check().findings().size(), check().findings().toString());
      assertTrue(check().findings().get(0).line().contains("early/7"));
      assertEquals(1, check().notes().size(), check().notes().toString());
    }

    @Test
    void finds_a_job_that_depends_on_itself() throws IOException {
      bench.submit("x");
      bench.put("1.json", "{\"command\": [\"x\"], \"dependency\": \"afterok:1\"}");
      assertTrue(
          check().findings().get(0).line().contains("depends on job 1, expected ids below"),
          check().findings().toString());
    }
  }

  @Nested
  class A_job_of_a_low_rank {
    @Test
    void waits_until_all_are_read() throws IOException {
      bench.spool.submit(id -> SampleJob.of("x").priority(-1).build());
      bench.submit("x");
      Intake intake = new Intake(Policy.FIFO);
      try (Locked locked = bench.spool.lock()) {
        intake.list(bench.layout);
        intake.look(locked, START);
        assertEquals(List.of(TWO, ONE), ids(intake));
        intake.reread(TWO);
        assertEquals(List.of(), ids(intake));
        intake.look(locked, START);
        assertEquals(List.of(TWO, ONE), ids(intake));
      }
    }

    private List<JobId> ids(Intake intake) {
      return intake.candidates().stream().map(job -> job.id()).toList();
    }
  }

  @Nested
  class The_fate {
    private Fate of(String id) throws IOException {
      return bench.spool.fates().of(JobId.parse(id).orElseThrow());
    }

    private static String record(String state, String more) {
      return "{\"command\": [\"x\"], \"result\": {\"state\": \""
          + state
          + "\", \"ended\": \"2026-11-22T12:00:09Z\""
          + more
          + "}}";
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.json", "held/1.json", "running/1.json"})
    void of_one_that_has_not_started_is_pending(String place) throws IOException {
      bench.put(place, "{\"command\": [\"x\"]}");
      assertEquals(new Fate.Pending(), of("1"));
    }

    @Test
    void of_one_that_runs_has_its_start() throws IOException {
      bench.put("running/1.json", "{\"command\": [\"x\"]}");
      bench.put("running/1.1.run-" + Bench.BOOT, "");
      Path token = bench.put("running/1.1.started", "");
      assertEquals(new Fate.Pending(), of("1"));
      bench.put("running/1.1.started", "5 5\n");
      Instant at = Moments.shown(Files.getLastModifiedTime(token).toInstant());
      assertEquals(new Fate.Started(at), of("1"));
    }

    @Test
    void of_one_that_waits_for_another_attempt_has_its_first_start() throws IOException {
      bench.put("1.json", "{\"command\": [\"x\"]}");
      bench.put("running/1.1.run-" + Bench.BOOT, "");
      bench.put("running/1.1.started", "5 5\n");
      bench.put("running/1.1.requeued", "");
      assertInstanceOf(Fate.Started.class, of("1"));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
      "COMPLETED, true",
      "FAILED, false",
      "CANCELLED, false",
      "TIMEOUT, false",
      "LOST, false",
    })
    void of_one_that_has_ended_is_ok_where_it_is_COMPLETED(String state, boolean ok)
        throws IOException {
      bench.put("done/1.json", record(state, ""));
      assertEquals(new Fate.Ended(ok, Instant.parse("2026-11-22T12:00:09Z")), of("1"));
      bench.put("done/1.json", record(state, ", \"started\": \"2026-11-22T11:00:00Z\""));
      assertEquals(new Fate.Ended(ok, Instant.parse("2026-11-22T11:00:00Z")), of("1"));
    }

    @Test
    void of_one_that_has_ended_behind_a_retry_has_its_first_start() throws IOException {
      String first = "{\"state\": \"FAILED\", \"started\": \"2026-11-22T10:00:00Z\"}";
      String last = "{\"state\": \"COMPLETED\", \"started\": \"2026-11-22T11:00:00Z\"}";
      String more = ", \"started\": \"2026-11-22T11:00:00Z\", \"attempts\": [" + first + "," + last;
      bench.put("done/1.json", record("COMPLETED", more + "]"));
      assertEquals(new Fate.Ended(true, Instant.parse("2026-11-22T10:00:00Z")), of("1"));
    }

    @Test
    void is_its_record_where_the_clean_up_was_interrupted() throws IOException {
      bench.put("running/1.json", "{\"command\": [\"x\"]}");
      bench.put("done/1.json", record("COMPLETED", ""));
      assertInstanceOf(Fate.Ended.class, of("1"));
    }

    @Test
    void of_a_refused_drop_is_an_end_that_is_not_ok() throws IOException {
      bench.put("rejected/1.json", "{");
      assertFalse(assertInstanceOf(Fate.Ended.class, of("1")).ok());
    }

    @Test
    void of_a_record_that_says_nothing_is_that_nobody_knows() throws IOException {
      bench.put("done/1.json", "{");
      assertEquals(new Fate.Forgotten(), of("1"));
    }

    @Test
    void of_one_that_was_collected_is_forgotten_and_of_none_unknown() throws IOException {
      bench.put(".localq/seq/.collected-5", "");
      assertEquals(new Fate.Forgotten(), of("5"));
      assertEquals(new Fate.Forgotten(), of("5_2"));
      assertEquals(new Fate.Unknown(), of("6"));
    }

    @ParameterizedTest(name = "{0} of the array {1}: {2}")
    @CsvSource({
      "1_3, 1.json, Pending",
      "1_3, held/1.json, Pending",
      "1_4, 1.json, Unknown",
      "1_0, 1.json, Unknown",
      "1, 1.json, Pending",
    })
    void of_a_task_that_is_a_line_is_pending(String id, String place, String fate)
        throws IOException {
      bench.put(place, ARRAY);
      assertEquals(fate, of(id).getClass().getSimpleName());
    }

    @Test
    void of_an_array_is_started_once_its_last_task_is() throws IOException {
      bench.put("running/1.json", ARRAY);
      bench.put("running/1.claimed-3", "");
      bench.put("running/1_3.json", "{\"command\": [\"x\"]}");
      assertEquals(new Fate.Pending(), of("1"));
      bench.put("running/1_3.1.started", "5 5\n");
      assertInstanceOf(Fate.Started.class, of("1"));
      assertInstanceOf(Fate.Started.class, of("1_3"));
    }

    @Test
    void of_an_array_of_which_no_task_runs_any_more_has_the_time_of_the_last_claim()
        throws IOException {
      bench.put("running/1.json", ARRAY);
      Path note = bench.put("running/1.claimed-3", "");
      Files.setLastModifiedTime(note, FileTime.fromMillis(1));
      bench.put("1_3.json", "{\"command\": [\"x\"]}");
      bench.put("running/1_3.1.started", "5 5\n");
      bench.put("running/1_3.1.requeued", "");
      FileTime claimed = (FileTime) Files.getAttribute(note, "unix:ctime");
      assertEquals(new Fate.Started(Moments.shown(claimed.toInstant())), of("1"));
    }

    @ParameterizedTest
    @CsvSource({"COMPLETED, true", "FAILED, false"})
    void of_an_array_is_ok_where_all_its_tasks_are(String state, boolean ok) throws IOException {
      String ended = ok ? "\"COMPLETED\": 2" : "\"FAILED\": 1, \"COMPLETED\": 1";
      bench.put(
          "done/1.json",
          "{\"command\": [\"x\"], \"tasks\": 2, \"result\": {\"state\": \""
              + state
              + "\", \"started\": \"2026-11-22T11:00:00Z\", \"ended\": \"2026-11-22T12:00:09Z\","
              + " \"tasks\": {"
              + ended
              + "}}}");
      assertEquals(new Fate.Ended(ok, Instant.parse("2026-11-22T12:00:09Z")), of("1"));
    }

    @Test
    void of_a_task_that_its_arrays_end_kept_from_starting_is_that_end() throws IOException {
      bench.put(
          "done/1.json",
          "{\"command\": [\"x\"], \"tasks\": 2, \"result\": {\"state\": \"CANCELLED\","
              + " \"ended\": \"2026-11-22T12:00:09Z\", \"tasks\": {\"CANCELLED\": 2}}}");
      assertFalse(assertInstanceOf(Fate.Ended.class, of("1_2")).ok());
    }
  }

  @Nested
  class A_dependency_of_a_new_job {
    private Optional<String> refusal(String dependency) throws IOException {
      bench.put("1.json", "{\"command\": [\"x\"]}");
      bench.put(".localq/seq/.collected-5", "");
      return bench
          .spool
          .fates()
          .refusal(new Conditions(Optional.empty(), Dependency.parse(dependency), 0, 0));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
      "afterok:1,   ''",
      "singleton,   ''",
      "afterany:1:9, 'depends on job 9: no such job'",
      "9,           'depends on job 9: no such job'",
      "afterok:1_2, 'depends on job 1_2: no such job'",
      "afterany:5,  ''",
      "after:5,     ''",
      "afterok:5,   'depends on job 5: its record was removed (localqd --keep), so how it ended is not known'",
    })
    void has_to_be_on_what_is_there(String dependency, String expected) throws IOException {
      assertEquals(expected, refusal(dependency).orElse(""));
    }
  }

  @Nested
  class A_file_that_depends_on_itself_or_a_later_job {
    @ParameterizedTest
    @ValueSource(strings = {"afterok:1", "afterany:2", "afterok:1_3"})
    void is_refused(String dependency) throws IOException {
      Files.move(bench.layout.seq().resolve("0"), bench.layout.seq().resolve("2"));
      String job = "{\"command\": [\"x\"], \"dependency\": \"" + dependency + "\"";
      bench.put("1.json", job + "}");
      bench.put("drop.json", job.replace(":1", ":4").replace(":2", ":3") + "}");
      bench.put("held/2.json", job.replace(":1", ":2") + ", \"lines\": [\"a\"]}");
      Intake intake = new Intake(Policy.FIFO);
      try (Locked locked = bench.spool.lock()) {
        intake.list(bench.layout);
        intake.look(locked, START);
        assertTrue(intake.candidates().isEmpty());
        intake.list(bench.layout);
        intake.look(locked, START.plus(Intake.SETTLING));
      }
      assertTrue(
          bench.text("rejected/1.reason").contains("depends on job"), () -> bench.evidence());
      assertTrue(bench.text("rejected/3.reason").contains("no such job"), () -> bench.evidence());
      String reason = assertInstanceOf(Entry.Damaged.class, bench.entry(TWO)).reason();
      assertTrue(reason.contains("expected ids below its own, 2"), reason);
    }
  }

  @Nested
  class The_cancel_marker {
    @Test
    void can_say_that_no_user_wanted_the_end() throws IOException {
      bench.put("running/1.json", "{\"command\": [\"x\"]}");
      try (Locked locked = bench.spool.lock()) {
        locked.markCancelled(ONE, Reason.DEPENDENCY_NEVER_SATISFIED);
        assertEquals(
            Optional.of(Reason.DEPENDENCY_NEVER_SATISFIED),
            locked.claim(ONE).cancel().orElseThrow().why());
        assertEquals(Duration.ZERO, locked.claim(ONE).cancel().orElseThrow().grace());
        locked.markCancelled(ONE, Duration.ofSeconds(3));
        assertEquals(Optional.empty(), locked.claim(ONE).cancel().orElseThrow().why());
      }
    }
  }
}
