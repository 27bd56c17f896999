package org.localq.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.localq.Eventually.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.SampleJob;
import org.localq.core.Claim;
import org.localq.core.Identity;
import org.localq.core.JobId;
import org.localq.core.Presence;
import org.localq.core.ProcessId;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class LocalEngineTest {
  private static final Path PROC = Path.of("/proc");

  @TempDir Path base;
  private Path running;
  private LocalEngine engine;

  @BeforeEach
  void set_up() throws Exception {
    running = Files.createDirectory(base.resolve("running"));
    Path shim = Files.write(base.resolve("shim"), LocalEngine.shimText());
    engine = new LocalEngine(PROC, shim, new LocalMachine(PROC).inherited(), "", "/u/localqd");
  }

  @AfterEach
  void let_its_shims_go() {
    engine.abandon(mark(7));
    engine.retain(Set.of());
  }

  private Mark mark(long id) {
    return new Mark(base.toString(), new JobId(id), 1);
  }

  private Launch launch(SampleJob job) throws IOException {
    return launch(7, job);
  }

  private Launch launch(long id, SampleJob job) throws IOException {
    Launch launch = new Launch(mark(id), job.build(), running, id + ".1.run-b0070000", 0);
    Files.createFile(running.resolve(id + ".json"));
    Files.write(running.resolve(launch.runFile()), engine.script(launch));
    return launch;
  }

  private void awaitFile(String name) throws Exception {
    Path file = running.resolve(name);
    eventually(
        () -> Files.exists(file), () -> file + " does not come; there is " + listing(running));
  }

  private static String listing(Path directory) {
    return String.join(" ", Optional.ofNullable(directory.toFile().list()).orElseThrow());
  }

  @Nested
  class Start {
    @Test
    void names_the_program_that_is_not_on_the_path() throws Exception {
      LocalEngine without =
          new LocalEngine(
              PROC,
              base.resolve("shim"),
              new LocalMachine(PROC).inherited(),
              base + "::/nowhere",
              "/u/localqd");
      Launch launch = launch(SampleJob.of("true"));
      assertEquals(
          "setsid: not found on the worker's PATH, which is " + base + "::/nowhere",
          assertThrows(IOException.class, () -> without.start(launch)).getMessage());
      Path setsid = Files.createFile(base.resolve("setsid"));
      Files.setPosixFilePermissions(setsid, PosixFilePermissions.fromString("rwx------"));
      assertTrue(
          assertThrows(IOException.class, () -> without.start(launch))
              .getMessage()
              .startsWith("sh: not found"));
    }

    @Test
    void brings_the_command_to_its_exit_token() throws Exception {
      engine.start(
          launch(SampleJob.of("/bin/sh", "-c", "echo said; exit 9").in("" + base).stdout("out")));
      awaitFile("7.1.exit-9");
      assertEquals("said\n", Files.readString(base.resolve("out")));
    }

    @Test
    void makes_the_shim_the_leader_of_a_session_of_its_own() throws Exception {
      Launch launch =
          launch(
              SampleJob.of(
                      "/bin/sh",
                      "-c",
                      ": >up; i=0; until [ -e go ] || [ $i -gt 3000 ]; do sleep 0.01; i=$((i+1)); done")
                  .in("" + base));
      engine.start(launch);
      eventually(() -> Files.exists(base.resolve("up")), () -> listing(running));
      ProcessId shim =
          ProcessId.parse(Files.readAllLines(running.resolve("7.1.started")).get(0)).get();
      ProcessStat stat = ProcessStat.read(PROC.resolve("" + shim.pid())).orElseThrow();
      assertEquals(shim, stat.id());
      assertEquals(shim.pid(), stat.session());
      assertEquals(Presence.ALIVE, engine.look().presence(launch.mark(), Optional.empty()));
      Files.createFile(base.resolve("go"));
      awaitFile("7.1.exit-0");
    }

    @Test
    void gives_the_job_nothing_of_the_workers_environment() throws Exception {
      engine.start(launch(SampleJob.of("/usr/bin/env").in("" + base).stdout("out")));
      awaitFile("7.1.exit-0");
      assertEquals(
          7, Files.readAllLines(base.resolve("out")).size(), Files.readString(base.resolve("out")));
    }

    @Test
    void fails_when_no_process_can_be_spawned() throws Exception {
      Launch launch = launch(SampleJob.of("true"));
      Launch nowhere =
          new Launch(launch.mark(), launch.job(), base.resolve("gone"), launch.runFile(), 0);
      assertThrows(IOException.class, () -> engine.start(nowhere));
    }
  }

  /** Which process executes what, by the start tokens. */
  @Nested
  class A_shim {
    private ProcessId run(long id) throws Exception {
      engine.start(launch(id, SampleJob.of("true").in("" + base)));
      return shimOf(id);
    }

    private ProcessId shimOf(long id) throws Exception {
      Path end = running.resolve(id + ".1.exit-0");
      eventually(() -> Files.exists(end) && Files.size(end) > 0, () -> listing(running));
      return ProcessId.parse(Files.readAllLines(running.resolve(id + ".1.started")).get(0))
          .orElseThrow();
    }

    private void eventuallyEnds(ProcessId shim) throws Exception {
      eventually(() -> !new LocalMachine(PROC).isAlive(shim), () -> shim + " goes on");
    }

    @Test
    void executes_the_next_attempt_when_it_is_done_with_one() throws Exception {
      ProcessId first = run(7);
      engine.ended(mark(7));
      assertEquals(first, run(8));
    }

    @Test
    void is_not_given_another_before_the_end_of_its_attempt_is_known() throws Exception {
      ProcessId first = run(7);
      assertNotEquals(first, run(8));
    }

    @Test
    void that_was_killed_while_it_was_idle_is_replaced() throws Exception {
      ProcessId first = run(7);
      engine.ended(mark(7));
      ProcessHandle.of(first.pid()).orElseThrow().destroyForcibly();
      eventuallyEnds(first);
      assertNotEquals(first, run(8));
    }

    @Test
    void that_is_abandoned_ends_and_the_idle_ones_with_it() throws Exception {
      ProcessId idle = run(7);
      ProcessId busy = run(8);
      engine.ended(mark(7));
      engine.abandon(mark(8));
      eventuallyEnds(idle);
      eventuallyEnds(busy);
    }

    @Test
    void that_is_abandoned_in_the_middle_of_an_attempt_ends_behind_it() throws Exception {
      Path go = base.resolve("go");
      String waits = "until [ -e '" + go + "' ]; do sleep 0.01; done";
      engine.start(launch(7, SampleJob.of("sh", "-c", waits).in("" + base)));
      awaitFile("7.1.started");
      engine.abandon(mark(7));
      Files.createFile(go);
      eventuallyEnds(shimOf(7));
    }

    @Test
    void that_did_not_come_is_abandoned_and_another_is_spawned() throws Exception {
      Launch launch = launch(7, SampleJob.of("true").in("" + base));
      engine.start(launch);
      ProcessId first = shimOf(7);
      Files.delete(running.resolve("7.1.started"));
      Files.delete(running.resolve("7.1.exit-0"));
      engine.start(launch);
      assertNotEquals(first, shimOf(7));
      eventuallyEnds(first);
    }

    @Test
    void of_a_job_that_is_gone_is_abandoned() throws Exception {
      ProcessId gone = run(7);
      ProcessId kept = run(8);
      engine.retain(Set.of(new JobId(8)));
      eventuallyEnds(gone);
      engine.ended(mark(8));
      assertEquals(kept, run(9));
    }

    @Test
    void that_was_not_needed_for_a_while_ends_but_for_one() throws Exception {
      ProcessId first = run(7);
      ProcessId second = run(8);
      engine.ended(mark(7));
      engine.ended(mark(8));
      engine.rest();
      assertTrue(new LocalMachine(PROC).isAlive(first));
      engine.rest();
      eventuallyEnds(first);
      engine.rest();
      assertEquals(second, run(9));
    }
  }

  @Nested
  class A_look_at_some_attempts {
    private Presence presence(long id) throws Exception {
      ProcessId shim =
          ProcessId.parse(Files.readAllLines(running.resolve(id + ".1.started")).get(0))
              .orElseThrow();
      Claim.Start start =
          new Claim.Start(
              Optional.of(shim), true, Instant.EPOCH, Optional.empty(), Optional.empty());
      return engine.look(Set.of(mark(id)), Set.of(shim)).presence(mark(id), Optional.of(start));
    }

    private void end(long id) throws Exception {
      Path end = running.resolve(id + ".1.exit-0");
      eventually(() -> Files.exists(end) && Files.size(end) > 0, () -> listing(running));
    }

    /** Whatever was seen before: at once, and when that is no longer what it was. */
    @ParameterizedTest
    @ValueSource(ints = {0, 150})
    void finds_what_a_shim_that_was_there_before_has_started(int millis) throws Exception {
      engine.start(launch(7, SampleJob.of("true").in("" + base)));
      end(7);
      engine.ended(mark(7));
      engine.look();
      TimeUnit.MILLISECONDS.sleep(millis);
      String leaves = "sleep 30 </dev/null >/dev/null 2>&1 & echo $! >left";
      engine.start(launch(8, SampleJob.of("sh", "-c", leaves).in("" + base)));
      end(8);
      assertEquals(Presence.ALIVE, presence(8));
      long left = Long.parseLong(Files.readString(base.resolve("left")).strip());
      ProcessHandle.of(left).orElseThrow().destroyForcibly();
      eventually(() -> presence(8) == Presence.SHIM_ONLY, () -> "process " + left);
    }

    @Test
    void finds_the_shim_that_waits_for_another() throws Exception {
      engine.look();
      engine.start(launch(7, SampleJob.of("true").in("" + base)));
      end(7);
      assertEquals(Presence.SHIM_ONLY, presence(7));
    }

    @Test
    void finds_what_runs_of_an_attempt_that_another_engine_has_started() throws Exception {
      LocalEngine other =
          new LocalEngine(
              PROC, base.resolve("shim"), new LocalMachine(PROC).inherited(), "", "/u/localqd");
      String waits = "until [ -e '" + base.resolve("go") + "' ]; do sleep 0.01; done";
      other.start(launch(7, SampleJob.of("sh", "-c", waits).in("" + base)));
      Path token = running.resolve("7.1.started");
      eventually(() -> Files.exists(token) && Files.size(token) > 0, () -> listing(running));
      engine.look();
      eventually(() -> presence(7) == Presence.ALIVE, () -> listing(running));
      Files.createFile(base.resolve("go"));
      end(7);
      other.abandon(mark(7));
    }
  }

  @Nested
  class The_shims_text {
    @Test
    void has_a_name_that_changes_with_it() throws Exception {
      assertTrue(LocalEngine.shimHash().matches("[0-9a-f]{8}"), LocalEngine.shimHash());
      assertArrayEquals(
          Files.readAllBytes(Path.of("src/main/resources/org/localq/engine/shim.sh")),
          LocalEngine.shimText());
    }
  }

  @Nested
  class The_machine {
    private final LocalMachine machine = new LocalMachine(PROC);

    @Test
    void knows_this_process() throws Exception {
      Identity identity = machine.identity();
      assertEquals(ProcessHandle.current().pid(), identity.process().pid());
      assertTrue(identity.boot().matches("[0-9a-f]{32}"), identity.boot());
      assertTrue(identity.host().matches("\\S+ pid:\\[[0-9]+\\]"), identity.host());
      assertTrue(machine.isAlive(identity.process()));
    }

    @Test
    void tells_a_process_from_another_that_had_its_pid() throws Exception {
      ProcessId self = machine.identity().process();
      assertNotEquals(true, machine.isAlive(new ProcessId(self.pid(), self.ticks() + 1)));
    }

    @Test
    void reads_limits_and_umask_as_the_shell_shows_them() throws Exception {
      assertEquals(
          org.localq.Executed.run(base, "sh", "-c", "ulimit -Sn; ulimit -Hn").orFail().out(),
          machine.limits().get(org.localq.core.Resource.NOFILE).toString().replace(':', '\n')
              + "\n");
      assertEquals(
          org.localq.Executed.run(base, "sh", "-c", "umask").orFail().out().strip(),
          machine.umask().orElseThrow().toString());
    }

    @Test
    void never_goes_back_in_time() throws Exception {
      assertTrue(machine.uptime().compareTo(machine.uptime()) <= 0);
    }
  }
}
