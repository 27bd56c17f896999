package org.localq.spool;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.localq.core.Claim;
import org.localq.core.Exit;
import org.localq.core.Given;
import org.localq.core.JobId;
import org.localq.core.Needs;
import org.localq.core.ProcessId;
import org.localq.core.Provision;
import org.localq.core.Reason;
import org.localq.core.Usage;

/** One look at running/: its names, by job, and what the tokens among them say. */
public final class RunningDirectory {
  static final String VOID = "void";

  /** Stands for the content of what is no file: in a start token's place, a shim may have begun. */
  private static final String IRREGULAR = "?";

  /** A line of the shell's {@code times}: user and system time, as {@code 0m0.12s 0m0.05s}. */
  private static final Pattern TIMES =
      Pattern.compile(
          "([0-9]{1,9})m([0-9]{1,9}\\.?[0-9]{0,9})s ([0-9]{1,9})m([0-9]{1,9}\\.?[0-9]{0,9})s");

  private static final Duration DEFAULT_GRACE = Duration.ofSeconds(30);
  private static final int LONGEST_TOKEN = 200;

  /** A job whose processes were told something has its claim, run file, start token and that. */
  private static final int FEWEST_TOLD = 3;

  private final Layout layout;
  private final NavigableMap<JobId, List<Layout.Name>> names = new TreeMap<>();

  /**
   * The same as they are written. To ask for one among these and not for an equal record saves a
   * command that starts cold a seventh of its time: a record's equals is only linked when called.
   */
  private final Set<String> fileNames = new HashSet<>();

  private RunningDirectory(Layout layout) {
    this.layout = layout;
  }

  static RunningDirectory look(Layout layout) throws IOException {
    RunningDirectory running = new RunningDirectory(layout);
    for (Path path : Names.in(layout.runningDirectory())) {
      Layout.Name.parse(path.getFileName().toString()).ifPresent(running::add);
    }
    return running;
  }

  /** Only the names of one job. Costs a listing of running/, which is short. */
  static RunningDirectory look(Layout layout, JobId id) throws IOException {
    RunningDirectory running = new RunningDirectory(layout);
    look(layout).of(id).forEach(running::add);
    return running;
  }

  private void add(Layout.Name name) {
    names.computeIfAbsent(name.id(), id -> new ArrayList<>()).add(name);
    fileNames.add(name.fileName());
  }

  private boolean has(Layout.Name name) {
    return fileNames.contains(name.fileName());
  }

  /** Where it is. */
  public Path path() {
    return layout.runningDirectory();
  }

  /** The jobs that are claimed, tasks among them; not the arrays. */
  public SortedSet<JobId> claimed() {
    return here(false);
  }

  /** The arrays of which no task is left to be claimed. */
  public SortedSet<JobId> closedArrays() {
    return here(true);
  }

  private SortedSet<JobId> here(boolean arrays) {
    SortedSet<JobId> here = new TreeSet<>();
    for (JobId id : names.keySet()) {
      if (has(new Layout.Name.Claimed(id)) && arrays == isArray(id)) {
        here.add(id);
      }
    }
    return here;
  }

  /** Those of the claimed jobs that are tasks of this array. */
  public SortedSet<JobId> tasksOf(JobId array) {
    SortedSet<JobId> tasks = new TreeSet<>();
    for (JobId id : names.subMap(array.ofTask(0), true, array, false).keySet()) {
      if (has(new Layout.Name.Claimed(id))) {
        tasks.add(id);
      }
    }
    return tasks;
  }

  /** Every array of which a task was claimed, or that was withdrawn. */
  public SortedSet<JobId> arrays() {
    SortedSet<JobId> arrays = new TreeSet<>();
    for (JobId id : names.keySet()) {
      if (isArray(id)) {
        arrays.add(id);
      }
    }
    return arrays;
  }

  private boolean isArray(JobId id) {
    return tasksClaimed(id).isPresent();
  }

  /**
   * Up to which place the tasks of an array are known to be claimed, of those that are on the disk;
   * nothing for what is not known to be an array.
   */
  public OptionalInt tasksClaimed(JobId id) {
    OptionalInt last = OptionalInt.empty();
    for (Layout.Name name : of(id)) {
      // a power cut can leave an older note beside a newer one
      if (name instanceof Layout.Name.TasksClaimed claimed && claimed.last() >= last.orElse(0)) {
        last = OptionalInt.of(claimed.last());
      }
    }
    return last;
  }

  /** Whether somebody asked for its end. */
  public boolean isCancelled(JobId id) {
    return has(new Layout.Name.Cancel(id));
  }

  /** Every job of which there is a name here, claimed or not. */
  public SortedSet<JobId> mentioned() {
    return Collections.unmodifiableSortedSet(new TreeSet<>(names.keySet()));
  }

