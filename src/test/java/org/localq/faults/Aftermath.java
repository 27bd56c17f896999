package org.localq.faults;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.localq.ForcesNothing;
import org.localq.SampleJob;
import org.localq.core.Claim;
import org.localq.core.Identity;
import org.localq.core.JobId;
import org.localq.core.Outcome;
import org.localq.core.ProcessId;
import org.localq.core.Refusal;
import org.localq.core.State;
import org.localq.engine.Engine;
import org.localq.engine.Launch;
import org.localq.spool.Account;
import org.localq.spool.Entry;
import org.localq.spool.Locked;
import org.localq.spool.Processes;
import org.localq.spool.Settings;
import org.localq.spool.Spool;
import org.localq.spool.SpoolGate;
import org.localq.spool.UriFile;
import org.localq.spool.Workers;
import org.localq.worker.Judge;
import org.localq.worker.Log;
import org.localq.worker.Worker;

/**
 * What becomes of a queue after a power cut: the machine is up again under another boot, nothing
 * runs, and a worker brings every job to its end.
 */
final class Aftermath {
  /** More than any queue of a few jobs takes. */
  private static final int MOST_TICKS = 40;

  /** Longer than a drop is given to become whole, and a shim to show up. */
  private static final Duration LONG = Duration.ofSeconds(61);

  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-22T12:00:00Z"), ZoneOffset.UTC);

  private static final Pattern REFERENCE = Pattern.compile("afterok:(\\d+)");

  /** Where nothing lives, as after any power cut. */
  private static final Processes NONE =
      new Processes() {
        @Override
        public boolean isAlive(ProcessId process) {
          return false;
        }

        @Override
        public boolean isAlive(Claim claim) {
          return false;
        }
      };

  private final Path home;
  private final Identity identity;
  private final Set<JobId> restarted = new TreeSet<>();
  private final Set<String> attempts = new TreeSet<>();
  private final List<String> violations = new ArrayList<>();
  private boolean tookOver;

  private Aftermath(Path home, String host) throws IOException {
    this.home = home;
    int uid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    this.identity =
        new Identity(new ProcessId(ProcessHandle.current().pid(), 17), "0ther000", host, uid);
  }

  /**
   * Brings the queue in {@code home} to rest.
   *
   * @param host this machine, as its spools name it
   * @return what of {@code promises} was broken; nothing: all were kept
   */
  static List<String> of(Path home, String host, Promises promises, PowerScenario scenario)
      throws IOException {
    Aftermath after = new Aftermath(home, host);
    try (Spool spool = after.open()) {
      // as lbatch does before it submits
      spool.limit();
      if (scenario.repairs()) {
        after.repair(spool);
      }
      after.work(spool);
      after.check(spool, promises, scenario);
      spool
          .check(NONE::isAlive)
          .findings()
          .forEach(finding -> after.violations.add("found: " + finding.line()));
    } catch (Refusal refused) {
      after.violations.add("refused: " + refused.getMessage());
    } catch (IOException stuck) {
      after.violations.add("stuck: " + stuck);
    }
    return after.violations;
  }

  private void repair(Spool spool) throws IOException {
    spool
        .repair(NONE, CLOCK, line -> {})
        .findings()
        .forEach(finding -> violations.add("not repaired: " + finding.line()));
  }

  /** As a command opens the default queue. */
  private Spool open() throws IOException {
    SpoolGate gate =
        new SpoolGate(identity, new Account("/", ZoneOffset.UTC, Map.of()), new ForcesNothing());
    UriFile uriFile = UriFile.ofHome(home);
    Optional<Path> named = uriFile.read(identity);
    if (named.isEmpty()) {
      try (Spool spool = openOrTakeOver(gate, uriFile.homeSpool(), true)) {
        uriFile.publish(spool.layout().root(), identity, new ForcesNothing());
      }
    }
    return openOrTakeOver(gate, uriFile.read(identity).orElseThrow(), false);
  }

  private Spool openOrTakeOver(SpoolGate gate, Path root, boolean found) throws IOException {
    try {
      return found ? gate.openOrFound(root) : gate.open(root);
    } catch (Refusal refused) {
      if (!String.valueOf(refused.getMessage()).contains("(elsewhere)")) {
        throw refused;
      }
      tookOver = true;
      gate.takeOver(root);
      return gate.open(root);
    }
  }

