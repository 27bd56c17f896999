package org.localq.cli;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.localq.core.Amounts;
import org.localq.core.JobId;
import org.localq.core.Printable;
import org.localq.core.ProcessId;
import org.localq.core.Refusal;
import org.localq.core.Trouble;
import org.localq.spool.Locked;
import org.localq.spool.Private;
import org.localq.spool.Settings;
import org.localq.spool.Spool;
import org.localq.worker.Cancellation;
import org.localq.worker.Log;

/** The workers of a queue, seen from outside: started, stopped, counted. */
final class Crew {
  /** What the launcher reads for the JVM, and not for the queue. */
  private static final Set<String> FOR_OUR_JVM = Set.of("LOCALQ_JAVA_OPTS", "LOCALQ_NO_ARCHIVE");

  private static final Duration GRACE = Duration.ofMillis(600);
  private static final Duration NAP = Duration.ofMillis(20);

  private final Queue queue;
  private final Door door;

  Crew(Queue queue, Door door) {
    this.queue = queue;
    this.door = door;
  }

  /**
   * Where a worker is to work.
   *
   * @param spool where the user wants a new spool
   * @param takeOver whether another machine's spool is to be made this machine's
   */
  record Place(Optional<Path> spool, boolean takeOver) {}

  /** What becomes of running jobs when the workers stop. */
  enum Parting {
    /** They go on. */
    NOW,
    /** They are waited for. */
    WAIT,
    /** They are cancelled. */
    CANCEL
  }

  /** Opens the spool, or makes it. */
  static Spool open(Queue queue, Place place) throws IOException {
    if (place.takeOver()) {
      queue.takeOver();
    }
    return queue.openOrFound(place.spool());
  }

  /**
   * Starts a worker where none is alive.
   *
   * @param asked lays what the user asked for over other settings
   */
  int start(UnaryOperator<Settings> asked, Place place) throws IOException, InterruptedException {
    try (Spool spool = open(queue, place)) {
      List<ProcessId> workers = queue.workers(spool);
      if (!workers.isEmpty()) {
        throw Refusal.of(alreadyRunning(spool, workers.get(0), asked));
      }
      Settings settings = asked.apply(fresh(spool));
      Path log = queue.uriFile().logFile();
      touch(log);
      Process worker;
      String answer;
      // open before: it may be X.log.1 when it is read
      try (FileChannel words = FileChannel.open(log, StandardOpenOption.READ)) {
        words.position(words.size());
        worker = spawn(settings, log);
        answer = answer(worker);
        if (answer.isEmpty()) {
          throw Refusal.of(whyNot(worker, log, words));
        }
      }
      if (!answer.equals(Foreground.READY)) {
        throw Refusal.of(
            "started, pid "
                + worker.pid()
                + ", but it can't claim jobs yet: "
                + answer
                + "; it goes on trying, see "
                + log);
      }
      int cores = spool.limit().orElse(0);
      door.out()
          .println(
              "localqd started, pid "
                  + worker.pid()
                  + ", "
                  + Text.count(cores, "core")
                  + BudgetOptions.describe(spool.workers().budget())
                  + ", spool "
                  + root(spool));
      return ExitCode.DONE;
    }
  }

  /** What a worker begins with where its user says nothing. */
  static Settings fresh(Spool spool) throws IOException {
    // an option that was forgotten must not make records go that were to be kept
    return new Settings(
        Settings.DEFAULT.cores(),
        Settings.DEFAULT.interval(),
        Settings.DEFAULT.policy(),
        spool.workers().settings().keep());
  }

  private String alreadyRunning(Spool spool, ProcessId worker, UnaryOperator<Settings> asked)
      throws IOException {
    Settings now = settings(spool);
    List<LocalqdCommand.Given> news = LocalqdCommand.options(asked.apply(now));
    news.removeAll(LocalqdCommand.options(now));
    StringBuilder restart = new StringBuilder("localqd" + queue.option());
    news.forEach(one -> restart.append(' ').append(one.option()).append(' ').append(one.value()));
    restart.append(" restart");
    String already = "already running, pid " + worker.pid();
    if (spool.workers().isDraining()) {
      return already + ", and draining; to claim again: " + restart;
    }
    return news.isEmpty()
        ? already
        : already + "; its settings stay as they are, to change them: " + restart;
  }

