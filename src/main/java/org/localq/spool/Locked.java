package org.localq.spool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import org.localq.core.Claim;
import org.localq.core.Clocks;
import org.localq.core.Exit;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Reason;
import org.localq.core.Result;

/**
 * The spool while this process holds its lock: every transition but submit, shim start and shim
 * exit (R1).
 *
 * <p>Each method is one transition, can be interrupted by kill -9 between any two of its steps, and
 * be called again by whoever comes next. A race that was lost is a return value.
 */
public final class Locked implements AutoCloseable {
  private final Spool spool;
  private final Layout layout;
  private final FileLock lock;
  private final List<JobId> returned = new ArrayList<>();

  Locked(Spool spool, FileLock lock) {
    this.spool = spool;
    this.layout = spool.layout();
    this.lock = lock;
  }

  /** The ids in running/, arrays among them, and those of which only tokens are left there. */
  public record Claimed(SortedSet<JobId> jobs, SortedSet<JobId> mentioned) {}

  /** What is in running/. */
  public Claimed claimed() throws IOException {
    RunningDirectory running = look();
    SortedSet<JobId> jobs = running.claimed();
    jobs.addAll(running.closedArrays());
    return new Claimed(jobs, running.mentioned());
  }

  /** A look at running/: of what changes there, only the shims' tokens come without the lock. */
  public RunningDirectory look() throws IOException {
    return RunningDirectory.look(layout);
  }

  /** What the tokens say about a claimed job. Read after its processes were looked at (R6). */
  public Claim claim(JobId id) throws IOException {
    return look().claim(id);
  }

  /** The number that the next claim of a pending job will have. */
  public int nextAttempt(JobId id) throws IOException {
    return look().currentAttempt(id);
  }

  /** The claimed job itself; nothing when it isn't there. */
  public Optional<JobFile> readClaimed(JobId id) throws IOException {
    return spool.read(id, layout.running(id), false);
  }

  /**
   * What the record of a claimed job said before it was {@linkplain Reopening put back}; nothing
   * where it had none. Means nothing for a job that was never put back: any client can write that.
   */
  public Optional<Result> readFormer(JobId id) throws IOException {
    return spool
        .read(id, layout.running(id), true)
        .flatMap(JobFile::valid)
        .flatMap(JobFile.Valid::result);
  }

  /** The record of a job; nothing when there is none. */
  public Optional<JobFile> readRecord(JobId id) throws IOException {
    return spool.read(id, layout.record(id), true);
  }

  /** The pending job; nothing when it isn't there any more. */
  public Optional<JobFile> readPending(JobId id) throws IOException {
    return spool.read(id, layout.pending(id), false);
  }

  /**
   * Claims a pending job: from here on its cores are taken. Its shim can be spawned behind {@link
   * #secureClaims}.
   *
   * @param script what the shim of this attempt will execute
   * @return false when the job is not pending any more
   */
  public boolean claim(JobId id, int attempt, byte[] script) throws IOException {
    return claim(look(), id, attempt, script);
  }

  /**
   * The same, by a look that is not older than the lock.
   *
   * @param running knows of all tokens of a job that is pending: a shim makes none of those
   */
  public boolean claim(RunningDirectory running, JobId id, int attempt, byte[] script)
      throws IOException {
    if (isClaimed(id) || isDone(id)) {
      // RACE: another worker was faster, or a person brought a copy back
      return false;
    }
    Path run = layout.run(id, attempt, spool.identity().shortBoot());
    dropStaleRuns(running, id, attempt);
    try {
      // not fsynced: after a power cut the boot is another, and an attempt of another boot is never
      // executed
      write(run, script);
      move(layout.pending(id), layout.running(id));
    } catch (NoSuchFileException lost) {
      // RACE: a person moved or removed the file
      Files.deleteIfExists(run);
      return false;
    } catch (IOException failed) {
      Files.deleteIfExists(run);
      throw failed;
    }
    return true;
  }

  /** Where a job is, as far as its end goes. */
  public enum Whereabouts {
    /** It waits or is claimed. */
    LIVE,
    /** It has a record. */
    ENDED,
    /** It was found damaged. */
    REJECTED,
    /** It never was, or somebody removed its file. */
    NOWHERE
  }

