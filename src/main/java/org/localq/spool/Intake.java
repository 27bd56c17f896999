package org.localq.spool;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.localq.core.Candidate;
import org.localq.core.Conditions;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Needs;
import org.localq.core.Policy;
import org.localq.core.Trouble;

/**
 * Takes in what is in the root: knows the pending jobs whose turn is near, gives an id to a whole
 * job that was dropped by hand, and moves anything else to rejected/ with the reason.
 *
 * <p>What is there it learns from notices and listings; a look then reads it. Of very many jobs
 * that are taken by their ids only the first are read, and the others are numbers until it comes to
 * them.
 *
 * <p>Remembers between two looks which files are pending jobs, and which it saw unfinished and
 * since when. Both can be forgotten at any time: a restart reads the jobs and begins the waits
 * anew.
 */
public final class Intake {
  /**
   * For how long a file that is no job may stay as it is before it is taken for finished, and
   * refused.
   */
  public static final Duration SETTLING = Duration.ofSeconds(60);

  /** So many jobs a look reads in any case, if there are as many. */
  static final int LEAST_READS = 100;

  /** Of so many drops a look tells in any case: each is brought to the disk. */
  static final int LEAST_EVENTS = 10;

  /** For so long a look goes on with jobs, and then with drops, before it gives way. */
  private static final Duration SLICE = Duration.ofMillis(20);

  /** So many jobs are known before their turn, where the order is that of their ids. */
  static final int READ_AHEAD = 500;

  /** Comes before all whose rank is below the usual one, and behind all others. */
  private static final Candidate LOWERED =
      new Candidate(
          new JobId(1).ofTask(0),
          Needs.cores(Integer.MAX_VALUE),
          Optional.empty(),
          0,
          OptionalInt.empty(),
          -1);

  /** What became of one file. */
  public sealed interface Event {
    /** It is a job now. */
    record Accepted(String name, JobId id) implements Event {}

    /** It is in rejected/. */
    record Refused(String name, JobId id, String reason) implements Event {}

    /**
     * It is to be in rejected/, and can't be moved there; that is tried again after a while, and
     * said once.
     */
    record Stuck(String name, String trouble) implements Event {}
  }

  /** Who says which of the pending jobs take their turn. */
  public interface Gate {
    /** Lets all of them. */
    Gate OPEN = (id, job) -> true;

    /**
     * Whether a job that was read just now takes its turn; else it waits for {@link #admit}, and
     * holds up no other.
     */
    boolean admits(JobId id, Job job);

    /** This job is not known any more. */
    default void forget(JobId id) {}
  }

  private record Unfinished(String facts, Duration since) {}

  private record Immovable(String trouble, Duration since) {}

  // by path, which is bytes: two names that are no text can look the same
  private final Map<Path, Unfinished> unfinished = new HashMap<>();
  private final Map<Path, Immovable> stuck = new HashMap<>();
  // given out to drops that are to be refused under them, and could not be yet
  private final Map<Path, JobId> promised = new HashMap<>();
  private final Map<JobId, Candidate> known = new HashMap<>();
  private final NavigableSet<Candidate> queue;
  private final boolean byId;
  private final Gate gate;
  private final Duration slice;
  private final EarlyReading early = new EarlyReading();
  private Unread unread = new Unread(new long[0]);
  private Set<Path> drops = new LinkedHashSet<>();
  private int most;

  /** Up to this number all are to be read. */
  private long wantedUpTo;

  private Optional<IOException> trouble = Optional.empty();

  /**
   * An intake for this policy.
   *
   * @param policy in whose order the jobs are wanted
   */
  public Intake(Policy policy) {
    this(policy, Gate.OPEN);
  }

  /** The same, where not all take their turn. */
  public Intake(Policy policy, Gate gate) {
    this(policy, gate, SLICE);
  }

