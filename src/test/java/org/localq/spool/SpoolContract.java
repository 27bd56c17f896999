package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.core.Candidate;
import org.localq.core.Claim;
import org.localq.core.ExactText;
import org.localq.core.Exit;
import org.localq.core.IdSet;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Needs;
import org.localq.core.ProcessId;
import org.localq.core.Refusal;
import org.localq.core.Requirements;
import org.localq.core.State;
import org.localq.core.Submission;
import org.localq.core.Usage;

/**
 * What a spool does, on any file system with atomic renames and hard links. Half states are made by
 * hand: the steps that a process had taken before it was killed.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
abstract class SpoolContract {
  private static final byte[] SCRIPT = "exec true\n".getBytes(StandardCharsets.US_ASCII);
  private static final JobId ONE = new JobId(1);

  private Bench bench;
  private Locked locked;

  /** A directory to make the spool in. */
  abstract Path place() throws IOException;

  abstract Fsync fsync();

  @BeforeEach
  void makeTheSpool() throws IOException {
    bench = new Bench(place(), fsync());
    locked = bench.spool.lock();
  }

  @AfterEach
  void close() throws IOException {
    locked.close();
    bench.close();
  }

  @Nested
  class Submit {
    @Test
    void gives_out_ids_in_order_from_1() throws IOException {
      assertEquals(ONE, bench.submit("a"));
      assertEquals(new JobId(2), bench.submit("b"));
      assertEquals(new JobId(3), bench.submit("c"));
      assertEquals(Set.of(ONE, new JobId(2), new JobId(3)), bench.spool.pending());
      bench.assertNames(".localq/seq", "3");
    }

    @Test
    void keeps_the_job_as_it_was() throws IOException {
      Job job = Bench.job();
      JobId id = bench.spool.submit(given -> job);
      Entry.Waiting waiting = assertInstanceOf(Entry.Waiting.class, bench.entry(id));
      assertEquals(new Entry.Waiting(id, job, false), waiting, bench.evidence());
      assertEquals(State.PENDING, waiting.state());
      assertEquals(
          List.copyOf(job.submission().environment().keySet()),
          List.copyOf(waiting.job().submission().environment().keySet()));
    }

    @Test
    void keeps_a_variable_whose_name_is_no_text_to_the_end() throws IOException {
      Map<String, String> environment = new java.util.LinkedHashMap<>();
      environment.put("\udcff", "1");
      environment.put("A\\\udc80\ud83d\ude00\u00e4\udcfe", "2");
      Submission submission =
          new Submission(Instant.EPOCH, "/", Optional.empty(), Map.of(), environment);
      Job job =
          new Job("n", List.of("env"), Requirements.cores(1), Bench.job().workplace(), submission);
      bench.spool.submit(id -> job);
      assertEquals(new Entry.Waiting(ONE, job, false), bench.entry(ONE), bench.evidence());
      locked.claim(ONE, 1, SCRIPT);
      locked.finish(ONE, job, Bench.result(0));
      assertEquals(new Entry.Finished(ONE, job, Bench.result(0)), bench.entry(ONE));
    }

    @Test
    void tells_the_job_its_id() throws IOException {
      bench.submit("a");
      JobId id = bench.spool.submit(given -> Bench.job("echo", given.toString()));
      assertEquals(
          List.of("echo", "2"),
          assertInstanceOf(Entry.Waiting.class, bench.entry(id)).job().command());
    }

    @Test
    void makes_a_file_that_is_the_users_alone() throws IOException {
      bench.submit("a");
      assertEquals(
          "rw-------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(bench.layout.pending(ONE))));
    }

    @Test
    void leaves_nothing_in_tmp() throws IOException {
      bench.submit("a");
      bench.assertNames(".localq/tmp");
    }

    @ParameterizedTest
    @ValueSource(strings = {"held", "running", "done", "rejected"})
    void passes_over_an_id_that_is_taken_in(String directory) throws IOException {
      // a counter that came out of an old backup
      bench.put(directory + "/1.json", "{}");
      bench.put(directory + "/2.json", "{}");
      assertEquals(new JobId(3), bench.submit("a"));
      assertEquals("{}", bench.text(directory + "/1.json"));
      bench.assertNames(".localq/seq", "3");
    }

    @Test
    void passes_over_an_id_under_which_somebody_dropped_a_file() throws IOException {
      bench.put("1.json", "not mine");
      assertEquals(new JobId(2), bench.submit("a"));
      assertEquals("not mine", bench.text("1.json"));
      bench.assertNames(".localq/tmp");
    }

    @Test
    void goes_on_where_a_killed_process_had_taken_a_number() throws IOException {
      Files.move(bench.layout.seq().resolve("0"), bench.layout.seq().resolve("7"));
      assertEquals(new JobId(8), bench.submit("a"));
    }

    @Test
    void takes_the_highest_of_several_counters() throws IOException {
      bench.put(".localq/seq/12", "");
      bench.put(".localq/seq/9", "");
      bench.put(".localq/seq/013", "");
      bench.put(".localq/seq/notes", "");
      assertEquals(new JobId(13), bench.submit("a"));
    }

    @Test
    void says_what_to_do_where_the_counter_is_gone() throws IOException {
      Files.delete(bench.layout.seq().resolve("0"));
      assertEquals(
          bench.layout.seq()
              + ": no counter, expected one file named after the last job id; localqd check"
              + " --repair makes it anew",
          assertThrows(Refusal.class, () -> bench.submit("a")).getMessage());
    }

    @Test
    void forces_the_counter_then_the_file_then_its_name() throws IOException {
      bench.submit("a");
      long size = Files.size(bench.layout.pending(ONE));
      List<RecordingFsync.Forced> calls = bench.fsync.calls();
      assertEquals(
          List.of(".localq/seq", "file of " + size + " bytes", ""),
          bench.fsync.order(),
          bench.evidence());
      assertTrue(calls.get(0).names().contains(".localq/seq/1"), calls.toString());
      // whole, and published by nothing yet
      assertFalse(calls.get(1).names().contains("1.json"), calls.toString());
      // published, and not said to anybody yet
      assertTrue(calls.get(2).names().contains("1.json"), calls.toString());
    }

    @Test
    void forces_the_claim_too_of_a_job_that_was_claimed_before_its_name_was_forced()
        throws IOException {
      bench.fsync.before(
          what -> {
            if (what.isEmpty()) {
              bench.fsync.before(more -> {});
              assertTrue(locked.claim(ONE, 1, SCRIPT));
            }
          });
      bench.submit("a");
      List<RecordingFsync.Forced> calls = bench.fsync.calls();
      RecordingFsync.Forced last = calls.get(calls.size() - 1);
      assertEquals("running", last.what(), bench.evidence());
      assertTrue(last.names().contains("running/1.json"), last.toString());
    }

    @Test
    void takes_the_job_back_where_its_name_can_not_be_forced() throws IOException {
      failAt("");
      assertEquals(
          "no disk", assertThrows(IOException.class, () -> bench.submit("a")).getMessage());
      bench.fsync.before(what -> {});
      assertEquals(Set.of(), bench.spool.pending(), bench.evidence());
      bench.assertNames(".localq/tmp");
      assertEquals(new JobId(2), bench.submit("a"), "its id is gone for good");
    }

    @Test
    void says_so_where_the_job_was_already_claimed_by_then() throws IOException {
      bench.fsync.before(
          what -> {
            if (what.isEmpty()) {
              bench.fsync.before(more -> {});
              assertTrue(locked.claim(ONE, 1, SCRIPT));
              throw new IOException("no disk");
            }
          });
      assertEquals(
          bench.layout.root()
              + ": no disk; job 1 was accepted but may not survive a power cut: see linfo 1",
          assertThrows(Refusal.class, () -> bench.submit("a")).getMessage());
      assertTrue(bench.has("running/1.json"), bench.evidence());
    }

    @Test
    void leaves_nothing_behind_where_the_file_can_not_be_forced() throws IOException {
      bench.fsync.before(
          what -> {
            if (what.startsWith("file")) {
              throw new IOException("no disk");
            }
          });
      assertThrows(IOException.class, () -> bench.submit("a"));
      assertEquals(Set.of(), bench.spool.pending(), bench.evidence());
      bench.assertNames(".localq/tmp");
    }

    @Test
    void gives_no_id_where_the_counter_can_not_be_forced() throws IOException {
      failAt(".localq/seq");
      assertThrows(IOException.class, () -> bench.submit("a"));
      assertEquals(Set.of(), bench.spool.pending(), bench.evidence());
    }

    @Test
    void is_not_disturbed_by_a_draft_of_the_same_name() throws IOException {
      bench.put(".localq/tmp/4711-99-0", "another thread's");
      bench.submit("a");
      bench.assertNames(".localq/tmp", "4711-99-0");
      assertEquals("another thread's", bench.text(".localq/tmp/4711-99-0"));
    }
  }

  @Nested
  class Submit_array {
    /** Lines, each a buffer's middle; {@code atEnd} is what happens behind the last. */
    private Lines lines(Runnable atEnd, byte[]... lines) {
      Iterator<byte[]> rest = List.of(lines).iterator();
      return () -> {
        if (!rest.hasNext()) {
          atEnd.run();
          return Optional.empty();
        }
        byte[] line = rest.next();
        ByteBuffer buffer = ByteBuffer.allocate(line.length + 20).slice(9, line.length + 5);
        return Optional.of(buffer.put(1, line).position(1).limit(1 + line.length));
      };
    }

    private Lines lines(String... lines) {
      return lines(() -> {}, Stream.of(lines).map(ExactText::encode).toArray(byte[][]::new));
    }

    private static List<String> texts(JsonNode list) {
      List<String> texts = new ArrayList<>();
      list.forEach(node -> texts.add(node.asText()));
      return texts;
    }

    @Test
    void writes_a_job_file_with_the_tasks_and_the_lines_behind_it() throws IOException {
      Job job = Bench.job("sh", "-c");
      String[] lines = {"", "a\tb\\\"\u007f\u0001", "\u00e9 \ud83d\ude00", "\udcff\udc80"};
      assertEquals(ONE, bench.spool.submitArray(job, lines(lines)));
      String text = bench.text("1.json");
      String fields = new String(JobWriter.write(job), StandardCharsets.UTF_8);
      String common = fields.substring(0, fields.lastIndexOf("\n}"));
      assertEquals(
          common + ",\n  \"tasks\" :         4,\n  \"lines\" : [\n",
          text.substring(0, text.indexOf("    \"\",\n")));
      assertTrue(text.endsWith("\"\n  ]\n}\n"), text);
      JsonNode array = new JsonMapper().readTree(text);
      assertEquals(List.of(lines), texts(array.get("lines")));
    }

    @Test
    void reads_its_lines_before_it_takes_an_id() throws IOException {
      Lines none =
          lines(
              () -> {
                throw Refusal.of("no");
              },
              new byte[99_999]);
      Job job = Bench.job("sh");
      assertEquals(
          "no", assertThrows(Refusal.class, () -> bench.spool.submitArray(job, none)).getMessage());
      bench.assertNames(".localq/tmp");
      bench.assertNames(".localq/seq", "0");
      assertEquals(Set.of(), bench.spool.pending());
    }

    @Test
    void keeps_its_draft_when_an_id_turns_out_to_be_taken() throws IOException {
      bench.put("1.json", "not mine");
      bench.put("2.json", "nor this");
      assertEquals(new JobId(3), bench.spool.submitArray(Bench.job("sh"), lines("x")));
      assertEquals("not mine", bench.text("1.json"));
      bench.assertNames(".localq/tmp");
    }

    @Test
    void forces_the_file_then_the_counter_then_its_name() throws IOException {
      bench.fsync.forget();
      bench.spool.submitArray(Bench.job("sh"), lines("x"));
      long size = Files.size(bench.layout.pending(ONE));
      List<RecordingFsync.Forced> calls = bench.fsync.calls();
      assertEquals(
          List.of("file of " + size + " bytes", ".localq/seq", ""),
          bench.fsync.order(),
          bench.evidence());
      assertTrue(calls.get(1).names().contains(".localq/seq/1"), calls.toString());
      assertFalse(calls.get(1).names().contains("1.json"), calls.toString());
      assertTrue(calls.get(2).names().contains("1.json"), calls.toString());
    }

    @Test
    void has_its_number_in_the_file_before_that_is_forced() throws IOException {
      List<String> seen = new ArrayList<>();
      bench.fsync.before(
          what -> {
            if (what.startsWith("file")) {
              seen.add(bench.text(".localq/tmp/" + bench.names(".localq/tmp").first()));
            }
          });
      bench.spool.submitArray(Bench.job("sh"), lines("x", "y"));
      assertEquals(List.of(bench.text("1.json")), seen);
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", ".localq/seq", ""})
    void leaves_nothing_behind_where_one_of_them_can_not_be_forced(String which)
        throws IOException {
      bench.fsync.before(
          what -> {
            if (which.equals("file") ? what.startsWith("file") : what.equals(which)) {
              throw new IOException("no disk");
            }
          });
      assertThrows(IOException.class, () -> bench.spool.submitArray(Bench.job("sh"), lines("x")));
      assertEquals(Set.of(), bench.spool.pending(), bench.evidence());
      bench.assertNames(".localq/tmp");
    }

    @Test
    void makes_a_file_that_is_the_users_alone() throws IOException {
      bench.spool.submitArray(Bench.job("sh"), lines("x"));
      assertEquals(
          "rw-------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(bench.layout.pending(ONE))));
    }
  }

  @Nested
  class Claiming {
    @Test
    void moves_the_job_and_leaves_what_its_shim_executes() throws IOException {
      bench.submit("a");
      assertTrue(locked.claim(ONE, 1, SCRIPT));
      assertEquals(Set.of(), bench.spool.pending());
      bench.assertNames("running", "1.json", "1.1.run-" + Bench.BOOT);
      assertArrayEquals(SCRIPT, Files.readAllBytes(bench.layout.run(ONE, 1, Bench.BOOT)));
      Entry.Running running = assertInstanceOf(Entry.Running.class, bench.entry(ONE));
      assertEquals(State.RUNNING, running.state());
      assertEquals(Optional.of(Bench.BOOT), running.claim().attempt().boot());
      assertEquals(Optional.empty(), running.claim().attempt().start());
    }

    @Test
    void is_secured_by_forcing_both_directories() throws IOException {
      bench.submit("a");
      bench.fsync.forget();
      assertTrue(locked.claim(ONE, 1, SCRIPT));
      assertEquals(List.of(), bench.fsync.order());
      locked.secureClaims();
      assertEquals(List.of("running", ""), bench.fsync.order());
      SortedSet<String> names = bench.fsync.calls().get(0).names();
      assertTrue(names.contains("running/1.json"), names.toString());
      assertTrue(names.contains("running/1.1.run-" + Bench.BOOT), names.toString());
      assertFalse(names.contains("1.json"), names.toString());
    }

    @Test
    void is_not_secured_where_a_directory_can_not_be_forced() throws IOException {
      bench.submit("a");
      assertTrue(locked.claim(ONE, 1, SCRIPT));
      failAt("running");
      assertThrows(IOException.class, () -> locked.secureClaims());
    }

    @Test
    void drops_the_name_in_the_root_that_a_power_cut_left_to_it() throws IOException {
      claimOne();
      Files.createLink(bench.layout.pending(ONE), bench.layout.running(ONE));
      bench.fsync.forget();
      locked.dropPendingTwin(ONE);
      assertFalse(bench.has("1.json"), bench.evidence());
      assertTrue(bench.has("running/1.json"), bench.evidence());
      assertEquals(List.of(""), bench.fsync.order());
    }

    @Test
    void leaves_a_copy_that_somebody_made_to_the_intake() throws IOException {
      claimOne();
      Files.copy(bench.layout.running(ONE), bench.layout.pending(ONE));
      locked.dropPendingTwin(ONE);
      assertTrue(bench.has("1.json"), bench.evidence());
    }

    @Test
    void drops_no_name_of_a_job_that_is_pending() throws IOException {
      bench.submit("a");
      locked.dropPendingTwin(ONE);
      assertTrue(bench.has("1.json"), bench.evidence());
    }

    @Test
    void is_lost_where_the_job_is_gone() throws IOException {
      assertFalse(locked.claim(ONE, 1, SCRIPT));
      bench.assertNames("running");
    }

    @Test
    void is_lost_where_it_is_claimed_already() throws IOException {
      bench.submit("a");
      assertTrue(locked.claim(ONE, 1, SCRIPT));
      // a copy out of a backup
      bench.put("1.json", "{}");
      assertFalse(locked.claim(ONE, 2, SCRIPT));
      bench.assertNames("running", "1.json", "1.1.run-" + Bench.BOOT);
      assertEquals("{}", bench.text("1.json"));
    }

    @ParameterizedTest
    @ValueSource(strings = {Bench.BOOT, "ffffffff"})
    void is_redone_where_a_worker_died_behind_the_run_file(String boot) throws IOException {
      bench.submit("a");
      bench.put("running/1.1.run-" + boot, "half a scri");
      assertTrue(locked.claim(ONE, locked.nextAttempt(ONE), SCRIPT));
      bench.assertNames("running", "1.json", "1.1.run-" + Bench.BOOT);
      assertArrayEquals(SCRIPT, Files.readAllBytes(bench.layout.run(ONE, 1, Bench.BOOT)));
    }

    @Test
    void keeps_what_earlier_attempts_left() throws IOException {
      bench.submit("a");
      bench.put("running/1.1.run-ffffffff", "");
      bench.put("running/1.1.started", "7 8\n");
      bench.put("running/1.1.requeued", "");
      bench.put("running/11.1.run-ffffffff", "");
      assertTrue(locked.claim(ONE, locked.nextAttempt(ONE), SCRIPT));
      bench.assertNames(
          "running",
          "1.json",
          "1.1.run-ffffffff",
          "1.1.started",
          "1.1.requeued",
          "1.2.run-" + Bench.BOOT,
          "11.1.run-ffffffff");
    }
  }

  /** R2. */
  @Nested
  class The_current_attempt {
    @ParameterizedTest(name = "with [{0}] is {1}")
    @CsvSource({
      "'',                                 1",
      "1.started:4 5,                      1",
      "1.started:,                         1",
      "1.exit-0:,                          1",
      "1.run-ffffffff:,                    1",
      "1.term:5,                           1",
      "1.started:void,                     2",
      "1.requeued:,                        2",
      "1.started:4 5 1.requeued:,          2",
      "1.started:void 2.requeued:,         3",
      "1.requeued: 2.started:void,         3",
      // the lowest that is open, whatever is closed behind it
      "2.requeued:,                        1",
      "1.requeued: 3.requeued:,            2",
      // no token of ours
      "01.requeued:,                       1",
      "1.requeued.bak:,                    1",
      "1.started:voidx,                    1",
    })
    void is_the_lowest_that_is_not_closed(String names, int attempt) throws IOException {
      bench.submit("a");
      putTokens(names);
      assertEquals(attempt, locked.nextAttempt(ONE), bench.evidence());
      assertEquals(attempt, locked.claim(ONE).attempt().number(), bench.evidence());
    }

    private void putTokens(String names) throws IOException {
      for (String token : names.split(" (?=[0-9]+\\.)")) {
        if (!token.isEmpty()) {
          String[] parts = token.split(":", -1);
          bench.put("running/1." + parts[0], parts[1]);
        }
      }
    }

    @Test
    void counts_as_a_restart_only_what_had_started() throws IOException {
      bench.submit("a");
      bench.put("running/1.1.started", "void\n");
      assertEquals(0, locked.claim(ONE).restarts());
      bench.put("running/1.2.started", "");
      bench.put("running/1.2.requeued", "");
      assertEquals(0, locked.claim(ONE).restarts(), "its shim never came to the command");
      assertEquals(List.of(), locked.look().earlier(ONE));
      bench.put("running/1.3.started", "7 8\n");
      assertEquals(0, locked.claim(ONE).restarts(), "it is the current one");
      bench.put("running/1.3.requeued", "");
      assertEquals(1, locked.claim(ONE).restarts());
      assertEquals(1, locked.look().earlier(ONE).size());
    }
  }

  @Nested
  class The_tokens {
    @Test
    void say_who_started_and_when() throws IOException {
      claimOne();
      Path token = bench.put("running/1.1.started", "12 34\n4711.08\n");
      Files.setLastModifiedTime(token, FileTime.from(Instant.parse("2026-11-22T11:22:33Z")));
      assertEquals(
          Optional.of(
              new Claim.Start(
                  Optional.of(new ProcessId(12, 34)),
                  true,
                  Instant.parse("2026-11-22T11:22:33Z"),
                  Optional.of(Duration.ofMillis(4_711_080)),
                  Optional.empty())),
          locked.claim(ONE).attempt().start());
    }

    @Test
    void may_be_empty_while_the_shim_has_not_come_to_the_command() throws IOException {
      claimOne();
      bench.put("running/1.1.started", "");
      assertEquals(
          Optional.of(Optional.empty()),
          locked.claim(ONE).attempt().start().map(Claim.Start::shim),
          bench.evidence());
    }

    @ParameterizedTest
    @CsvSource({"exit-0, 0", "exit-9, 9", "exit-137, 137", "exit-255, 255"})
    void say_the_exit_code(String token, int code) throws IOException {
      claimOne();
      bench.put("running/1.1." + token, "");
      assertEquals(
          Optional.of(new Exit.Code(code)), locked.claim(ONE).attempt().end().map(Claim.End::exit));
    }

    @ParameterizedTest
    @EnumSource(Exit.NotLaunched.class)
    void say_what_could_not_be_opened(Exit.NotLaunched cause) throws IOException {
      claimOne();
      bench.put("running/1.1.exit-" + cause.word(), "");
      assertEquals(Optional.of(cause), locked.claim(ONE).attempt().end().map(Claim.End::exit));
    }

    @Test
    void say_what_the_command_took() throws IOException {
      claimOne();
      bench.put("running/1.1.exit-0", "0m0.01s 0m0.02s\n1m2.50s 0m0.125s\n");
      assertEquals(
          Optional.of(
              new Usage(OptionalDouble.of(62.5), OptionalDouble.of(0.125), OptionalLong.empty())),
          locked.claim(ONE).attempt().end().map(Claim.End::usage));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {"", "\n", "0m1s 0m1s", "0m1s 0m1s\n", "x\ny", "a\n-1m0s 0m0s", "a\n1,5 2,5"})
    void say_nothing_where_the_disk_was_full(String times) throws IOException {
      claimOne();
      bench.put("running/1.1.exit-0", times);
      assertEquals(
          Optional.of(Usage.UNKNOWN),
          locked.claim(ONE).attempt().end().map(Claim.End::usage),
          times);
    }

    @Test
    void of_another_attempt_or_job_do_not_count() throws IOException {
      claimOne();
      bench.put("running/1.2.exit-0", "");
      bench.put("running/1.2.started", "7 8");
      bench.put("running/11.1.exit-0", "");
      bench.put("running/11.cancel", "5");
      bench.put("running/1.1.exit-256", "");
      bench.put("running/1.1.exit-007", "");
      bench.put("running/1.1.exit", "");
      Claim claim = locked.claim(ONE);
      assertEquals(
          new Claim(
              ONE,
              new Claim.Attempt(
                  1,
                  Optional.of(Bench.BOOT),
                  Optional.empty(),
                  Optional.empty(),
                  Claim.Told.NOTHING),
              Optional.empty(),
              List.of()),
          claim);
    }
  }

  /** R3. */
  @Nested
  class Voiding {
    @Test
    void closes_the_attempt_in_one_step_with_its_content() throws IOException {
      claimOne();
      assertTrue(locked.voidAttempt(ONE, 1));
      assertEquals("void\n", bench.text("running/1.1.started"));
      assertEquals(2, locked.nextAttempt(ONE));
      assertEquals(
          Optional.empty(), locked.claim(ONE).attempt().boot(), "attempt 2 was never claimed");
    }

    @Test
    void shuts_a_late_shim_out() throws IOException {
      claimOne();
      assertTrue(locked.voidAttempt(ONE, 1));
      assertThrows(
          FileAlreadyExistsException.class,
          () -> Files.createFile(bench.layout.started(ONE, 1)),
          "the shim's exclusive create");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "12 34\n"})
    void comes_too_late_where_a_shim_was_first(String token) throws IOException {
      claimOne();
      bench.put("running/1.1.started", token);
      assertFalse(locked.voidAttempt(ONE, 1));
      assertEquals(token, bench.text("running/1.1.started"));
      assertEquals(1, locked.nextAttempt(ONE));
    }

    @Test
    void makes_the_constant_file_anew_where_it_is_gone() throws IOException {
      claimOne();
      Files.delete(bench.layout.voidToken());
      assertTrue(locked.voidAttempt(ONE, 1));
      assertEquals("void\n", bench.text("running/1.1.started"));
      assertEquals("void\n", bench.text(".localq/void"));
      bench.assertNames(".localq/tmp");
    }

    @Test
    void is_continued_by_whoever_finds_it() throws IOException {
      claimOne();
      // who voided it died before the job was put back
      assertTrue(locked.voidAttempt(ONE, 1));
      locked.putBack(ONE);
      assertTrue(locked.claim(ONE, locked.nextAttempt(ONE), SCRIPT));
      bench.assertNames(
          "running", "1.json", "1.1.run-" + Bench.BOOT, "1.1.started", "1.2.run-" + Bench.BOOT);
    }
  }

  @Nested
  class Requeueing {
    @Test
    void closes_the_attempt_and_can_be_redone() throws IOException {
      claimOne();
      bench.put("running/1.1.started", "7 8\n");
      bench.put("running/1.1.exit-1", "");
      locked.requeue(ONE, 1);
      locked.requeue(ONE, 1);
      assertEquals(2, locked.nextAttempt(ONE));
      assertEquals(1, locked.claim(ONE).restarts());
      assertEquals(Optional.empty(), locked.claim(ONE).attempt().end(), "that was attempt 1");
      assertTrue(bench.has("running/1.json"), bench.evidence());
    }

    @Test
    void is_continued_where_it_was_cut_off() throws IOException {
      claimOne();
      bench.put("running/1.1.started", "7 8\n");
      locked.requeue(ONE, 1);
      // killed here; the next one finds an attempt that was never claimed, and puts the job back
      assertEquals(Optional.empty(), locked.claim(ONE).attempt().boot());
      locked.putBack(ONE);
      assertEquals(Set.of(ONE), bench.spool.pending());
      assertTrue(locked.claim(ONE, 2, SCRIPT));
      assertEquals(1, locked.claim(ONE).restarts());
    }
  }

  @Nested
  class Putting_back {
    @Test
    void makes_the_job_pending_and_keeps_its_tokens() throws IOException {
      claimOne();
      locked.voidAttempt(ONE, 1);
      locked.putBack(ONE);
      assertEquals(Set.of(ONE), bench.spool.pending());
      bench.assertNames("running", "1.1.run-" + Bench.BOOT, "1.1.started");
      assertEquals(State.PENDING, bench.entry(ONE).state());
    }

    @Test
    void forces_the_closed_attempt_before_the_move_and_the_move_before_it_returns()
        throws IOException {
      claimOne();
      locked.requeue(ONE, 1);
      bench.fsync.forget();
      locked.putBack(ONE);
      assertEquals(List.of("running", "", "running"), bench.fsync.order());
      SortedSet<String> before = bench.fsync.calls().get(0).names();
      assertTrue(before.contains("running/1.1.requeued"), before.toString());
      assertTrue(before.contains("running/1.json"), before.toString());
      assertTrue(bench.fsync.calls().get(1).names().contains("1.json"), bench.evidence());
    }

    @Test
    void does_not_move_the_job_where_the_closed_attempt_can_not_be_forced() throws IOException {
      claimOne();
      locked.requeue(ONE, 1);
      failAt("running");
      assertThrows(IOException.class, () -> locked.putBack(ONE));
      assertTrue(bench.has("running/1.json"), bench.evidence());
    }
  }

  @Nested
  class Cancelling {
    @Test
    void is_a_marker_with_the_grace_that_is_on_the_disk() throws IOException {
      claimOne();
      bench.fsync.forget();
      locked.markCancelled(ONE, Duration.ofSeconds(7));
      assertEquals("7\n", bench.text("running/1.cancel"));
      assertEquals(List.of("file of 2 bytes", "running"), bench.fsync.order());
      assertTrue(locked.isCancelled(ONE));
      assertEquals(
          Optional.of(new Claim.Cancel(Duration.ofSeconds(7))), locked.claim(ONE).cancel());
    }

    @Test
    void a_second_time_replaces_the_grace() throws IOException {
      claimOne();
      locked.markCancelled(ONE, Duration.ofSeconds(7));
      locked.markCancelled(ONE, Duration.ZERO);
      assertEquals(Optional.of(new Claim.Cancel(Duration.ZERO)), locked.claim(ONE).cancel());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "-5", "1.5", "99999999999999999999"})
    void by_hand_gives_thirty_seconds_where_the_marker_holds_no_number(String text)
        throws IOException {
      claimOne();
      bench.put("running/1.cancel", text);
      assertEquals(
          Optional.of(new Claim.Cancel(Duration.ofSeconds(30))), locked.claim(ONE).cancel());
    }

    @Test
    void remembers_when_term_was_sent() throws IOException {
      claimOne();
      locked.markTerminated(ONE, 1, Duration.ofMillis(12_345));
      assertEquals(
          Optional.of(Duration.ofMillis(12_345)), locked.claim(ONE).attempt().told().terminated());
    }
  }

  @Nested
  class Withdrawing {
    @Test
    void takes_a_pending_job_out_of_reach_without_a_run_file() throws IOException {
      bench.submit("a");
      locked.markCancelled(ONE, Duration.ofSeconds(30));
      bench.fsync.forget();
      locked.withdraw(ONE);
      bench.assertNames("running", "1.json", "1.cancel");
      assertEquals(List.of("running", ""), bench.fsync.order());
      assertEquals(Optional.empty(), locked.claim(ONE).attempt().boot());
    }

    @Test
    void takes_a_held_job() throws IOException {
      bench.submit("a");
      Files.move(bench.layout.pending(ONE), bench.layout.held(ONE));
      bench.fsync.forget();
      locked.withdraw(ONE);
      assertEquals(Set.of(), bench.spool.held());
      assertEquals(Set.of(ONE), bench.spool.running());
      assertEquals(List.of("running", "held"), bench.fsync.order());
    }

    @Test
    void can_be_redone() throws IOException {
      bench.submit("a");
      locked.markCancelled(ONE, Duration.ofSeconds(30));
      locked.withdraw(ONE);
      String before = bench.text("running/1.json");
      locked.withdraw(ONE);
      assertEquals(before, bench.text("running/1.json"));
    }

    @Test
    void finds_nothing_where_the_job_is_gone() throws IOException {
      locked.withdraw(ONE);
      bench.assertNames("running");
    }
  }

  @Nested
  class Finishing {
    @Test
    void leaves_the_job_with_its_result_and_nothing_else() throws IOException {
      Job job = Bench.job();
      bench.spool.submit(id -> job);
      locked.claim(ONE, 1, SCRIPT);
      bench.put("running/1.1.started", "7 8\n");
      bench.put("running/1.1.exit-3", "");
      bench.put("running/1.1.term", "5\n");
      bench.put("running/1.cancel", "5\n");
      locked.finish(ONE, job, Bench.result(3));
      bench.assertNames("running");
      bench.assertNames("done", "1.json");
      bench.assertNames(".localq/tmp");
      assertEquals(new Entry.Finished(ONE, job, Bench.result(3)), bench.entry(ONE));
      assertEquals(State.FAILED, bench.entry(ONE).state());
      assertTrue(bench.spool.isDone(ONE));
    }

    @Test
    void writes_what_the_format_says() throws IOException {
      claimOne();
      locked.finish(ONE, Bench.job(), Bench.result(137));
      JsonNode result = new JsonMapper().readTree(bench.text("done/1.json")).get("result");
      assertEquals(
          new JsonMapper()
              .readTree(
                  """
                  {"state": "FAILED", "exit_code": 137, "signal": 9,
                   "started": "2026-11-22T12:00:00Z", "ended": "2026-11-22T12:00:09.500Z",
                   "user_seconds": 1.25, "system_seconds": 0.5, "max_rss_bytes": 123456789,
                   "restarts": 1, "reason": "NonZeroExitCode"}
                  """),
          new JsonMapper().readTree(result.toString()));
    }

    @Test
    void writes_no_code_where_the_command_never_ran() throws IOException {
      claimOne();
      locked.finish(ONE, Bench.job(), Bench.cancelled());
      assertEquals(
          new JsonMapper()
              .readTree(
                  "{\"state\": \"CANCELLED\", \"ended\": \"2026-11-22T12:00:00Z\", \"restarts\": 0}"),
          new JsonMapper().readTree(bench.text("done/1.json")).get("result"));
      assertEquals(new Entry.Finished(ONE, Bench.job(), Bench.cancelled()), bench.entry(ONE));
    }

    /** R5. */
    @Test
    void forces_the_record_and_its_name_before_the_claim_goes() throws IOException {
      claimOne();
      bench.put("running/1.1.exit-0", "");
      bench.fsync.forget();
      locked.finish(ONE, Bench.job(), Bench.result(0));
      long size = Files.size(bench.layout.record(ONE));
      assertEquals(List.of("file of " + size + " bytes", "done"), bench.fsync.order());
      SortedSet<String> written = bench.fsync.calls().get(0).names();
      assertFalse(written.contains("done/1.json"), written.toString());
      assertTrue(written.contains("running/1.json"), written.toString());
      SortedSet<String> published = bench.fsync.calls().get(1).names();
      assertTrue(published.contains("done/1.json"), published.toString());
      assertTrue(published.contains("running/1.json"), published.toString());
      assertTrue(published.contains("running/1.1.exit-0"), published.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"file", "done"})
    void keeps_the_claim_where_the_record_can_not_be_forced(String step) throws IOException {
      claimOne();
      bench.put("running/1.1.exit-0", "");
      bench.fsync.before(
          what -> {
            if (what.startsWith(step)) {
              throw new IOException("no disk");
            }
          });
      assertThrows(IOException.class, () -> locked.finish(ONE, Bench.job(), Bench.result(0)));
      bench.assertNames("running", "1.json", "1.1.run-" + Bench.BOOT, "1.1.exit-0");
      bench.assertNames(".localq/tmp");
    }

    @Test
    void keeps_the_first_record_where_it_was_cut_off_behind_it() throws IOException {
      claimOne();
      bench.put("running/1.1.exit-3", "");
      byte[] job = Files.readAllBytes(bench.layout.running(ONE));
      locked.finish(ONE, Bench.job(), Bench.result(3));
      String record = bench.text("done/1.json");
      // killed behind the record: claim and tokens are still there
      bench.put("running/1.json", job);
      bench.put("running/1.1.exit-3", "");
      bench.put("running/1.cancel", "30\n");
      assertEquals(State.FAILED, bench.entry(ONE).state(), "the record wins over the claim");
      locked.finish(ONE, Bench.job(), Bench.cancelled());
      assertEquals(record, bench.text("done/1.json"));
      bench.assertNames("running");
    }

    @Test
    void is_redone_where_it_was_cut_off_behind_the_claim() throws IOException {
      claimOne();
      locked.finish(ONE, Bench.job(), Bench.result(3));
      bench.put("running/1.1.exit-3", "");
      bench.put("running/1.1.started", "7 8\n");
      locked.finish(ONE, Bench.job(), Bench.result(0));
      bench.assertNames("running");
      assertEquals(new Entry.Finished(ONE, Bench.job(), Bench.result(3)), bench.entry(ONE));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "\"x_int\" : 1",
          "\"x_one\" : 1.0",
          "\"x_two\" : 1.10",
          "\"x_minus\" : -0.0",
          "\"x_huge\" : 1e400",
          "\"x_tiny\" : 1E-0400",
          "\"x_astronomic\" : 1e999999999",
          "\"x_big\" : 123456789012345678901234567890",
          "\"x_long\" : 0.1234567890123456789012345678901234567890",
          "\"x_byte\" : \"\\uDCFF\\uDC80\"",
          "\"x_half\" : \"\\uD800 \\uDFFF\"",
          "\"\\uDC80\" : \"a name of bytes\"",
          "\"x_null\" : null",
          "\"x_list\" : [ 1, [ ], { } ]",
          "\"x_empty\" : \"\"",
          "\"\" : true",
        })
    void keeps_a_field_that_it_does_not_know(String field) throws IOException {
      bench.put("1.json", "{ \"command\" : [ \"true\" ], " + field + " }");
      moveCounterTo(1);
      Job job = claimByHand();
      locked.finish(ONE, job, Bench.result(0));
      String record = bench.text("done/1.json");
      assertTrue(record.contains(field), record);
      assertEquals(new Entry.Finished(ONE, job, Bench.result(0)), bench.entry(ONE));
    }

    @Test
    void keeps_what_is_nested_as_deep_as_a_job_may_be() throws IOException {
      // the object itself is the first level
      String deep = "[ ".repeat(98) + "\"end\"" + " ]".repeat(98);
      bench.put("1.json", "{ \"command\" : [ \"true\" ], \"deep\" : { \"er\" : " + deep + " } }");
      moveCounterTo(1);
      locked.finish(ONE, claimByHand(), Bench.result(0));
      assertTrue(bench.text("done/1.json").contains(deep), bench.evidence());
    }

    /** An exponent that no number type of Java holds. The job runs; its end must be recordable. */
    @Test
    void keeps_a_number_beyond_every_type() throws IOException {
      String field = "\"x\" : 1e99999999999";
      bench.put("1.json", "{ \"command\" : [ \"true\" ], " + field + " }");
      moveCounterTo(1);
      locked.finish(ONE, claimByHand(), Bench.result(0));
      assertTrue(bench.text("done/1.json").contains(field), bench.text("done/1.json"));
    }

    /** Longer than what a JSON library takes by default. */
    @Test
    void keeps_a_string_as_long_as_a_job_file_may_be() throws IOException {
      String field = "\"x\" : \"" + "x".repeat(21_000_000) + '"';
      bench.put("1.json", "{ \"command\" : [ \"true\" ], " + field + " }");
      moveCounterTo(1);
      locked.finish(ONE, claimByHand(), Bench.result(0));
      assertTrue(bench.text("done/1.json").contains(field), "it is not in the record");
    }

    @Test
    void drops_a_result_that_somebody_wrote_by_hand() throws IOException {
      bench.put(
          "1.json",
          "{\"command\": [\"true\"], \"result\": {\"state\": \"COMPLETED\", \"mine\": 1}}");
      moveCounterTo(1);
      locked.finish(ONE, claimByHand(), Bench.result(3));
      JsonNode record = new JsonMapper().readTree(bench.text("done/1.json"));
      assertEquals("FAILED", record.get("result").get("state").asText());
      assertFalse(record.get("result").has("mine"), record.toString());
    }

    @Test
    void keeps_what_the_job_file_had_left_to_its_moment() throws IOException {
      Path file = bench.put("1.json", "{\"command\": [\"true\"]}");
      Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-02T03:04:05Z")));
      moveCounterTo(1);
      locked.finish(ONE, claimByHand(), Bench.result(0));
      JsonNode record = new JsonMapper().readTree(bench.text("done/1.json"));
      assertEquals("2026-01-02T03:04:05Z", record.get("submitted").asText());
      assertEquals("localq-1-20260102T030405.out", record.get("stdout").asText());
    }
  }

  @Nested
  class Cleaning_up {
    @Test
    void removes_every_name_of_that_job_and_no_other() throws IOException {
      for (String name :
          List.of(
              "1.json",
              "1.cancel",
              "1.1.run-aaaaaaaa",
              "1.2.run-bbbbbbbb",
              "1.1.started",
              "1.1.exit-0",
              "1.2.exit-directory",
              "1.2.exit-stdin",
              "1.3.exit-255",
              "1.1.requeued",
              "1.2.term",
              "1.999999999.started")) {
        bench.put("running/" + name, "");
      }
      List<String> others =
          List.of(
              "11.json",
              "11.cancel",
              "11.1.started",
              "1.notes",
              "1.json.bak",
              "01.json",
              "1.0.started",
              "1.01.started",
              "1.1.exit-007",
              "1.1.exit-256",
              "notes",
              "1");
      for (String name : others) {
        bench.put("running/" + name, "");
      }
      locked.cleanUp(ONE);
      bench.assertNames("running", others.toArray(String[]::new));
    }

    @Test
    void can_be_redone() throws IOException {
      claimOne();
      locked.cleanUp(ONE);
      locked.cleanUp(ONE);
      bench.assertNames("running");
    }

    /** R5: a late shim finds either its token taken or the claim gone. */
    @Test
    void takes_the_claim_before_any_token() throws IOException {
      claimOne();
      // a token that can't be removed
      Files.createDirectory(bench.layout.started(ONE, 1));
      Files.createFile(bench.layout.started(ONE, 1).resolve("x"));
      assertThrows(DirectoryNotEmptyException.class, () -> locked.cleanUp(ONE));
      assertFalse(bench.has("running/1.json"), bench.evidence());
    }

    @Test
    void is_known_to_be_needed_by_the_tokens_that_are_left() throws IOException {
      bench.put("running/1.1.exit-0", "");
      bench.put("running/2.json", "{}");
      assertEquals(
          new Locked.Claimed(
              new java.util.TreeSet<>(Set.of(new JobId(2))),
              new java.util.TreeSet<>(Set.of(ONE, new JobId(2)))),
          locked.claimed());
      assertFalse(locked.isWanted(ONE));
    }
  }

  @Nested
  class Rejecting_a_claimed_job {
    @Test
    void keeps_the_file_with_a_reason() throws IOException {
      bench.put("running/1.json", "{ damaged");
      bench.put("running/1.1.started", "7 8\n");
      bench.fsync.forget();
      locked.rejectClaimed(ONE, "is no job");
      bench.assertNames("running");
      bench.assertNames("rejected", "1.json", "1.reason");
      assertEquals("{ damaged", bench.text("rejected/1.json"));
      assertEquals(
          "was found damaged while it was claimed: is no job\n", bench.text("rejected/1.reason"));
      Entry.Rejected entry = assertInstanceOf(Entry.Rejected.class, bench.entry(ONE));
      assertEquals("was found damaged while it was claimed: is no job", entry.reason());
      assertEquals(State.REJECTED, entry.state());
    }

    @Test
    void tells_how_its_command_ended() throws IOException {
      bench.put("running/1.json", "{ damaged");
      bench.put("running/1.1.started", "7 8\n");
      bench.put("running/1.1.exit-4", "");
      locked.rejectClaimed(ONE, "is no job");
      String reason = bench.text("rejected/1.reason");
      assertTrue(reason.endsWith("; its command ended with exit code 4\n"), reason);
    }

    @Test
    void overwrites_nothing_that_was_rejected_before() throws IOException {
      bench.put("rejected/1.json", "before");
      bench.put("rejected/1.reason", "why\n");
      bench.put("running/1.json", "{ damaged");
      locked.rejectClaimed(ONE, "is no job");
      bench.assertNames("running");
      assertEquals("before", bench.text("rejected/1.json"));
      assertEquals("why\n", bench.text("rejected/1.reason"));
      assertEquals("{ damaged", bench.text(".localq/aside/running-1.json.1"));
    }

    @Test
    void writes_the_reason_before_it_moves_the_file_and_forces_both() throws IOException {
      bench.put("running/1.json", "{ damaged");
      bench.fsync.forget();
      locked.rejectClaimed(ONE, "why");
      assertEquals(
          List.of("file of 44 bytes", "rejected", "rejected", "running"), bench.fsync.order());
      SortedSet<String> first = bench.fsync.calls().get(1).names();
      assertTrue(first.contains("rejected/1.reason"), first.toString());
      assertFalse(first.contains("rejected/1.json"), first.toString());
    }
  }

  @Nested
  class Listing_all {
    @Test
    void says_which_jobs_are_where_and_nothing_of_other_names() throws IOException {
      for (String name :
          List.of("10", "9", "held/8", "running/7", "done/6", "done/11", "rejected/5")) {
        bench.put(name + ".json", "{}");
      }
      for (String name : List.of("x.json", "012.json", "12", ".13.json", "running/7.cancel")) {
        bench.put(name, "");
      }
      Listing listing = bench.spool.listing();
      assertIds(listing.pending(), 9, 10);
      assertIds(listing.held(), 8);
      assertIds(listing.running(), 7);
      assertIds(listing.ended(), 5, 6, 11);
    }

    @Test
    void has_tasks_of_arrays_until_they_end() throws IOException {
      for (String name :
          List.of("7", "7_4", "held/7_5", "running/7_10", "running/7_9", "done/7_1", "done/6")) {
        bench.put(name + ".json", "{}");
      }
      bench.put("running/7.claimed-10", "");
      bench.put("rejected/7_2.json", "{}");
      Listing listing = bench.spool.listing();
      JobId array = new JobId(7);
      assertIds(listing.pending(), array.ofTask(4), array);
      assertIds(listing.held(), array.ofTask(5));
      assertIds(listing.running(), array.ofTask(9), array.ofTask(10));
      assertIds(listing.ended(), 6);
    }

    @Test
    void loses_no_job_that_moves_on_during_the_look() throws IOException {
      bench.submit("a");
      Listing listing = bench.spool.listing();
      bench.put("done/1.json", "{}");
      Files.delete(bench.layout.pending(ONE));
      assertIds(listing.pending(), 1);
      assertIds(listing.ended(), 1);
    }

    private void assertIds(IdSet ids, long... expected) {
      assertIds(ids, LongStream.of(expected).mapToObj(JobId::new).toArray(JobId[]::new));
    }

    private void assertIds(IdSet ids, JobId... expected) {
      assertEquals(List.of(expected), IntStream.range(0, ids.size()).mapToObj(ids::get).toList());
    }
  }

  @Nested
  class A_candidate {
    @Test
    void is_a_job_in_the_root_with_its_cores() throws IOException {
      bench.submit("a");
      assertEquals(Optional.of(new Candidate(ONE, Needs.cores(2))), bench.spool.candidate(ONE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"held", "running", "done"})
    void is_no_job_that_is_elsewhere(String directory) throws IOException {
      bench.submit("a");
      Files.move(bench.layout.pending(ONE), bench.layout.root().resolve(directory + "/1.json"));
      assertEquals(Optional.empty(), bench.spool.candidate(ONE));
    }

    @Test
    void is_no_twin_of_a_record_and_no_damaged_file() throws IOException {
      bench.submit("a");
      Files.copy(bench.layout.pending(ONE), bench.layout.record(ONE));
      assertEquals(Optional.empty(), bench.spool.candidate(ONE));
      bench.put("2.json", "{");
      assertEquals(Optional.empty(), bench.spool.candidate(new JobId(2)));
    }
  }

  @Nested
  class Finding {
    @ParameterizedTest
    @ValueSource(longs = {-31_083_609_603_609L, 15_778_444_932_201L})
    void gives_a_time_that_can_be_shown_whatever_a_file_says(long seconds) throws IOException {
      bench.submit("a");
      Path drop = bench.put("rejected/7.json", "x");
      Files.setLastModifiedTime(drop, FileTime.from(Instant.ofEpochSecond(seconds)));
      Entry.Rejected entry = assertInstanceOf(Entry.Rejected.class, bench.entry(new JobId(7)));
      int year = entry.at().atZone(ZoneOffset.UTC).getYear();
      assertTrue(year >= 0 && year <= 9999, () -> "year " + year);
    }

    @Test
    void finds_nothing_where_nothing_is() throws IOException {
      assertEquals(Optional.empty(), bench.spool.find(ONE));
      assertFalse(bench.spool.isDone(ONE));
      assertFalse(bench.spool.rejected().contains(ONE));
    }

    @Test
    void knows_a_held_job() throws IOException {
      bench.submit("a");
      Files.move(bench.layout.pending(ONE), bench.layout.held(ONE));
      Entry.Waiting waiting = assertInstanceOf(Entry.Waiting.class, bench.entry(ONE));
      assertTrue(waiting.held());
      assertEquals(State.PENDING, waiting.state());
      assertEquals(Set.of(ONE), bench.spool.held());
    }

    @ParameterizedTest
    @CsvSource({
      "1.json,         PENDING",
      "held/1.json,    PENDING",
      "running/1.json, RUNNING",
      "done/1.json,    LOST",
    })
    void shows_what_is_damaged(String name, State state) throws IOException {
      bench.put(name, "{\"command\": [");
      Entry.Damaged damaged = assertInstanceOf(Entry.Damaged.class, bench.entry(ONE));
      assertEquals(state, damaged.state());
      assertTrue(damaged.reason().startsWith("is not JSON: "), damaged.toString());
    }

    @Test
    void shows_a_record_without_a_result_as_damaged() throws IOException {
      bench.put("done/1.json", "{\"command\": [\"true\"]}");
      assertEquals(
          new Entry.Damaged(ONE, State.LOST, "is a record without a result"), bench.entry(ONE));
    }

    @Test
    void shows_a_rejected_file_without_a_reason() throws IOException {
      bench.put("rejected/1.json", "x");
      assertEquals(
          "no reason was kept", assertInstanceOf(Entry.Rejected.class, bench.entry(ONE)).reason());
    }

    @Test
    void fails_where_a_directory_is_gone() throws IOException {
      // never an empty queue
      Files.delete(bench.layout.heldDirectory());
      assertThrows(NoSuchFileException.class, () -> bench.spool.held());
    }

    @Test
    void lists_ids_by_number_and_nothing_else() throws IOException {
      for (String name : List.of("10.json", "9.json", "x.json", "007.json", "1.jso", ".1.json")) {
        bench.put("done/" + name, "");
      }
      assertEquals(List.of(new JobId(9), new JobId(10)), List.copyOf(bench.spool.done()));
    }
  }

  @Nested
  class A_document {
    @Test
    void is_the_file_with_id_and_state_in_front() throws IOException {
      bench.put("1.json", "{\"command\": [\"true\"], \"x\": 1.0, \"y\": \"\\udcff\"}");
      String document = bench.spool.document(bench.entry(ONE)).orElseThrow();
      assertEquals(
          """
          {
            "id" : 1,
            "state" : "PENDING",
            "command" : [ "true" ],
            "x" : 1.0,
            "y" : "\\uDCFF"
          }""",
          document);
    }

    @Test
    void ignores_id_state_and_result_of_a_file_that_is_no_record() throws IOException {
      bench.put(
          "1.json",
          "{\"command\": [\"true\"], \"id\": 99, \"state\": \"COMPLETED\","
              + " \"result\": {\"state\": \"COMPLETED\"}}");
      JsonNode document =
          new JsonMapper().readTree(bench.spool.document(bench.entry(ONE)).orElseThrow());
      assertEquals(
          new JsonMapper().readTree("{\"id\": 1, \"state\": \"PENDING\", \"command\": [\"true\"]}"),
          document);
    }

    @Test
    void of_a_finished_job_has_its_result() throws IOException {
      claimOne();
      locked.finish(ONE, Bench.job(), Bench.result(0));
      JsonNode document =
          new JsonMapper().readTree(bench.spool.document(bench.entry(ONE)).orElseThrow());
      assertEquals("COMPLETED", document.get("state").asText());
      assertEquals(0, document.get("result").get("exit_code").asInt());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "\u0000", "{\"a\": NaN}"})
    void of_a_file_that_is_not_json_is_none(String text) throws IOException {
      bench.put("rejected/1.json", text);
      assertEquals(Optional.empty(), bench.spool.document(bench.entry(ONE)), text);
    }
  }

  @Nested
  class The_shim {
    @Test
    void is_kept_once_under_its_hash() throws IOException {
      Path shim = bench.spool.keepShim("abc", "text".getBytes(StandardCharsets.US_ASCII));
      assertEquals(bench.layout.own().resolve("shim-abc"), shim);
      assertEquals("text", bench.text(".localq/shim-abc"));
      FileTime before = Files.getLastModifiedTime(shim);
      bench.fsync.forget();
      bench.spool.keepShim("abc", "text".getBytes(StandardCharsets.US_ASCII));
      assertEquals(List.of(), bench.fsync.order());
      assertEquals(before, Files.getLastModifiedTime(shim));
    }
  }

  @Nested
  class News {
    @ParameterizedTest
    @CsvSource({
      "'',       1.json,          true",
      "'',       x.json,          true",
      "'',       .x.json,         false",
      "'',       x.tmp,           false",
      "running,  1.1.exit-0,      true",
      "running,  1.1.exit-stdin,  true",
      "running,  1.cancel,        true",
      "running,  1.json,          false",
      "running,  1.1.started,     false",
      "running,  1.1.exit-x,      false",
      ".localq,  drain,           true",
      ".localq,  limit,           false",
    })
    void are_what_a_worker_waits_for(String directory, String name, boolean expected) {
      Path root = bench.layout.root();
      assertEquals(
          expected,
          bench.layout.isNews(directory.isEmpty() ? root : root.resolve(directory), name));
    }
  }

  private void claimOne() throws IOException {
    bench.spool.submit(id -> Bench.job());
    assertTrue(locked.claim(ONE, 1, SCRIPT), bench.evidence());
  }

  /** Claims job 1, whatever its file says, and reads it. */
  private Job claimByHand() throws IOException {
    assertTrue(locked.claim(ONE, 1, SCRIPT), bench.evidence());
    JobFile file = locked.readClaimed(ONE).orElseThrow();
    return assertInstanceOf(JobFile.Valid.class, file, () -> file + bench.evidence()).job();
  }

  private void moveCounterTo(long last) throws IOException {
    Files.move(bench.layout.seq().resolve("0"), bench.layout.seq().resolve(Long.toString(last)));
  }

  private void failAt(String directory) {
    bench.fsync.before(
        what -> {
          if (what.equals(directory)) {
            throw new IOException("no disk");
          }
        });
  }
}
