package org.localq.spool;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;
import org.localq.core.Amounts;
import org.localq.core.Attempted;
import org.localq.core.Candidate;
import org.localq.core.Claim;
import org.localq.core.Identity;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.ProcessId;
import org.localq.core.Refusal;
import org.localq.core.Result;
import org.localq.core.Retention;
import org.localq.core.State;
import org.localq.core.TaskNumbers;
import org.localq.core.Tasks;

/**
 * A queue: submits to it and reads it, which needs no lock, and {@linkplain #lock() locks} it for
 * everything else.
 *
 * <p>The format is {@link Layout}'s. One object a process and directory: see {@link SpoolLock}.
 */
public final class Spool implements AutoCloseable {
  /** How often an id is looked for that is in no directory: a job that moves can be missed (R9). */
  private static final int LOOKS = 3;

  /** More than what a record adds to a job file, whose paths and reason are short. */
  private static final int RESULT_BYTES = 1 << 16;

  private final Layout layout;
  private final Identity identity;
  private final Fsync fsync;
  private final Drafts drafts;
  private final Ids ids;
  private final JobReader reader;
  private final EarlyJobs earlyJobs;
  private final UnclaimedTasks unclaimedTasks = new UnclaimedTasks(this);
  private final Terms terms;
  private Optional<SpoolLock> lock = Optional.empty();

  Spool(Layout layout, Identity identity, Account account, Fsync fsync, Terms terms) {
    this.terms = terms;
    this.layout = layout;
    this.identity = identity;
    this.fsync = fsync;
    this.drafts = new Drafts(layout.tmp(), identity.process(), fsync);
    this.ids = new Ids(layout.seq(), fsync);
    this.earlyJobs = new EarlyJobs(layout, fsync);
    this.reader = new JobReader(account);
  }

  /** Where everything is. */
  public Layout layout() {
    return layout;
  }

  Identity identity() {
    return identity;
  }

  Fsync fsync() {
    return fsync;
  }

  Drafts drafts() {
    return drafts;
  }

  Ids ids() {
    return ids;
  }

  EarlyJobs earlyJobs() {
    return earlyJobs;
  }

  /** Where a job is accepted. */
  public enum Into {
    /** Among the pending ones. */
    QUEUE,
    /** Among those on hold. */
    HELD
  }

  /** Accepts a job to be claimed, as {@link #submit(Function, Into)}. */
  public JobId submit(Function<JobId, Job> job) throws IOException {
    return submit(job, Into.QUEUE);
  }

  /**
   * Accepts a job: on disk, under an id that was never given out before, when this returns. The job
   * is made for its id, because its output file's name holds it.
   */
  public JobId submit(Function<JobId, Job> job, Into into) throws IOException {
    while (true) {
      JobId id = newId();
      Job made = job.apply(id);
      Path draft = drafts.write(JobWriter.write(made));
      boolean published;
      try {
        announce(made, id, into);
        published = isPublished(draft, place(id, into));
      } finally {
        discard(draft);
      }
      if (published) {
        makeDurable(id, into);
        return id;
      }
    }
  }

  private Path place(JobId id, Into into) {
    return into == Into.HELD ? layout.held(id) : layout.pending(id);
  }

  /** Whoever sees the job in the root is to know by then that it goes before others. */
  private void announce(Job job, JobId id, Into into) throws IOException {
    if (into == Into.QUEUE && job.requirements().conditions().rank() > 0) {
      earlyJobs.mark(id);
    }
  }

  /** Accepts an array to be claimed, as {@link #submitArray(Job, Lines, Into)}. */
  public JobId submitArray(Job job, Lines lines) throws IOException {
    return submitArray(job, lines, Into.QUEUE);
  }

  /**
   * Accepts an array: as one job, all or nothing, as {@link #submit} does. Its lines are read
   * before it has an id, so that one that is refused costs none.
   *
   * @param job what its tasks have in common: a task's command is these words and its line; the
   *     names of files are {@linkplain org.localq.core.FilePattern#reduce reduced patterns}
   */
  public JobId submitArray(Job job, Lines lines, Into into) throws IOException {
    return publish(drafts.write(file -> ArrayWriter.write(job, lines, file)), job, into);
  }

  /**
   * Accepts an array whose tasks have these numbers and all run one command, as {@link #submit}
   * does.
   *
   * @param job what its tasks have in common; the names of files are {@linkplain
   *     org.localq.core.FilePattern#reduce reduced patterns}
   */
  public JobId submitArray(Job job, TaskNumbers numbers, Into into) throws IOException {
    return publish(drafts.write(JobWriter.write(job, numbers)), job, into);
  }

