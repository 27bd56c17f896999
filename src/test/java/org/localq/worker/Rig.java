package org.localq.worker;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.localq.SampleJob;
import org.localq.core.Budget;
import org.localq.core.Identity;
import org.localq.core.JobId;
import org.localq.core.Outcome;
import org.localq.core.Policy;
import org.localq.core.Presence;
import org.localq.core.ProcessId;
import org.localq.core.Result;
import org.localq.core.Retention;
import org.localq.core.State;
import org.localq.spool.Account;
import org.localq.spool.Entry;
import org.localq.spool.Fsync;
import org.localq.spool.Locked;
import org.localq.spool.Settings;
import org.localq.spool.Spool;
import org.localq.spool.SpoolGate;
import org.localq.spool.Workers;

/** A real spool with a worker at work on it, an engine without processes, and a time that obeys. */
final class Rig implements AutoCloseable {
  static final String BOOT = "b0070000";
  static final String OTHER_BOOT = "0ther000";

  private final Fsync fsync = new Memory();
  private final Path root;
  final ScriptedEngine engine = new ScriptedEngine();
  private final List<String> forced = new ArrayList<>();
  private Optional<Path> broken = Optional.empty();
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private Instant wall = Instant.parse("2026-11-22T12:00:00Z");
  private final Clock clock = new WallClock();
  private Duration uptime = Duration.ofHours(5);
  private Duration suspended = Duration.ofMinutes(7);
  private Optional<Workers.Membership> membership = Optional.empty();
  private Settings settings = Settings.DEFAULT;
  private Spool spool;
  private Judge judge;
  private Worker worker;
  private String boot = BOOT;

  /** Forces nothing, as no power is ever cut here: notes what was to be, and can fail to. */
  private final class Memory implements Fsync {
    @Override
    public void file(FileChannel file) {}

    @Override
    public void directory(Path directory) throws IOException {
      if (broken.filter(directory::equals).isPresent()) {
        throw new IOException("no disk");
      }
      forced.add(root.relativize(directory) + " after " + engine.starts().size());
    }
  }

  /** The time of day, which goes on with the uptime, and can be set. */
  private final class WallClock extends Clock {
    @Override
    public ZoneOffset getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      throw new UnsupportedOperationException("this clock is in UTC");
    }