  /** The names of one job. */
  List<Layout.Name> of(JobId id) {
    return names.getOrDefault(id, List.of());
  }

  /**
   * The lowest number that is not closed (R2): of a pending job, the one that its next claim will
   * have.
   */
  public int currentAttempt(JobId id) throws IOException {
    int attempt = 1;
    while (isClosed(id, attempt)) {
      attempt++;
    }
    return attempt;
  }

  private boolean isClosed(JobId id, int attempt) throws IOException {
    return has(new Layout.Name.Requeued(id, attempt)) || isVoid(id, attempt);
  }

  private boolean isVoid(JobId id, int attempt) throws IOException {
    return has(new Layout.Name.Started(id, attempt))
        && token(layout.started(id, attempt)).filter(VOID::equals).isPresent();
  }

  /** What the tokens say about {@code id}. */
  public Claim claim(JobId id) throws IOException {
    int attempt = currentAttempt(id);
    boolean begun = has(new Layout.Name.Started(id, attempt));
    Optional<Claim.Start> start = begun ? start(layout.started(id, attempt)) : Optional.empty();
    Optional<Claim.End> end = onlyEnd(id, attempt);
    if (start.isPresent() && end.isPresent()) {
      start =
          Optional.of(
              new Claim.Start(
                  start.get().shim(),
                  start.get().begun(),
                  start.get().at(),
                  start.get().uptime(),
                  over(id, attempt, end.get().exit())));
    }
    return new Claim(
        id,
        new Claim.Attempt(attempt, boot(id, attempt), start, end, told(id, attempt)),
        cancel(id),
        earlier(id));
  }

  private Claim.Told told(JobId id, int attempt) throws IOException {
    if (of(id).size() < FEWEST_TOLD) {
      return Claim.Told.NOTHING;
    }
    boolean term = has(new Layout.Name.Terminated(id, attempt));
    return new Claim.Told(
        has(new Layout.Name.Warned(id, attempt)),
        has(new Layout.Name.TimedOut(id, attempt)),
        has(new Layout.Name.ToRequeue(id, attempt)),
        term ? number(layout.terminated(id, attempt)).map(Duration::ofMillis) : Optional.empty());
  }

  private Optional<Claim.Cancel> cancel(JobId id) throws IOException {
    if (!has(new Layout.Name.Cancel(id))) {
      return Optional.empty();
    }
    String[] lines = text(layout.cancel(id)).split("\n", 2);
    Duration grace = number(lines[0]).map(Duration::ofSeconds).orElse(DEFAULT_GRACE);
    Optional<Reason> why = lines.length > 1 ? Reason.parse(lines[1]) : Optional.empty();
    return Optional.of(new Claim.Cancel(grace, why));
  }

  /**
   * What an attempt was provided with, and whether its memory is enforced; nothing is read of one
   * whose job asks for none of that.
   */
  public Provision provision(JobId id, int attempt, Needs needs) throws IOException {
    if (needs.memory() == 0 && needs.resources().isEmpty()) {
      return Provision.NONE;
    }
    Provision noted = noted(id, attempt).orElse(Provision.NONE);
    boolean enforced = has(new Layout.Name.Enforced(id, attempt));
    return new Provision(noted.given(), enforced, enforced ? "" : noted.why());
  }

  /**
   * The ids that the current attempt of a claimed job was given.
   *
   * @return nothing where that can't be read, so that it may have any
   */
  public Optional<Given> given(JobId id, Needs needs) throws IOException {
    int attempt = currentAttempt(id);
    if (boot(id, attempt).isEmpty() && !has(new Layout.Name.Started(id, attempt))) {
      // taken out of the queue to be cancelled: it was never claimed
      return Optional.of(Given.NOTHING);
    }
    return noted(id, attempt).map(Provision::given).filter(given -> given.isFor(needs));
  }

  private Optional<Provision> noted(JobId id, int attempt) throws IOException {
    Optional<String> boot = boot(id, attempt);
    return boot.isEmpty()
        ? Optional.empty()
        : RunFile.provision(layout.run(id, attempt, boot.get()));
  }

  /** Whether the system ended a process of an attempt for its memory. */
  public boolean isOutOfMemory(JobId id, int attempt) {
    return has(new Layout.Name.OutOfMemory(id, attempt));
  }

  /** The attempts before the current one that came to their command, in order. */
  public List<Claim.Earlier> earlier(JobId id) throws IOException {
    List<Claim.Earlier> earlier = new ArrayList<>();
    for (Layout.Name name : of(id)) {
      if (name instanceof Layout.Name.Requeued closed) {
        int attempt = closed.attempt();
        Optional<Claim.Start> start = start(layout.started(id, attempt));
        Optional<Claim.End> end = onlyEnd(id, attempt);
        // a power cut can leave the token of an attempt that has ended without its content
        if (start.isPresent() && (start.get().begun() || end.isPresent())) {
          earlier.add(
              new Claim.Earlier(attempt, boot(id, attempt), start.get(), end, told(id, attempt)));
        }
      }
    }
    if (earlier.size() > 1) {
      earlier.sort(Comparator.comparingInt(Claim.Earlier::number));
    }
    return earlier;
  }