  /** The same, to be claimed. */
  public JobId submitArray(Job job, TaskNumbers numbers) throws IOException {
    return submitArray(job, numbers, Into.QUEUE);
  }

  private JobId publish(Path draft, Job job, Into into) throws IOException {
    JobId id;
    try {
      id = newId();
      announce(job, id, into);
      while (!isPublished(draft, place(id, into))) {
        id = newId();
        announce(job, id, into);
      }
    } finally {
      discard(draft);
    }
    makeDurable(id, into);
    return id;
  }

  /** Whether what is in {@code draft} could be made the job of this name. */
  private static boolean isPublished(Path draft, Path job) throws IOException {
    try {
      Files.createLink(job, draft);
      return true;
    } catch (FileAlreadyExistsException taken) {
      // RACE: somebody dropped a file under this very name; it is that one's now
      return false;
    }
  }

  /** Makes a new file, whole from the moment its name is there. */
  void publish(byte[] content, Path file) throws IOException {
    Path draft = drafts.write(content);
    try {
      Files.createLink(file, draft);
    } finally {
      discard(draft);
    }
  }

  /**
   * As far as that can be done: what becomes of the job doesn't hang on it, and a worker sweeps.
   */
  private static void discard(Path draft) {
    try {
      Files.deleteIfExists(draft);
    } catch (IOException left) {
      // the draft of a process that is gone by then
    }
  }

  /** An id that no job of this spool has, given out for good. */
  JobId newId() throws IOException {
    return ids.next(this::isTaken);
  }

  /** Whether a job has this id that is not, or no longer, pending. */
  boolean isElsewhere(JobId id) throws IOException {
    // in the order of R9
    return exists(layout.held(id))
        || exists(layout.running(id))
        || exists(layout.record(id))
        || exists(layout.rejected(id));
  }

  /** Whether a job has ended, or was refused, so that it is not pending ever again. */
  boolean isOver(JobId id) throws IOException {
    return exists(layout.record(id)) || exists(layout.rejected(id)) || ids.isRetired(id);
  }

  /** Whether an array that has not ended has such a task, as far as its file can be read. */
  boolean isOfArray(JobId task) throws IOException {
    return numbers(task.array()).contains(task.task());
  }

  /**
   * The numbers of the tasks of an array that has not ended: none where there is none, and all that
   * there can be where its file can't be read.
   */
  TaskNumbers numbers(JobId array) throws IOException {
    // in the order of R9
    for (Path place : List.of(layout.pending(array), layout.held(array), layout.running(array))) {
      Optional<JobFile> file = read(array, place, false);
      if (file.isPresent()) {
        return file.get() instanceof JobFile.Valid valid
            ? valid.tasks().map(Tasks::numbers).orElse(TaskNumbers.NONE)
            : TaskNumbers.upTo(TaskNumbers.HIGHEST);
      }
    }
    return TaskNumbers.NONE;
  }

  private boolean isTaken(JobId id) throws IOException {
    return isElsewhere(id)
        // RACE: its record may have been collected since the counter was read; the note of that is
        // made first, so it is looked for last
        || ids.isRetired(id);
  }

  /** Against a power cut: without this the name can be missing after the id was printed. */
  private void makeDurable(JobId id, Into into) throws IOException {
    Path job = place(id, into);
    try {
      fsync.directory(job.getParent());
      if (!exists(job)) {
        // RACE: a worker claimed it before that, and forces where it is now a moment later; by then
        // it may be on the disk that it is here no more
        fsync.directory(layout.runningDirectory());
      }
    } catch (IOException failed) {
      if (isWithdrawn(job)) {
        throw failed;
      }
      throw Refusal.of(
          job.getParent()
              + ": "
              + failed.getMessage()
              + "; job "
              + id
              + " was accepted but may not survive a power cut: see linfo "
              + id,
          failed);
    }
  }

  /**
   * Whether a job that is not known to be on the disk could be taken back before anybody ran it.
   */
  private static boolean isWithdrawn(Path job) {
    try {
      return Files.deleteIfExists(job);
    } catch (IOException stays) {
      return false;
    }
  }

  /**
   * Waits for the lock and returns the transitions that need it (R1).
   *
   * <p>To be closed soon: while it is held nobody else can claim or finish a job.
   */
  public Locked lock() throws IOException {
    if (lock.isEmpty()) {
      lock = Optional.of(openLock());
    }
    return new Locked(this, lock.get().exclusive(terms.overdue()));
  }