  /**
   * The same, where a look takes other time.
   *
   * @param slice for how long it goes on with jobs, and then with drops, behind the first of them
   */
  Intake(Policy policy, Gate gate, Duration slice) {
    this.gate = gate;
    this.slice = slice;
    byId = policy.isById();
    queue = new TreeSet<>(policy.order());
    most = policy.isById() ? READ_AHEAD : Integer.MAX_VALUE;
  }

  /**
   * Lists the root: of what was there before and is not now nothing is known any more. Needs no
   * lock.
   */
  public void list(Layout layout) throws IOException {
    IdList ids = new IdList();
    List<JobId> tasks = new ArrayList<>();
    Set<JobId> still = new HashSet<>();
    Set<Path> others = new LinkedHashSet<>();
    Set<Path> remembered = new HashSet<>();
    Names.each(
        layout.root(),
        file -> {
          Optional<JobId> id = Layout.idOf(name(file));
          if (id.isPresent() && known.containsKey(id.get())) {
            still.add(id.get());
          } else if (id.isPresent() && id.get().isTask()) {
            tasks.add(id.get());
          } else if (id.isPresent()) {
            ids.add(id.get().number());
          } else if (Layout.isJobFile(name(file))) {
            others.add(file);
          }
          if (isRemembered(file)) {
            remembered.add(file);
          }
        });
    unread = new Unread(ids.toArray());
    tasks.forEach(unread::add);
    drops = others;
    for (JobId id : List.copyOf(known.keySet())) {
      if (!still.contains(id)) {
        forget(id);
      }
    }
    forgetAllBut(remembered);
    // behind the root: of each job that was seen there the mark had been made
    early.listed(EarlyJobs.list(layout), unread::contains, known::containsKey);
  }

  /** A file of the root has come, or has changed. */
  public void notice(Path file) {
    Optional<JobId> id = Layout.idOf(name(file));
    if (id.isPresent()) {
      reread(id.get());
    } else if (Layout.isJobFile(name(file))) {
      drops.add(file);
    }
  }

  /**
   * Reads what was noticed and listed, as far as {@link #isInterrupted} does not say otherwise.
   * What is known to be a pending job is not read again: such a file is never written in place.
   *
   * @param now a time that only goes forward
   * @return what happened, in no order
   */
  public List<Event> look(Locked locked, Duration now) throws IOException {
    trouble = Optional.empty();
    List<Event> events = new ArrayList<>();
    Spool spool = locked.spool();
    int room = Math.min(LEAST_READS, most - queue.size());
    early.look(spool.earlyJobs(), !byId || unread.size() <= room);
    early.sweep(spool, now);
    if (drops.isEmpty() && !wantsMore()) {
      return events;
    }
    // the names first, the counter second (R8): an id that was seen had been given out by then
    long last = spool.ids().last();
    List<JobId> failed = new ArrayList<>();
    // the jobs first: a drop that is left to the next look passes none of them by waiting
    long begun = System.nanoTime();
    for (int reads = 0; wantsMore() && (reads < LEAST_READS || hasTime(begun)); reads++) {
      JobId id = takeUnread();
      if (!take(locked, spool.layout().pending(id), new Moment(last, now), events)) {
        failed.add(id);
      }
    }
    failed.forEach(this::comeBack);
    begun = System.nanoTime();
    for (Path file : List.copyOf(drops)) {
      if (events.size() >= LEAST_EVENTS && !hasTime(begun)) {
        break;
      }
      if (take(locked, file, new Moment(last, now), events)) {
        drops.remove(file);
      }
    }
    return events;
  }

  private boolean hasTime(long begun) {
    return System.nanoTime() - begun < slice.toNanos();
  }

  /** When a look is, and the last id that had been given out then. */
  private record Moment(long last, Duration now) {}