  private void work(Spool spool) throws IOException {
    Settings settings = Settings.DEFAULT;
    Log log =
        new Log(
            new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8), CLOCK);
    Engine engine = new Prompt();
    Duration[] uptime = {Duration.ZERO};
    Judge judge = new Judge(engine, identity, new Judge.Times(CLOCK, () -> uptime[0]), log);
    Worker worker = new Worker(new Worker.Tools(spool, engine, judge, log), identity, settings);
    Workers.Membership membership;
    try (Locked locked = spool.lock()) {
      membership = spool.workers().join(locked, new Workers.Wish(settings, 2, false));
    }
    try (membership) {
      // it is no one else's: all that dead processes left goes
      worker.sweep(process -> false);
      int quiet = 0;
      for (int tick = 0; quiet < 3; tick++) {
        if (tick == MOST_TICKS) {
          violations.add("no rest after " + MOST_TICKS + " ticks");
          return;
        }
        quiet = worker.tick(uptime[0]).orThrow() == Worker.Pace.IDLE ? quiet + 1 : 0;
        uptime[0] = uptime[0].plus(LONG);
      }
    }
  }

  /** Shims that come to their command at once, and commands that end at once, well. */
  private final class Prompt implements Engine {
    @Override
    public byte[] script(Launch launch, Map<String, String> variables) {
      return new byte[0];
    }

    @Override
    public void start(Launch launch) throws IOException {
      String id = launch.mark().id().toString();
      String attempt = id + "." + launch.mark().attempt();
      Path running = launch.directory();
      try {
        Files.createFile(running.resolve(attempt + ".started"));
      } catch (FileAlreadyExistsException taken) {
        return;
      }
      Files.writeString(running.resolve(attempt + ".started"), "4711 99\n");
      if (Files.exists(running.resolve(id + ".json"))) {
        restarted.add(launch.mark().id());
        attempts.add(id + " " + launch.mark().attempt());
        Files.createFile(running.resolve(attempt + ".exit-0"));
      }
    }

    @Override
    public Look look(Set<ProcessId> named) {
      return NOTHING_RUNS;
    }
  }

  private void check(Spool spool, Promises promises, PowerScenario scenario) throws IOException {
    expect(spool.pending().isEmpty(), "still pending: " + spool.pending());
    List<String> left = names(spool.layout().runningDirectory());
    expect(left.isEmpty(), "left in running/: " + left);
    Set<JobId> refused = spool.rejected();
    Set<JobId> all = new TreeSet<>(spool.done());
    all.addAll(refused);
    expect(all.size() <= scenario.submissions(), "of " + scenario.submissions() + " came " + all);
    int most = promises.refused.isEmpty() ? scenario.refusals() : 1;
    expect(refused.size() <= most, "refused: " + reasons(spool, refused));
    for (JobId id : all) {
      Entry entry = spool.find(id).orElseThrow();
      judge(entry, promises, scenario);
      if (entry instanceof Entry.Finished array && array.tasks().isPresent()) {
        judgeTasks(array, all);
      }
    }
    Set<JobId> known = new TreeSet<>(all);
    known.addAll(spool.held());
    if (scenario.collects()) {
      known.addAll(collected(spool, promises.recorded.keySet()));
    }
    for (JobId id : spool.held()) {
      judgeHeld(spool, id, promises);
    }
    expectAll(promises.held, spool.held(), "was put on hold, and is not");
    expectAll(promises.released, all, "was released, and did not end");
    for (JobId id : promises.requeued) {
      judgeRequeued(spool, id, promises);
    }
    expectAll(promises.accepted, known, "was accepted, and is gone");
    expectAll(promises.refused, refused, "was refused, and is not in rejected/");
    for (JobId id : promises.accepted) {
      boolean lost = refused.contains(id) && !promises.refused.contains(id);
      expect(
          !lost || scenario == PowerScenario.DAMAGE,
          "job " + id + " was accepted, and is REJECTED");
    }
    expect(!promises.ours || !tookOver, "it was this machine's spool, and is another's");
    long told = 0;
    for (Set<JobId> ids : List.of(promises.accepted, promises.refused)) {
      told = Math.max(told, ids.stream().mapToLong(JobId::number).max().orElse(0));
    }
    JobId next = spool.submit(id -> SampleJob.of("next").build());
    expect(next.number() > told, "id " + next + " was given out again");
  }

  /** Those of these ids of which the spool says that their records may have gone. */
  private static Set<JobId> collected(Spool spool, Set<JobId> ids) throws IOException {
    Set<JobId> collected = new TreeSet<>();
    for (JobId id : ids) {
      if (spool.isRetired(id)) {
        collected.add(id);
      }
    }
    return collected;
  }

  private void expectAll(Set<JobId> promised, Set<JobId> there, String otherwise) {
    for (JobId id : promised) {
      expect(there.contains(id), "job " + id + " " + otherwise);
    }
  }

  /** It ran again, or was about to when the power was cut. */
  private void judgeRequeued(Spool spool, JobId id, Promises promises) throws IOException {
    boolean lost = spool.find(id).filter(entry -> entry.state() == State.LOST).isPresent();
    String second = id + " 2";
    expect(
        lost || attempts.contains(second) || promises.attempts.contains(second),
        "job " + id + " was to be run again, and was not");
  }

  /** A job on hold has not ended, and the records that it refers to are there. */
  private void judgeHeld(Spool spool, JobId id, Promises promises) throws IOException {
    boolean ended = promises.ran.contains(id) || promises.recorded.containsKey(id);
    expect(!ended, "job " + id + " has ended, and is on hold");
    String job = Files.readString(spool.layout().root().resolve("held/" + id + ".json"));
    Matcher reference = REFERENCE.matcher(job);
    while (reference.find()) {
      JobId other = JobId.parse(reference.group(1)).orElseThrow();
      expect(spool.done().contains(other), "the record that job " + id + " refers to is gone");
    }
  }

  private void judge(Entry entry, Promises promises, PowerScenario scenario) {
    JobId id = entry.id();
    if (entry instanceof Entry.Rejected rejected) {
      expect(!rejected.reason().isEmpty(), "drop " + id + " has no reason");
      return;
    }
    if (!(entry instanceof Entry.Finished finished)) {
      violations.add("job " + id + " is no record: " + entry);
      return;
    }
    Outcome outcome = finished.result().outcome();
    boolean again = restarted.contains(id);
    if (scenario.runs() == 1) {
      expect(!again || !promises.ran.contains(id), "job " + id + " ran again");
    } else {
      Set<String> twice = new TreeSet<>(promises.attempts);
      twice.retainAll(attempts);
      expect(twice.isEmpty(), "ran again: " + twice);
      int runs = promises.attempts.size() + attempts.size();
      expect(runs <= scenario.runs(), "it ran " + runs + " times");
    }
    if (promises.timedOut.contains(id)) {
      expect(
          outcome.state() == State.TIMEOUT, "job " + id + " reached its limit, and is " + outcome);
    }
    if (promises.cancelled.contains(id)) {
      expect(outcome.state() == State.CANCELLED, "job " + id + " was cancelled, and is " + outcome);
    }
    Optional.ofNullable(promises.recorded.get(id))
        .ifPresent(
            state ->
                expect(
                    outcome.state().name().equals(state),
                    "job " + id + " was " + state + ", and is " + outcome));
    if (finished.tasks().isPresent()) {
      return;
    }
    outcome
        .exitCode()
        .ifPresent(
            code ->
                expect(
                    again ? code == 0 : promises.codes.contains(id + ":" + code),
                    "job " + id + " never ended with " + code));
  }

  /** Of an array that nobody cancelled every task has a record. */
  private void judgeTasks(Entry.Finished array, Set<JobId> ended) {
    long tasks = ended.stream().filter(id -> id.isTask() && id.array().equals(array.id())).count();
    boolean cancelled = array.result().outcome().state() == State.CANCELLED;
    int count = array.tasks().orElseThrow().count();
    expect(
        tasks == count || (cancelled && tasks < count),
        tasks + " of " + count + " tasks have records: " + ended);
    int counted = array.tasks().orElseThrow().ended().values().stream().mapToInt(n -> n).sum();
    expect(counted == count, counted + " of " + count + " tasks are counted");
  }

  private static String reasons(Spool spool, Set<JobId> refused) throws IOException {
    Map<JobId, String> reasons = new TreeMap<>();
    for (JobId id : refused) {
      reasons.put(id, ((Entry.Rejected) spool.find(id).orElseThrow()).reason());
    }
    return reasons.toString();
  }

  private void expect(boolean kept, String otherwise) {
    if (!kept) {
      violations.add(otherwise);
    }
  }

  private static List<String> names(Path directory) throws IOException {
    try (var files = Files.list(directory)) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }
}
