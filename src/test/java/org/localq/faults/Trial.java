package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;
import static org.localq.system.Installation.eventually;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.localq.system.Installation;

/**
 * A queue of the built package under test, with a {@link Witness} outside its spool, and a memory
 * of what its clients were told.
 */
final class Trial implements AutoCloseable {
  private static final JsonMapper JSON = new JsonMapper();

  private static final List<String> NUMBERS = List.of("-a", "0-8:4%1");

  private final int cores;
  private Installation localq;
  private final Witness witness;
  private final ConcurrentLinkedQueue<String> accepted = new ConcurrentLinkedQueue<>();
  private final AtomicInteger unknown = new AtomicInteger();
  private final AtomicInteger dropped = new AtomicInteger();
  private int refusals;
  private boolean lossy;
  private List<String> budget = List.of();

  /**
   * A new queue in {@code scratch}.
   *
   * @param cores its limit
   */
  Trial(Path scratch, int cores) throws IOException {
    this.cores = cores;
    this.localq = new Installation(scratch);
    this.witness = new Witness(scratch.resolve("witness"), cores);
  }

  Installation localq() {
    return localq;
  }

  /** From now on everything runs in there. */
  void enter(Namespace namespace) {
    localq = localq.inside(namespace.wrapper());
  }

  /** From now on everything runs outside of any namespace that was entered. */
  void leave() {
    localq = localq.inside(List.of());
  }

  Witness witness() {
    return witness;
  }

  Path spool() {
    return localq.spool();
  }

  /** From now on its workers have something to give beside cores. */
  Trial withBudget() {
    budget = Witness.BUDGET;
    return this;
  }

  /** Starts a worker that polls each second. */
  Trial start() {
    localq.run(startLine()).exits(0);
    return this;
  }

  /** The words that start a worker of this trial. */
  String[] startLine() {
    return workerLine("start");
  }

  /** The words that are a worker of this trial. */
  String[] runLine() {
    return workerLine("run");
  }

  private String[] workerLine(String verb) {
    List<String> line = new ArrayList<>(List.of("localqd", "-n", Integer.toString(cores)));
    line.addAll(List.of("-i", "1"));
    line.addAll(budget);
    line.add(verb);
    return line.toArray(new String[0]);
  }

  /** Submits a job that the witness sees; its id. */
  String submit(int width, int code, String nap) {
    Installation.Result result = localq.run(submitLine(width, code, nap));
    remember(result.exits(0));
    return result.text();
  }

  /** Submits such a job of one core with more options; its id. */
  String submitWith(List<String> options, int code, String nap) {
    List<String> line = new ArrayList<>(List.of("lbatch", "--parsable", "-o", "/dev/null"));
    line.addAll(options);
    line.addAll(witness.command(code, nap));
    Installation.Result result = localq.run(line.toArray(new String[0]));
    remember(result.exits(0));
    return result.text();
  }

  /** Submits a job that asks for more than cores; its id. */
  String submit(Demands.Demand demand) {
    String id = submitWith(demand.options(), demand.code(), demand.nap());
    if (demand.isHeld()) {
      witness.note(id, "HOLD");
    }
    return id;
  }

  /** Lets a job go that was submitted on hold: a client that may be killed. */
  Process release(String id) {
    witness.note(id, "RELEASE");
    return localq.launch("lctl", "release", id);
  }

  /** Has a job run again from the top, if it runs: a client that may be killed. */
  Process requeue(String id) {
    witness.note(id, "REQUEUE");
    return localq.launch("lctl", "requeue", id);
  }

  /** Submits an array of such jobs, a core each; its id. */
  String submitArray(int tasks, int code, String nap) throws IOException {
    String id = submitLines(tasks, code, nap);
    for (int task = 1; task <= tasks; task++) {
      accepted.add(id + "_" + task);
    }
    return id;
  }

  /** The same with the numbers 0, 4 and 8, one task at a time. */
  void submitNumbers(int code, String nap) {
    String id = submitWith(NUMBERS, code, nap);
    for (int task : new int[] {0, 4, 8}) {
      accepted.add(id + "_" + task);
    }
  }

  /** The same for one that may be cancelled before all of them are claimed. */
  void tryToSubmitNumbers(int code, String nap) {
    unknown.addAndGet(3);
    submitWith(NUMBERS, code, nap);
  }

  /** The same for one that may be cancelled before all of them are claimed. */
  String tryToSubmitArray(int tasks, int code, String nap) throws IOException {
    unknown.addAndGet(tasks);
    return submitLines(tasks, code, nap);
  }

  private String submitLines(int tasks, int code, String nap) throws IOException {
    String line = String.join(" ", witness.command(code, nap)) + "\n";
    Path lines = Files.writeString(witness.file("lines"), line.repeat(tasks));
    Installation.Result result =
        localq.run("lbatch", "--parsable", "-o", "/dev/null", "--each-line", lines.toString());
    remember(result.exits(0));
    return result.text();
  }

  /** Submits such a job, and waits for its start. */
  String submitStarted(int width, int code, String nap) {
    String id = submit(width, code, nap);
    awaitStart(id);
    return id;
  }

  /** Waits until the command of a job has begun. */
  void awaitStart(String id) {
    eventually("a start of job " + id, () -> witness.saw(id, "START"), this::evidence);
  }

  /** The words that submit such a job. */
  String[] submitLine(int width, int code, String nap) {
    return submitLine(width, witness.command(code, nap));
  }