  /**
   * Takes one file.
   *
   * @return false when the machine didn't let it, and it is to be tried again
   */
  private boolean take(Locked locked, Path file, Moment moment, List<Event> events)
      throws IOException {
    try {
      take(locked, file, moment.last(), moment.now()).ifPresent(events::add);
    } catch (IOException failed) {
      if (failed instanceof NoSuchFileException gone && file.toString().equals(gone.getFile())) {
        // RACE: claimed, cancelled or removed since it was seen
        return true;
      }
      // either way it must not hold up the others
      if (isOfTheMachine(file, failed)) {
        trouble = Optional.of(about(file, failed));
        return false;
      }
      stick(file, String.valueOf(failed.getMessage()), moment.now()).ifPresent(events::add);
    }
    return true;
  }

  private boolean wantsMore() {
    return !early.isEmpty()
        || (!unread.isEmpty() && (queue.size() < most || unread.first().number() < wantedUpTo));
  }

  private JobId takeUnread() {
    if (early.isEmpty()) {
      return unread.takeFirst();
    }
    JobId id = early.takeFirst();
    unread.take(id);
    return id;
  }

  private void comeBack(JobId id) {
    unread.add(id);
    early.came(id);
  }

  private boolean isRemembered(Path file) {
    return unfinished.containsKey(file) || stuck.containsKey(file) || promised.containsKey(file);
  }

  private void forgetAllBut(Set<Path> files) {
    unfinished.keySet().retainAll(files);
    stuck.keySet().retainAll(files);
    promised.keySet().retainAll(files);
  }

  /**
   * Whether nothing is wrong with the file itself, but with the machine or another place: it is
   * looked at again at the next look.
   */
  private static boolean isOfTheMachine(Path file, IOException failed) {
    return !(failed instanceof FileSystemException placed)
        || !file.toString().equals(placed.getFile())
        || Trouble.isOfTheMachine(String.valueOf(placed.getReason()));
  }

  private static IOException about(Path file, IOException failed) {
    return failed instanceof FileSystemException
        ? failed
        // what read(2) says comes without a place
        : new FileSystemException(file.toString(), null, String.valueOf(failed.getMessage()));
  }

  /**
   * What the machine refused at the last look. The files that it was about are as they were, and
   * are looked at again.
   */
  public Optional<IOException> trouble() {
    return trouble;
  }

  /**
   * Whether the last look left something to the next one. Each drop is brought to the disk under
   * the lock, and thousands at once must not hold up the ends of jobs.
   */
  public boolean isInterrupted() {
    return !drops.isEmpty() || wantsMore();
  }

  /** Whether there are jobs that are not known. */
  public boolean hasUnread() {
    return !unread.isEmpty();
  }

  /** Whether a job that is not read yet may come before all that are known. */
  public boolean isBlind() {
    return byId ? !early.isEmpty() : hasUnread();
  }

  /** Whether the root holds a job of this id, as far as is known. */
  public boolean isThere(JobId id) {
    return known.containsKey(id) || unread.contains(id);
  }

  /** Whether there may be one of a lower number than this that is not read yet. */
  public boolean hasUnreadBelow(JobId id) {
    return hasUnread() && unread.first().number() < id.number();
  }

  /** All that are known were not enough: from now on more are read ahead. */
  public void readOn() {
    most = Math.max(most, queue.size()) + READ_AHEAD;
  }

  /** All of lower numbers than this are to be read. */
  public void readUpTo(JobId id) {
    wantedUpTo = Math.max(wantedUpTo, id.number());
  }

  /**
   * The pending jobs that are known and take their turn, in the policy's order; as long as not all
   * are known, without those that come behind all of the usual rank.
   */
  public Collection<Candidate> candidates() {
    return Collections.unmodifiableCollection(hasUnread() ? queue.headSet(LOWERED) : queue);
  }

  /** Reads all that are known anew. */
  public void rereadAll() {
    List.copyOf(known.keySet()).forEach(this::reread);
  }

  /** A job that was read and kept waiting takes its turn from now on. */
  public void admit(JobId id) {
    Candidate candidate = known.get(id);
    if (candidate != null) {
      queue.add(candidate);
    }
  }

