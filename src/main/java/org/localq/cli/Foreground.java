package org.localq.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.localq.core.Amounts;
import org.localq.core.Budget;
import org.localq.core.Capacity;
import org.localq.core.Identity;
import org.localq.core.Printable;
import org.localq.core.Trouble;
import org.localq.engine.Engine;
import org.localq.spool.Fault;
import org.localq.spool.Layout;
import org.localq.spool.LogFile;
import org.localq.spool.Private;
import org.localq.spool.Settings;
import org.localq.spool.Spool;
import org.localq.spool.Workers;
import org.localq.worker.ClockGuard;
import org.localq.worker.Collector;
import org.localq.worker.Daemon;
import org.localq.worker.Judge;
import org.localq.worker.Log;
import org.localq.worker.Worker;

/** {@code localqd run}: is the worker. */
final class Foreground {
  /** What a worker in the background prints once it claims jobs. */
  static final String READY = "ready";

  private final Queue queue;
  private final Door door;

  Foreground(Queue queue, Door door) {
    this.queue = queue;
    this.door = door;
  }

  /**
   * Works until it is told to end.
   *
   * @param asked lays what the user asked for over other settings
   * @param background whether {@code localqd start} made this process, and waits for its word
   */
  int run(UnaryOperator<Settings> asked, Crew.Place place, boolean background)
      throws IOException, InterruptedException {
    // whoever stands in front of it reads its log there; in the background it keeps a file
    Log log =
        background
            ? new Log(new LogFile(queue.uriFile().logFile())::append, door.clock())
            : new Log(door.err(), door.clock());
    try (Spool spool = Crew.open(queue, place)) {
      Settings settings = asked.apply(Crew.fresh(spool));
      Identity identity = queue.identity();
      Engine engine = Machinery.confining(door, queue, spool);
      Judge.Times times = Machinery.times(door);
      Judge judge = new Judge(engine, identity, times, log);
      Worker worker = new Worker(new Worker.Tools(spool, engine, judge, log), identity, settings);
      Collector collector =
          new Collector(spool, settings.keep(), new ClockGuard(identity, times), log);
      Daemon daemon = new Daemon(spool, worker, collector, door.machine()::uptime, log);
      int machineCores = Runtime.getRuntime().availableProcessors();
      Workers.Membership membership =
          daemon.join(new Workers.Wish(settings, machine(machineCores), background));
      PidFile pidFile =
          new PidFile(queue.uriFile().pidFile(), identity.process().pid(), background);
      Runtime.getRuntime().addShutdownHook(new Thread(() -> part(spool, membership, pidFile, log)));
      log.say(
          Daemon.describe(
                  spool,
                  settings,
                  new Capacity(spool.amounts().orElse(Amounts.limit(machineCores)), Amounts.NONE))
              + ", pid "
              + identity.process().pid());
      pidFile.write();
      Daemon.End end =
          daemon.run(
              settings, door.machine()::isAlive, background ? this::announce : trouble -> {});
      log.say(
          end == Daemon.End.DRAINED
              ? "drained: nothing runs any more"
              : whatIsGone(spool.layout()));
      return end == Daemon.End.DRAINED ? ExitCode.DONE : ExitCode.REFUSED;
    }
  }

  /** What a queue is to have of this machine unless somebody says otherwise. */
  private Amounts machine(int cores) throws IOException {
    OptionalLong memory = door.machine().memory();
    return memory.isEmpty()
        ? Amounts.limit(cores)
        : new Amounts(cores, Budget.most(memory.getAsLong()), new TreeMap<>(), 0);
  }

  private String whatIsGone(Layout layout) {
    return Files.isDirectory(layout.own())
        ? layout.root()
            + " has another lock file than before, or none; running jobs go on, the next worker"
            + " records their ends: localqd"
            + queue.option()
            + " check --repair, then localqd"
            + queue.option()
            + " start"
        : layout.root() + " is gone; running jobs go on, their ends can't be recorded";
  }

  private void announce(Optional<Trouble> trouble) {
    door.out().println(trouble.map(t -> Printable.of(t.toString())).orElse(READY));
    door.out().flush();
  }

  /** Whatever this leaves undone, a kill -9 leaves undone too, and the next worker tidies. */
  private static void part(Spool spool, Workers.Membership membership, PidFile pidFile, Log log) {
    try {
      log.say("localqd ends" + whatRuns(spool));
      pidFile.remove();
      membership.close();
    } catch (IOException gone) {
      log.say("localqd ends without tidying up: " + Fault.of(gone));
    }
  }

  private static String whatRuns(Spool spool) {
    try {
      int running = spool.claimed().size();
      return running == 0 ? "" : "; " + Text.count(running, "job") + " still running";
    } catch (IOException unseen) {
      // no reason to leave its pid file behind
      return "";
    }
  }

  /** {@code X.pid}: for people and their scripts; localq itself asks the spool. */
  private record PidFile(Path path, long pid, boolean wanted) {
    void write() throws IOException {
      if (wanted) {
        // a dead worker's, of which nobody knows whether it can be opened
        Files.deleteIfExists(path);
        Private.createEmpty(path);
        Files.writeString(path, pid + "\n", StandardCharsets.US_ASCII);
      }
    }

    void remove() throws IOException {
      if (wanted
          && Files.isRegularFile(path)
          && Files.readString(path, StandardCharsets.ISO_8859_1)
              .strip()
              .equals(Long.toString(pid))) {
        Files.deleteIfExists(path);
      }
    }
  }
}