  /** With what the workers that are alive work. */
  private static Settings settings(Spool spool) throws IOException {
    Settings first = spool.workers().settings();
    OptionalInt limit = spool.limit();
    return (limit.isEmpty() ? first : first.withCores(limit.getAsInt()))
        .with(spool.workers().budget());
  }

  /** Sees to it that there is a log for this user alone. */
  private static void touch(Path log) throws IOException {
    try {
      Private.createEmpty(log);
    } catch (FileAlreadyExistsException already) {
      // whoever made it may have died before its mode was set
      Private.restrictFile(log);
    }
  }

  private Process spawn(Settings settings, Path log) throws IOException {
    List<String> words = new ArrayList<>();
    // a session of its own: a closed terminal does not reach it
    words.add("setsid");
    words.addAll(door.self());
    words.addAll(
        List.of(
            "localqd", "run", LocalqdCommand.BACKGROUND, "-u", queue.uriFile().path().toString()));
    LocalqdCommand.options(settings)
        .forEach(one -> words.addAll(List.of(one.option(), one.value())));
    ProcessBuilder builder = new ProcessBuilder(words);
    // started from inside a job it must not look like one of that job's processes
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.startsWith("LOCALQ_") && !FOR_OUR_JVM.contains(name));
    builder.directory(new File("/"));
    builder.redirectInput(new File("/dev/null"));
    builder.redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()));
    return builder.start();
  }

  /** The first line that the worker prints; empty when it ended without one. */
  private static String answer(Process worker) throws IOException {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(worker.getInputStream(), StandardCharsets.UTF_8))) {
      return Optional.ofNullable(reader.readLine()).orElse("");
    }
  }

  /** What the worker's process wrote to its standard error since {@code words} was opened. */
  private static String whyNot(Process worker, Path log, FileChannel words)
      throws IOException, InterruptedException {
    int code = worker.waitFor();
    byte[] bytes = Channels.newInputStream(words).readAllBytes();
    return new String(bytes, StandardCharsets.UTF_8)
        .lines()
        .filter(line -> line.startsWith("localqd: "))
        .map(line -> line.substring("localqd: ".length()))
        .findFirst()
        .orElse("the worker ended with exit code " + code + " before it was ready; see " + log);
  }

  int restart(UnaryOperator<Settings> asked, Place place) throws IOException, InterruptedException {
    Settings settings;
    try (Spool spool = open(queue, place)) {
      settings = asked.apply(spool.workers().settings());
      end(spool, queue.workers(spool));
    }
    return start(before -> settings, new Place(place.spool(), false));
  }

  int stop(Parting parting) throws IOException, InterruptedException {
    try (Spool spool = queue.open()) {
      List<ProcessId> workers = queue.workers(spool);
      Set<JobId> cancelled = new TreeSet<>();
      if (parting == Parting.NOW) {
        end(spool, workers);
      } else {
        cancelled = drain(spool, parting, workers);
      }
      Set<JobId> running = spool.claimed();
      // another stop can have ended the workers before these
      cancelled.removeAll(running);
      door.out()
          .println(
              (workers.isEmpty() ? "no worker was alive" : "localqd stopped")
                  + (cancelled.isEmpty()
                      ? ""
                      : "; " + Text.count(cancelled.size(), "job") + " cancelled")
                  + (running.isEmpty()
                      ? ""
                      : "; "
                          + Text.count(running.size(), "job")
                          + " still running, recorded by the next worker"));
      return ExitCode.DONE;
    }
  }

  /**
   * Ends these workers within a second: what they do survives kill -9, so that is what one gets
   * that does not listen.
   */
  private void end(Spool spool, List<ProcessId> workers) throws IOException, InterruptedException {
    workers.forEach(worker -> signal(worker, false));
    if (!areGone(workers, GRACE)) {
      workers.forEach(worker -> signal(worker, true));
      areGone(workers, GRACE);
    }
    spool.workers().sweep(door.machine()::isAlive);
    forgetPid(workers);
  }

  private void signal(ProcessId worker, boolean kill) {
    Optional<ProcessHandle> handle = ProcessHandle.of(worker.pid());
    if (handle.isPresent() && door.machine().isAlive(worker)) {
      if (kill) {
        handle.get().destroyForcibly();
      } else {
        handle.get().destroy();
      }
    }
  }

  private boolean areGone(List<ProcessId> workers, Duration within) throws InterruptedException {
    long deadline = System.nanoTime() + within.toNanos();
    while (workers.stream().anyMatch(door.machine()::isAlive)) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(NAP.toMillis());
    }
    return true;
  }

  private void forgetPid(List<ProcessId> ended) throws IOException {
    Path file = queue.uriFile().pidFile();
    if (Files.isRegularFile(file)) {
      String pid = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
      if (ended.stream().anyMatch(worker -> Long.toString(worker.pid()).equals(pid))) {
        Files.deleteIfExists(file);
      }
    }
  }

  /**
   * Lets the running jobs end, or ends them, and the workers with the last of them.
   *
   * @return the jobs that were told to end
   */
  private Set<JobId> drain(Spool spool, Parting parting, List<ProcessId> workers)
      throws IOException, InterruptedException {
    if (!workers.isEmpty()) {
      try (Locked locked = spool.lock()) {
        spool.workers().drain(locked);
      }
    }
    Log log = Machinery.log(door, queue, "localqd stop");
    Cancellation cancellation = new Cancellation(spool, Machinery.judge(door, queue, spool, log));
    Set<JobId> told = parting == Parting.CANCEL ? cancel(spool, cancellation) : new TreeSet<>();
    if (workers.isEmpty()) {
      pursue(spool, cancellation);
    }
    while (!(workers.isEmpty() ? spool.claimed().isEmpty() : queue.workers(spool).isEmpty())) {
      TimeUnit.MILLISECONDS.sleep(NAP.toMillis());
      if (workers.isEmpty()) {
        pursue(spool, cancellation);
      }
    }
    forgetPid(workers);
    return told;
  }

  /** Brings the claimed jobs on, and the arrays that are over with the last of them. */
  private static void pursue(Spool spool, Cancellation cancellation) throws IOException {
    for (JobId id : spool.running()) {
      cancellation.pursue(id);
    }
  }

  /** Cancels what runs; of an array those tasks, while the others wait. */
  private static Set<JobId> cancel(Spool spool, Cancellation cancellation) throws IOException {
    Set<JobId> told = new TreeSet<>();
    for (JobId id : spool.claimed()) {
      switch (cancellation.cancel(id, Cancellation.GRACE)) {
        case CANCELLED, ENDING -> told.add(id);
        // it ended by itself in between
        case ENDED, UNKNOWN -> {}
      }
    }
    return told;
  }

  int status() throws IOException {
    if (!queue.uriFile().exists()) {
      door.out()
          .println(
              "no queue at "
                  + Printable.of(queue.uriFile().path().toString())
                  + " yet; localqd"
                  + queue.option()
                  + " start makes it");
      return ExitCode.NO_WORKER;
    }
    try (Spool spool = queue.open()) {
      List<ProcessId> workers = queue.workers(spool);
      String place = ", spool " + root(spool);
      if (workers.isEmpty()) {
        door.out().println("no worker is alive" + place + "; localqd" + queue.option() + " start");
        return ExitCode.NO_WORKER;
      }
      for (ProcessId worker : workers) {
        Optional<Trouble> trouble = spool.workers().trouble(worker);
        door.out()
            .println(
                "localqd is alive, pid "
                    + worker.pid()
                    + ", "
                    + load(spool)
                    + place
                    + trouble.map(t -> "; in trouble: " + Printable.of(t.toString())).orElse(""));
      }
      return ExitCode.DONE;
    }
  }

  private static String root(Spool spool) {
    return Printable.of(spool.layout().root().toString());
  }

  private static String load(Spool spool) throws IOException {
    Amounts busy = Amounts.NONE;
    for (JobId id : spool.claimed()) {
      busy = busy.plus(spool.find(id).map(Load::amounts).orElse(Amounts.NONE));
    }
    OptionalInt limit = spool.limit();
    return busy.cores()
        + " of "
        + Text.count(limit.orElse(0), "core")
        + " busy"
        + BudgetOptions.describe(spool.workers().budget(), busy)
        + (spool.workers().isDraining() ? ", draining" : "");
  }
}