  /** This job is not pending any more. */
  public void forget(JobId id) {
    unread.remove(id);
    early.forget(id);
    Candidate candidate = known.remove(id);
    if (candidate != null) {
      queue.remove(candidate);
      gate.forget(id);
    }
  }

  /** Reads this job anew at the next look, if it is still pending then. */
  public void reread(JobId id) {
    forget(id);
    comeBack(id);
  }

  private void know(JobId id, JobFile.Valid file) {
    forget(id);
    Candidate candidate = Spool.candidate(id, file);
    known.put(id, candidate);
    if (gate.admits(id, file.job())) {
      queue.add(candidate);
    }
  }

  private Optional<Event> take(Locked locked, Path file, long last, Duration now)
      throws IOException {
    if (!Spool.exists(file)) {
      // RACE: claimed, cancelled or removed since it was seen
      return Optional.empty();
    }
    if (stuck.containsKey(file) && now.minus(stuck.get(file).since()).compareTo(SETTLING) < 0) {
      return Optional.empty();
    }
    Optional<JobId> id = Layout.idOf(name(file));
    if (id.isEmpty()) {
      return takeDrop(locked, file, now);
    }
    Optional<String> usurped = usurped(locked.spool(), id.get(), last);
    if (usurped.isPresent()
        && (locked.dropTwinOfHeld(id.get()) || locked.dropTwinOfRecord(id.get()))) {
      return Optional.empty();
    }
    if (usurped.isPresent()) {
      return refuse(locked, file, promisedId(locked, file), usurped.get(), now);
    }
    Reading reading = examine(locked, file, id.get(), now);
    if (reading.unfit().isPresent()) {
      return refuse(locked, file, id.get(), reading.unfit().get(), now);
    }
    reading.job().ifPresent(job -> know(id.get(), job));
    return Optional.empty();
  }

  /** Why the name of this file is not its own. */
  private static Optional<String> usurped(Spool spool, JobId id, long last) throws IOException {
    if (id.number() > last) {
      return Optional.of(
          "job id " + id + " was never given out; drop the file under a name that is no number");
    }
    if (spool.isElsewhere(id)) {
      return Optional.of(
          "job " + id + " exists already; drop the file under a name that is no number");
    }
    if (id.isTask() && !spool.isOfArray(id)) {
      return Optional.of(
          "there is no array "
              + id.number()
              + " with such a task; drop the file under a name that is no number");
    }
    return Optional.empty();
  }

  private Optional<Event> takeDrop(Locked locked, Path file, Duration now) throws IOException {
    Spool spool = locked.spool();
    // its id is not known yet: all that it can depend on have lower ones
    Reading reading = examine(locked, file, JobId.HIGHEST, now);
    Optional<String> unknown =
        reading.job().isPresent()
            ? unknown(locked, reading.job().get().job().requirements().conditions())
            : Optional.empty();
    if (unknown.isPresent()) {
      return refuse(locked, file, promisedId(locked, file), unknown.get(), now);
    }
    if (reading.unfit().isPresent()) {
      return refuse(locked, file, promisedId(locked, file), reading.unfit().get(), now);
    }
    return reading.job().isPresent() ? accept(spool, file, reading.job().get()) : Optional.empty();
  }

  /** Why a new job can't wait for what it names. */
  private static Optional<String> unknown(Locked locked, Conditions conditions) throws IOException {
    return conditions.dependency().isEmpty()
        ? Optional.empty()
        : new Fates(locked.spool(), locked.look()).refusal(conditions);
  }

