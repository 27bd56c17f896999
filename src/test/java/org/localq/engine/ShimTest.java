package org.localq.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.localq.Eventually.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.Executed;
import org.localq.SampleJob;
import org.localq.Signals;
import org.localq.SmallDisk;
import org.localq.core.ProcessId;

@ParameterizedClass
@MethodSource("org.localq.engine.ShimBench#shells")
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class ShimTest {
  @Parameter String shell;
  @TempDir Path base;
  private ShimBench bench;

  @BeforeEach
  void set_up() throws Exception {
    bench = new ShimBench(base, shell);
    bench.assumeShell();
  }

  @AfterEach
  void end_what_is_left() {
    bench.close();
  }

  /** A command that goes on until the file "go" is there. */
  private static final String UNTIL_GO =
      "exec sh -c ': >up; i=0; until [ -e go ] || [ $i -gt 3000 ]; do sleep 0.01; i=$((i+1)); done;"
          + " exit 5'\n";

  private void awaitFile(String name) throws Exception {
    eventually(() -> Files.exists(bench.path(name)), bench::evidence);
  }

  @Nested
  class The_exit_token {
    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '"',
        value = {
          "0   | exec true",
          "1   | exec false",
          "3   | exec sh -c 'exit 3'",
          "255 | exec sh -c 'exit 255'",
          "121 | exec sh -c 'exit 121'",
          "126 | exec env -i -- /dev/null",
          "127 | exec env -i -- /no/such/command",
          "143 | exec sh -c 'kill -s TERM $$'",
          "137 | exec sh -c 'kill -s KILL $$'",
          "137 | exec sh -c 'exit 137'",
        })
    void carries_what_a_shell_would_show_of_the_command(int code, String script) throws Exception {
      bench.script(script + "\n").run();
      assertEquals(Set.of("started", "exit-" + code), bench.tokens(), bench::evidence);
    }

    @Test
    void holds_the_times_that_the_command_took() throws Exception {
      bench.script("exec sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done'\n").run();
      String[] lines = bench.text("7.1.exit-0").split("\n");
      assertEquals(3, lines.length, bench::evidence);
      assertTrue(lines[1].matches("0m0[.][0-9]+s 0m0[.][0-9]+s"), bench::evidence);
      assertFalse(lines[1].startsWith("0m0.00"), bench::evidence);
      assertTrue(lines[2].matches("[0-9]+[.][0-9][0-9]"), "the machine's uptime: " + lines[2]);
    }

    @Test
    void is_for_this_user_alone_like_the_start_token() throws Exception {
      bench.script("umask 0\nexec true\n").run();
      for (String token : List.of("7.1.started", "7.1.exit-0")) {
        assertEquals(0, (Integer) Files.getAttribute(bench.path(token), "unix:mode") & 0077, token);
      }
    }
  }

  @Nested
  class The_start_token {
    @Test
    void names_the_shim_by_pid_and_ticks_while_the_command_runs() throws Exception {
      ShimBench.Shim shim = bench.script(UNTIL_GO).start();
      awaitFile("up");
      ProcessId expected =
          ProcessStat.read(Path.of("/proc/" + shim.process().pid())).orElseThrow().id();
      String[] lines = bench.text("7.1.started").split("\n", -1);
      assertEquals(List.of(expected.toString(), ""), List.of(lines[0], lines[2]));
      // behind the start of the shim itself, in ticks of 10 ms, and not in the future
      double uptime = Double.parseDouble(lines[1]);
      assertTrue(Math.round(uptime * 100) >= expected.ticks(), lines[1]);
      assertTrue(uptime <= Double.parseDouble(uptime()), lines[1]);
      Files.createFile(bench.path("go"));
      shim.await();
      assertEquals(Set.of("started", "exit-5"), bench.tokens(), bench::evidence);
    }

    private String uptime() throws IOException {
      return Files.readString(Path.of("/proc/uptime")).split(" ")[0];
    }

    @Test
    void lets_one_of_two_shims_through() throws Exception {
      for (int round = 0; round < 20; round++) {
        Path place = Files.createDirectory(base.resolve("round-" + round));
        try (ShimBench both = new ShimBench(place, shell)) {
          both.script("echo ran >>ran\nexec sleep 0.01\n");
          ShimBench.Shim first = both.start();
          ShimBench.Shim second = both.start();
          first.await();
          second.await();
          assertEquals("ran\n", both.text("ran"), both::evidence);
          assertEquals(Set.of("started", "exit-0"), both.tokens(), both::evidence);
        }
      }
    }

    @Test
    void that_is_void_keeps_the_command_from_running() throws Exception {
      Path constant = Files.writeString(base.resolve("void"), "void\n");
      Files.createLink(bench.path("7.1.started"), constant);
      bench.script(": >ran\n").run();
      assertEquals(Set.of("started"), bench.tokens(), bench::evidence);
      assertFalse(Files.exists(bench.path("ran")), bench::evidence);
      assertEquals("void\n", Files.readString(constant));
    }
  }

  @Nested
  class A_shim_that_comes_late {
    @Test
    void does_not_run_a_job_whose_claim_is_gone() throws Exception {
      bench.script(": >ran\n").dropClaim().run();
      assertEquals(Set.of("started"), bench.tokens(), bench::evidence);
      assertFalse(Files.exists(bench.path("ran")), bench::evidence);
    }

    @Test
    void goes_away_when_its_run_file_is_gone() throws Exception {
      bench.run();
      assertEquals(Set.of("started"), bench.tokens(), bench::evidence);
    }
  }

  @Nested
  class A_shim_that_is_told_of_several_attempts {
    private String told = "";

    private void tell(int job, String script) throws IOException {
      Files.createFile(bench.path(job + ".json"));
      Files.writeString(bench.path("run-" + job), script + "\nexit\n");
      told += job + " 1 run-" + job + "\n";
    }

    private void run() throws Exception {
      bench.start(told).await();
    }

    @Test
    void executes_one_after_the_other() throws Exception {
      tell(11, "echo 11 >>order; exec sh -c 'exit 1'");
      tell(12, "echo 12 >>order; exec sh -c 'exit 2'");
      run();
      assertEquals("11\n12\n", bench.text("order"), bench::evidence);
      assertTrue(Files.exists(bench.path("11.1.exit-1")), bench::evidence);
      assertTrue(Files.exists(bench.path("12.1.exit-2")), bench::evidence);
      assertEquals(
          bench.text("11.1.started").lines().findFirst(),
          bench.text("12.1.started").lines().findFirst());
    }

    @Test
    void gives_a_command_nothing_to_read() throws Exception {
      tell(11, "exec cat >read");
      tell(12, "exec true");
      run();
      assertEquals("", bench.text("read"), bench::evidence);
      assertTrue(Files.exists(bench.path("12.1.exit-0")), bench::evidence);
    }

    @Test
    void carries_nothing_of_one_over_to_the_next() throws Exception {
      String shows = "umask; ulimit -n; pwd; echo \"${leaked-}\"; trap";
      tell(11, "(" + shows + ") >before; umask 0; ulimit -n 77; leaked=1; cd /; exec true");
      tell(12, "(" + shows + ") >after; exec true");
      run();
      assertEquals(bench.text("before"), bench.text("after"), bench::evidence);
    }

    @Test
    void counts_the_times_of_each_alone() throws Exception {
      tell(11, "exec sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done'");
      tell(12, "exec true");
      run();
      assertFalse(bench.text("11.1.exit-0").contains("\n0m0.00s"), bench::evidence);
      assertTrue(bench.text("12.1.exit-0").contains("\n0m0.0"), bench::evidence);
      assertTrue(user("12") < user("11"), bench::evidence);
    }

    private int user(String job) throws IOException {
      String times = bench.text(job + ".1.exit-0").split("\n")[1];
      return Integer.parseInt(times.split("s")[0].replaceAll("[m.]", ""));
    }

    @Test
    void goes_on_behind_one_that_is_not_for_it() throws Exception {
      tell(11, ": >ran");
      Files.createFile(bench.path("11.1.started"));
      tell(12, ": >ran");
      Files.delete(bench.path("12.json"));
      tell(13, ": >ran");
      Files.delete(bench.path("run-13"));
      tell(14, "exec sh -c 'exit 4'");
      run();
      assertFalse(Files.exists(bench.path("ran")), bench::evidence);
      assertTrue(Files.exists(bench.path("14.1.exit-4")), bench::evidence);
    }
  }

  @Nested
  class A_signal {
    @ParameterizedTest
    @ValueSource(strings = {"HUP", "INT", "TERM"})
    void to_the_shim_leaves_it_to_record_the_exit_code(String name) throws Exception {
      ShimBench.Shim shim = bench.script(UNTIL_GO).start();
      awaitFile("up");
      shim.signal(name);
      shim.signal(name);
      assertTrue(shim.process().isAlive(), bench::evidence);
      Files.createFile(bench.path("go"));
      shim.await();
      assertEquals(Set.of("started", "exit-5"), bench.tokens(), bench::evidence);
    }

    @Test
    void to_all_of_its_session_ends_the_command_alone() throws Exception {
      ShimBench.Shim shim = bench.script("trap - TERM\n" + UNTIL_GO).start();
      awaitFile("up");
      Executed.run(Path.of("/"), "sh", "-c", "kill -s TERM -- -" + shim.process().pid()).orFail();
      shim.await();
      assertEquals(Set.of("started", "exit-143"), bench.tokens(), bench::evidence);
    }

    @Test
    void is_neither_ignored_nor_caught_where_the_command_begins() throws Exception {
      bench.script("exec cat /proc/self/status >status\n").run();
      String status = bench.text("status");
      long ignored = Signals.mask(status, "SigIgn") & ~Signals.ignoredHere();
      for (int signal : List.of(1, 2, 15)) {
        assertEquals(0, ignored >> (signal - 1) & 1, () -> signal + ": " + bench.evidence());
      }
      assertEquals(0, Signals.mask(status, "SigCgt"), bench::evidence);
    }
  }

  @Nested
  class On_a_full_disk {
    @Test
    void the_exit_token_is_made_all_the_same() throws Exception {
      Path place = Files.createDirectory(base.resolve("small"));
      try (SmallDisk disk = SmallDisk.mount(place, "64k");
          ShimBench small = new ShimBench(Files.createDirectory(base.resolve("b")), place, shell)) {
        small.script(UNTIL_GO);
        ShimBench.Shim shim = small.start();
        eventually(() -> Files.exists(small.path("up")), small::evidence);
        disk.fill();
        Files.createFile(small.path("go"));
        shim.await();
        assertEquals(Set.of("started", "exit-5"), small.tokens(), small::evidence);
        assertEquals("", small.text("7.1.exit-5"), "there was no room for the times");
      }
    }

    @Test
    void the_command_waits_until_its_start_can_be_noted() throws Exception {
      Path place = Files.createDirectory(base.resolve("small"));
      try (SmallDisk disk = SmallDisk.mount(place, "64k");
          ShimBench small = new ShimBench(Files.createDirectory(base.resolve("b")), place, shell)) {
        small.script(": >ran\n");
        disk.fill();
        ShimBench.Shim shim = small.start();
        eventually(() -> small.tokens().contains("started"), small::evidence);
        assertEquals("", small.text("7.1.started"), small::evidence);
        assertFalse(Files.exists(small.path("ran")), small::evidence);
        double then = uptime() + 0.5;
        eventually(() -> uptime() >= then, small::evidence);
        disk.free();
        shim.await();
        assertEquals(Set.of("started", "exit-0"), small.tokens(), small::evidence);
        assertTrue(
            ProcessId.parse(small.text("7.1.started").lines().findFirst().orElse("")).isPresent(),
            small::evidence);
        double start = Double.parseDouble(small.text("7.1.started").split("\n")[1]);
        assertTrue(start >= then, "its time limit is not counted from before that");
      }
    }

    private double uptime() throws IOException {
      return Double.parseDouble(Files.readString(Path.of("/proc/uptime")).split(" ")[0]);
    }
  }

  @Nested
  class A_job_whose_start_cannot_be_noted {
    @Test
    void ends_when_somebody_wants_it_to() throws Exception {
      Path place = Files.createDirectory(base.resolve("small"));
      try (SmallDisk disk = SmallDisk.mount(place, "64k");
          ShimBench small = new ShimBench(Files.createDirectory(base.resolve("b")), place, shell)) {
        small.script(": >ran\n");
        disk.fill();
        ShimBench.Shim shim = small.start();
        eventually(() -> small.tokens().contains("started"), small::evidence);
        Files.createFile(small.path("7.cancel"));
        shim.await();
        assertEquals(Set.of("started"), small.tokens(), small::evidence);
        assertEquals("", small.text("7.1.started"), small::evidence);
      }
    }
  }

  @Nested
  class A_job_that_cannot_be_launched {
    private void leaves(String token, SampleJob job) throws Exception {
      bench.job(job.build()).run();
      assertEquals(Set.of("started", token), bench.tokens(), bench::evidence);
      assertFalse(Files.exists(base.resolve("ran")), bench::evidence);
    }

    private SampleJob touch() {
      return SampleJob.of("touch", base.resolve("ran").toString()).in(base.toString());
    }

    @Test
    void says_so_of_a_missing_directory() throws Exception {
      leaves("exit-directory", touch().in(base + "/nowhere"));
    }

    @Test
    void says_so_of_a_directory_that_is_a_file() throws Exception {
      Files.createFile(base.resolve("file"));
      leaves("exit-directory", touch().in(base + "/file"));
    }

    @Test
    void says_so_of_a_missing_input() throws Exception {
      leaves("exit-stdin", touch().stdin("nothing"));
    }

    @Test
    void says_so_of_an_output_in_a_missing_directory() throws Exception {
      leaves("exit-stdout", touch().stdout("no/where"));
    }

    @Test
    void says_so_of_an_output_that_is_a_directory() throws Exception {
      leaves("exit-stdout", touch().stdout("."));
    }

    @Test
    void says_so_of_errors_in_a_missing_directory() throws Exception {
      leaves("exit-stderr", touch().stdout("out").stderr("no/where"));
    }

    @ParameterizedTest
    @ValueSource(ints = {129, 137, 143})
    void says_so_once_also_where_a_signal_came_between_that_and_its_end(int code) throws Exception {
      bench.script(": >\"$job.$attempt.exit-stdout\"; exit " + code + "\n").run();
      assertEquals(Set.of("started", "exit-stdout"), bench.tokens(), bench::evidence);
    }

    @Test
    void leaves_a_token_that_this_user_can_read_whatever_the_umask_of_the_job() throws Exception {
      leaves("exit-stdin", touch().stdin("nothing").umask("0777"));
      assertEquals(
          0600, (Integer) Files.getAttribute(bench.path("7.1.exit-stdin"), "unix:mode") & 0777);
    }
  }

  @Nested
  class A_run_file_that_can_not_be_read_for_a_while {
    /** A directory in its place is there, and can be opened by no shell. */
    @Test
    void is_read_later_and_its_command_has_its_own_exit_code() throws Exception {
      Path run = bench.path(ShimBench.RUN_FILE);
      bench.script("exec sh -c 'exit 7'");
      Path aside = Files.move(run, bench.path("aside"));
      Files.createDirectory(run);
      ShimBench.Shim shim = bench.start();
      Path token = bench.path("7.1.started");
      eventually(() -> isWritten(token), bench::evidence);
      assertEquals(Set.of("started"), bench.tokens(), bench::evidence);
      Files.delete(run);
      Files.move(aside, run);
      shim.await();
      assertEquals(Set.of("started", "exit-7"), bench.tokens(), bench::evidence);
    }

    private static boolean isWritten(Path token) {
      try {
        return Files.exists(token) && Files.size(token) > 0;
      } catch (IOException gone) {
        return false;
      }
    }
  }

  @Nested
  class A_directory_that_can_not_be_looked_into_for_a_while {
    @Test
    void hides_no_end() throws Exception {
      assumeTrue(Executed.isInstalled("setpriv"), "setpriv is not installed");
      bench.by(List.of("setpriv", "--bounding-set=-dac_override,-dac_read_search"));
      String until = "until [ -e '" + base.resolve("go") + "' ]; do sleep 0.01; done";
      ShimBench.Shim shim =
          bench.script("exec sh -c 'echo $$ >up; '\"" + until + "\"'; exit 7'").start();
      awaitFile("up");
      eventually(() -> !Files.exists(bench.path("up")) || !pid().isEmpty(), bench::evidence);
      long command = Long.parseLong(pid());
      Path running = bench.path(".").normalize();
      Files.setPosixFilePermissions(running, PosixFilePermissions.fromString("rw-------"));
      try {
        Files.createFile(base.resolve("go"));
        // its parent, the shim, knows then
        eventually(() -> ProcessHandle.of(command).isEmpty(), bench::evidence);
      } finally {
        Files.setPosixFilePermissions(running, PosixFilePermissions.fromString("rwx------"));
      }
      shim.await();
      assertEquals(Set.of("started", "exit-7"), bench.tokens(), bench::evidence);
    }

    private String pid() {
      try {
        return bench.text("up").strip();
      } catch (IOException failed) {
        return "";
      }
    }
  }

  @Nested
  class The_text {
    @Test
    void is_accepted_by_the_shell() throws Exception {
      String[] words = (shell + " -n " + base.resolve("shim")).split(" ");
      assertEquals("", Executed.run(base, words).orFail().err());
    }

    @Test
    void has_no_finding_of_shellcheck() throws Exception {
      assumeTrue(Executed.isInstalled("shellcheck"), "shellcheck is not installed");
      assertEquals("", Executed.run(base, "shellcheck", base + "/shim").orFail().out());
    }
  }
}
