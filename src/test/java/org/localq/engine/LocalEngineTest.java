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
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.localq.SampleJob;
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

  private Launch launch(SampleJob job) throws IOException {
    Mark mark = new Mark(base.toString(), new JobId(7), 1);
    Launch launch = new Launch(mark, job.build(), running, "7.1.run-b0070000", false);
    Files.createFile(running.resolve("7.json"));
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
      ProcessId shim = ProcessId.parse(Files.readString(running.resolve("7.1.started"))).get();
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
          new Launch(launch.mark(), launch.job(), base.resolve("gone"), launch.runFile(), false);
      assertThrows(IOException.class, () -> engine.start(nowhere));
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