  private static String[] submitLine(int width, List<String> command) {
    List<String> line =
        new ArrayList<>(
            List.of("lbatch", "--parsable", "-n", Integer.toString(width), "-o", "/dev/null"));
    line.addAll(command);
    return line.toArray(new String[0]);
  }

  /** Submits a job of one core that makes the same system calls each time. */
  String submitFree(int code, String nap) {
    Installation.Result result = localq.run(submitLine(1, witness.freeCommand(code, nap)));
    remember(result.exits(0));
    return result.text();
  }

  /** What a client printed that may have been killed, or met a fault. */
  void remember(Installation.Result submitted) {
    if (submitted.out().endsWith("\n")) {
      accepted.add(submitted.text());
    } else {
      unknown.incrementAndGet();
    }
    if (submitted.code() == 0 && submitted.out().isEmpty()) {
      fail("lbatch said nothing and exited with 0: " + submitted);
    }
  }

  /** There may be one job more that no client was told of. */
  void expectOneMore() {
    unknown.incrementAndGet();
  }

  /** Drops that are no jobs, or bear the id of one, will be refused: so many, and no others. */
  void expectRefusals(int count) {
    refusals = count;
  }

  /** Shims are killed, or the machine goes down: how a job has ended may be lost. */
  Trial mayLose() {
    lossy = true;
    return this;
  }

  /** The ids that clients were told. */
  List<String> accepted() {
    return List.copyOf(accepted);
  }

  /** Waits until nothing is pending or claimed, and what is left of it is tidied. */
  void settle() {
    eventually("the end of all jobs", this::isSettled, this::evidence);
  }

  /**
   * Waits likewise, or until {@code ended}.
   *
   * @return whether it ended before
   */
  boolean settlesUnless(BooleanSupplier ended) {
    eventually("the end of all jobs", () -> ended.getAsBoolean() || isSettled(), this::evidence);
    return ended.getAsBoolean();
  }

  /** Drops a job by hand, whole at once: nobody is told its id. */
  void drop(String name, List<String> command) throws IOException {
    ObjectNode job = JSON.createObjectNode();
    ArrayNode words = job.putArray("command");
    command.forEach(words::add);
    job.put("stdout", "/dev/null");
    Path draft = spool().resolve("." + name);
    Files.write(draft, JSON.writeValueAsBytes(job));
    Files.move(draft, spool().resolve(name), StandardCopyOption.ATOMIC_MOVE);
    dropped.incrementAndGet();
  }

  /** Whether nothing is pending, held or claimed, and nothing of it left in running/. */
  boolean isSettled() {
    return names("").stream().noneMatch(name -> name.endsWith(".json"))
        && names("running").isEmpty()
        && names("held").isEmpty();
  }

  /** The names in a directory of the spool. */
  Set<String> names(String directory) {
    try (Stream<Path> files = Files.list(spool().resolve(directory))) {
      Set<String> names = new TreeSet<>();
      files.forEach(file -> names.add(file.getFileName().toString()));
      return names;
    } catch (IOException failed) {
      throw new IllegalStateException(failed);
    }
  }

  /** Whether a record of this job is there. */
  boolean isRecorded(String id) {
    return Files.exists(spool().resolve("done").resolve(id + ".json"));
  }

  /**
   * Fails unless every invariant holds that can be seen: the witness, the records and what the
   * clients were told agree, and a check of the spool finds nothing. The queue has to be settled.
   */
  void verify() {
    check();
    try {
      Oracle.Expected expected =
          new Oracle.Expected(accepted(), unknown.get(), dropped.get(), refusals, lossy);
      List<String> broken = new Oracle(spool(), witness, expected).violations();
      assertEquals("", String.join("\n", broken), this::evidence);
    } catch (IOException failed) {
      throw new IllegalStateException(failed);
    }
  }

  /** Fails unless a check of the spool finds nothing. */
  void check() {
    Installation.Result check = localq.run("localqd", "check");
    assertEquals(0, check.code(), () -> check + evidence());
  }

  /** Waits for the end of everything, and verifies. */
  void settleAndVerify() {
    settle();
    verify();
  }

  /** Everything that there is to see. */
  String evidence() {
    StringBuilder text = new StringBuilder("\n");
    try (Stream<Path> files = Files.walk(spool())) {
      files.sorted().limit(300).forEach(file -> text.append(spool().relativize(file)).append('\n'));
      text.append(witness.events()).append('\n');
    } catch (IOException | RuntimeException failed) {
      text.append(failed).append('\n');
    }
    return text.append(log()).toString();
  }

  /** What the worker that {@link #start} made has said. */
  String log() {
    Path log = localq.home().resolve(".localq/localqd.log");
    return Files.exists(log) ? Installation.read(log) : "no log";
  }

  /** How many lines of the log hold {@code words}. */
  long said(String words) {
    return log().lines().filter(line -> line.contains(words)).count();
  }

  /** The pid of the one worker. */
  long worker() {
    return localq.workers().get(0);
  }

  /** Runs one of our commands with variables, as the last words of {@code wrapper}. */
  Installation.Result run(List<String> wrapper, String... words) {
    return localq.run(Map.of(), wrapper, words);
  }

  /** {@code words} with others behind them. */
  static String[] with(String[] words, String... more) {
    return Stream.concat(Arrays.stream(words), Arrays.stream(more)).toArray(String[]::new);
  }

  @Override
  public void close() {
    localq.close();
  }
}