    @Override
    public Instant instant() {
      return wall;
    }
  }

  /** The machine's uptime, of which it can have been suspended for a part. */
  private final class Sleeper implements Judge.Uptime {
    @Override
    public Duration now() {
      return uptime;
    }

    @Override
    public Duration suspended() {
      return suspended;
    }
  }

  Rig(Path root, int cores) throws IOException {
    this.root = root;
    spool = open(BOOT);
    judge = judge(BOOT);
    worker = worker(BOOT, spool, judge);
    limit(cores);
  }

  /** A new worker, with nothing in memory, under this boot id. */
  void boot(String id) throws IOException {
    boot = id;
    if (membership.isPresent()) {
      membership.get().close();
    }
    spool.close();
    spool = open(boot);
    judge = judge(boot);
    worker = worker(boot, spool, judge);
    membership = Optional.empty();
  }

  private Identity identity(String boot) throws IOException {
    int uid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    return new Identity(new ProcessId(ProcessHandle.current().pid(), 17), boot, "here", uid);
  }

  private Spool open(String boot) throws IOException {
    return new SpoolGate(identity(boot), new Account("/", ZoneOffset.UTC, Map.of()), fsync)
        .openOrFound(root);
  }

  private Judge judge(String boot) throws IOException {
    return new Judge(engine, identity(boot), new Judge.Times(clock, new Sleeper()), log());
  }

  private Log log() {
    return new Log(new PrintStream(said, true, StandardCharsets.UTF_8), clock);
  }

  private Worker worker(String boot, Spool of, Judge with) throws IOException {
    return new Worker(new Worker.Tools(of, engine, with, log()), identity(boot), settings);
  }

  /** Another worker on the same spool, which knows nothing of the first. */
  Worker anotherWorker() throws IOException {
    return worker(BOOT, spool, judge(BOOT));
  }

  /** A new first worker sets the budget, on the lines of {@code .localq/budget}. */
  void budget(int cores, String... lines) throws IOException {
    settings = settings.with(Budget.parse(List.of(lines)).orElseThrow());
    limit(cores);
  }

  /** A new first worker sets the core limit. */
  void limit(int cores) throws IOException {
    if (membership.isPresent()) {
      membership.get().close();
    }
    try (Locked locked = spool.lock()) {
      Settings wanted = settings.withCores(cores);
      membership =
          Optional.of(spool.workers().join(locked, new Workers.Wish(wanted, cores, false)));
    }
  }

  void policy(Policy policy) throws IOException {
    settings = new Settings(Optional.empty(), 10, policy, Retention.DEFAULT);
    worker = worker(BOOT, spool, judge);
  }

  void drain() throws IOException {
    try (Locked locked = spool.lock()) {
      spool.workers().drain(locked);
    }
  }

  JobId submit(SampleJob job) throws IOException {
    return spool.submit(id -> job.build());
  }

  JobId submit(int cores) throws IOException {
    return submit(SampleJob.of("work").cores(cores));
  }

  /** A job that is claimed, and whose shim has come to its command. */
  JobId submitStarted(int cores) throws IOException {
    JobId id = submit(cores);
    tick();
    shimStarts(id, 1);
    return id;
  }

  Worker.Pace tick() throws IOException {
    return tick(worker);
  }

  Worker.Pace tick(Worker which) throws IOException {
    return which.tick(uptime).orThrow();
  }

  /** A tick because something was noticed in this directory, nobody knows what. */
  Worker.Pace tickFor(String directory) throws IOException {
    return worker.tick(uptime, new News(false, Set.of(path(directory)), Set.of())).orThrow();
  }

  /** A tick because this file was noticed. */
  Worker.Pace tickForFile(String file) throws IOException {
    return worker.tick(uptime, new News(false, Set.of(), Set.of(path(file)))).orThrow();
  }

  /** Ticks as long as there is something between two steps. */
  void settle() throws IOException {
    for (int i = 0; i < 20 && tick() == Worker.Pace.SOON; i++) {
      // again
    }
  }

  /** The directories that were forced, each with the number of spawns before that. */
  List<String> forced() {
    return List.copyOf(forced);
  }

  void sample() throws IOException {
    worker.sample();
  }

  void pass(Duration time) {
    uptime = uptime.plus(time);
    wall = wall.plus(time);
  }

  /** The machine is suspended for so long. */
  void suspend(Duration time) {
    pass(time);
    suspended = suspended.plus(time);
  }

  /** In how long the worker wants to tick again, whatever happens. */
  Optional<Duration> due() throws IOException {
    return worker.tick(uptime).due();
  }

  /** Somebody sets the clock. */
  void setClock(Instant to) {
    wall = to;
  }

  Instant wall() {
    return wall;
  }

  /** The process that this worker is. */
  ProcessId self() throws IOException {
    return identity(boot).process();
  }

  /** What runs this worker; it has yet to join. */
  Daemon daemon(Collector collector) throws IOException {
    if (membership.isPresent()) {
      membership.get().close();
      membership = Optional.empty();
    }
    return new Daemon(spool, worker, collector, () -> uptime, log());
  }

  /** What a worker started with {@code --keep} collects with, with nothing in memory. */
  Collector collector(String keep) throws IOException {
    return collector(keep, clock);
  }

  /** The same, by a clock of its own. */
  Collector collector(String keep, Clock wallClock) throws IOException {
    ClockGuard guard = new ClockGuard(identity(boot), new Judge.Times(wallClock, () -> uptime));
    return new Collector(spool, Retention.parse(keep).orElseThrow(), guard, log());
  }

  Cancellation.Answer cancel(JobId id, Duration grace) throws IOException {
    return cancellation().cancel(id, grace);
  }

  Cancellation cancellation() {
    return new Cancellation(spool, judge);
  }

  Requeueing requeueing() {
    return new Requeueing(spool, judge);
  }

  /** From now on the names in a directory of the spool can't be forced. */
  void breakDisk(String directory) {
    broken = Optional.of(path(directory));
  }

  void mendDisk() {
    broken = Optional.empty();
  }

  Path running(String name) {
    return root.resolve("running").resolve(name);
  }

  Path path(String name) {
    return root.resolve(name);
  }

  /** The shim comes to its command. */
  void shimStarts(JobId id, int attempt) throws IOException {
    Files.writeString(running(id + "." + attempt + ".started"), startToken());
    engine.set(id, Presence.ALIVE);
  }

  /** What a shim writes that comes to its command now. */
  private String startToken() {
    return String.format("4711 99\n%d.%02d\n", uptime.toSeconds(), uptime.toMillisPart() / 10);
  }

  /** A shim tries to be the first; false when another was, or a worker that gave the attempt up. */
  boolean shimTakesToken(JobId id, int attempt) throws IOException {
    try {
      Path token = Files.createFile(running(id + "." + attempt + ".started"));
      Files.writeString(token, startToken());
      return true;
    } catch (FileAlreadyExistsException taken) {
      return false;
    }
  }

  /** The command ends, with all it started, and the shim after its token. */
  void shimEnds(JobId id, int attempt, String code) throws IOException {
    Files.writeString(
        running(id + "." + attempt + ".exit-" + code), "0m0.01s 0m0.02s\n0m1.50s 1m0.25s\n");
    engine.set(id, Presence.GONE);
  }

  /** Starts and ends the current attempt. */
  void runs(JobId id, String code) throws IOException {
    shimStarts(id, 1);
    shimEnds(id, 1, code);
    settle();
  }

  Entry find(JobId id) throws IOException {
    return spool.find(id).orElseThrow(() -> new AssertionError("no job " + id + evidence()));
  }

  State state(JobId id) throws IOException {
    return find(id).state();
  }

  Result result(JobId id) throws IOException {
    if (find(id) instanceof Entry.Finished finished) {
      return finished.result();
    }
    throw new AssertionError("job " + id + " has no record: " + find(id) + evidence());
  }

  Outcome outcome(JobId id) throws IOException {
    return result(id).outcome();
  }

  /** The names in a directory of the spool. */
  TreeSet<String> names(String directory) throws IOException {
    try (Stream<Path> files = Files.list(root.resolve(directory))) {
      TreeSet<String> names = new TreeSet<>();
      files.forEach(file -> names.add(file.getFileName().toString()));
      return names;
    }
  }

  TreeSet<JobId> claimed() throws IOException {
    return new TreeSet<>(spool.running());
  }

  Spool spool() {
    return spool;
  }

  Worker worker() {
    return worker;
  }

  List<String> logged() {
    return said.toString(StandardCharsets.UTF_8).lines().map(l -> l.substring(20)).toList();
  }

  /** Everything there is to see. */
  String evidence() {
    StringBuilder text = new StringBuilder("\n--- log\n" + said.toString(StandardCharsets.UTF_8));
    text.append("--- starts ").append(engine.starts()).append(" signals ").append(engine.signals());
    text.append("\n--- spool\n");
    try (Stream<Path> files = Files.walk(root)) {
      files
          .sorted(Comparator.comparing(Path::toString))
          .forEach(file -> text.append(root.relativize(file)).append('\n'));
    } catch (IOException unreadable) {
      text.append(unreadable);
    }
    return text.toString();
  }

  @Override
  public void close() throws IOException {
    if (membership.isPresent()) {
      membership.get().close();
    }
    spool.close();
  }
}
