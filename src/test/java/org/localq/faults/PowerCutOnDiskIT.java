package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.core.JobId;
import org.localq.system.Installation;

/**
 * The power is cut on a real file system: commands are killed in each of their calls, and what is
 * on the disk of an ext4 image at that moment is mounted and brought to rest under another boot.
 *
 * <p>ext4 shows less than {@link PowerCutIT}: one fsync commits the whole journal, and with it
 * every name that was changed before, in whatever directory. So of the missing fsyncs only those
 * are noticed here behind which nothing else is forced before somebody is told, or starts: a job
 * file's bytes, which no journal holds; the root's names behind them; and both of a claim's. That
 * of the counter is made up for by that of the job file.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Order(5)
@Tag("long")
class PowerCutOnDiskIT {
  /** More calls than any of these commands makes: where an enumeration gives up. */
  private static final int MOST = 100;

  @TempDir(factory = InMemoryDirectory.class)
  Path scratch;

  private Trial trial;
  private PowerImage disk;
  private Path empty;
  private String host;

  /** How many events the witness saw of former tries, which no disk knows of any more. */
  private int former;

  @BeforeAll
  static void assumeTools(@TempDir Path probe) throws IOException, InterruptedException {
    Strace.assumeInstalled();
    PowerImage.assumeMountable(probe);
  }

  @BeforeEach
  void mount() throws Exception {
    trial = new Trial(scratch, 2);
    disk = new PowerImage(scratch.resolve("disk.img"), trial.localq().home());
    empty = disk.keep("empty.img");
    disk.mount();
    submit(0, "0");
    host = Files.readString(trial.spool().resolve(".localq/host"), StandardCharsets.US_ASCII);
  }

  @AfterEach
  void unmount() {
    try {
      trial.close();
    } finally {
      disk.close();
    }
  }

  /** What a command does to the disk, and what it promises. */
  private interface Step {
    void happen(List<String> wrapper, Promises promises) throws Exception;
  }

  private void submit(int code, String nap) {
    assertEquals("1", trial.localq().run(trial.submitLine(1, code, nap)).exits(0).text());
  }

  /** A disk with a queue, and a job in it that takes {@code nap} and ends with 3. */
  private Path withJob(String nap) throws Exception {
    disk.restore(empty);
    submit(3, nap);
    disk.unmount();
    Path kept = disk.keep("job.img");
    disk.mount();
    return kept;
  }

  private Promises promises() throws IOException {
    return new Promises(TraceRun.tree(trial.localq().home()));
  }

  private void submits(List<String> wrapper, Promises promises) {
    Installation.Result submitted = trial.run(wrapper, trial.submitLine(1, 3, "0"));
    if (submitted.out().endsWith("\n")) {
      promises.accepted.add(JobId.parse(submitted.text()).orElseThrow());
    }
  }

  private void cancels(List<String> wrapper, Promises promises) {
    String said = trial.run(wrapper, "lcancel", "1").out();
    promises.note(new TraceEvent.Wrote("", said), new TreeMap<>());
  }

  /** A worker that runs the job to its end, or is killed before. */
  private void works(List<String> wrapper, Promises promises) throws Exception {
    Process worker = trial.localq().launch(Map.of(), wrapper, trial.runLine());
    if (!trial.settlesUnless(() -> !worker.isAlive())) {
      trial.localq().run("localqd", "stop").exits(0);
    }
    // the tracer stays with the shims that it saw forked
    eventually("the end of the worker", () -> !worker.isAlive(), trial::evidence);
  }

  /** Cuts the power in each {@code call} of a command, and behind its end. */
  private void cutAtEvery(String call, Path base, PowerScenario like, Step step) throws Exception {
    int n = 0;
    boolean struck = true;
    while (struck && ++n < MOST) {
      Path log = scratch.resolve(call + "." + n);
      Strace kill = new Strace(call, "signal=SIGKILL", Integer.toString(n), List.of(), log);
      disk.restore(base);
      former = trial.witness().events().size();
      Promises promises = promises();
      step.happen(kill.wrapper(), promises);
      struck = kill.hasStruck();
      assertEquals(List.of(), cut(promises, like), "the power was cut at " + call + " " + n);
    }
    assertTrue(n > 1, "no call of " + call + " was found");
    assertTrue(n < MOST, "no end within " + MOST + " calls of " + call);
    System.out.println("power cuts on ext4, " + like + ": " + n + " by " + call);
  }

  /** What of the promises is broken if the power is cut now. */
  private List<String> cut(Promises promises, PowerScenario like) throws Exception {
    promises.ran.addAll(seen("START"));
    Path cut = disk.keep("cut.img");
    return aftermath(cut, promises, like);
  }

  private List<String> aftermath(Path cut, Promises promises, PowerScenario like) throws Exception {
    seen("END").forEach(id -> promises.codes.add(id + ":3"));
    disk.restore(cut);
    return Aftermath.of(trial.localq().home(), host.strip(), promises, like);
  }

  private Set<JobId> seen(String what) throws IOException {
    return trial.witness().events().stream()
        .skip(former)
        .filter(event -> event.what().equals(what))
        .map(event -> JobId.parse(event.id()).orElseThrow())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @ParameterizedTest
  @ValueSource(strings = {"mkdir", "rename", "link", "fsync"})
  @Injection(7)
  void a_first_submission_in_each(String call) throws Exception {
    cutAtEvery(call, empty, PowerScenario.FIRST_SUBMIT, this::submits);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rename", "link", "fsync"})
  @Injection(7)
  void a_submission_in_each(String call) throws Exception {
    cutAtEvery(call, withJob("0"), PowerScenario.NEXT_SUBMIT, this::submits);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rename", "fsync", "unlink"})
  @Injection(7)
  void a_cancellation_in_each(String call) throws Exception {
    cutAtEvery(call, withJob("0"), PowerScenario.CANCEL_OF_A_PENDING_JOB, this::cancels);
  }

  @ParameterizedTest
  @ValueSource(strings = {"rename", "fsync"})
  @Injection(7)
  void a_worker_in_each(String call) throws Exception {
    cutAtEvery(call, withJob("0"), PowerScenario.DEAD_CLAIMER, this::works);
  }

  @Test
  @Injection(7)
  void a_command_that_ran_at_the_cut_never_runs_again() throws Exception {
    assertEquals(List.of(), cutWhileItRuns(List.of()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"2, its bytes", "3, its name"})
  @Injection(8)
  void a_missing_fsync_of_a_job_is_noticed(String which) throws Exception {
    disk.restore(withJob("0"));
    Promises promises = promises();
    Strace missing =
        new Strace(
            "fsync", "retval=0", which.substring(0, 1), List.of(), scratch.resolve("missing"));
    submits(missing.wrapper(), promises);
    assertTrue(missing.hasStruck());
    assertTrue(promises.accepted.contains(new JobId(2)), "lbatch did not notice");
    assertFalse(cut(promises, PowerScenario.NEXT_SUBMIT).isEmpty());
  }

  @Test
  @Injection(8)
  void missing_fsyncs_of_a_claim_are_noticed() throws Exception {
    List<Path> both = List.of(trial.spool().resolve("running"), trial.spool());
    Strace missing = new Strace("fsync", "retval=0", "1+", both, scratch.resolve("missing"));
    List<String> broken = cutWhileItRuns(missing.wrapper());
    assertTrue(missing.hasStruck());
    assertEquals(List.of("job 1 ran again"), broken);
  }

  /** The power is cut while a command runs, whose worker is started behind {@code wrapper}. */
  private List<String> cutWhileItRuns(List<String> wrapper) throws Exception {
    disk.restore(empty);
    // the first worker of a boot forces its clocks when the first jobs run: the journal with them
    trial.start();
    eventually("the clocks", () -> trial.names(".localq").contains("clock"), trial::evidence);
    trial.localq().run("localqd", "stop").exits(0);
    submit(3, Witness.GATE);
    disk.unmount();
    disk.mount();
    Promises promises = promises();
    Process worker = trial.localq().launch(Map.of(), wrapper, trial.runLine());
    trial.awaitStart("1");
    promises.ran.add(new JobId(1));
    Path cut = disk.keep("cut.img");
    trial.witness().openGate();
    trial.settle();
    trial.localq().run("localqd", "stop").exits(0);
    eventually("the end of the worker", () -> !worker.isAlive(), trial::evidence);
    return aftermath(cut, promises, PowerScenario.DEAD_CLAIMER);
  }
}