  /** The boot under which an attempt was claimed; nothing where it never was. */
  private Optional<String> boot(JobId id, int attempt) {
    Optional<String> boot = Optional.empty();
    for (Layout.Name name : of(id)) {
      if (name instanceof Layout.Name.Run run && run.attempt() == attempt) {
        boot = Optional.of(run.boot());
      }
    }
    return boot;
  }

  /** The exit token of an attempt; nothing where there are two, of which one is an invention. */
  private Optional<Claim.End> onlyEnd(JobId id, int attempt) throws IOException {
    Optional<Claim.End> end = Optional.empty();
    int ends = 0;
    for (Layout.Name name : of(id)) {
      if (name instanceof Layout.Name.Exited exited && exited.attempt() == attempt) {
        ends++;
        end = end(layout.exited(id, attempt, exited.exit()), exited.exit());
      }
    }
    return ends > 1 ? Optional.empty() : end;
  }

  private static Optional<Claim.Start> start(Path token) throws IOException {
    Optional<Stamped> stamped = stamped(token);
    return stamped.map(
        s ->
            new Claim.Start(
                shim(s.text()),
                !s.text().isEmpty(),
                s.at(),
                uptime(s.text(), 1),
                Optional.empty()));
  }

  /** Who made a start token: its first line. */
  static Optional<ProcessId> shim(String token) {
    int end = token.indexOf('\n');
    return ProcessId.parse(end < 0 ? token : token.substring(0, end));
  }

  /** The machine's uptime that a line of a token says. */
  private static Optional<Duration> uptime(String token, int line) {
    String[] lines = token.split("\n", -1);
    return lines.length > line && lines[line].matches("[0-9]{1,10}\\.[0-9]{2}")
        ? Optional.of(Duration.ofMillis(Math.round(Double.parseDouble(lines[line]) * 1000)))
        : Optional.empty();
  }

  private static Optional<Claim.End> end(Path token, Exit exit) throws IOException {
    return stamped(token).map(s -> new Claim.End(exit, s.at(), usage(s.text())));
  }

  /** The third line of an exit token: the machine's uptime when the shim wrote it. */
  private Optional<Duration> over(JobId id, int attempt, Exit exit) throws IOException {
    return uptime(token(layout.exited(id, attempt, exit)).orElse(""), 2);
  }

  private record Stamped(String text, Instant at) {}

  /** A token with the time at which it was written; nothing when it is gone. */
  private static Optional<Stamped> stamped(Path token) throws IOException {
    Optional<String> text = token(token);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new Stamped(text.get(), Moments.shown(Files.getLastModifiedTime(token).toInstant())));
    } catch (NoSuchFileException gone) {
      // RACE: the job was finished between the two looks of a reader that holds no lock
      return Optional.empty();
    }
  }

  /** The second line of {@code times}: what the command, and all it waited for, took. */
  static Usage usage(String times) {
    String[] lines = times.split("\n", -1);
    Matcher children = TIMES.matcher(lines.length > 1 ? lines[1].strip() : "");
    if (!children.matches()) {
      return Usage.UNKNOWN;
    }
    return new Usage(
        OptionalDouble.of(seconds(children.group(1), children.group(2))),
        OptionalDouble.of(seconds(children.group(3), children.group(4))),
        OptionalLong.empty());
  }

  private static double seconds(String minutes, String seconds) {
    // to the microsecond, so that a sum of two decimals shows no more digits than they have
    return Math.round((Long.parseLong(minutes) * 60 + Double.parseDouble(seconds)) * 1e6) / 1e6;
  }

  private static Optional<Long> number(Path file) throws IOException {
    return number(text(file));
  }

  private static Optional<Long> number(String text) {
    return text.matches("[0-9]{1,15}") ? Optional.of(Long.parseLong(text)) : Optional.empty();
  }

  /** The short text of a token; empty when it is gone too. */
  static String text(Path token) throws IOException {
    return token(token).orElse("");
  }

  /**
   * The short text in {@code file}; nothing when the file is gone. What is no regular file is not
   * opened: a FIFO would block whoever holds the lock. Its text is no token's.
   */
  private static Optional<String> token(Path file) throws IOException {
    try {
      if (!Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
          .isRegularFile()) {
        return Optional.of(IRREGULAR);
      }
      try (InputStream in = Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS)) {
        return Optional.of(
            new String(in.readNBytes(LONGEST_TOKEN), StandardCharsets.US_ASCII).strip());
      }
    } catch (NoSuchFileException gone) {
      return Optional.empty();
    }
  }
}