  private SpoolLock openLock() throws IOException {
    try {
      return SpoolLock.open(layout.lock());
    } catch (NoSuchFileException missing) {
      if (!exists(layout.own())) {
        throw missing;
      }
      throw Refusal.of(
          missing.getFile()
              + ": is missing, expected a file; no job is lost: localqd check --repair makes it",
          missing);
    }
  }

  /**
   * Whether the spool is still where it was when it was first locked, as far as is known: one that
   * can't be looked at for a while is no other one.
   */
  public boolean isInPlace() {
    try {
      return lock.isEmpty() || lock.get().isTheOneNamed();
    } catch (IOException unknown) {
      return true;
    }
  }

  /**
   * Says what breaks the format or an invariant, beside workers and clients at work. Changes
   * nothing.
   *
   * @param alive whether a process of this machine lives
   */
  public CheckReport check(Predicate<ProcessId> alive) throws IOException {
    return new Check(this, alive).run();
  }

  /**
   * Sets right what a check finds, moving aside what is damaged and deleting nothing. Refused while
   * a worker is alive.
   *
   * @param said takes a line for each thing done, at once
   * @return what a check finds then
   */
  public CheckReport repair(Processes processes, Clock clock, Consumer<String> said)
      throws IOException {
    return new Repair(this, processes, clock, said).run();
  }

  /** The worker's side of this spool: who is alive, and with which settings. */
  public Workers workers() {
    return new Workers(layout, identity, drafts, fsync);
  }

  /** The ids of the jobs that can be claimed. */
  public NavigableSet<JobId> pending() throws IOException {
    return ids(layout.root());
  }

  /** The ids of the jobs on hold. */
  public NavigableSet<JobId> held() throws IOException {
    return ids(layout.heldDirectory());
  }

  /** The ids of the claimed jobs, and of the arrays of which all tasks are. */
  public NavigableSet<JobId> running() throws IOException {
    return ids(layout.runningDirectory());
  }

  /** The ids of the claimed jobs, tasks among them, without the arrays: what may run. */
  public SortedSet<JobId> claimed() throws IOException {
    return RunningDirectory.look(layout).claimed();
  }

  /** The ids of the jobs that have a record. */
  public NavigableSet<JobId> done() throws IOException {
    return ids(layout.doneDirectory());
  }

  /** The ids of the drops that were no valid jobs. */
  public NavigableSet<JobId> rejected() throws IOException {
    return ids(layout.rejectedDirectory());
  }

  /** Which jobs are where, now. */
  public Listing listing() throws IOException {
    return Listing.of(layout);
  }

  private static NavigableSet<JobId> ids(Path directory) throws IOException {
    NavigableSet<JobId> ids = new TreeSet<>();
    for (Path file : Names.in(directory)) {
      Layout.idOf(file.getFileName().toString()).ifPresent(ids::add);
    }
    return ids;
  }

  /** The job of this id, wherever it is. */
  public Optional<Entry> find(JobId id) throws IOException {
    for (int look = 0; look < LOOKS; look++) {
      Optional<Entry> entry = findOnce(id);
      if (entry.isPresent()) {
        return entry;
      }
    }
    return Optional.empty();
  }

  private Optional<Entry> findOnce(JobId id) throws IOException {
    // in the order of a job's life, so that a move during the look can't hide it (R9)
    Optional<Entry> entry = waiting(id, layout.pending(id), false);
    if (entry.isEmpty()) {
      entry = waiting(id, layout.held(id), true);
    }
    if (entry.isEmpty()) {
      entry = running(id);
    }
    // a record wins over what its clean-up has not come to yet
    Optional<Entry> end = finished(id);
    if (end.isPresent()) {
      return end;
    }
    if (entry.isEmpty()) {
      entry = rejected(id);
    }
    return entry.isEmpty() && id.isTask() ? unclaimed(id) : entry;
  }

  /** A task that has no file of its own. */
  private Optional<Entry> unclaimed(JobId id) throws IOException {
    Optional<ArrayTasks.Task> task = waitingTask(id);
    if (task.isPresent()) {
      // RACE: claimed, or more, since it was looked for
      return isElsewhere(id)
          ? Optional.empty()
          : Optional.of(new Entry.Waiting(id, task.get().job(), exists(layout.held(id.array()))));
    }
    Optional<Entry.Finished> cancelled = unclaimedTasks.cancelled(id);
    return cancelled.isEmpty() || isElsewhere(id) ? Optional.empty() : Optional.of(cancelled.get());
  }

