package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.ForcesNothing;
import org.localq.core.Claim;
import org.localq.core.Identity;
import org.localq.core.JobId;
import org.localq.core.ProcessId;
import org.localq.core.Refusal;
import org.localq.core.State;

/** What a check finds, what it does not, and what a repair makes of it. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class CheckTest {
  private static final byte[] SCRIPT = "exec true\n".getBytes(StandardCharsets.US_ASCII);
  private static final JobId ONE = new JobId(1);
  private static final JobId TWO = new JobId(2);
  private static final JobId THREE = new JobId(3);
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-22T13:00:00Z"), ZoneOffset.UTC);
  private static final String ARRAY =
      "{\"command\":[\"sh\",\"-c\"],\"tasks\":2,\"lines\":[\"a\",\"b\"]}";

  private static final String NUMBERED = "{\"command\":[\"x\"],\"array\":\"0,1000000%1\"}";
  private static final String WHOLE = "{\"command\": [\"true\"]}";
  private static final String RECORD =
      "{\"command\": [\"true\"], \"result\": {\"state\": %s, \"ended\": \"2026-11-22T12:00:00Z\"}}";

  @TempDir private Path directory;
  private Bench bench;

  /** Changes a spool by hand. */
  private interface Hand {
    void changes(Bench bench) throws IOException;
  }

  /** A change with what it is called. */
  private record Case(String name, Hand hand, List<String> lines) {
    static Case of(String name, Hand hand, String... lines) {
      return new Case(name, hand, List.of(lines));
    }

    @Override
    public String toString() {
      return name;
    }
  }

  /** Jobs 1 and 2 are pending, 3 is claimed, 4 has a record; 5 is the last id. */
  @BeforeEach
  void makeTheSpool() throws IOException {
    bench = new Bench(directory, new ForcesNothing());
    for (int i = 0; i < 5; i++) {
      bench.submit("a");
    }
    try (Locked locked = bench.spool.lock()) {
      locked.claim(THREE, 1, SCRIPT);
      locked.claim(new JobId(4), 1, SCRIPT);
      locked.finish(new JobId(4), Bench.job(), Bench.result(0));
    }
    Files.delete(bench.layout.pending(new JobId(5)));
    bench.fsync.forget();
  }

  @AfterEach
  void close() throws IOException {
    bench.close();
  }

  private static void link(Bench bench, String name, String target) throws IOException {
    Files.createSymbolicLink(bench.layout.root().resolve(name), Path.of(target));
  }

  private static void delete(Bench bench, String name) throws IOException {
    Files.delete(bench.layout.root().resolve(name));
  }

  private static void mkdir(Bench bench, String name) throws IOException {
    Files.createDirectory(bench.layout.root().resolve(name));
    bench.put(name + "/x", "");
  }

  private static void chmod(Bench bench, String name, String mode) throws IOException {
    Files.setPosixFilePermissions(
        bench.layout.root().resolve(name), PosixFilePermissions.fromString(mode));
  }

  private static void move(Bench bench, String from, String to) throws IOException {
    Files.move(bench.layout.root().resolve(from), bench.layout.root().resolve(to));
  }

  private static String record(String result) {
    return String.format(RECORD, result);
  }

  static Stream<Case> damages() {
    return Stream.of(waiting(), running(), ended(), own()).flatMap(List::stream);
  }

  private static List<Case> waiting() {
    String reject = "; --repair moves it to rejected/";
    return List.of(
        Case.of(
            "an array with a line that is none",
            b -> b.put("2.json", "{\"command\":[\"x\"],\"tasks\":2,\"lines\":[\"a\",7]}"),
            "2.json: field \"lines\" is 7, expected a string" + reject),
        Case.of(
            "an array with numbers that are none",
            b -> b.put("2.json", "{\"command\":[\"x\"],\"array\":\"7-3\"}"),
            "2.json: field \"array\": \"7-3\" counts down, expected the lower number first"
                + reject),
        Case.of(
            "an array with numbers and lines",
            b -> b.put("2.json", "{\"command\":[\"x\"],\"array\":\"0-1\",\"lines\":[\"a\",\"b\"]}"),
            "2.json: has the field \"array\" and \"lines\", expected one of them: its tasks have either"
                + " numbers or lines"
                + reject),
        Case.of(
            "a long array with a line that is none",
            b ->
                b.put(
                    "2.json",
                    "{\"command\":[\"x\"],\"tasks\":2,\"lines\":[\""
                        + "a".repeat(2 << 20)
                        + "\",7]}"),
            "2.json: has a line 2 that is no string, expected a whole job" + reject),
        Case.of(
            "an empty pending job",
            b -> b.put("1.json", ""),
            "1.json: is empty, expected a JSON object" + reject),
        Case.of(
            "half a pending job",
            b -> b.put("1.json", "{\"command\": [\"tr"),
            "1.json: is not JSON: Unexpected end-of-input: was expecting closing quote for a string value (line 1), expected a whole"
                + " job"
                + reject),
        Case.of(
            "a pending job that others can write",
            b -> chmod(b, "1.json", "rw-rw-rw-"),
            "1.json: can be written by every user, expected mode 0600" + reject),
        Case.of(
            "a link for a pending job",
            b -> {
              delete(b, "1.json");
              link(b, "1.json", "2.json");
            },
            "1.json: is no regular file, expected a whole job" + reject),
        Case.of(
            "a directory for a job on hold",
            b -> mkdir(b, "held/5.json"),
            "held/5.json: is no regular file, expected a whole job" + reject),
        Case.of(
            "a job on hold that is claimed",
            b -> b.put("held/3.json", WHOLE),
            "held/3.json: job 3 is claimed as well, expected it in one place; --repair moves it to"
                + " .localq/aside/"),
        Case.of(
            "a job on hold that has a record",
            b -> b.put("held/4.json", WHOLE),
            "held/4.json: job 4 has a record as well, expected it in one place; --repair moves it to"
                + " .localq/aside/"));
  }

  private static List<Case> running() {
    String claimed =
        "; it takes all cores; --repair moves it to rejected/ once its processes are gone (lcancel"
            + " 3)";
    String lost = "; --repair records the job as LOST once its processes are gone (lcancel 3)";
    return List.of(
        Case.of(
            "an empty claim",
            b -> b.put("running/3.json", ""),
            "running/3.json: is empty, expected a JSON object" + claimed),
        Case.of(
            "an empty claim that has ended",
            b -> {
              b.put("running/3.json", "");
              b.put("running/3.1.started", "7 8\n");
              b.put("running/3.1.exit-4", "");
            },
            "running/3.json: is empty, expected a JSON object" + claimed),
        Case.of(
            "an exit without a start",
            b -> b.put("running/3.1.exit-0", ""),
            "running/3.json: 3.1.exit-0 is there without a start token" + lost),
        Case.of(
            "two exits of one attempt",
            b -> {
              b.put("running/3.1.started", "7 8\n");
              b.put("running/3.1.exit-0", "");
              b.put("running/3.1.exit-1", "");
            },
            "running/3.json: attempt 1 has two exit tokens, expected at most one" + lost),
        Case.of(
            "a second attempt beside an open first",
            b -> b.put("running/3.2.run-" + Bench.BOOT, ""),
            "running/3.json: 3.2.run-"
                + Bench.BOOT
                + " is there though attempt 1 is not closed"
                + lost),
        Case.of(
            "a start token that says nothing",
            b -> b.put("running/3.1.started", "voi"),
            "running/3.json: 3.1.started is \"voi\", expected PID TICKS or void" + lost),
        Case.of(
            "a directory for a start token",
            b -> mkdir(b, "running/3.1.started"),
            "running/3.json: 3.1.started is no regular file, expected a token" + lost),
        Case.of(
            "a directory for an exit token",
            b -> {
              b.put("running/3.1.started", "7 8\n");
              mkdir(b, "running/3.1.exit-0");
            },
            "running/3.1.exit-0: is no regular file, expected one of localq's; --repair moves it to"
                + " .localq/aside/"),
        Case.of(
            "a token that others can write",
            b -> {
              b.put("running/3.1.started", "7 8\n");
              chmod(b, "running/3.1.started", "rw-rw-r--");
            },
            "running/3.1.started: can be written by others, expected mode 0600; see that nobody"
                + " changed it; --repair sets the mode"),
        Case.of(
            "a directory among the tokens of no job",
            b -> mkdir(b, "running/4.1.started"),
            "running/4.1.started: is no regular file, expected a token; --repair moves it to"
                + " .localq/aside/"),
        Case.of(
            "a pending job that has begun",
            b -> b.put("running/1.1.started", "7 8\n"),
            "running/1.1.started: job 1 is pending, and its attempt 1 has begun; --repair moves it"
                + " back to running/, where the next worker goes by its tokens"));
  }

  private static List<Case> ended() {
    String reject = "; --repair moves it to rejected/";
    return List.of(
        Case.of(
            "an empty record",
            b -> b.put("done/4.json", ""),
            "done/4.json: is empty, expected a JSON object" + reject),
        Case.of(
            "a record without a result",
            b -> b.put("done/4.json", WHOLE),
            "done/4.json: is a record without a result, expected a whole record" + reject),
        Case.of(
            "a record that contradicts itself",
            b -> b.put("done/4.json", record("\"COMPLETED\", \"exit_code\": 3")),
            "done/4.json: says COMPLETED with exit code 3, expected 0" + reject),
        Case.of(
            "a damaged record of a job whose claim is there",
            b -> b.put("done/3.json", "{"),
            "done/3.json: is not JSON: Unexpected end-of-input: expected close marker for Object"
                + " (start marker at line: 1, column: 1) (line 1), expected a whole record;"
                + " --repair moves it to .localq/aside/"),
        Case.of(
            "an id that nobody counted to",
            b -> b.put("done/123456789012345678.json", record("\"LOST\"")),
            "done/123456789012345678.json: job 123456789012345678 was never given out, expected an"
                + " id up to the counter; --repair moves it to .localq/aside/"),
        Case.of(
            "a rejected drop without a reason",
            b -> b.put("rejected/5.json", "x"),
            "rejected/5.json: has no reason, expected one in /rejected/5.reason; --repair writes"
                + " one"),
        Case.of(
            "a rejected drop that has a record",
            b -> b.put("rejected/4.json", "x"),
            "rejected/4.json: job 4 has a record as well, expected it in one place; --repair moves"
                + " it to .localq/aside/"),
        Case.of(
            "a rejected drop that is claimed",
            b -> b.put("rejected/3.json", "x"),
            "rejected/3.json: job 3 is claimed as well, expected it in one place; --repair moves it"
                + " to .localq/aside/"));
  }

  private static List<Case> own() {
    String aside = "; --repair moves it to .localq/aside/";
    String mode = "; see that nobody changed it; --repair sets the mode";
    List<Case> cases = new ArrayList<>();
    for (String name :
        List.of("held", "rejected", ".localq/keys", ".localq/workers", ".localq/tmp")) {
      cases.add(
          Case.of(
              "no " + name,
              b -> delete(b, name),
              name + ": is missing, expected a directory; --repair makes it"));
    }
    for (String name : List.of("lock", "worker.lock", "version", "void")) {
      cases.add(
          Case.of(
              "no " + name,
              b -> delete(b, ".localq/" + name),
              ".localq/" + name + ": is missing, expected a file; --repair makes it"));
      cases.add(
          Case.of(
              "a directory for " + name,
              b -> {
                delete(b, ".localq/" + name);
                mkdir(b, ".localq/" + name);
              },
              ".localq/" + name + ": is no regular file, expected one" + aside));
    }
    cases.addAll(
        List.of(
            Case.of(
                "a file for a directory",
                b -> {
                  delete(b, "held");
                  b.put("held", "");
                },
                "held: is no directory, expected one" + aside),
            Case.of(
                "a spool that others can read",
                b -> chmod(b, ".", "rwxr-xr-x"),
                "/: mode is 0755, expected 0700" + mode),
            Case.of(
                "a directory that others can write",
                b -> chmod(b, "done", "rwxrwxrwx"),
                "done: mode is 0777, expected 0700" + mode),
            Case.of(
                "a limit that others can read",
                b -> {
                  b.put(".localq/limit", "2\n");
                  chmod(b, ".localq/limit", "rw-r--r--");
                },
                ".localq/limit: mode is 0644, expected 0600" + mode),
            Case.of(
                "a limit that is no number",
                b -> b.put(".localq/limit", "many\n"),
                ".localq/limit: is \"many\", expected a number of cores" + aside),
            Case.of(
                "a void token that is not void",
                b -> b.put(".localq/void", "voi\n"),
                ".localq/void: is \"voi\", expected \"void\"" + aside),
            Case.of(
                "a version that is none",
                b -> b.put(".localq/version", "one\n"),
                ".localq/version: is \"one\", expected \"1\"" + aside),
            Case.of(
                "options in a directory",
                b -> mkdir(b, ".localq/options"),
                ".localq/options: is no regular file, expected one" + aside),
            Case.of(
                "a worker in a directory",
                b -> mkdir(b, ".localq/workers/7"),
                ".localq/workers/7: is no regular file, expected one" + aside),
            Case.of(
                "a shim of another text",
                b -> b.put(".localq/shim-00000001", "exit 0"),
                ".localq/shim-00000001: has another content than its name says" + aside),
            Case.of(
                "no counter",
                b -> delete(b, ".localq/seq/5"),
                ".localq/seq: has no counter, expected one file named after the last job id;"
                    + " --repair sets it to 4"),
            Case.of(
                "no counter, and a higher id aside",
                b -> {
                  delete(b, ".localq/seq/5");
                  Files.createDirectory(b.layout.aside());
                  chmod(b, ".localq/aside", "rwx------");
                  b.put(".localq/aside/held-7.json.1", "");
                },
                ".localq/seq: has no counter, expected one file named after the last job id;"
                    + " --repair sets it to 7"),
            Case.of(
                "no counter, and higher ids that were collected",
                b -> {
                  delete(b, ".localq/seq/5");
                  b.put(".localq/seq/.collected-6", "");
                },
                ".localq/seq: has no counter, expected one file named after the last job id;"
                    + " --repair sets it to 6"),
            Case.of(
                "a counter that was set back",
                b -> move(b, ".localq/seq/5", ".localq/seq/1"),
                ".localq/seq/1: is behind job 4, expected the last job id; --repair sets it to 4"),
            Case.of(
                "a second counter",
                b -> b.put(".localq/seq/2", ""),
                ".localq/seq/2: is a second counter beside 5, expected one" + aside)));
    return cases;
  }

  @Nested
  class A_damage {
    @ParameterizedTest
    @MethodSource("org.localq.spool.CheckTest#damages")
    void is_found_and_nothing_else(Case damage) throws IOException {
      assertFinds(List.of());
      damage.hand().changes(bench);
      assertFinds(damage.lines());
    }

    @ParameterizedTest
    @MethodSource("org.localq.spool.CheckTest#damages")
    void can_be_repaired_and_no_other_file_is_lost_or_changed(Case damage) throws IOException {
      SortedSet<String> before = jobs();
      damage.hand().changes(bench);
      before.removeIf(job -> damage.lines().get(0).matches(".*\\b" + job.charAt(0) + "\\..*"));
      List<String> done = repair();
      assertFalse(done.isEmpty());
      assertFinds(List.of());
      assertEquals(List.of(), repair(), "done again");
      SortedSet<String> after = jobs();
      assertTrue(after.containsAll(before), before + " became " + after + bench.evidence());
    }

    /** The jobs that can be read, with where they are. */
    private SortedSet<String> jobs() throws IOException {
      SortedSet<String> jobs = new TreeSet<>();
      for (long number = 1; number <= 5; number++) {
        bench
            .spool
            .find(new JobId(number))
            .ifPresent(found -> jobs.add(found.id() + " " + found.getClass().getSimpleName()));
      }
      return jobs;
    }
  }

  @Nested
  class A_state_between_two_steps {
    static Stream<Case> halves() {
      return Stream.of(
          Case.of("a number that was taken", b -> move(b, ".localq/seq/5", ".localq/seq/6")),
          Case.of("a draft", b -> b.put(".localq/tmp/4711-99-0", "ha")),
          Case.of("a dead worker", b -> b.put(".localq/workers/7", "8 other\n")),
          Case.of("a worker with a word", b -> b.put(".localq/workers/7", "8 b\ntrouble\n")),
          Case.of("a drain", b -> b.put(".localq/drain", "7 8\n")),
          Case.of("a drop", b -> b.put("nap.json", "{")),
          Case.of("a drop of a claimed job's name", b -> b.put("3.json", "{")),
          Case.of("a drop of a recorded job's name", b -> b.put("4.json", WHOLE)),
          Case.of("a damaged drop above the counter", b -> b.put("77.json", "{")),
          Case.of("a hidden file", b -> b.put(".1.json", "")),
          Case.of("a run file without its claim", b -> b.put("running/1.1.run-" + Bench.BOOT, "")),
          Case.of("a token that is being written", b -> b.put("running/3.1.started", "")),
          Case.of("a start", b -> b.put("running/3.1.started", "7 8\n")),
          Case.of(
              "an end",
              b -> {
                b.put("running/3.1.started", "7 8\n");
                b.put("running/3.1.exit-stdin", "");
              }),
          Case.of("TERM", b -> b.put("running/3.1.term", "5\n")),
          Case.of("a wish to cancel", b -> b.put("running/3.cancel", "30\n")),
          Case.of("a wish to cancel a pending job", b -> b.put("running/1.cancel", "30\n")),
          Case.of(
              "a withdrawn job",
              b -> {
                b.put("running/1.cancel", "30\n");
                move(b, "1.json", "running/1.json");
              }),
          Case.of("a closed attempt", b -> b.put("running/3.1.started", "void\n")),
          Case.of(
              "a closed attempt of a pending job",
              b -> {
                b.put("running/1.1.started", "7 8\n");
                b.put("running/1.1.exit-1", "");
                b.put("running/1.1.requeued", "");
              }),
          Case.of(
              "a second attempt",
              b -> {
                b.put("running/3.1.started", "7 8\n");
                b.put("running/3.1.requeued", "");
                b.put("running/3.2.run-" + Bench.BOOT, "");
                b.put("running/3.2.started", "9 10\n");
              }),
          Case.of("a record beside its claim", b -> b.put("done/3.json", record("\"LOST\""))),
          Case.of("a token that was left", b -> b.put("running/4.1.exit-0", "")),
          Case.of("a reason that came first", b -> b.put("rejected/5.reason", "why\n")),
          Case.of("a job of mode 0644", b -> chmod(b, "1.json", "rw-r--r--")),
          Case.of("an array", b -> b.put("2.json", ARRAY)),
          Case.of(
              "an array that is claimed",
              b -> {
                b.put("2.json", ARRAY);
                b.put("running/2.claimed-0", "");
                b.put("running/2_1.json", WHOLE);
                b.put("running/2_1.1.run-" + Bench.BOOT, "");
                b.put("done/2_2.json", record("\"LOST\""));
              }),
          Case.of("an array of numbers", b -> b.put("2.json", NUMBERED)),
          Case.of(
              "an array of numbers that is claimed",
              b -> {
                b.put("2.json", NUMBERED);
                b.put("running/2.claimed-1", "");
                b.put("running/2_0.json", WHOLE);
                b.put("running/2_0.1.run-" + Bench.BOOT, "");
                b.put("done/2_1000000.json", record("\"LOST\""));
              }),
          Case.of(
              "an array of numbers that is closed",
              b -> {
                delete(b, "2.json");
                b.put("running/2.json", NUMBERED);
                b.put("running/2.claimed-2", "");
                b.put("done/2_0.json", record("\"LOST\""));
              }),
          Case.of(
              "a task of an array of numbers that waits for another attempt",
              b -> {
                b.put("2.json", NUMBERED);
                b.put("2_0.json", WHOLE);
                b.put("running/2_0.1.requeued", "");
              }),
          Case.of(
              "an array that is closed",
              b -> {
                delete(b, "2.json");
                b.put("running/2.json", ARRAY);
                b.put("running/2.claimed-2", "");
                b.put("done/2_1.json", record("\"LOST\""));
                b.put("done/2_2.json", record("\"LOST\""));
              }),
          Case.of(
              "an array that is closed without its note",
              b -> {
                delete(b, "2.json");
                b.put("running/2.json", ARRAY);
              }),
          Case.of("a note beside a job", b -> b.put("running/3.claimed-1", "")),
          Case.of("a note that was left", b -> b.put("running/4.claimed-1", "")),
          Case.of(
              "a task that waits for another attempt",
              b -> {
                b.put("2.json", ARRAY);
                b.put("2_1.json", WHOLE);
                b.put("running/2_1.1.requeued", "");
              }),
          Case.of("a task without its array", b -> b.put("2_1.json", WHOLE)),
          Case.of("a task of no array", b -> b.put("77_1.json", WHOLE)),
          Case.of("a job on hold", b -> move(b, "1.json", "held/1.json")),
          Case.of("a job that was removed", b -> delete(b, "1.json")));
    }

    @ParameterizedTest
    @MethodSource("halves")
    void is_no_finding_and_nothing_to_repair(Case half) throws IOException {
      half.hand().changes(bench);
      SortedSet<String> before = RecordingFsync.tree(bench.layout.root());
      assertFinds(List.of());
      assertEquals(List.of(), repair());
      assertEquals(before, RecordingFsync.tree(bench.layout.root()));
    }

    /** Every transition, ended at each of its fsyncs. */
    @ParameterizedTest
    @ValueSource(
        strings = {
          "submit",
          "claim",
          "putBack",
          "finish",
          "cancel",
          "withdraw",
          "reject",
          "rejectClaimed"
        })
    void of_a_transition_is_no_finding(String transition) throws IOException {
      int reached = 0;
      for (int at = 1; interrupted(transition, at); at++) {
        reached = at;
        assertFinds(List.of());
      }
      assertTrue(reached > 0, "nothing was interrupted");
      assertFinds(List.of());
    }

    /** Whether the transition came as far as its fsync {@code at}. */
    private boolean interrupted(String transition, int at) throws IOException {
      JobId id = bench.submit("b");
      boolean running = Set.of("putBack", "finish", "rejectClaimed").contains(transition);
      try (Locked locked = bench.spool.lock()) {
        if (running) {
          locked.claim(id, 1, SCRIPT);
        }
        int[] calls = new int[1];
        bench.fsync.before(
            what -> {
              if (++calls[0] == at) {
                throw new IOException("killed");
              }
            });
        act(locked, transition, id);
        return false;
      } catch (IOException killed) {
        return true;
      } finally {
        bench.fsync.before(what -> {});
      }
    }

    private void act(Locked locked, String transition, JobId id) throws IOException {
      switch (transition) {
        case "submit" -> bench.submit("c");
        case "claim" -> {
          locked.claim(id, 1, SCRIPT);
          locked.secureClaims();
        }
        case "putBack" -> {
          locked.voidAttempt(id, 1);
          locked.putBack(id);
        }
        case "finish" -> locked.finish(id, Bench.job(), Bench.result(0));
        case "cancel" -> locked.markCancelled(id, Duration.ofSeconds(1));
        case "withdraw" -> {
          locked.markCancelled(id, Duration.ofSeconds(1));
          locked.withdraw(id);
        }
        case "reject" -> locked.reject(bench.layout.pending(id), id, "why");
        default -> locked.rejectClaimed(id, "why");
      }
    }
  }

  @Nested
  class A_check {
    @Test
    void counts_what_is_where() throws IOException {
      assertEquals(new CheckReport.Census(2, 0, 1, 1, 0), check().census());
      move(bench, "1.json", "held/1.json");
      bench.put("rejected/5.json", "x");
      bench.put("rejected/5.reason", "y");
      assertEquals(new CheckReport.Census(1, 1, 1, 1, 1), check().census());
      assertEquals(0, check().unsettled());
    }

    @Test
    void counts_what_the_next_worker_settles() throws IOException {
      bench.put("nap.json", WHOLE);
      bench.put(".localq/tmp/7-8-0", "");
      bench.put("running/4.1.exit-0", "");
      assertEquals(3, check().unsettled());
      assertEquals(2, bench.spool.check(process -> true).unsettled(), "whose writer lives");
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "running/notes", "running/3.1.exit-256", "held/x.json", "done/4.json.bak",
          "rejected/007.json", ".localq/notes", ".localq/seq/notes", ".localq/tmp/notes"
        })
    void leaves_foreign_names_alone(String name) throws IOException {
      bench.put(name, "x");
      CheckReport report = check();
      assertEquals(List.of(), report.findings());
      assertEquals(
          List.of(
              bench.layout.root().resolve(name) + ": is none of localq's names; it is left alone"),
          report.notes());
      assertEquals(List.of(), repair());
      assertEquals("x", bench.text(name));
    }

    @Test
    void makes_one_line_of_any_name_and_content() throws IOException {
      bench.put(".localq/limit", "a\nb\u001b[2J");
      String line = check().findings().get(0).line();
      assertTrue(line.contains("\"a\\nb\\x1b[2J\""), line);
      bench.put("done/\n.json", "");
      assertEquals(1, check().notes().get(0).lines().count());
    }

    @Test
    void sorts_its_findings() throws IOException {
      bench.put("done/4.json", "");
      bench.put("2.json", "");
      bench.put("1.json", "");
      List<Finding> findings = check().findings();
      assertEquals(findings.stream().sorted().toList(), findings);
      assertEquals(3, findings.size());
    }

    @Test
    void changes_nothing() throws IOException {
      for (Case damage : waiting()) {
        // some exclude each other; what counts is that there is damage
        bench.put("2.json", "");
        assertFalse(damage.lines().isEmpty());
      }
      SortedSet<String> before = RecordingFsync.tree(bench.layout.root());
      check();
      assertEquals(before, RecordingFsync.tree(bench.layout.root()));
      assertEquals(List.of(), bench.fsync.order());
    }

    @Test
    void can_be_made_by_who_holds_the_lock() throws IOException {
      bench.put("1.json", "");
      try (Locked locked = bench.spool.lock()) {
        assertEquals(1, new Check(bench.spool, process -> false).run(locked).damages().size());
      }
    }

    /** A set back counter: a worker would refuse what was accepted. */
    @Test
    void finds_a_pending_job_above_the_counter_where_no_worker_is_alive() throws IOException {
      JobId six = bench.submit("x");
      move(bench, ".localq/seq/6", ".localq/seq/4");
      assertFinds(
          List.of(
              ".localq/seq/4: is behind job 6, expected the last job id; --repair sets it to 6"));
      joinAsWorker();
      assertEquals(List.of(), bench.spool.check(process -> true).findings());
      delete(bench, ".localq/workers/4711");
      repair();
      bench.assertNames(".localq/seq", "6");
      assertEquals(State.PENDING, bench.entry(six).state());
    }

    @Test
    void finds_claims_beyond_the_limit_but_not_a_limit_that_was_lowered() throws IOException {
      Path limit = bench.put(".localq/limit", "1\n");
      Path claim = bench.layout.run(THREE, 1, Bench.BOOT);
      Files.setLastModifiedTime(claim, FileTime.fromMillis(1_000_000));
      Files.setLastModifiedTime(limit, FileTime.fromMillis(2_000_000));
      assertFinds(List.of());
      Files.setLastModifiedTime(claim, FileTime.fromMillis(3_000_000));
      assertFinds(
          List.of(
              "running: the claimed jobs take 2 cores, expected at most 1; let them end, or lcancel"
                  + " some; nothing is claimed until then"));
      bench.put(".localq/limit", "2\n");
      Files.setLastModifiedTime(limit, FileTime.fromMillis(2_000_000));
      assertFinds(List.of());
    }

    @Test
    void finds_another_machines_spool_and_repairs_nothing_there() throws IOException {
      bench.put(".localq/host", "elsewhere\n");
      bench.put("1.json", "");
      List<String> lines = lines(check());
      assertTrue(
          lines.contains(
              ".localq/host: is \"elsewhere\", expected this machine's \""
                  + Bench.HOST
                  + "\"; if nothing runs elsewhere: localqd --take-over start"),
          lines.toString());
      String message = assertThrows(Refusal.class, CheckTest.this::repair).getMessage();
      assertTrue(message.contains("; nothing was repaired; "), message);
      assertEquals("", bench.text("1.json"));
    }

    @Test
    void does_not_open_a_link_for_a_directory_of_jobs() throws IOException {
      move(bench, "done", "elsewhere");
      link(bench, "done", "elsewhere");
      assertFinds(
          List.of(
              "done: is no directory, expected one; move the directory it leads to into its place"));
      assertEquals(List.of(), repair());
    }
  }

  @Nested
  class Opening_to_check {
    @Test
    void refuses_what_is_no_spool() throws IOException {
      Path place = Files.createDirectory(directory.resolve("other"));
      assertEquals(
          place + ": is no spool (.localq is missing), expected one",
          assertThrows(Refusal.class, () -> bench.gate(bench.identity).openToCheck(place))
              .getMessage());
    }

    @Test
    void refuses_another_format() throws IOException {
      bench.put(".localq/version", "2\n");
      String message =
          assertThrows(
                  Refusal.class, () -> bench.gate(bench.identity).openToCheck(bench.layout.root()))
              .getMessage();
      assertTrue(message.contains("has format 2, expected a spool of format 1"), message);
    }

    @Test
    void refuses_somebody_elses_spool() {
      Identity other =
          new Identity(
              new ProcessId(1, 1), bench.identity.boot(), Bench.HOST, bench.identity.uid() + 1);
      assertThrows(Refusal.class, () -> bench.gate(other).openToCheck(bench.layout.root()));
    }

    @Test
    void opens_what_a_worker_refuses() throws IOException {
      chmod(bench, ".", "rwxr-xr-x");
      bench.put(".localq/host", "elsewhere\n");
      try (Spool spool = bench.gate(bench.identity).openToCheck(bench.layout.root())) {
        assertEquals(2, spool.check(process -> false).findings().size());
      }
    }
  }

  @Nested
  class A_repair {
    @Test
    void is_refused_beside_a_worker() throws IOException {
      joinAsWorker();
      bench.put("1.json", "");
      String message =
          assertThrows(
                  Refusal.class,
                  () -> bench.spool.repair(processes(p -> true, false), CLOCK, line -> {}))
              .getMessage();
      assertEquals(
          bench.layout.root() + ": a worker is alive; nothing was repaired; first: localqd stop",
          message);
      assertEquals("", bench.text("1.json"));
    }

    @Test
    void is_refused_while_another_process_holds_the_workers_lock() throws Exception {
      bench.put("1.json", "");
      try (OtherProcess worker =
          OtherProcess.thatShares(
              bench.layout.own().resolve("worker.lock"), directory.resolve("witness"))) {
        assertThrows(Refusal.class, CheckTest.this::repair);
        worker.kill();
      }
      repair();
      assertFinds(List.of());
    }

    @Test
    void leaves_a_damaged_claim_alone_whose_processes_live() throws IOException {
      bench.put("running/3.json", "");
      bench.put("running/3.1.started", "7 8\n");
      CheckReport report = bench.spool.repair(processes(p -> false, true), CLOCK, line -> {});
      assertEquals(1, report.findings().size());
      assertEquals("", bench.text("running/3.json"));
      assertEquals("7 8\n", bench.text("running/3.1.started"));
      repair();
      bench.assertNames("running");
      bench.assertNames(
          ".localq/aside", "running-3.1.run-" + Bench.BOOT + ".1", "running-3.1.started.1");
      assertEquals(State.REJECTED, bench.entry(THREE).state());
    }

    @Test
    void leaves_a_job_alone_that_lives_behind_contradictory_tokens() throws IOException {
      bench.put("running/3.1.started", "nonsense");
      CheckReport report = bench.spool.repair(processes(p -> false, true), CLOCK, line -> {});
      assertEquals(1, report.findings().size());
      assertEquals(State.RUNNING, bench.entry(THREE).state());
      repair();
      Entry.Finished entry = (Entry.Finished) bench.entry(THREE);
      assertEquals(State.LOST, entry.state());
      assertEquals("ShimLost", entry.result().outcome().reason());
      assertEquals("nonsense", bench.text(".localq/aside/running-3.1.started.1"));
    }

    @Test
    void looks_at_the_tokens_again_behind_the_processes() throws IOException {
      bench.put("running/3.1.started", "nonsense");
      Processes ending =
          new Processes() {
            @Override
            public boolean isAlive(ProcessId process) {
              return false;
            }

            @Override
            public boolean isAlive(Claim claim) throws IOException {
              // the shim writes its tokens while it is looked for, and is gone
              bench.put("running/3.1.started", "7 8\n");
              bench.put("running/3.1.exit-3", "");
              return false;
            }
          };
      assertEquals(List.of(), bench.spool.repair(ending, CLOCK, line -> {}).findings());
      Entry.Running entry = (Entry.Running) bench.entry(THREE);
      assertTrue(entry.claim().attempt().end().isPresent(), "the exit code is still known");
    }

    @Test
    void of_contradictory_tokens_records_a_cancelled_job_as_cancelled() throws IOException {
      bench.put("running/3.1.started", "nonsense");
      bench.put("running/3.cancel", "30\n");
      repair();
      assertEquals(State.CANCELLED, bench.entry(THREE).state());
    }

    @Test
    void of_tokens_of_another_boot_leaves_everything_to_the_worker() throws IOException {
      delete(bench, "running/3.1.run-" + Bench.BOOT);
      bench.put("running/3.1.run-0ther000", "");
      bench.put("running/3.1.started", "nonsense");
      bench.put("running/3.1.exit-3", "");
      assertFinds(List.of());
      assertEquals(List.of(), repair());
    }

    @Test
    void gives_a_lock_back_that_another_one_made_while_it_looked() throws IOException {
      delete(bench, ".localq/lock");
      mkdir(bench, ".localq/lock");
      Object[] others = new Object[1];
      bench.fsync.before(
          what -> {
            if (others[0] == null) {
              move(bench, ".localq/lock", ".localq/another");
              bench.put(".localq/lock", "");
              others[0] = Files.getAttribute(bench.layout.lock(), "unix:ino");
            }
          });
      assertEquals(List.of(), repair());
      assertEquals(others[0], Files.getAttribute(bench.layout.lock(), "unix:ino"));
      bench.assertNames(".localq/aside");
      assertFinds(List.of());
    }

    @Test
    void of_three_at_once_refuses_rather_than_replace_a_lock() throws IOException {
      delete(bench, ".localq/lock");
      mkdir(bench, ".localq/lock");
      int[] calls = new int[1];
      bench.fsync.before(
          what -> {
            if (calls[0]++ == 0) {
              move(bench, ".localq/lock", ".localq/another");
              bench.put(".localq/lock", "");
            } else if (what.equals(".localq/aside")) {
              bench.put(".localq/lock", "");
            }
          });
      Refusal refusal = assertThrows(Refusal.class, CheckTest.this::repair);
      assertTrue(
          refusal.getMessage().endsWith("; wait for the end of both, and repair again"),
          refusal::toString);
      bench.assertNames(".localq/aside", ".localq-lock.1");
    }

    @Test
    void makes_a_counter_where_nothing_can_be_written_yet() throws IOException {
      delete(bench, ".localq/seq/5");
      delete(bench, ".localq/tmp");
      bench.put(".localq/tmp", "a file");
      repair();
      assertFinds(List.of());
      assertEquals(new JobId(5), bench.submit("next"));
    }

    @Test
    void finds_a_damaged_job_also_where_the_counter_is_gone() throws IOException {
      delete(bench, ".localq/seq/5");
      bench.put("2.json", "{");
      List<String> found = lines(check());
      assertEquals(2, found.size(), found::toString);
      assertTrue(found.get(1).startsWith("2.json: "), found::toString);
    }

    @Test
    void tells_the_exit_code_of_a_damaged_claim_that_has_ended() throws IOException {
      bench.put("running/3.json", "");
      bench.put("running/3.1.started", "7 8\n");
      bench.put("running/3.1.exit-4", "");
      repair();
      assertEquals(
          "was found damaged while it was claimed: is empty, expected a JSON object; its command"
              + " ended with exit code 4\n",
          bench.text("rejected/3.reason"));
    }

    @Test
    void of_a_damaged_record_keeps_the_id_and_the_file() throws IOException {
      bench.put("done/4.json", "{\"half\":");
      repair();
      assertEquals("{\"half\":", bench.text("rejected/4.json"));
      assertEquals(State.REJECTED, bench.entry(new JobId(4)).state());
      assertEquals(new JobId(6), bench.submit("next"));
    }

    @Test
    void of_a_damaged_record_leaves_its_claim_to_be_recorded_again() throws IOException {
      bench.put("running/3.1.started", "7 8\n");
      bench.put("running/3.1.exit-0", "");
      bench.put("done/3.json", "");
      repair();
      assertEquals(State.RUNNING, bench.entry(THREE).state());
      bench.assertNames(".localq/aside", "done-3.json.1");
    }

    @Test
    void brings_a_job_that_has_begun_back_to_its_tokens() throws IOException {
      bench.put("running/1.1.started", "7 8\n");
      repair();
      assertEquals(State.RUNNING, bench.entry(ONE).state());
      assertEquals(State.PENDING, bench.entry(TWO).state());
    }

    @Test
    void overwrites_nothing_aside() throws IOException {
      for (int i = 1; i <= 3; i++) {
        bench.put(".localq/limit", "bad " + i);
        repair();
        assertEquals("bad " + i, bench.text(".localq/aside/.localq-limit." + i));
      }
    }

    /** Whatever it dies behind, the next one ends what it began, and nothing is lost. */
    @Test
    void can_be_killed_at_each_step_and_made_again() throws Exception {
      int at = 1;
      while (interrupted(at)) {
        at++;
      }
      assertTrue(at > 20, "only " + at + " steps");
    }

    private boolean interrupted(int at) throws IOException {
      close();
      directory = Files.createDirectory(directory.resolve("x"));
      makeTheSpool();
      harm();
      SortedSet<String> contents = contents();
      int[] calls = new int[1];
      bench.fsync.before(
          what -> {
            if (++calls[0] == at) {
              throw new IOException("killed");
            }
          });
      boolean killed = false;
      try {
        repair();
      } catch (IOException failed) {
        killed = true;
      }
      bench.fsync.before(what -> {});
      repair();
      assertFinds(List.of());
      SortedSet<String> after = contents();
      assertTrue(after.containsAll(contents), contents + "\nbecame\n" + after + bench.evidence());
      return killed;
    }

    private void harm() throws IOException {
      bench.put("1.json", "damaged 1");
      bench.put("running/3.json", "damaged 3");
      bench.put("running/3.1.started", "33 33\n");
      bench.put("done/4.json", "damaged 4");
      bench.put("held/4.json", "twin 4");
      bench.put("rejected/5.json", "no reason");
      bench.put("running/2.1.started", "garbage 2");
      bench.put(".localq/limit", "damaged limit");
      bench.put(".localq/void", "damaged void");
      delete(bench, ".localq/seq/5");
      delete(bench, ".localq/keys");
    }

    /** Everything that a user or a disk has put there. */
    private SortedSet<String> contents() throws IOException {
      SortedSet<String> contents = new TreeSet<>();
      for (String name : RecordingFsync.tree(bench.layout.root())) {
        // opening a lock file would free it
        String text = name.endsWith("lock") ? "" : bench.text(name);
        if (text.matches("(damaged|twin|no reason$|garbage|33)[^:]*\\n?")) {
          contents.add(text);
        }
      }
      return contents;
    }
  }

  private void joinAsWorker() throws IOException {
    bench.put(
        ".localq/workers/4711",
        bench.identity.process().ticks() + " " + bench.identity.boot() + "\n");
  }

  private static Processes processes(Predicate<ProcessId> alive, boolean jobs) {
    return new Processes() {
      @Override
      public boolean isAlive(ProcessId process) {
        return alive.test(process);
      }

      @Override
      public boolean isAlive(Claim claim) {
        return jobs;
      }
    };
  }

  /** Repairs where nothing is alive, and returns what was done. */
  private List<String> repair() throws IOException {
    List<String> done = new ArrayList<>();
    // as a command does: the lock may be gone that this process knew
    try (Spool spool = bench.gate(bench.identity).openToCheck(bench.layout.root())) {
      spool.repair(processes(process -> false, false), CLOCK, done::add);
    }
    return done;
  }

  private CheckReport check() throws IOException {
    try (Spool spool = bench.gate(bench.identity).openToCheck(bench.layout.root())) {
      return spool.check(process -> false);
    }
  }

  private void assertFinds(List<String> lines) throws IOException {
    assertEquals(lines, lines(check()), () -> bench.evidence());
  }

  /** With names below the spool; the spool itself is "/". */
  private List<String> lines(CheckReport report) {
    String root = bench.layout.root().toString();
    return report.findings().stream()
        .map(Finding::line)
        .map(line -> line.startsWith(root + "/") ? line.substring(root.length() + 1) : line)
        .map(line -> line.startsWith(root + ":") ? "/" + line.substring(root.length()) : line)
        .map(line -> line.replace(root, ""))
        .toList();
  }
}