  /** Where it is. */
  public Whereabouts whereabouts(JobId id) throws IOException {
    if (isDone(id)) {
      return isClaimed(id) ? Whereabouts.LIVE : Whereabouts.ENDED;
    }
    if (isClaimed(id) || isWanted(id)) {
      return Whereabouts.LIVE;
    }
    return isRejected(id) ? Whereabouts.REJECTED : Whereabouts.NOWHERE;
  }

  /** Moves a waiting job that is damaged to rejected/. */
  void rejectPending(JobId id, String fault) throws IOException {
    reject(layout.pending(id), id, "was found damaged: " + fault);
  }

  /**
   * Brings every claim to the disk. Needed before a command can start, or a record be made, on the
   * strength of a claim whose maker may have died before it did this.
   */
  public void secureClaims() throws IOException {
    // against a power cut: the job would be pending again, though its command ran or it has a
    // record
    spool.fsync().directory(layout.runningDirectory());
    spool.fsync().directory(layout.root());
  }

  /**
   * Takes away the name in the root of a claimed job's very file: a power cut can have left it in
   * both places, on a file system that logs its directories one by one. Taken for somebody's copy,
   * it would be refused under an id that nobody asked for. A real copy, another file, stays.
   */
  public void dropPendingTwin(JobId id) throws IOException {
    if (Spool.exists(layout.pending(id))
        && Spool.exists(layout.running(id))
        && Files.isSameFile(layout.pending(id), layout.running(id))) {
      Files.deleteIfExists(layout.pending(id));
      // against another power cut: its record would not keep it from coming back
      spool.fsync().directory(layout.root());
    }
  }

  /**
   * Takes away the name in the root of a job that is on hold, where a power cut left it in both
   * places, as {@link #dropPendingTwin}: whoever held or released it was not told that it was done.
   *
   * @return whether it was there
   */
  boolean dropTwinOfHeld(JobId id) throws IOException {
    return dropTwin(id, layout.held(id));
  }

  /** The same of a job that has ended: whoever put it back was not told that it was done. */
  boolean dropTwinOfRecord(JobId id) throws IOException {
    return dropTwin(id, layout.record(id));
  }

  private boolean dropTwin(JobId id, Path other) throws IOException {
    if (!Spool.exists(layout.pending(id))
        || !Spool.exists(other)
        || !Files.isSameFile(layout.pending(id), other)) {
      return false;
    }
    Files.deleteIfExists(layout.pending(id));
    spool.fsync().directory(layout.root());
    return true;
  }

  /** The same of a claimed job's name in held/: it was cancelled while it was on hold. */
  public void dropHeldTwin(JobId id) throws IOException {
    if (Spool.exists(layout.held(id))
        && Spool.exists(layout.running(id))
        && Files.isSameFile(layout.held(id), layout.running(id))) {
      Files.deleteIfExists(layout.held(id));
      spool.fsync().directory(layout.heldDirectory());
    }
  }

  /** RACE: a worker died between the run file and the claim, under this boot or another. */
  void dropStaleRuns(RunningDirectory running, JobId id, int attempt) throws IOException {
    for (Layout.Name name : running.of(id)) {
      if (name instanceof Layout.Name.Run run && run.attempt() == attempt) {
        Files.deleteIfExists(layout.run(id, attempt, run.boot()));
      }
    }
  }

  static void write(Path file, byte[] content) throws IOException {
    try (FileChannel channel = Private.create(file)) {
      ByteBuffer rest = ByteBuffer.wrap(content);
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
    } catch (FileSystemException placed) {
      throw placed;
    } catch (IOException failed) {
      // what write(2) says comes without a place
      throw new FileSystemException(file.toString(), null, failed.getMessage());
    }
  }

