package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.localq.system.Installation;

/** Which process, which boot and which machine it is that a token speaks of. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class IdentityIT {
  private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

  @TempDir Path scratch;
  private final List<Namespace> namespaces = new ArrayList<>();
  private Trial trial;

  private Trial trial(int cores) throws IOException {
    // most of these tests are about a machine that went down
    trial = new Trial(scratch, cores).mayLose();
    return trial;
  }

  private Namespace kept(Namespace namespace) {
    namespaces.add(namespace);
    return namespace;
  }

  @AfterEach
  void end() {
    if (trial != null) {
      trial.close();
    }
    namespaces.forEach(Namespace::close);
  }

  /**
   * Arguments: a number and a command, which is started in the background as the process of that
   * number. In between somebody else may fork, as a gate does for each of its naps, and keep the
   * number for as long as that takes: so it is tried again a little later.
   */
  private static final String USURP =
      """
      pid=$1
      shift
      for try in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
        echo $((pid - 1)) >/proc/sys/kernel/ns_last_pid || exit 1
        "$@" </dev/null >/dev/null 2>&1 &
        [ $! -eq "$pid" ] && exit 0
        kill -s KILL $!
        sleep 0.07
      done
      exit 2
      """;

  /** A process that is nobody's, which a signal would end. */
  private static final List<String> STRANGER = List.of("sleep", "1000");

  /** The same as the leader of a session, which ends when one of its processes is ended. */
  private static final List<String> LEADER =
      List.of("setsid", "sh", "-c", "sleep 1000 & wait $!; exit");

  private void usurp(long pid, List<String> command) {
    List<String> words = new ArrayList<>(List.of("sh", "-c", USURP, "sh", Long.toString(pid)));
    words.addAll(command);
    trial.localq().runOther(words.toArray(new String[0])).exits(0);
  }

  private void signal(String name, long pid) {
    kill(name, pid).exits(0);
  }

  /** By the shell: kill(1) of procps takes some negative numbers for options. */
  private Installation.Result kill(String name, long pid) {
    String script = "kill -s " + name + " -- " + pid;
    return trial.localq().runOther("sh", "-c", script);
  }

  /** Ends a shim with its command and waits until both are gone: a zombie keeps its number. */
  private void killSession(long shim) {
    signal("KILL", -shim);
    eventually("the end of session " + shim, () -> !isThere(-shim), trial::evidence);
  }

  private boolean isThere(long pid) {
    return kill("0", pid).code() == 0;
  }

  private Path running(String name) {
    return trial.spool().resolve("running").resolve(name);
  }

  private long shim(String id) {
    return Long.parseLong(Installation.read(running(id + ".1.started")).split(" ")[0]);
  }

  @Test
  @Injection(26)
  void a_process_with_the_number_of_a_dead_shim_or_worker_is_not_taken_for_it_nor_signalled()
      throws Exception {
    Namespace namespace = kept(Namespace.ofProcesses());
    trial(4).enter(namespace);
    trial.start();
    Map<String, List<String>> strangers = new LinkedHashMap<>();
    strangers.put(trial.submitStarted(1, 3, Witness.GATE), STRANGER);
    strangers.put(trial.submitStarted(1, 4, Witness.GATE), LEADER);
    strangers.put(trial.submitStarted(1, 5, Witness.GATE), STRANGER);
    strangers.put(trial.submitStarted(1, 6, Witness.GATE), LEADER);
    List<String> ids = List.copyOf(strangers.keySet());
    List<Long> pids = new ArrayList<>(ids.stream().map(this::shim).toList());
    long worker = trial.localq().workers().get(0);
    signal("KILL", worker);
    eventually("the end of the worker", () -> !isThere(worker), trial::evidence);
    usurp(worker, STRANGER);
    pids.forEach(this::killSession);
    strangers.forEach((id, command) -> usurp(shim(id), command));
    pids.add(worker);

    trial.localq().run("localqd", "status").exits(3);
    trial.localq().run("localqd", "stop").exits(0);
    trial.localq().run("lcancel", "--grace", "0", ids.get(2), ids.get(3)).exits(0);
    trial.start();
    trial.settleAndVerify();
    assertEquals(
        List.of("LOST", "LOST", "CANCELLED", "CANCELLED"),
        ids.stream().map(trial.localq()::state).toList());
    pids.forEach(pid -> assertTrue(isThere(pid), () -> "stranger " + pid + " was ended"));
  }

  @Test
  @Tag("long")
  @Injection(26)
  void a_worker_that_slept_through_the_reuse_of_a_number_is_not_misled() throws Exception {
    trial(2).enter(kept(Namespace.ofProcesses()));
    trial.start();
    String first = trial.submitStarted(1, 3, Witness.GATE);
    String second = trial.submitStarted(1, 4, Witness.GATE);
    List<Long> pids = List.of(shim(first), shim(second));
    // a stopped parent would not let the numbers go: the next worker is none
    long parent = trial.localq().workers().get(0);
    signal("KILL", parent);
    eventually("the end of the worker", () -> !isThere(parent), trial::evidence);
    trial.start();
    long worker = trial.localq().workers().get(0);
    signal("STOP", worker);
    pids.forEach(this::killSession);
    usurp(pids.get(0), STRANGER);
    usurp(pids.get(1), LEADER);
    signal("CONT", worker);
    trial.settleAndVerify();
    assertEquals("LOST", trial.localq().state(first));
    assertEquals("LOST", trial.localq().state(second));
    pids.forEach(pid -> assertTrue(isThere(pid), () -> "stranger " + pid + " was ended"));
  }

  private boolean isTidy(String id) {
    return trial.names("running").stream().noneMatch(name -> name.startsWith(id + "."));
  }

  /** Everything is gone from memory, and the boot has another name. */
  private void reboot(List<String> started) throws Exception {
    Namespace next = kept(Namespace.ofMounts());
    Path name = Files.writeString(scratch.resolve("boot_id"), UUID.randomUUID() + "\n");
    next.disguise(BOOT_ID, name);
    List<Long> shims = started.stream().map(this::shim).toList();
    trial.localq().killWorker();
    shims.forEach(this::killSession);
    trial.enter(next);
  }

  @Test
  @Injection(27)
  void after_a_restart_of_the_machine_what_ended_is_recorded_and_what_ran_is_lost()
      throws Exception {
    trial(6).start();
    String token = trial.submitStarted(1, 1, Witness.GATE);
    String tokenNotDurable = trial.submitStarted(1, 2, Witness.GATE);
    String emptyToken = trial.submitStarted(1, 3, Witness.GATE);
    String cancelled = trial.submitStarted(1, 4, Witness.GATE);
    String exited = trial.submitStarted(1, 5, Witness.SIDE_GATE);
    String leftovers = trial.submit(1, 6, "0");
    eventually("its end", () -> trial.isRecorded(leftovers) && isTidy(leftovers), trial::evidence);
    // from here on nobody records an end
    signal("STOP", trial.worker());
    trial.witness().openSideGate();
    eventually("an end", () -> Files.exists(running(exited + ".1.exit-5")), trial::evidence);
    reboot(List.of(token, tokenNotDurable, emptyToken, cancelled));
    Files.delete(running(tokenNotDurable + ".1.started"));
    Files.write(running(emptyToken + ".1.started"), new byte[0]);
    Files.writeString(running(cancelled + ".cancel"), "30");
    // a clean-up that was cut short
    Path record = trial.spool().resolve("done").resolve(leftovers + ".json");
    byte[] recorded = Files.readAllBytes(record);
    Files.write(running(leftovers + ".json"), recorded);
    Files.copy(running(token + ".1.started"), running(leftovers + ".1.started"));

    trial.start().settleAndVerify();
    assertStates(
        Map.of(
            token, "LOST",
            tokenNotDurable, "LOST",
            emptyToken, "LOST",
            cancelled, "CANCELLED",
            exited, "FAILED",
            leftovers, "FAILED"));
    assertTrue(trial.localq().record(exited).contains("\"exit_code\" : 5"));
    assertEquals(new String(recorded), Files.readString(record), "a record does not change");
  }

  @Test
  @Injection(27)
  void after_a_restart_of_the_machine_what_had_not_started_is_pending_again_and_runs_once()
      throws Exception {
    trial(1).start();
    String lostClaim = trial.submitStarted(1, 1, Witness.GATE);
    String pending = trial.submit(1, 2, "0");
    String neverClaimed = trial.submit(1, 3, "0");
    String closed = trial.submit(1, 4, "0");
    String requeued = trial.submit(1, 5, "0");
    String cancelled = trial.submit(1, 6, "0");
    String claimed = trial.submit(1, 7, "0");
    String boot = Installation.read(BOOT_ID).replace("-", "").substring(0, 8);
    reboot(List.of(lostClaim));
    for (String id : List.of(neverClaimed, closed, requeued, claimed)) {
      Files.move(trial.spool().resolve(id + ".json"), running(id + ".json"));
    }
    for (String id : List.of(closed, requeued, claimed)) {
      Files.writeString(running(id + ".1.run-" + boot), "exit 99\n");
    }
    Files.createLink(running(closed + ".1.started"), trial.spool().resolve(".localq/void"));
    Files.createFile(running(requeued + ".1.started"));
    Files.createFile(running(requeued + ".1.requeued"));
    Files.writeString(running(cancelled + ".cancel"), "30");

    trial.start().settleAndVerify();
    for (String id : List.of(pending, neverClaimed, closed, requeued)) {
      assertEquals("FAILED", trial.localq().state(id));
      assertTrue(trial.witness().saw(id, "END"), trial::evidence);
    }
    assertStates(Map.of(cancelled, "CANCELLED", claimed, "LOST", lostClaim, "LOST"));
    assertFalse(trial.witness().saw(claimed, "START"), trial::evidence);
    assertFalse(trial.witness().saw(cancelled, "START"), trial::evidence);
  }

  private void assertStates(Map<String, String> expected) {
    Map<String, String> found = new TreeMap<>();
    expected.keySet().forEach(id -> found.put(id, trial.localq().state(id)));
    assertEquals(new TreeMap<>(expected), found, trial::evidence);
  }

  @Test
  @Injection(28)
  void another_machines_spool_is_refused_untouched_and_taken_over_where_that_is_asked_for()
      throws Exception {
    trial(2).start();
    String ran = trial.submitStarted(1, 3, Witness.GATE);
    String waits = trial.submit(2, 4, "0");
    reboot(List.of(ran));
    Path host = trial.spool().resolve(".localq/host");
    Files.writeString(host, "0123456789abcdef0123456789abcdef pid:[1]\n");
    refuseAll(ran);

    trial.localq().run(Trial.with(trial.startLine(), "--take-over")).exits(0);
    trial.settleAndVerify();
    assertStates(Map.of(ran, "LOST", waits, "FAILED"));
  }

  @Test
  @Tag("long")
  @Injection(28)
  void a_spool_of_another_pid_namespace_is_refused_untouched_and_can_be_taken_over()
      throws Exception {
    trial(2).start();
    String runs = trial.submitStarted(1, 3, Witness.GATE);
    String waits = trial.submit(2, 4, "0");
    trial.enter(kept(Namespace.ofProcesses()));
    refuseAll(runs);

    trial.leave();
    assertEquals("RUNNING", trial.localq().state(runs));
    long shim = shim(runs);
    trial.localq().killWorker();
    killSession(shim);
    trial.enter(namespaces.get(0));
    trial.localq().run(Trial.with(trial.startLine(), "--take-over")).exits(0);
    trial.settleAndVerify();
    assertStates(Map.of(runs, "LOST", waits, "FAILED"));
    String worker = Long.toString(trial.localq().workers().get(0));
    trial.leave();
    refuse("localqd", "stop");
    trial.enter(namespaces.get(0));
    assertTrue(trial.localq().run("localqd", "status").exits(0).out().contains("pid " + worker));
  }

  /** Every command refuses, with one line, and changes nothing. */
  private void refuseAll(String id) throws IOException {
    Map<String, String> before = contents();
    refuse(trial.startLine());
    refuse(trial.runLine());
    refuse("lbatch", "true");
    refuse("lqueue");
    refuse("linfo", id);
    refuse("lcancel", id);
    refuse("localqd", "status");
    refuse("localqd", "stop");
    assertEquals(before, contents());
  }

  private void refuse(String... words) {
    Installation.Result refused = trial.localq().run(words).exits(1);
    assertEquals(1, refused.err().lines().count(), refused::toString);
    assertTrue(
        refused.err().contains("belongs to another machine or container")
            && refused.err().contains("--take-over start"),
        refused::toString);
  }

  private Map<String, String> contents() throws IOException {
    Map<String, String> contents = new TreeMap<>();
    try (Stream<Path> files = Files.walk(trial.spool())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        contents.put(trial.spool().relativize(file).toString(), Installation.read(file));
      }
    }
    return contents;
  }
}
