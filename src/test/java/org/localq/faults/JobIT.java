package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.localq.system.Installation;

/** Jobs that make trouble, cancelled at any step; and limits that change under them. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Order(6)
class JobIT {
  /** More calls than any run makes: where an enumeration gives up. */
  private static final int MOST = 200;

  @TempDir Path scratch;
  @AutoClose private Trial trial;

  private Trial trial(int cores) throws IOException {
    trial = new Trial(scratch, cores);
    return trial;
  }

  /** Every process of a job says its number in this file. */
  private List<Long> pids(int least) {
    Path file = trial.localq().home().resolve("pids");
    eventually(
        least + " processes",
        () -> Files.exists(file) && Installation.read(file).lines().count() >= least,
        trial::evidence);
    return Installation.read(file).lines().map(Long::parseLong).toList();
  }

  private static final String PARENT = "echo $$ >>pids; ";

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ignores TERM          | 2  | trap '' TERM; (echo $$ >>pids; while :; do sleep 0.1; done)
          forks fifty           | 51 | i=0; while [ $i -lt 50 ]; do i=$((i+1)); sleep 1000 & echo $! >>pids; done; wait
          daemonises            | 2  | setsid sh -c 'echo $$ >>pids; exec sleep 1000' & wait; sleep 1000
          closes its output     | 2  | exec >&- 2>&-; sleep 1000 & echo $! >>pids; wait
          stops itself          | 2  | echo $$ >>pids; kill -STOP $$; sleep 1000
          stops and ignores     | 2  | trap '' TERM; echo $$ >>pids; kill -STOP $$; sleep 1000
          """)
  @Injection(37)
  void cancelled_is_gone_with_all_its_processes_before_its_cores_are_free(
      String what, int processes, String script) throws Exception {
    trial(1).start();
    String id = trial.localq().submit("-o", "/dev/null", "sh", "-c", PARENT + script);
    List<Long> pids = pids(processes);
    String next = trial.submit(1, 6, "0");
    assertEquals("PENDING", trial.localq().state(next));
    trial.localq().run("lcancel", "--grace", "1", id).exits(0);
    assertTrue(trial.localq().record(id).contains("\"CANCELLED\""), what);
    for (long pid : pids) {
      assertTrue(isGone(pid), what + ": process " + pid + " is alive behind the record");
    }
    assertTrue(trial.localq().record(next).contains("\"exit_code\" : 6"));
    trial.settle();
  }

  /** Gone, or a zombie whose parent is not the job's. */
  private static boolean isGone(long pid) {
    Path status = Path.of("/proc/" + pid + "/status");
    try {
      return Files.readString(status).contains("State:\tZ");
    } catch (IOException gone) {
      return true;
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          exits with 137        | 137 | exit 137
          kills itself          | 137 | kill -9 $$
          dies of its own TERM  | 143 | kill $$
          exits with 255        | 255 | exit 255
          closes everything     | 3   | exec >&- 2>&- <&-; exit 3
          """)
  @Injection(37)
  void ended_by_itself_has_its_own_code(String what, int code, String script) throws Exception {
    trial(1).start();
    String id = trial.localq().submit("-o", "/dev/null", "sh", "-c", script);
    String record = trial.localq().record(id);
    assertTrue(record.contains("\"exit_code\" : " + code), what + ": " + record);
    assertTrue(record.contains("\"FAILED\""), what + ": " + record);
    trial.settle();
  }

  @Test
  @Injection(37)
  void what_a_command_leaves_behind_keeps_its_cores_until_it_is_gone() throws Exception {
    trial(1).start();
    String id =
        trial.localq().submit("-o", "/dev/null", "sh", "-c", "sleep 1000 & echo $! >>pids; exit 5");
    String next = trial.submit(1, 0, "0");
    String record = trial.localq().record(id);
    assertTrue(record.contains("\"exit_code\" : 5"), record);
    assertTrue(pids(1).stream().allMatch(JobIT::isGone), "it is alive behind the record");
    assertTrue(trial.localq().record(next).contains("COMPLETED"));
    trial.settle();
  }

  @Test
  @Injection(38)
  void a_job_is_cancelled_at_every_rename_at_which_its_worker_can_die() throws Exception {
    cancelWhereWorkersDie("rename");
  }

  @ParameterizedTest
  @CsvSource({"fsync", "unlink"})
  @Tag("long")
  @Injection(38)
  void a_job_is_cancelled_at_every_step_at_which_its_worker_can_die(String call) throws Exception {
    cancelWhereWorkersDie(call);
  }

  private void cancelWhereWorkersDie(String call) throws Exception {
    Strace.assumeInstalled();
    trial(1);
    trial.submit(1, 0, "0");
    trial.start().settle();
    trial.localq().run("localqd", "stop").exits(0);
    boolean struck = true;
    int n = 0;
    while (struck && ++n < MOST) {
      String id = trial.submit(1, 3, "0");
      Strace strace = kill(call, n, "worker");
      Process worker = trial.localq().launch(Map.of(), strace.wrapper(), trial.runLine());
      struck = trial.settlesUnless(() -> hasStruck(strace));
      if (!struck) {
        trial.localq().run("localqd", "stop").exits(0);
      }
      eventually("the end of the worker", () -> !worker.isAlive(), trial::evidence);
      // no worker is alive: lcancel brings the job to its end itself, unless that had come already
      String said = trial.localq().run("lcancel", "--grace", "1", id).exits(0).out();
      assertTrue(trial.isRecorded(id) || said.contains("had already ended"), trial::evidence);
    }
    assertTrue(n > 3 && n < MOST, "calls: " + n);
    trial.start().settleAndVerify();
  }

  @ParameterizedTest
  @CsvSource({"rename,0", "rename,gate"})
  @Injection(38)
  void a_cancel_that_is_killed_at_any_rename_is_made_good(String call, String nap)
      throws Exception {
    killCancels(call, nap);
  }

  @ParameterizedTest
  @CsvSource({"fsync,0", "unlink,0", "fsync,gate"})
  @Tag("long")
  @Injection(38)
  void a_cancel_that_is_killed_at_any_step_is_made_good(String call, String nap) throws Exception {
    killCancels(call, nap);
  }

  private void killCancels(String call, String nap) throws Exception {
    Strace.assumeInstalled();
    trial(200);
    if (nap.equals(Witness.GATE)) {
      trial.start();
    }
    List<String> marked = new ArrayList<>();
    boolean struck = true;
    int n = 0;
    while (struck && ++n < MOST) {
      String id = trial.submit(1, 3, nap);
      if (nap.equals(Witness.GATE)) {
        trial.awaitStart(id);
      }
      Strace strace = kill(call, n, "cancel");
      int code = trial.run(strace.wrapper(), "lcancel", "--grace", "1", id).code();
      struck = hasStruck(strace);
      assertEquals(struck ? 137 : 0, code, "of lcancel");
      // a worker that is alive may have come to it already
      if (Files.exists(trial.spool().resolve("running").resolve(id + ".cancel"))
          || trial.isRecorded(id)) {
        marked.add(id);
      }
      if (!struck) {
        ensureWorker();
        assertTrue(trial.localq().record(id).contains("\"CANCELLED\""), trial::evidence);
      }
    }
    assertTrue(n > 1 && n < MOST, "calls: " + n);
    assertFalse(marked.isEmpty(), trial::evidence);
    for (String id : marked) {
      eventually("the end of job " + id, () -> trial.isRecorded(id), trial::evidence);
      assertTrue(trial.localq().record(id).contains("\"CANCELLED\""), trial::evidence);
    }
    trial.witness().openGate();
    trial.settleAndVerify();
  }

  private void ensureWorker() {
    if (trial.localq().run("localqd", "status").code() != 0) {
      trial.start();
    }
  }

  private Strace kill(String call, int n, String who) {
    return new Strace(
        call,
        "signal=SIGKILL",
        Integer.toString(n),
        List.of(),
        scratch.resolve(who + "." + call + "." + n));
  }

  private static boolean hasStruck(Strace strace) {
    try {
      return strace.hasStruck();
    } catch (IOException failed) {
      throw new IllegalStateException(failed);
    }
  }

  @Test
  @Injection(39)
  void a_limit_that_is_lowered_under_running_jobs_lets_them_end_and_starts_nothing_beyond_it()
      throws Exception {
    trial(3).start();
    String wide = trial.submit(2, 1, Witness.GATE);
    String narrow = trial.submit(1, 2, Witness.GATE);
    for (String id : List.of(wide, narrow)) {
      trial.awaitStart(id);
    }
    String never = trial.submit(2, 0, "0");
    trial.localq().run("localqd", "-n", "1", "restart").exits(0);
    String waits = trial.submit(1, 3, "0");
    eventually(
        "the reason",
        () -> trial.localq().run("lqueue", "-j", never).out().contains("CoreLimit"),
        trial::evidence);
    assertEquals("PENDING", trial.localq().state(waits));
    trial.witness().openGate();
    assertTrue(trial.localq().record(waits).contains("\"exit_code\" : 3"));
    assertEquals("PENDING", trial.localq().state(never), "wider than the queue");
    Installation.Result other = trial.localq().run("localqd", "-n", "2", "run").exits(1);
    assertTrue(other.err().contains("share a limit of 1 cores"), other::toString);
    trial.localq().run("localqd", "-n", "3", "restart").exits(0);
    trial.settleAndVerify();
  }
}
