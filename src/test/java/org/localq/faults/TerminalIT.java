package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.Executed;
import org.localq.Signals;
import org.localq.system.Installation;

/** Terminals that are closed, and signals to a worker: its jobs know nothing of either. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class TerminalIT {
  private static final int CONTROL_C = 3;

  private static final String DEAF =
      "the tests were started to ignore SIGINT, as by nohup or a script's &";

  @TempDir Path scratch;
  @AutoClose private Trial trial;
  private OutputStream keyboard = OutputStream.nullOutputStream();

  private Trial trial(int cores) throws IOException {
    trial = new Trial(scratch, cores);
    return trial;
  }

  @AfterEach
  void end() throws IOException {
    keyboard.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"HUP", "TERM", "INT"})
  @Tag("long")
  @Injection(36)
  void a_worker_that_is_signalled_ends_and_the_next_one_records_what_ran(String signal)
      throws Exception {
    assumeTrue(!signal.equals("INT") || Signals.canInterrupt(), DEAF);
    trial(3).start();
    ProcessHandle worker = worker();
    recordedByTheNext(
        () -> {
          trial.localq().runOther("kill", "-s", signal, Long.toString(worker.pid())).exits(0);
          eventually("the end of the worker", () -> !worker.isAlive(), trial::evidence);
        });
  }

  private ProcessHandle worker() {
    eventually("a worker", () -> isFounded() && !trial.localq().workers().isEmpty());
    return ProcessHandle.of(trial.localq().workers().get(0)).orElseThrow();
  }

  private boolean isFounded() {
    return Files.exists(trial.spool().resolve(".localq/workers"));
  }

  private interface End {
    void come() throws Exception;
  }

  /** Whether two jobs live through the end of their worker, and a third is still pending then. */
  private void recordedByTheNext(End endOfWorker) throws Exception {
    List<String> ids = List.of(trial.submit(1, 3, Witness.GATE), trial.submit(2, 4, Witness.GATE));
    for (String id : ids) {
      trial.awaitStart(id);
    }
    String waits = trial.submit(1, 5, "0");
    endOfWorker.come();
    assertEquals("PENDING", trial.localq().state(waits));
    for (String id : ids) {
      assertEquals("RUNNING", trial.localq().state(id));
    }
    trial.witness().openGate();
    for (int job = 0; job < 2; job++) {
      Path token = trial.spool().resolve("running/" + ids.get(job) + ".1.exit-" + (3 + job));
      eventually("an end that nobody waited for", () -> Files.exists(token), trial::evidence);
    }
    trial.start().settleAndVerify();
    assertTrue(trial.localq().record(ids.get(0)).contains("\"exit_code\" : 3"));
    assertTrue(trial.localq().record(ids.get(1)).contains("\"exit_code\" : 4"));
    assertTrue(trial.localq().record(waits).contains("\"exit_code\" : 5"));
  }

  @Test
  @Injection(36)
  void a_terminal_that_is_closed_ends_the_worker_in_its_foreground_and_no_job() throws Exception {
    Process terminal = terminal(trial(3), "exec \"$@\"", trial.runLine());
    ProcessHandle worker = worker();
    recordedByTheNext(
        () -> {
          terminal.destroyForcibly().waitFor();
          eventually("the end of the worker", () -> !worker.isAlive(), this::screen);
        });
  }

  @Test
  @Tag("long")
  @Injection(36)
  void a_worker_in_the_foreground_ends_with_control_c_and_its_jobs_do_not() throws Exception {
    assumeTrue(Signals.canInterrupt(), DEAF);
    Process terminal = terminal(trial(3), "exec \"$@\"", trial.runLine());
    ProcessHandle worker = worker();
    recordedByTheNext(
        () -> {
          keyboard.write(CONTROL_C);
          keyboard.flush();
          eventually("the end of the worker", () -> !worker.isAlive(), this::screen);
          assertEquals(130, terminal.waitFor(), this::screen);
        });
  }

  @Test
  @Injection(36)
  void a_worker_that_was_started_from_a_terminal_stays_when_that_is_closed() throws Exception {
    Process terminal = terminal(trial(1), "\"$@\" && exec sleep 1000", trial.startLine());
    ProcessHandle worker = worker();
    String runs = trial.submitStarted(1, 3, Witness.GATE);
    eventually("the end of localqd start", () -> screen().contains("localqd started"));
    terminal.destroyForcibly().waitFor();
    trial.witness().openGate();
    trial.settleAndVerify();
    assertTrue(worker.isAlive(), this::screen);
    assertTrue(trial.localq().record(runs).contains("\"exit_code\" : 3"));
  }

  /**
   * A terminal of its own in which a shell runs {@code script} with these words. It is closed when
   * this process is killed.
   */
  private Process terminal(Trial trial, String script, String... words) throws Exception {
    assumeTrue(Executed.isInstalled("script"), "script is not installed");
    assumeTrue(Executed.isInstalled("mkfifo"), "mkfifo is not installed");
    Path keys = scratch.resolve("keys");
    Executed.run(scratch, "mkfifo", keys.toString()).orFail();
    Path shell = Files.writeString(scratch.resolve("shell"), script + "\n");
    // none of these words has a blank or anything else that a shell would see
    String line = "exec script -qefc \"sh '%s' $*\" '%s' <'%s' >/dev/null";
    List<String> wrapper =
        List.of("sh", "-c", line.formatted(shell, scratch.resolve("screen"), keys), "sh");
    Process process = trial.localq().launch(Map.of(), wrapper, words);
    keyboard = Files.newOutputStream(keys);
    return process;
  }

  private String screen() {
    return Installation.read(scratch.resolve("screen"));
  }
}