  /**
   * The job of this id if it can be claimed; for one that is not in the root that's quickly said.
   */
  public Optional<Candidate> candidate(JobId id) throws IOException {
    Optional<Pending> pending = pendingJob(id);
    return pending.isEmpty() ? Optional.empty() : Optional.of(pending.get().candidate());
  }

  /** A job in the root. */
  public record Pending(Candidate candidate, Job job) {}

  /** The same with the job; of an array what its tasks have in common. */
  public Optional<Pending> pendingJob(JobId id) throws IOException {
    Optional<JobFile.Valid> file = read(id, layout.pending(id), false).flatMap(JobFile::valid);
    // a record wins over a twin that somebody put here
    return file.isEmpty() || isDone(id)
        ? Optional.empty()
        : Optional.of(new Pending(candidate(id, file.get()), file.get().job()));
  }

  /** The name of the job of this id; nothing where it neither waits nor is claimed. */
  public Optional<String> nameOfLive(JobId id) throws IOException {
    // in the order of R9
    for (Path place : List.of(layout.pending(id), layout.held(id), layout.running(id))) {
      Optional<JobFile.Valid> file = read(id, place, false).flatMap(JobFile::valid);
      if (file.isPresent()) {
        return file.map(valid -> valid.job().name());
      }
    }
    return Optional.empty();
  }

  /** The attempts of a job that has not ended, but for the one under way, in order. */
  public List<Attempted> earlierAttempts(JobId id, Job job) throws IOException {
    Claim claim = RunningDirectory.look(layout).claim(id);
    List<Attempted> recorded =
        claim.isReopened() ? former(id).map(Result::allAttempts).orElse(List.of()) : List.of();
    Optional<String> boot = claim.attempt().boot().or(() -> Optional.of(identity.shortBoot()));
    return claim.attempted(recorded, boot, job.workplace());
  }

  /** What the record of a job said before it was {@linkplain Reopening put back}. */
  private Optional<Result> former(JobId id) throws IOException {
    // in the order of R9
    for (Path place : List.of(layout.pending(id), layout.held(id), layout.running(id))) {
      Optional<JobFile> file = read(id, place, true);
      if (file.isPresent()) {
        return file.flatMap(JobFile::valid).flatMap(JobFile.Valid::result);
      }
    }
    return Optional.empty();
  }

  /** What became of jobs, by a look at this moment. */
  public Fates fates() throws IOException {
    return new Fates(this, RunningDirectory.look(layout));
  }

  /** The jobs that are to be read first, as marks say; some of them may be pending no more. */
  public Set<JobId> early() throws IOException {
    return EarlyJobs.list(layout);
  }

  static Candidate candidate(JobId id, JobFile.Valid file) {
    int tasks = file.tasks().isPresent() ? file.tasks().get().count() : 0;
    return Candidate.of(id, file.job().requirements(), tasks, file.throttle());
  }

  private Optional<Entry> waiting(JobId id, Path file, boolean held) throws IOException {
    Optional<JobFile> found = read(id, file, false);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    if (!(found.get() instanceof JobFile.Valid valid)) {
      return Optional.of(damaged(id, State.PENDING, found.get()));
    }
    return Optional.of(
        valid.tasks().isPresent()
            ? array(id, valid, held)
            : new Entry.Waiting(id, valid.job(), held));
  }

  /** An array whose tasks are not all claimed. */
  private Entry array(JobId id, JobFile.Valid file, boolean held) throws IOException {
    RunningDirectory running = RunningDirectory.look(layout);
    Tasks all = file.tasks().orElseThrow();
    TaskNumbers numbers = all.numbers();
    int claimed = running.tasksClaimed(id).orElse(0);
    while (claimed < all.count() && isElsewhere(id.ofTask(numbers.at(claimed + 1)))) {
      // the note may be older than the last claims
      claimed++;
    }
    return new Entry.Array(id, file.job(), all, claimed, running.tasksOf(id).size(), held);
  }

  private Optional<Entry> running(JobId id) throws IOException {
    Optional<JobFile> found = read(id, layout.running(id), false);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    if (found.get() instanceof JobFile.Valid valid) {
      RunningDirectory running = RunningDirectory.look(layout);
      return Optional.of(
          valid.tasks().isPresent()
              ? closed(id, valid, running)
              : running(id, valid.job(), running));
    }
    return Optional.of(damaged(id, State.RUNNING, found.get()));
  }

