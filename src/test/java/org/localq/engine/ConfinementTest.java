package org.localq.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.localq.Eventually.eventually;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.localq.SampleJob;
import org.localq.core.JobId;
import org.localq.core.ProcessId;

/**
 * How jobs are kept to their memory, with real shims and commands, in directories that are laid out
 * as cgroups are: what a kernel would do with what is written there is not tried here.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class ConfinementTest {
  private static final Path PROC = Path.of("/proc");
  private static final long PID = 4711;

  @TempDir Path base;
  private Path mount;
  private Path proc;
  private Path running;
  private LocalEngine engine;

  @BeforeEach
  void lay_out() throws Exception {
    mount = cgroup(base.resolve("mount"), "cpu memory pids", "");
    Files.createDirectories(base.resolve("linger/ada"));
    proc = Files.createDirectories(base.resolve("proc/self")).getParent();
    running = Files.createDirectory(base.resolve("running"));
    Path shim = Files.write(base.resolve("shim"), LocalEngine.shimText());
    engine = new LocalEngine(PROC, shim, new LocalMachine(PROC).inherited(), path(), "/u/localqd");
  }

  @AfterEach
  void let_its_shims_go() {
    engine.retain(Set.of());
    engine.abandon(mark(7));
  }

  /** With programs of the test in front. */
  private String path() {
    return base + ":/usr/bin:/bin";
  }

  private static Path cgroup(Path directory, String controllers, String processes)
      throws IOException {
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("cgroup.controllers"), controllers + "\n");
    Files.writeString(directory.resolve("cgroup.subtree_control"), "");
    Files.writeString(directory.resolve("cgroup.procs"), processes);
    return directory;
  }

  private void isIn(String cgroup) throws IOException {
    Files.writeString(proc.resolve("self/cgroup"), "4:memory:/other\n0::" + cgroup + "\n");
  }

  private Cgroups cgroups() {
    return new Cgroups(proc, mount, base.resolve("systemd"), base.resolve("linger"));
  }

  private Mark mark(long id) {
    return new Mark(base.toString(), new JobId(id), 1);
  }

  private void program(String name, String text) throws IOException {
    Path program = Files.writeString(base.resolve(name), "#!/bin/sh\n" + text);
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
  }

  @Nested
  class A_part_of_the_tree_that_is_the_users_own {
    @Test
    void is_taken_where_no_systemd_is_and_the_worker_is_alone_in_it() throws IOException {
      Path own = cgroup(mount.resolve("box"), "memory", PID + "\n");
      isIn("/box");
      // a file takes what is written to it, as the kernel does not: "+memory" is read back as a
      // word
      Files.writeString(own.resolve("cgroup.subtree_control"), "memory\n");
      assertEquals(Optional.of(new Confinement.Below(own)), cgroups().takeDelegated(PID));
      assertEquals(PID + "\n", Files.readString(own.resolve("localq-worker/cgroup.procs")));
    }

    @Test
    void is_taken_where_systemd_says_that_it_delegated_it_and_put_the_worker_below()
        throws IOException {
      assumeTrue(
          Files.getFileStore(base).supportsFileAttributeView(UserDefinedFileAttributeView.class));
      Files.createDirectory(base.resolve("systemd"));
      Path unit = cgroup(mount.resolve("unit"), "memory", "");
      Files.writeString(unit.resolve("cgroup.subtree_control"), "memory\n");
      cgroup(unit.resolve("worker"), "", PID + "\n");
      isIn("/unit/worker");
      assertEquals(Optional.empty(), cgroups().takeDelegated(PID));
      Files.getFileAttributeView(unit, UserDefinedFileAttributeView.class)
          .write("delegate", ByteBuffer.wrap(new byte[] {'1'}));
      assertEquals(Optional.of(new Confinement.Below(unit)), cgroups().takeDelegated(PID));
    }

    @Test
    void is_not_taken_beside_other_processes() throws IOException {
      cgroup(mount.resolve("box"), "memory", "1\n" + PID + "\n");
      isIn("/box");
      assertEquals(Optional.empty(), cgroups().takeDelegated(PID));
      assertFalse(Files.exists(mount.resolve("box/localq-worker")));
    }

    @Test
    void is_not_taken_from_systemd_which_has_not_delegated_it() throws IOException {
      Files.createDirectory(base.resolve("systemd"));
      cgroup(mount.resolve("box"), "memory", PID + "\n");
      isIn("/box");
      assertEquals(Optional.empty(), cgroups().takeDelegated(PID));
      assertFalse(Files.exists(mount.resolve("box/localq-worker")));
    }

    @Test
    void is_not_taken_where_memory_can_not_be_limited() throws IOException {
      cgroup(mount.resolve("box"), "cpu pids", PID + "\n");
      isIn("/box");
      assertEquals(Optional.empty(), cgroups().takeDelegated(PID));
      isIn("/gone");
      assertEquals(Optional.empty(), cgroups().takeDelegated(PID));
    }

    @Test
    void is_swept_of_what_dead_shims_left() throws IOException {
      Path own = cgroup(mount.resolve("box"), "memory", PID + "\n");
      Files.writeString(own.resolve("cgroup.subtree_control"), "memory\n");
      Files.createDirectory(own.resolve("localq-99-3.1"));
      Files.createDirectory(own.resolve("localq-98-4.1"));
      Files.createDirectory(own.resolve("others"));
      Files.createDirectory(proc.resolve("98"));
      isIn("/box");
      cgroups().takeDelegated(PID);
      assertFalse(Files.exists(own.resolve("localq-99-3.1")));
      assertTrue(Files.exists(own.resolve("localq-98-4.1")));
      assertTrue(Files.exists(own.resolve("others")));
    }

    @Test
    void says_the_least_that_any_cgroup_above_leaves() throws IOException {
      isIn("/a/b");
      assertTrue(cgroups().memoryMax().isEmpty());
      Files.writeString(
          cgroup(mount.resolve("a"), "memory", "").resolve("memory.max"), "1000000\n");
      Files.writeString(cgroup(mount.resolve("a/b"), "memory", "").resolve("memory.max"), "max\n");
      assertEquals(1000000, cgroups().memoryMax().orElseThrow());
    }
  }

  @Nested
  class A_service_manager {
    private String why() {
      Confinement found =
          cgroups().tryScope(path(), Map.of("XDG_RUNTIME_DIR", "/run/x", "USER", "ada"), 1000);
      return assertInstanceOf(Confinement.None.class, found).why();
    }

    @Test
    void is_asked_for_a_scope_and_its_controllers() throws IOException {
      program(
          "systemd-run",
          "echo \"$XDG_RUNTIME_DIR $*\" >'" + base + "/asked'\necho cpu memory pids\n");
      assertEquals(
          new Confinement.Scope(mount, Map.of("XDG_RUNTIME_DIR", "/run/user/1000")),
          cgroups().tryScope(path(), Map.of("LOGNAME", "ada"), 1000));
      assertTrue(
          Files.readString(base.resolve("asked"))
              .startsWith(
                  "/run/user/1000 --user --scope --quiet --collect --property=Delegate=yes -- sh"));
    }

    @Test
    void that_may_not_limit_memory_is_of_no_use() throws IOException {
      program("systemd-run", "echo cpu pids\n");
      assertEquals("this user's service manager may not limit memory", why());
    }

    @Test
    void that_can_not_be_reached_is_quoted() throws IOException {
      program("systemd-run", "echo 'Failed to connect to bus' >&2\nexit 1\n");
      assertEquals("systemd-run --user says: Failed to connect to bus", why());
    }

    @Test
    void that_would_end_with_the_login_is_not_trusted_with_jobs() throws IOException {
      program("systemd-run", "echo memory\n");
      Files.delete(base.resolve("linger/ada"));
      assertEquals(
          "this user's service manager ends with the last login; loginctl enable-linger keeps it",
          why());
    }

    @Test
    void is_not_looked_for_on_a_system_without_cgroup_v2() throws IOException {
      Files.delete(mount.resolve("cgroup.controllers"));
      assertEquals(mount + " is no cgroup v2", why());
    }
  }

  /** Executes this command as job 7, which asks for 1 MiB, to its end. */
  private void runs(Confinement by, String... command) throws Exception {
    engine = engine.confinedBy(() -> by);
    SampleJob job = SampleJob.of(command).in("" + base).stdout("out").stderr("err");
    Launch launch = new Launch(mark(7), job.memory(1 << 20).build(), running, "7.1.run-b0", 0);
    Files.createFile(running.resolve("7.json"));
    Files.write(running.resolve(launch.runFile()), engine.script(launch));
    engine.start(launch);
    eventually(() -> tokens().stream().anyMatch(t -> t.startsWith("7.1.exit-")), this::evidence);
  }

  private TreeSet<String> tokens() {
    try (Stream<Path> files = Files.list(running)) {
      TreeSet<String> names = new TreeSet<>();
      files.forEach(file -> names.add(file.getFileName().toString()));
      return names;
    } catch (IOException unreadable) {
      throw new IllegalStateException(unreadable);
    }
  }

  private String evidence() {
    return tokens().toString();
  }

  private long shim() throws IOException {
    return ProcessId.parse(Files.readAllLines(running.resolve("7.1.started")).get(0)).get().pid();
  }

  private Path cell(Path parent) throws IOException {
    return parent.resolve("localq-" + shim() + "-7.1");
  }

  @Nested
  class A_job_that_asks_for_memory {
    @Test
    void runs_in_a_cgroup_of_its_own_with_that_limit() throws Exception {
      runs(new Confinement.Below(mount), "sh", "-c", "echo $LOCALQ_MEM_PER_NODE; exit 3");
      Path cell = cell(mount);
      assertEquals("1048576\n", Files.readString(cell.resolve("memory.max")));
      assertEquals("0\n", Files.readString(cell.resolve("cgroup.procs")));
      assertTrue(tokens().containsAll(Set.of("7.1.enforced", "7.1.exit-3")), evidence());
      assertFalse(tokens().contains("7.1.oom"));
      assertEquals("1\n", Files.readString(base.resolve("out")));
      assertEquals("", Files.readString(base.resolve("err")));
    }

    @Test
    void of_which_the_kernel_killed_a_process_says_so() throws Exception {
      runs(
          new Confinement.Below(mount),
          "sh",
          "-c",
          "cd "
              + mount
              + "/localq-*-7.1 && printf \'max 9\\noom 1\\noom_kill 1\\n\' >memory.events; kill -9 $$");
      assertTrue(tokens().containsAll(Set.of("7.1.oom", "7.1.exit-137")), evidence());
    }

    @Test
    void of_which_it_killed_none_does_not() throws Exception {
      runs(
          new Confinement.Below(mount),
          "sh",
          "-c",
          "cd "
              + mount
              + "/localq-*-7.1 && printf \'max 9\\noom 1\\noom_kill 0\\n\' >memory.events");
      assertFalse(tokens().contains("7.1.oom"), evidence());
    }

    @Test
    void runs_all_the_same_where_no_cgroup_can_be_made_and_is_not_called_enforced()
        throws Exception {
      runs(new Confinement.Below(base.resolve("nowhere")), "echo", "ran");
      assertEquals("ran\n", Files.readString(base.resolve("out")));
      assertTrue(tokens().contains("7.1.exit-0"), evidence());
      assertFalse(tokens().contains("7.1.enforced"), evidence());
    }

    @Test
    void leaves_no_cgroup_behind_that_something_it_left_was_still_in() throws Exception {
      runs(new Confinement.Below(mount), "echo", "ran");
      Path cell = cell(mount);
      // what is no cgroup can't be removed with these in it
      for (String file : List.of("memory.max", "cgroup.procs")) {
        Files.delete(cell.resolve(file));
      }
      engine.retain(Set.of());
      eventually(() -> !Files.exists(cell), () -> "still there: " + cell);
    }

    @Test
    void leaves_no_cgroup_behind_that_it_could_not_be_moved_into() throws Exception {
      // as where the controller is missing: it is made, and that is all
      Path closed = Files.createDirectory(base.resolve("closed"));
      program("mkdir", "/bin/mkdir \"$@\"; exit 1\n");
      runs(new Confinement.Below(closed), "echo", "ran");
      assertEquals("ran\n", Files.readString(base.resolve("out")));
      try (Stream<Path> left = Files.list(closed)) {
        assertEquals(List.of(), left.toList());
      }
    }

    @Test
    void is_not_called_enforced_where_it_can_not_be_moved_into_its_cgroup() throws Exception {
      // a real file system of cgroups, whose processes nobody may move into what is no cgroup
      program("mkdir", "/bin/mkdir \"$@\" && /bin/mkdir \"$1/cgroup.procs\"\n");
      runs(new Confinement.Below(mount), "echo", "ran");
      assertEquals("ran\n", Files.readString(base.resolve("out")));
      assertFalse(tokens().contains("7.1.enforced"), evidence());
    }

    @Test
    void is_run_by_a_shim_in_a_scope_which_divides_that() throws Exception {
      // says "0::/", as in a cgroup namespace, or where the shim really is
      String own =
          Files.readAllLines(PROC.resolve("self/cgroup")).stream()
              .filter(line -> line.startsWith("0::"))
              .map(line -> line.substring("0::/".length()))
              .findFirst()
              .orElseThrow();
      Path scope = cgroup(mount.resolve(own), "memory", "");
      program(
          "systemd-run",
          "echo \"$BUS\" >'"
              + base
              + "/bus'\nwhile [ \"$1\" != -- ]; do shift; done\nshift\nexec \"$@\"\n");
      runs(new Confinement.Scope(mount, Map.of("BUS", "here")), "env");
      assertEquals("here\n", Files.readString(base.resolve("bus")));
      assertEquals("+memory\n", Files.readString(scope.resolve("cgroup.subtree_control")));
      assertEquals("0\n", Files.readString(scope.resolve("shim/cgroup.procs")));
      assertEquals("1048576\n", Files.readString(cell(scope).resolve("memory.max")));
      assertTrue(tokens().containsAll(Set.of("7.1.enforced", "7.1.exit-0")), evidence());
      List<String> environment = Files.readAllLines(base.resolve("out"));
      assertFalse(environment.contains("BUS=here"), environment.toString());
      assertEquals(shim(), ProcessStat.read(PROC.resolve("" + shim())).orElseThrow().session());
    }

    @Test
    void is_asked_about_anew_where_no_shim_came_up() throws Exception {
      program("systemd-run", "exit 1\n");
      int[] asked = new int[1];
      engine =
          engine.confinedBy(
              () ->
                  asked[0]++ == 0
                      ? new Confinement.Scope(mount, Map.of())
                      : new Confinement.None("gone"));
      Launch launch =
          new Launch(mark(7), SampleJob.of("true").memory(1).build(), running, "7.1.run-b0", 0);
      Files.createFile(running.resolve("7.json"));
      Files.write(running.resolve(launch.runFile()), engine.script(launch));
      try {
        engine.start(launch);
      } catch (IOException ended) {
        // before it could be told: it is the same to who comes again
      }
      engine.start(launch);
      eventually(() -> tokens().contains("7.1.exit-0"), this::evidence);
      assertEquals(Optional.of("gone"), engine.whyMemoryIsOnlyCounted());
    }

    private String evidence() {
      return tokens().toString();
    }
  }

  @Test
  void a_job_that_asks_for_none_has_no_cgroup_and_asks_nobody() throws Exception {
    engine =
        engine.confinedBy(
            () -> {
              throw new AssertionError("asked");
            });
    Launch launch = new Launch(mark(7), SampleJob.of("true").build(), running, "7.1.run-b0", 0);
    Files.createFile(running.resolve("7.json"));
    Files.write(running.resolve(launch.runFile()), engine.script(launch));
    engine.start(launch);
    eventually(() -> tokens().contains("7.1.exit-0"), this::evidence);
    assertFalse(tokens().contains("7.1.enforced"));
  }
}