  private Optional<Event> accept(Spool spool, Path file, JobFile.Valid job) throws IOException {
    Private.restrictFile(file);
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
      spool.fsync().file(channel);
    }
    Path root = spool.layout().root();
    if (!Files.isWritable(root)) {
      // the rename would say that of this file, and it would wait for longer than the root does
      throw new AccessDeniedException(root.toString());
    }
    JobId id = spool.newId();
    Path pending = spool.layout().pending(id);
    if (Spool.exists(pending)) {
      // RACE: somebody dropped a file under this very id; it is that one's now
      return Optional.empty();
    }
    if (job.job().requirements().conditions().rank() > 0) {
      spool.earlyJobs().mark(id);
    }
    // one rename: a drop becomes one job, whatever dies here
    Files.move(file, pending, StandardCopyOption.ATOMIC_MOVE);
    spool.fsync().directory(root);
    know(id, job);
    return Optional.of(new Event.Accepted(name(file), id));
  }

  /**
   * What was found in a file. Neither: it may still be being written.
   *
   * @param unfit why it is no job and won't become one
   */
  private record Reading(Optional<JobFile.Valid> job, Optional<String> unfit) {}

  private Reading examine(Locked locked, Path file, JobId id, Duration now) throws IOException {
    Spool spool = locked.spool();
    boolean isJob = Layout.idOf(name(file)).isPresent();
    Optional<JobFile> array = isJob ? spool.readArray(id, file) : Optional.empty();
    if (array.isPresent()) {
      // its lines are read when they are claimed
      return new Reading(array.flatMap(JobFile::valid), array.flatMap(JobFile::defect));
    }
    Content content = isJob ? spool.content(file) : spool.contentOfDrop(file);
    if (content instanceof Content.Unfit unfit) {
      return new Reading(Optional.empty(), Optional.of(unfit.reason()));
    }
    if (content instanceof Content.Gone) {
      throw new NoSuchFileException(file.toString());
    }
    Content.Whole whole = (Content.Whole) content;
    JobFile read = spool.read(id, whole);
    if (read instanceof JobFile.Valid valid) {
      unfinished.remove(file);
      return new Reading(Optional.of(valid), Optional.empty());
    }
    return new Reading(
        Optional.empty(),
        isSettled(file, whole, now)
            ? Optional.of(((JobFile.Invalid) read).reason())
            : Optional.empty());
  }

  private boolean isSettled(Path file, Content.Whole whole, Duration now) {
    String facts = whole.bytes().length + " bytes of " + whole.modified();
    Unfinished seen = unfinished.get(file);
    if (seen == null || !seen.facts().equals(facts)) {
      unfinished.put(file, new Unfinished(facts, now));
      return false;
    }
    return now.minus(seen.since()).compareTo(SETTLING) >= 0;
  }

  /** Leaves a file alone for a while; an event where this was not said before. */
  private Optional<Event> stick(Path file, String trouble, Duration now) {
    Immovable before = stuck.put(file, new Immovable(trouble, now));
    return before != null && before.trouble().equals(trouble)
        ? Optional.empty()
        : Optional.of(new Event.Stuck(name(file), trouble));
  }

  private Optional<Event> refuse(Locked locked, Path file, JobId id, String reason, Duration now)
      throws IOException {
    try {
      locked.reject(file, id, name(file) + " " + reason);
    } catch (NoSuchFileException gone) {
      throw gone;
    } catch (FileSystemException failed) {
      if (Trouble.isOfTheMachine(String.valueOf(failed.getReason()))) {
        throw failed;
      }
      if (!file.toString().equals(failed.getFile())) {
        // something is in the way under this id
        promised.remove(file);
      }
      // a directory that its owner can't write, for one; it must not hold up the others
      return stick(file, reason + "; " + failed.getMessage(), now);
    }
    unfinished.remove(file);
    promised.remove(file);
    return Optional.of(new Event.Refused(name(file), id, reason));
  }

  /** The id under which a drop is refused: the same one when that is tried again. */
  private JobId promisedId(Locked locked, Path file) throws IOException {
    JobId id = promised.get(file);
    if (id == null) {
      id = locked.spool().newId();
      promised.put(file, id);
    }
    return id;
  }

  private static String name(Path file) {
    return file.getFileName().toString();
  }
}