  /**
   * Closes an attempt that no shim has begun, for good (R3).
   *
   * @return false when a shim was first
   */
  public boolean voidAttempt(JobId id, int attempt) throws IOException {
    Path token = layout.started(id, attempt);
    try {
      Files.createLink(token, layout.voidToken());
    } catch (FileAlreadyExistsException first) {
      // RACE: the shim's exclusive create came before
      return false;
    } catch (FileSystemException failed) {
      boolean full = String.valueOf(failed.getReason()).contains("Too many links");
      if (!full && Spool.exists(layout.voidToken())) {
        throw failed;
      }
      // EMLINK: ext4 allows 65,000 names of one file
      spool.drafts().replace(layout.voidToken(), SpoolFounder.VOID_CONTENT);
      return voidAttempt(id, attempt);
    }
    return true;
  }

  /** Closes an attempt so that another can follow. */
  public void requeue(JobId id, int attempt) throws IOException {
    createIfMissing(layout.requeued(id, attempt));
  }

  /** Moves a job whose current attempt is closed, or was never claimed, back to the root. */
  public void putBack(JobId id) throws IOException {
    // against a power cut: the closed attempt must not come back open
    spool.fsync().directory(layout.runningDirectory());
    // an array that is on hold starts nothing, also not what it had started before
    boolean held = id.isTask() && Spool.exists(layout.held(id.array()));
    Path to = held ? layout.held(id) : layout.pending(id);
    move(layout.running(id), to);
    returned.add(id);
    spool.fsync().directory(to.getParent());
    // and not be in both places, as on a file system that logs its directories one by one
    spool.fsync().directory(layout.runningDirectory());
  }

  /** The jobs that were moved back to the root so far. */
  public List<JobId> returned() {
    return Collections.unmodifiableList(returned);
  }

  /**
   * Notes that somebody wants the end of this job: on disk when this returns. A later wish replaces
   * an earlier one.
   */
  public void markCancelled(JobId id, Duration grace) throws IOException {
    spool.drafts().replace(layout.cancel(id), text(grace.toSeconds()));
  }

  /** The same, for a reason that is no user's. */
  public void markCancelled(JobId id, Reason why) throws IOException {
    byte[] text = ("0\n" + why + "\n").getBytes(StandardCharsets.US_ASCII);
    spool.drafts().replace(layout.cancel(id), text);
  }

  /**
   * Notes that somebody wants an attempt to end, and another to follow: on disk when this returns.
   */
  public void markToRequeue(JobId id, int attempt) throws IOException {
    createIfMissing(layout.toRequeue(id, attempt));
    // against a power cut: a command that was told to end for it would have FAILED
    spool.fsync().directory(layout.runningDirectory());
  }

  /** Notes that an attempt's processes were sent the signal that comes before its time limit. */
  public void markWarned(JobId id, int attempt) throws IOException {
    createIfMissing(layout.warned(id, attempt));
  }

  /**
   * Notes that an attempt has reached its time limit, so that however it ends it is recorded so: on
   * disk when this returns.
   */
  public void markTimedOut(JobId id, int attempt) throws IOException {
    createIfMissing(layout.timedOut(id, attempt));
    // against a power cut: an attempt that was sent TERM for it would be LOST
    spool.fsync().directory(layout.runningDirectory());
  }

  /** For how long the machine had been suspended when an attempt was claimed, since its boot. */
  public Duration suspendedBefore(JobId id, int attempt) throws IOException {
    return RunFile.suspended(
        RunningDirectory.text(layout.run(id, attempt, spool.identity().shortBoot())));
  }

  /** Notes when TERM was sent to an attempt's processes, in the machine's uptime. */
  public void markTerminated(JobId id, int attempt, Duration uptime) throws IOException {
    spool.drafts().replace(layout.terminated(id, attempt), text(uptime.toMillis()));
  }

  private static byte[] text(long number) {
    return (number + "\n").getBytes(StandardCharsets.US_ASCII);
  }

  /** What becomes of a token that nobody needs any more. */
  interface Disposal {
    void dispose(Path token) throws IOException;
  }

  /** Writes the record of a claimed job, and takes the job out of running/. */
  public void finish(JobId id, Job job, Result result) throws IOException {
    finish(id, job, result, Files::deleteIfExists);
  }

  /** The same for who keeps the tokens. */
  void finish(JobId id, Job job, Result result, Disposal tokens) throws IOException {
    record(id, job, result);
    secureRecords();
    remove(id, tokens);
  }

