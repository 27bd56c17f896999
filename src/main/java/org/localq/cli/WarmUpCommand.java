package org.localq.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.io.file.PathUtils;
import org.localq.core.Amounts;
import org.localq.engine.Engine;
import org.localq.spool.Locked;
import org.localq.spool.Settings;
import org.localq.spool.Spool;
import org.localq.spool.Workers;
import org.localq.worker.ClockGuard;
import org.localq.worker.Collector;
import org.localq.worker.Daemon;
import org.localq.worker.Judge;
import org.localq.worker.Log;
import org.localq.worker.Worker;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * {@code warm-up}: runs the other commands once on a queue of its own, and is its worker for a
 * moment, so that the launcher can archive the classes that they load. Nobody else calls it.
 */
final class WarmUpCommand extends Command {
  /** How long the worker's moment may be: without it less is archived, and that is all. */
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static final List<List<String>> WITHOUT_A_WORKER =
      List.of(
          List.of("lbatch", "-n", "1", "-o", "out", "-J", "name", "true"),
          List.of("lbatch", "--parsable", "true"),
          List.of("lbatch", "--mem", "1G", "-G", "1", "-L", "licence", "true"),
          List.of("lbatch", "--each-line", "-"),
          List.of("lbatch", "-a", "0-3:2%1", "true"),
          List.of("lqueue"),
          List.of("lqueue", "-t", "pending", "--json"),
          List.of("lqueue", "--start"),
          List.of("lbatch", "-H", "-d", "afterany:1", "-b", "now", "--nice", "true"),
          List.of("lctl", "hold", "1"),
          List.of("lctl", "release", "1"),
          List.of("linfo", "-j", "1"),
          List.of("linfo", "--state", "1"),
          List.of("linfo", "--json", "1"),
          List.of("lcancel", "-j", "1"),
          List.of("linfo", "1"),
          List.of("lwait", "1"),
          List.of("lqueue", "-a"),
          List.of("lbatch", "-n", "two", "true"),
          List.of("localqd", "status"),
          List.of("localqd", "check"),
          List.of("localqd", "stop"),
          List.of("lcancel", "--all"),
          List.of("lbatch", "-o", "/dev/null", "-n", "1", "sleep", "1"),
          List.of("lbatch", "-o", "/dev/null", "-t", "1", "true"),
          List.of("lbatch", "-o", "/dev/null", "-H", "true"));

  /** What is typed beside a worker: not {@code localqd stop}, which would end this process. */
  private static final List<List<String>> BESIDE_A_WORKER =
      List.of(
          List.of("lbatch", "-o", "/dev/null", "true"),
          List.of("lqueue"),
          List.of("lqueue", "-j", "7,8,9"),
          List.of("lqueue", "--start"),
          List.of("linfo", "7", "8"),
          List.of("localqd", "status"),
          List.of("lcancel", "--all"));

  @Override
  CommandSpec spec() {
    return CommandSpec.create().name("warm-up");
  }

  @Override
  int run(ParseResult parsed, Door door) throws IOException, InterruptedException {
    Path home = Files.createTempDirectory("localq-warm-up-");
    try (PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
      Map<String, String> environment = new HashMap<>(door.surroundings().environment());
      environment.put("HOME", home.toString());
      environment.remove("LOCALQ_URI");
      Door.Surroundings surroundings =
          new Door.Surroundings(
              door.surroundings().files(), environment, environment, home.toString());
      Door scratch =
          new Door(
              new Door.Console(
                  new ByteArrayInputStream("true\n".getBytes(StandardCharsets.US_ASCII)),
                  nowhere,
                  nowhere,
                  false,
                  false),
              surroundings,
              door.machine(),
              door.clock(),
              door.self());
      WITHOUT_A_WORKER.forEach(line -> Main.run(scratch, line));
      try (Spool spool = Queue.of(parsed, scratch).open()) {
        work(scratch, Queue.of(parsed, scratch), spool);
      }
    } finally {
      PathUtils.deleteDirectory(home);
    }
    return ExitCode.DONE;
  }

  /** Is the queue's worker until nothing runs any more. */
  private static void work(Door door, Queue queue, Spool spool)
      throws IOException, InterruptedException {
    Log log = Log.silent(door.clock());
    // one that confines nothing: this process is not to be moved into another cgroup
    Engine engine = Machinery.engine(door, queue, spool);
    Judge.Times times = Machinery.times(door);
    Judge judge = new Judge(engine, queue.identity(), times, log);
    Settings settings = Crew.fresh(spool);
    Worker worker =
        new Worker(new Worker.Tools(spool, engine, judge, log), queue.identity(), settings);
    ClockGuard guard = new ClockGuard(queue.identity(), times);
    Collector collector = new Collector(spool, settings.keep(), guard, log);
    Daemon daemon = new Daemon(spool, worker, collector, times.uptime()::now, log);
    Workers.Wish wish = new Workers.Wish(settings, Amounts.limit(2), false);
    Thread impatience = interrupt(Thread.currentThread());
    Workers.Membership membership = daemon.join(wish);
    try {
      daemon.run(
          settings,
          door.machine()::isAlive,
          trouble -> {
            BESIDE_A_WORKER.forEach(line -> Main.run(door, line));
            drain(spool);
          });
    } finally {
      impatience.interrupt();
      membership.close();
    }
  }

  private static void drain(Spool spool) {
    try (Locked locked = spool.lock()) {
      spool.workers().drain(locked);
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }

  private static Thread interrupt(Thread worker) {
    Thread thread =
        new Thread(
            () -> {
              try {
                Thread.sleep(PATIENCE.toMillis());
                worker.interrupt();
              } catch (InterruptedException over) {
                // it was quick enough
              }
            });
    thread.setDaemon(true);
    thread.start();
    return thread;
  }
}