  private static Entry running(JobId id, Job job, RunningDirectory running) throws IOException {
    Claim claim = running.claim(id);
    return new Entry.Running(
        id,
        job,
        claim,
        running.provision(id, claim.attempt().number(), job.requirements().needs()));
  }

  private static Entry closed(JobId id, JobFile.Valid file, RunningDirectory running) {
    Tasks all = file.tasks().orElseThrow();
    return new Entry.Array(id, file.job(), all, all.count(), running.tasksOf(id).size(), false);
  }

  private Optional<Entry> finished(JobId id) throws IOException {
    Optional<JobFile> found = read(id, layout.record(id), true);
    if (found.isEmpty()) {
      return Optional.empty();
    }
    if (found.get() instanceof JobFile.Valid valid && valid.result().isPresent()) {
      return Optional.of(new Entry.Finished(id, valid.job(), valid.result().get(), valid.tasks()));
    }
    return Optional.of(damaged(id, State.LOST, found.get()));
  }

  private Optional<Entry> rejected(JobId id) throws IOException {
    if (!exists(layout.rejected(id))) {
      return Optional.empty();
    }
    Path reason = layout.reason(id);
    String text =
        exists(reason)
            ? Files.readString(reason, StandardCharsets.UTF_8).strip()
            : "no reason was kept";
    return Optional.of(
        new Entry.Rejected(
            id,
            text,
            Moments.shown(
                Files.getLastModifiedTime(layout.rejected(id), LinkOption.NOFOLLOW_LINKS)
                    .toInstant())));
  }

  private static Entry damaged(JobId id, State state, JobFile file) {
    String reason =
        file instanceof JobFile.Invalid invalid ? invalid.reason() : "is a record without a result";
    return new Entry.Damaged(id, state, reason);
  }

  /** Of a job that was accepted: whatever memory there is, it is not to be taken for damaged. */
  Content content(Path file) throws IOException {
    return Content.read(file, identity.uid(), Content.MOST_BYTES);
  }

  /** Of a record, which is longer than its job by the result and what was filled in. */
  private Content contentOfRecord(Path file) throws IOException {
    return Content.read(file, identity.uid(), Content.MOST_BYTES + RESULT_BYTES);
  }

  /** Of a file that anybody may have dropped: as far as the memory goes. */
  Content contentOfDrop(Path file) throws IOException {
    return Content.read(file, identity.uid(), terms.mostBytes());
  }

  /** The job that {@code file} holds; nothing when it isn't there. */
  Optional<JobFile> read(JobId id, Path file, boolean withResult) throws IOException {
    Optional<JobFile> array = withResult ? Optional.empty() : readArray(id, file);
    if (array.isPresent()) {
      return array;
    }
    Content content = withResult ? contentOfRecord(file) : content(file);
    if (content instanceof Content.Whole whole) {
      return Optional.of(reader.read(id, whole, withResult));
    }
    return content instanceof Content.Unfit unfit
        ? Optional.of(new JobFile.Invalid(unfit.reason()))
        : Optional.empty();
  }

  JobFile read(JobId id, Content.Whole content) {
    return reader.read(id, content, false);
  }

  /** The fields of an array. */
  JobFile readHeader(JobId id, ArrayFile array) {
    return reader.readHeader(id, new Content.Whole(array.header(), array.modified()));
  }

  /** The array that {@code file} is, where that is told without reading its lines; else nothing. */
  Optional<JobFile> readArray(JobId id, Path file) throws IOException {
    Optional<ArrayFile> array = ArrayFile.openLong(file, identity.uid());
    if (array.isEmpty()) {
      return Optional.empty();
    }
    try (ArrayFile open = array.get()) {
      return Optional.of(readHeader(id, open));
    }
  }

  /** Whether {@code file}, which a job of this id waits in, holds an array. */
  boolean isArray(JobId id, Path file) throws IOException {
    return !id.isTask()
        && read(id, file, false).flatMap(JobFile::valid).flatMap(JobFile.Valid::tasks).isPresent();
  }

  /** What is wrong with the lines of an array that {@code file} may be. */
  Optional<String> faultInLines(JobId id, Path file) throws IOException {
    Optional<ArrayTasks> array = ArrayTasks.open(this, id, file);
    if (array.isEmpty()) {
      return Optional.empty();
    }
    try (ArrayTasks open = array.get()) {
      return open.fault();
    }
  }

  /** The task of this id as its array has it, claimed or not; nothing where no array waits. */
  Optional<ArrayTasks.Task> waitingTask(JobId id) throws IOException {
    return unclaimedTasks.waiting(id);
  }