  /**
   * Writes the record of a claimed job that has none. The job is to be {@linkplain #release
   * released} behind {@link #secureRecords}.
   */
  public void record(JobId id, Job job, Result result) throws IOException {
    if (!isDone(id)) {
      byte[] file = Files.readAllBytes(layout.running(id));
      spool.drafts().put(layout.record(id), RecordWriter.record(file, job, result));
    }
  }

  /** Brings every record to the disk. */
  public void secureRecords() throws IOException {
    // against a power cut: without its record and its claim a job is lost
    spool.fsync().directory(layout.doneDirectory());
  }

  /** Takes a job whose record is on the disk out of running/. */
  public void release(JobId id) throws IOException {
    remove(id, Files::deleteIfExists);
  }

  /**
   * Removes what running/ still holds of a job: the claim first, its tokens after it (R5), so that
   * a late shim finds either its token taken or the claim gone.
   */
  public void cleanUp(JobId id) throws IOException {
    cleanUp(id, Files::deleteIfExists);
  }

  private void cleanUp(JobId id, Disposal tokens) throws IOException {
    if (isDone(id)) {
      // whoever wrote the record may have died before it was on the disk
      secureRecords();
    }
    remove(id, tokens);
  }

  private void remove(JobId id, Disposal tokens) throws IOException {
    Files.deleteIfExists(layout.running(id));
    for (Layout.Name name : look().of(id)) {
      tokens.dispose(layout.runningDirectory().resolve(name.fileName()));
    }
  }

  /**
   * What a collection came to.
   *
   * @param looked how many of the ids were looked at; at least 1 if there were any
   * @param gone those whose records are gone, in order
   */
  record Collected(int looked, long[] gone) {}

  /**
   * Removes the records of those of {@code ids} of whose jobs nothing else is left. While something
   * is, its record is what keeps it from being run again.
   *
   * <p>That nothing else is left is on the disk before the first of them goes. A record that comes
   * back with a power cut is collected again.
   *
   * @param ids retired before, in order: see {@link Ids#retire}
   * @param most for how long: on a busy disk a thousand removals can take seconds, and nothing is
   *     claimed meanwhile
   */
  Collected collect(long[] ids, Duration most) throws IOException {
    long begun = System.nanoTime();
    SortedSet<JobId> mentioned = claimed().mentioned();
    // against a power cut: a claim that comes back without its tokens would get another record, and
    // be LOST; a copy of a job that a person took out of the root or held/ would run, and a waiting
    // job that a person changed would refer to a record again that is gone
    secureClaims();
    spool.fsync().directory(layout.heldDirectory());
    IdList gone = new IdList();
    int looked = 0;
    while (looked < ids.length && (looked == 0 || System.nanoTime() - begun < most.toNanos())) {
      long number = ids[looked++];
      JobId id = new JobId(number);
      if (!isMentioned(id, mentioned) && !isWanted(id) && Files.deleteIfExists(layout.record(id))) {
        gone.add(number);
      }
    }
    return new Collected(looked, gone.toArray());
  }

  /** Whether running/ holds anything of a job or of its tasks. */
  static boolean isMentioned(JobId id, SortedSet<JobId> mentioned) {
    return mentioned.contains(id) || !mentioned.subSet(id.ofTask(0), id).isEmpty();
  }

  /**
   * What the clocks said when the first worker of this boot looked; nothing where none has noted
   * it.
   */
  public Optional<Clocks> notedClocks() throws IOException {
    return spool.content(layout.clock()) instanceof Content.Whole whole
        ? Clocks.parse(new String(whole.bytes(), StandardCharsets.ISO_8859_1).strip())
            .filter(noted -> noted.isOfBoot(spool.identity().boot()))
        : Optional.empty();
  }

  /** Notes what the clocks said, for the later workers of this boot. */
  public void noteClocks(Clocks first) throws IOException {
    spool.drafts().replace(layout.clock(), (first + "\n").getBytes(StandardCharsets.US_ASCII));
  }

  /** Whether the job is claimed. */
  public boolean isClaimed(JobId id) throws IOException {
    return Spool.exists(layout.running(id));
  }

  /** Whether it was refused when it was dropped. */
  public boolean isRejected(JobId id) throws IOException {
    return Spool.exists(layout.rejected(id));
  }

