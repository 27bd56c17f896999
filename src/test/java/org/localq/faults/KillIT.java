package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.commons.io.file.PathUtils;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.system.Installation;

/** Everything that can be killed is killed, in each of its system calls that count. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Order(4)
class KillIT {
  /** More calls than any run makes: where an enumeration gives up. */
  private static final int MOST = 400;

  private final Random random = Seed.of(KillIT.class);
  @TempDir Path scratch;
  @AutoClose private Trial trial;

  private Trial trial(int cores) throws IOException {
    trial = new Trial(scratch, cores);
    return trial;
  }

  private Strace kill(String call, int n, List<Path> paths) {
    return new Strace(
        call, "signal=SIGKILL", Integer.toString(n), paths, scratch.resolve(call + "." + n));
  }

  @Test
  @Injection(1)
  void a_worker_killed_at_every_rename() throws Exception {
    killWorkerAtEvery("rename", false);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fsync", "unlink"})
  @Tag("long")
  @Injection(1)
  void a_worker_killed_at_every(String call) throws Exception {
    killWorkerAtEvery(call, false);
  }

  @Test
  @Tag("long")
  @Injection(1)
  void a_worker_killed_at_every_open_in_the_spool() throws Exception {
    killWorkerAtEvery("openat", true);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rename", "link"})
  @Injection(1)
  void a_worker_killed_over_arrays_at_every(String call) throws Exception {
    killWorkerAtEvery(call, false, this::arrays);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fsync", "unlink", "write"})
  @Tag("long")
  @Injection(1)
  void a_worker_killed_over_arrays_at_every_less_telling(String call) throws Exception {
    killWorkerAtEvery(call, false, this::arrays);
  }

  @Test
  @Injection(1)
  void a_worker_killed_over_jobs_that_are_run_again_at_every_rename() throws Exception {
    killWorkerAtEvery("rename", false, this::demanding);
  }

  @ParameterizedTest
  @ValueSource(strings = {"fsync", "unlink", "write"})
  @Tag("long")
  @Injection(1)
  void a_worker_killed_over_jobs_that_are_run_again_at_every_less_telling(String call)
      throws Exception {
    killWorkerAtEvery(call, false, this::demanding);
  }

  /**
   * A job that fails and is run again; now and then one that reaches its time limit, and is told
   * before.
   */
  private List<String> demanding(int n) throws IOException {
    String again =
        trial.submitWith(List.of("--retry", "1", "--requeue", "-t", "1:00"), 1 + n % 3, "0");
    if (n % 8 == 1) {
      // no longer, because a tracer ends with the last process that it traces
      trial.submitWith(List.of("-t", "0:01", "--signal=CONT@1"), 0, "3");
    }
    return List.of(again);
  }

  /** Something to do at each round; the ids that are known. */
  private interface Work {
    List<String> submit(int round) throws IOException;
  }

  /**
   * An array of lines, one of numbers with a throttle, one whose canceller died behind its marker,
   * and one of which a task was cancelled so.
   */
  private List<String> arrays(int n) throws IOException {
    trial.submitArray(3, n % 5, "0");
    trial.submitNumbers(n % 5, "0");
    String cancelled = trial.tryToSubmitArray(2, 0, "0");
    Files.createFile(trial.spool().resolve("running").resolve(cancelled + ".cancel"));
    String one = trial.tryToSubmitArray(2, 0, "0");
    Files.createFile(trial.spool().resolve("running").resolve(one + "_2.cancel"));
    return List.of();
  }

  private void killWorkerAtEvery(String call, boolean inSpoolOnly) throws Exception {
    killWorkerAtEvery(call, inSpoolOnly, this::work);
  }

  /**
   * Each worker finds what the one that was killed a call earlier has left, or, where nothing is
   * left, new work of every kind: a job, a drop, a job whose canceller died behind its marker.
   */
  private void killWorkerAtEvery(String call, boolean inSpoolOnly, Work work) throws Exception {
    Strace.assumeInstalled();
    // the calls of shims are counted, and struck, too
    trial(2).mayLose().submit(1, 0, "0");
    List<String> ids = List.of();
    boolean struck = true;
    int n = 0;
    while (struck && ++n < MOST) {
      if (n == 1 || trial.isSettled()) {
        ids = work.submit(n);
      }
      Strace strace = kill(call, n, inSpoolOnly ? spoolPaths(ids) : List.of());
      Process worker = trial.localq().launch(Map.of(), strace.wrapper(), trial.runLine());
      struck = endsOrSettles(worker, strace);
    }
    assertTrue(n > 3, "only " + n + " calls of " + call + " were found to kill a worker in");
    assertTrue(n < MOST, "no worker came to its end within " + MOST + " calls of " + call);
    System.out.println("a worker was killed at " + (n - 1) + " calls of " + call);
    trial.start().settleAndVerify();
  }

  /** Something to do of every kind; the ids that are known. */
  private List<String> work(int n) throws IOException {
    String job = trial.submit(1, n % 5, "0");
    drop("drop" + n + ".json", n % 3);
    String cancelled = trial.submit(1, 0, "0");
    Files.createFile(trial.spool().resolve("running").resolve(cancelled + ".cancel"));
    return List.of(job, cancelled);
  }

  /** Whether the worker was killed; one that has done everything is ended. */
  private boolean endsOrSettles(Process worker, Strace strace) throws Exception {
    boolean struck =
        trial.settlesUnless(
            () -> {
              try {
                return strace.hasStruck();
              } catch (IOException failed) {
                throw new IllegalStateException(failed);
              }
            });
    if (!struck) {
      trial.localq().run("localqd", "stop").exits(0);
    }
    // the tracer stays with the shims that it saw forked
    eventually("the end of the worker", () -> !worker.isAlive(), trial::evidence);
    return struck;
  }

  private List<Path> spoolPaths(List<String> ids) throws IOException {
    List<Path> paths = new ArrayList<>();
    try (Stream<Path> files = Files.walk(trial.spool())) {
      files.filter(file -> !file.startsWith(trial.spool().resolve("done"))).forEach(paths::add);
    }
    paths.add(trial.spool().resolve("done"));
    for (String id : ids) {
      for (String name : List.of(".json", ".cancel", ".1.started", ".1.exit-0", ".1.term")) {
        paths.add(trial.spool().resolve("running").resolve(id + name));
      }
      paths.add(trial.spool().resolve("done").resolve(id + ".json"));
    }
    return paths;
  }

  /** Drops a job that the witness sees; whether it comes to run shows in the witness alone. */
  private void drop(String name, int code) throws IOException {
    trial.drop(name, trial.witness().command(code, "0"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"rename", "link", "fsync"})
  @Injection(2)
  void a_client_killed_at_every(String call) throws Exception {
    killClientAtEvery(call, false);
  }

  @ParameterizedTest
  @ValueSource(strings = {"unlink", "write"})
  @Tag("long")
  @Injection(2)
  void a_client_killed_at_every_less_telling(String call) throws Exception {
    killClientAtEvery(call, false);
  }

  @Test
  @Tag("long")
  @Injection(2)
  void a_client_killed_at_every_open_in_the_spool() throws Exception {
    killClientAtEvery("openat", true);
  }

  private void killClientAtEvery(String call, boolean inSpoolOnly) throws Exception {
    Strace.assumeInstalled();
    trial(2);
    trial.submit(1, 0, "0");
    boolean struck = true;
    int n = 0;
    while (struck && ++n < MOST) {
      Strace strace = kill(call, n, inSpoolOnly ? spoolPaths(List.of()) : List.of());
      trial.remember(trial.run(strace.wrapper(), trial.submitLine(1, n % 5, "0")));
      struck = strace.hasStruck();
    }
    assertTrue(n > 1, "no call of " + call + " was found to kill a client in");
    assertTrue(n < MOST, "no client came to its end within " + MOST + " calls of " + call);
    System.out.println("a client was killed at " + (n - 1) + " calls of " + call);
    trial.start().settleAndVerify();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rename", "fsync", "openat"})
  @Injection(2)
  void a_client_that_has_a_job_run_again_killed_at_every(String call) throws Exception {
    Strace.assumeInstalled();
    trial(2).start();
    String id = trial.submit(1, 3, "0");
    boolean struck = true;
    int n = 0;
    while (struck && ++n < MOST) {
      eventually("its end", () -> trial.isRecorded(id) && trial.isSettled(), trial::evidence);
      List<Path> paths = call.equals("openat") ? spoolPaths(List.of(id)) : List.of();
      Strace strace = kill(call, n, paths);
      trial.witness().note(id, "REQUEUE");
      trial.run(strace.wrapper(), "lctl", "requeue", id);
      struck = strace.hasStruck();
    }
    assertTrue(n > 1, "no call of " + call + " was found to kill a client in");
    assertTrue(n < MOST, "no client came to its end within " + MOST + " calls of " + call);
    System.out.println("a client was killed at " + (n - 1) + " calls of " + call);
    trial.settleAndVerify();
  }

  @ParameterizedTest
  @ValueSource(strings = {"rename", "unlink", "fsync"})
  @Tag("long")
  @Injection(1)
  void a_worker_killed_at_every_step_of_a_collection(String call) throws Exception {
    Strace.assumeInstalled();
    List<String> ids = endedJobs();
    Path backup = scratch.resolve("backup");
    copy(trial.spool().resolve("done"), backup);
    String[] collector = Trial.with(trial.runLine(), "--keep", "0s,0");
    boolean struck = true;
    boolean collecting = false;
    int n = 0;
    while (struck && ++n < MOST) {
      // somebody brings five records back; and a higher id is to be noted each time
      copy(backup, trial.spool().resolve("done"));
      ids.add(endedJob());
      Strace strace = kill(call, n, List.of());
      Process worker = trial.localq().launch(Map.of(), strace.wrapper(), collector);
      eventually(
          "the end of a collection",
          () -> trial.names("done").isEmpty() || !worker.isAlive(),
          trial::evidence);
      trial.localq().run("localqd", "stop").exits(0);
      eventually("the end of the worker", () -> !worker.isAlive(), trial::evidence);
      struck = strace.hasStruck();
      collecting |= struck && isOfCollection(strace);
      trial.check();
      for (String id : ids) {
        assertTrue(trial.isRecorded(id) || isCollected(id), trial::evidence);
      }
      collectTheRest();
    }
    assertTrue(n > 2 && n < MOST, "calls: " + n);
    assertTrue(collecting, "no call of a collection was met");
    System.out.println("a collecting worker was killed at " + (n - 1) + " calls of " + call);
    long next = Long.parseLong(trial.submit(1, 0, "0"));
    assertTrue(ids.stream().allMatch(id -> Long.parseLong(id) < next), trial::evidence);
  }

  /** A worker without a fault goes on. */
  private void collectTheRest() {
    trial.localq().run(Trial.with(trial.startLine(), "--keep", "0s,0")).exits(0);
    eventually("the rest", () -> trial.names("done").isEmpty(), trial::evidence);
    trial.localq().run("localqd", "stop").exits(0);
  }

  /** One more job with a record, while all are kept. */
  private String endedJob() {
    trial.localq().run(Trial.with(trial.startLine(), "--keep", "all")).exits(0);
    String id = trial.submit(1, 0, "0");
    trial.settle();
    trial.localq().run("localqd", "stop").exits(0);
    return id;
  }

  private static boolean isOfCollection(Strace strace) {
    return Installation.read(strace.log())
        .lines()
        .anyMatch(
            line ->
                line.contains(".collected-") || line.contains("/done/") || line.contains("/held>"));
  }

  /** Five jobs with records; no worker is left. */
  private List<String> endedJobs() throws IOException {
    trial(5).start();
    List<String> ids = new ArrayList<>();
    for (int job = 0; job < 5; job++) {
      ids.add(trial.submit(1, job, "0"));
    }
    trial.settleAndVerify();
    trial.localq().run("localqd", "stop").exits(0);
    return ids;
  }

  private static void copy(Path from, Path to) throws IOException {
    PathUtils.copyDirectory(from, to, StandardCopyOption.REPLACE_EXISTING);
  }

  private boolean isCollected(String id) {
    return trial.names(".localq/seq").stream()
        .filter(name -> name.startsWith(".collected-"))
        .anyMatch(
            name -> Long.parseLong(name.substring(".collected-".length())) >= Long.parseLong(id));
  }

  @Test
  @Injection(3)
  void a_shim_killed_at_every_open_write_fork_and_exec() throws Exception {
    Strace.assumeInstalled();
    // of each call at least one more than a shim and its command make
    Map<String, Integer> calls = new LinkedHashMap<>();
    calls.put("openat", 34);
    calls.put("write", 5);
    calls.put("clone,fork,vfork,clone3", 5);
    // a look for a program in a directory is a call, too: for env, and for the job's own
    calls.put("execve", 8 + 2 * System.getenv("PATH").split(":").length);
    trial(120).mayLose();
    Path wrapper = shimKiller(calls);
    String path = wrapper + ":" + System.getenv("PATH");
    trial.localq().run(Map.of("PATH", path), trial.startLine()).exits(0);
    int jobs = calls.values().stream().mapToInt(Integer::intValue).sum();
    for (int job = 0; job < jobs; job++) {
      trial.submitFree(job % 5, "0.1");
    }
    trial.settleAndVerify();
    int id = 0;
    for (Map.Entry<String, Integer> call : calls.entrySet()) {
      int struck = 0;
      boolean last = false;
      for (int n = 1; n <= call.getValue(); n++) {
        last = isKilled(wrapper.resolve("log").resolve(Integer.toString(++id)));
        struck += last ? 1 : 0;
      }
      assertTrue(struck > 0, "nobody was killed in " + call);
      assertFalse(last, "there are more calls than these: " + call);
    }
  }

  private static boolean isKilled(Path log) {
    return Installation.read(log).contains("killed by SIGKILL");
  }

  /**
   * A directory with an {@code sh} that gives each shim one attempt alone. The first of each job it
   * runs under strace, and kills it, or its command, in one call: which one, the job's id says.
   */
  private Path shimKiller(Map<String, Integer> calls) throws IOException {
    Path directory = Files.createDirectory(scratch.resolve("wrapper"));
    Files.createDirectory(directory.resolve("log"));
    StringBuilder cases = new StringBuilder();
    int id = 0;
    for (Map.Entry<String, Integer> call : calls.entrySet()) {
      for (int n = 1; n <= call.getValue(); n++) {
        cases.append("    ").append(++id).append(") call=").append(call.getKey());
        cases.append(" n=").append(n).append(" ;;\n");
      }
    }
    // -DDD and the empty environment: the tracer is not to be taken for a process of the job
    String script =
        """
        #!/bin/sh
        case $1 in
          */shim-*) read -r job attempt run || exit 0 ;;
          *) exec /bin/sh "$@" ;;
        esac
        call=none
        mkdir "%1$s/$job" 2>/dev/null && case $job in
        %2$s    *) ;;
        esac
        if [ "$call" = none ]; then
          set -- /bin/sh "$@"
        else
          set -- env -i PATH="$PATH" strace -DDD -f -qq -o "%1$s/log/$job" -E LOCALQ_SHIM="$LOCALQ_SHIM" \\
            -e "trace=$call" -e "inject=$call:signal=SIGKILL:when=$n" /bin/sh "$@"
        fi
        exec "$@" <<END
        $job $attempt $run
        END
        """
            .formatted(directory, cases);
    Path sh = Files.writeString(directory.resolve("sh"), script);
    Files.setPosixFilePermissions(sh, PosixFilePermissions.fromString("rwx------"));
    return directory;
  }

  @Test
  @Tag("long")
  @Injection(4)
  void a_worker_killed_again_and_again_over_running_jobs() throws Exception {
    killOverRunningJobs(8);
  }

  @Test
  @Tag("long")
  @Injection(4)
  void a_worker_killed_fifty_times_over_twenty_running_jobs() throws Exception {
    killOverRunningJobs(50);
  }

  private void killOverRunningJobs(int kills) throws Exception {
    trial(20).start();
    List<String> jobs = new ArrayList<>();
    for (int job = 0; job < 20; job++) {
      jobs.add(trial.submit(1, job, job % 2 == 0 ? Witness.GATE : nap(kills)));
    }
    for (int kill = 0; kill < kills; kill++) {
      trial.localq().killWorker();
      trial.start();
    }
    trial.witness().openGate();
    trial.settleAndVerify();
    for (int job = 0; job < 20; job++) {
      String record = trial.localq().record(jobs.get(job));
      assertTrue(record.contains("\"exit_code\" : " + job), record);
    }
  }

  private String nap(int kills) {
    return Integer.toString(1 + random.nextInt(1 + kills / 3));
  }

  @Test
  @Injection(4)
  void a_worker_that_is_not_started_again_until_all_jobs_have_ended() throws Exception {
    trial(20).start();
    for (int job = 0; job < 20; job++) {
      trial.submit(1, job, Witness.GATE);
    }
    eventually("all starts", () -> count(".started") == 20, trial::evidence);
    trial.localq().killWorker();
    trial.witness().openGate();
    eventually("all ends", () -> count(".exit-") == 20, trial::evidence);
    assertEquals(0, trial.names("done").size(), "nobody was there to record an end");
    trial.start().settleAndVerify();
    assertEquals(20, trial.names("done").size());
  }

  private long count(String kind) {
    return trial.names("running").stream().filter(name -> name.contains(kind)).count();
  }

  @Test
  @Injection(5)
  void a_worker_killed_together_with_all_shims() throws Exception {
    trial(2).mayLose().start();
    String first = trial.submit(1, 3, Witness.GATE);
    String second = trial.submit(1, 4, Witness.GATE);
    for (String id : List.of(first, second)) {
      trial.awaitStart(id);
    }
    String waiting = trial.submit(2, 0, "0");
    trial.localq().killWorker();
    for (String id : List.of(first, second)) {
      kill(shim(id));
    }
    trial.start();
    assertEquals("PENDING", trial.localq().state(waiting), "the commands still take their cores");
    trial.witness().openGate();
    trial.settleAndVerify();
    for (String id : List.of(first, second)) {
      assertEquals("LOST", trial.localq().state(id));
    }
    assertEquals("COMPLETED", trial.localq().state(waiting));
  }

  private long shim(String id) {
    String token = Installation.read(trial.spool().resolve("running").resolve(id + ".1.started"));
    return Long.parseLong(token.split(" ")[0]);
  }

  private static void kill(long pid) {
    assertTrue(ProcessHandle.of(pid).orElseThrow().destroyForcibly());
    eventually("the end of " + pid, () -> ProcessHandle.of(pid).isEmpty());
  }

  @Test
  @Injection(6)
  void a_holder_of_the_lock_that_is_stopped_is_waited_for_and_robbed_of_nothing() throws Exception {
    Strace.assumeInstalled();
    trial(2).start();
    String running = trial.submitStarted(1, 7, "2");
    trial.localq().run("localqd", "stop").exits(0);
    trial.submit(1, 0, "0");
    // the first fsync of running/: the lock is held, and what is pending about to be claimed
    Path claims = trial.spool().resolve("running");
    Strace strace =
        new Strace("fsync", "signal=SIGSTOP", "1", List.of(claims), scratch.resolve("strace.log"));
    Process worker = trial.localq().launch(Map.of(), strace.wrapper(), trial.runLine());
    eventually(
        "the stop",
        () -> !trial.localq().workers().isEmpty() && isStopped(holder()),
        trial::evidence);

    String later = trial.submit(1, 5, "0");
    eventually("an end", () -> count(running + ".1.exit-7") == 1, trial::evidence);
    Process cancel = trial.localq().launch("lcancel", later);
    assertTrue(!cancel.waitFor(2, TimeUnit.SECONDS), "lcancel took a lock that is held");
    assertEquals("PENDING", trial.localq().state(later));

    assertEquals(0, new ProcessBuilder("kill", "-CONT", Long.toString(holder())).start().waitFor());
    assertEquals(0, cancel.waitFor());
    trial.settleAndVerify();
    trial.localq().run("localqd", "stop").exits(0);
    eventually("its end", () -> !worker.isAlive());
  }

  private long holder() {
    return trial.localq().workers().get(0);
  }

  private static boolean isStopped(long pid) {
    String status = Installation.read(Path.of("/proc/" + pid + "/status"));
    return status.lines().anyMatch(line -> line.matches("State:\\s+[Tt].*"));
  }
}