  /**
   * The file of a job as JSON for other programs, {@code id} and {@code state} in front, that of an
   * array without its lines, that of a task which never started as far as its array's record tells;
   * nothing when it is unreadable.
   */
  public Optional<String> document(Entry entry) throws IOException {
    JobId id = entry.id();
    Path file = place(entry);
    Optional<byte[]> bytes = entry instanceof Entry.Array ? header(id) : bytes(file);
    boolean isRecord = file.equals(layout.record(id));
    if (bytes.isEmpty() && id.isTask()) {
      bytes =
          isRecord ? bytes(layout.record(id.array())) : waitingTask(id).map(ArrayTasks.Task::file);
      isRecord = false;
    }
    try {
      return bytes.isEmpty()
          ? Optional.empty()
          : Optional.of(RecordWriter.document(id, entry.state(), bytes.get(), isRecord));
    } catch (JsonProcessingException | CharacterCodingException unreadable) {
      return Optional.empty();
    }
  }

  private Path place(Entry entry) throws IOException {
    return switch (entry.state()) {
      case PENDING, SUSPENDED ->
          exists(layout.held(entry.id())) ? layout.held(entry.id()) : layout.pending(entry.id());
      case RUNNING -> layout.running(entry.id());
      case REJECTED -> layout.rejected(entry.id());
      default -> layout.record(entry.id());
    };
  }

  private Optional<byte[]> bytes(Path file) throws IOException {
    return contentOfRecord(file) instanceof Content.Whole whole
        ? Optional.of(whole.bytes())
        : Optional.empty();
  }

  /** The fields of an array that has no record, whichever of its tasks are claimed. */
  private Optional<byte[]> header(JobId array) throws IOException {
    // in the order of R9
    for (Path place : List.of(layout.pending(array), layout.held(array), layout.running(array))) {
      Optional<ArrayFile> file = ArrayFile.open(place, identity.uid());
      if (file.isPresent()) {
        try (ArrayFile open = file.get()) {
          return Optional.of(open.header());
        }
      }
    }
    return Optional.empty();
  }

  /** The core limit; nothing until a worker has set it. */
  public OptionalInt limit() throws IOException {
    return workers().limit();
  }

  /** What all jobs together may take; nothing until a worker has set it. */
  public Optional<Amounts> amounts() throws IOException {
    OptionalInt cores = limit();
    return cores.isEmpty()
        ? Optional.empty()
        : Optional.of(workers().budget().limit(cores.getAsInt()));
  }

  /** Whether a record of {@code id} is there. */
  public boolean isDone(JobId id) throws IOException {
    return exists(layout.record(id));
  }

  /**
   * Whether a file of this name is there. Not {@link Files#exists}, which calls absent what can't
   * be looked at: tokens would be cleaned up under a job that is there.
   */
  static boolean exists(Path file) throws IOException {
    try {
      Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
      return true;
    } catch (NoSuchFileException absent) {
      return false;
    } catch (FileSystemException failed) {
      if ("Not a directory".equals(failed.getReason())) {
        return false;
      }
      throw failed;
    }
  }

  /** Whether {@code id} was given out to a job whose record may have been collected since. */
  public boolean isRetired(JobId id) throws IOException {
    return ids.isRetired(id);
  }

  /**
   * Begins to collect the records that are not to be kept.
   *
   * @param now the time from which ages count
   */
  public RecordCollection collection(Retention.Bounded keep, Instant now) throws IOException {
    return new RecordCollection(this, keep, now);
  }

  /** The name of the file that takes a job's output unless told otherwise. */
  public static String defaultOutput(JobId id, Instant submitted, ZoneId zone) {
    return OutputName.of(id, submitted, zone);
  }

  /** The same for the tasks of an array. */
  public static String defaultOutputOfTasks(Instant submitted, ZoneId zone) {
    return OutputName.ofTasks(submitted, zone);
  }

  /**
   * Keeps the shim's text in the spool: a queue goes on when the installation it was started from
   * is replaced or removed.
   *
   * @param hash of the text, because two versions can share a spool
   */
  public Path keepShim(String hash, byte[] text) throws IOException {
    Path shim = layout.shim(hash);
    if (!exists(shim)) {
      drafts.replace(shim, text);
    }
    return shim;
  }

  @Override
  public void close() throws IOException {
    unclaimedTasks.close();
    if (lock.isPresent()) {
      lock.get().close();
    }
  }
}