  /** Whether somebody asked for its end. */
  public boolean isCancelled(JobId id) throws IOException {
    return Spool.exists(layout.cancel(id));
  }

  /**
   * Takes a pending or held job out of everybody's reach: into running/, as it is. Unless an
   * attempt had begun, nothing was or will be spawned for it, and all that is left is to record the
   * cancellation that was marked before.
   */
  public void withdraw(JobId id) throws IOException {
    Path from = Spool.exists(layout.pending(id)) ? layout.pending(id) : layout.held(id);
    if (spool.isArray(id, from) && look().tasksClaimed(id).isEmpty()) {
      // what tells it from a job in running/; on the disk before it is there
      arrays().mark(id);
    }
    try {
      move(from, layout.running(id));
    } catch (NoSuchFileException lost) {
      // RACE: a person removed the file
      return;
    }
    spool.fsync().directory(layout.runningDirectory());
    spool.fsync().directory(from.getParent());
  }

  /** Makes this machine the one whose processes the spool speaks of. */
  void adopt() throws IOException {
    String host = spool.identity().host() + "\n";
    spool.drafts().replace(layout.host(), host.getBytes(StandardCharsets.US_ASCII));
  }

  /** The spool's directory. */
  public Path root() {
    return layout.root();
  }

  /** Where the shims put their tokens. */
  public Path runningDirectory() {
    return layout.runningDirectory();
  }

  /** Whether anything in the spool still needs what running/ holds of a job that is not claimed. */
  public boolean isWanted(JobId id) throws IOException {
    return Spool.exists(layout.pending(id)) || Spool.exists(layout.held(id));
  }

  /** Whether the job has a record. */
  public boolean isDone(JobId id) throws IOException {
    return spool.isDone(id);
  }

  /**
   * Moves a claimed job whose file is damaged out of the way, with what is known of its end.
   *
   * @param fault of the file
   */
  public void rejectClaimed(JobId id, String fault) throws IOException {
    rejectClaimed(id, fault, Files::deleteIfExists);
  }

  /** The same for who keeps the tokens. */
  Path rejectClaimed(JobId id, String fault, Disposal tokens) throws IOException {
    String reason = "was found damaged while it was claimed: " + fault + end(claim(id));
    Path now = reject(layout.running(id), id, reason);
    // R4: a shim that comes up now finds its claim gone
    cleanUp(id, tokens);
    return now;
  }

  private static String end(Claim claim) {
    return claim
        .attempt()
        .end()
        .map(Claim.End::exit)
        .map(
            exit ->
                exit instanceof Exit.Code code
                    ? "; its command ended with exit code " + code.value()
                    : "; its command could not be started")
        .orElse("");
  }

  /**
   * Moves {@code file} to rejected/ under {@code id}, or aside where something is there already.
   * The reason comes first: a rejected file always has one.
   *
   * @return where it is now
   */
  Path reject(Path file, JobId id, String reason) throws IOException {
    if (Spool.exists(layout.rejected(id))) {
      return new Aside(layout, spool.fsync())
          .take(file)
          .orElseThrow(() -> new NoSuchFileException(file.toString()));
    }
    writeReason(id, reason);
    try {
      move(file, layout.rejected(id));
    } catch (IOException failed) {
      Files.deleteIfExists(layout.reason(id));
      throw failed;
    }
    spool.fsync().directory(layout.rejectedDirectory());
    // and not be in both places, to be refused once more
    spool.fsync().directory(file.getParent());
    return layout.rejected(id);
  }

  void writeReason(JobId id, String reason) throws IOException {
    // a file's name can hold line ends
    String line = reason.replaceAll("\\p{Cntrl}", "?") + "\n";
    spool.drafts().replace(layout.reason(id), line.getBytes(StandardCharsets.UTF_8));
  }

  static void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
  }

  static void createIfMissing(Path file) throws IOException {
    try {
      Private.createEmpty(file);
    } catch (FileAlreadyExistsException done) {
      // whoever began this transition died behind this step
    }
  }

  Spool spool() {
    return spool;
  }

  /** The transitions of arrays. */
  public LockedArrays arrays() {
    return new LockedArrays(this);
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
