package org.localq.spool;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import org.localq.core.JobId;
import org.localq.core.Retention;

/**
 * One collection: takes the records out of done/ that are not to be kept, step by step, so that a
 * worker with a million of them goes on claiming between two steps.
 *
 * <p>A record goes when it is beyond the newest, by id; outlived; referred to by no pending or held
 * job; and nothing else is left of its job. An array counts as one, and takes its tasks' records
 * with it; those of an array that was rejected, or whose record somebody removed, go when the last
 * of them may. Its age counts from the later of its file's mtime and ctime: the first can be set by
 * anybody and comes back with a copy, the second is when the file came to be where it is, so that a
 * record that was touched or brought back looks younger and never older. A file in done/ under an
 * id that was never given out is no record of ours, and stays.
 *
 * <p>Only the last step changes anything, and it alone holds the lock, for one batch. Whoever dies
 * in between leaves nothing to mend.
 */
public final class RecordCollection implements AutoCloseable {
  /** How many records go at most while the lock is held once. */
  static final int BATCH = 1000;

  private static final Duration LONGEST_HOLD = Duration.ofMillis(50);

  private static final int NAMES = 10_000;
  private static final int AGES = 2_000;

  private enum Step {
    LIST,
    AGE,
    REFER,
    REMOVE,
    OVER
  }

  private final Spool spool;
  private final Retention.Bounded keep;
  private final Instant now;
  private final long last;
  private final DirectoryStream<Path> listing;
  private final Iterator<Path> names;
  private Step step = Step.LIST;
  private IdList found = new IdList();

  /**
   * The tasks that have a record, of each array of which one has; but for those whose tasks have
   * gone by now. By what is there and not by what the array's file says: that may be gone, and the
   * numbers may be few and far between.
   */
  private final Map<Long, IdList> arrays = new HashMap<>();

  /** Those of them that have no record: they run still, or were rejected or removed. */
  private final Set<Long> orphaned = new HashSet<>();

  /** Of the next candidate, how many of its tasks' records were looked at. */
  private int task;

  /** Its tasks that have records. */
  private Optional<long[]> tasks = Optional.empty();

  private long[] candidates = {};
  private int next;
  private Optional<References> references = Optional.empty();
  private Tally tally = new Tally(0, 0, 0);

  /**
   * What went.
   *
   * @param count how many records
   * @param lowest the lowest id among them; 0 where there are none
   * @param highest likewise
   */
  public record Tally(long count, long lowest, long highest) {
    private Tally plus(long[] ids) {
      return ids.length == 0
          ? this
          : new Tally(count + ids.length, count == 0 ? ids[0] : lowest, ids[ids.length - 1]);
    }
  }

  /**
   * Begins a collection.
   *
   * @param now the time from which ages count
   */
  RecordCollection(Spool spool, Retention.Bounded keep, Instant now) throws IOException {
    this.spool = spool;
    this.keep = keep;
    this.now = now;
    this.last = spool.ids().last();
    this.listing = Files.newDirectoryStream(spool.layout().doneDirectory());
    this.names = listing.iterator();
  }

  /**
   * Goes on a little.
   *
   * @return whether there is more to do
   */
  public boolean step() throws IOException {
    switch (step) {
      case LIST -> list();
      case AGE -> age();
      case REFER -> refer();
      case REMOVE -> remove();
      case OVER -> {}
    }
    return step != Step.OVER;
  }

  private void list() throws IOException {
    try {
      for (int i = 0; i < NAMES && names.hasNext(); i++) {
        Layout.idOf(names.next().getFileName().toString())
            .filter(id -> id.number() <= last)
            .ifPresent(this::found);
      }
      if (names.hasNext()) {
        return;
      }
    } catch (DirectoryIteratorException failed) {
      throw failed.getCause();
    }
    listing.close();
    addOrphaned();
    goOn(Step.AGE, keep.beyondNewest(found.toArray()));
  }

  private void addOrphaned() {
    long[] recorded = found.toArray();
    Arrays.sort(recorded);
    for (long array : arrays.keySet()) {
      if (Arrays.binarySearch(recorded, array) < 0) {
        orphaned.add(array);
        found.add(array);
      }
    }
  }

  /** A task's record stays as long as its array's does. */
  private void found(JobId id) {
    if (id.isTask()) {
      arrays.computeIfAbsent(id.number(), array -> new IdList()).add(id.task());
    } else {
      found.add(id.number());
    }
  }

  private void age() throws IOException {
    for (int looks = 0; looks < AGES && next < candidates.length; looks++) {
      long number = candidates[next];
      if (orphaned.contains(number)) {
        ageTask(number);
      } else {
        if (isOutlived(spool.layout().record(new JobId(number)))) {
          found.add(number);
        }
        next++;
      }
    }
    if (next == candidates.length) {
      goOn(Step.REFER, found.toArray());
      references = Optional.of(new References(spool, candidates));
    }
  }

  /**
   * Looks at one more task of an array without a record, of which every task has to be outlived.
   */
  private void ageTask(long number) throws IOException {
    Path record = spool.layout().record(new JobId(number, (int) tasks(number)[task]));
    boolean isYoung = Spool.exists(record) && !isOutlived(record);
    boolean isLast = task == tasks(number).length - 1;
    if (!isYoung && isLast) {
      found.add(number);
    }
    task++;
    if (isYoung || isLast) {
      goToNext();
    }
  }

  private long[] tasks(long number) {
    if (tasks.isEmpty()) {
      tasks = Optional.of(arrays.get(number).toArray());
    }
    return tasks.get();
  }

  private void goToNext() {
    next++;
    leaveTasks();
  }

  private void leaveTasks() {
    task = 0;
    tasks = Optional.empty();
  }

  private boolean isOutlived(Path record) throws IOException {
    try {
      Map<String, Object> facts =
          Files.readAttributes(
              record, "unix:isRegularFile,lastModifiedTime,ctime", LinkOption.NOFOLLOW_LINKS);
      return (Boolean) facts.get("isRegularFile")
          && keep.isOutlived(((FileTime) facts.get("lastModifiedTime")).toInstant(), now)
          && keep.isOutlived(((FileTime) facts.get("ctime")).toInstant(), now);
    } catch (NoSuchFileException gone) {
      // RACE: another worker collects too
      return false;
    }
  }

  private void refer() throws IOException {
    References known = references.orElseThrow();
    if (!known.read()) {
      goOn(Step.REMOVE, known.obstacle().isPresent() ? new long[0] : known.unreferred());
    }
  }

  private void goOn(Step following, long[] ids) {
    candidates = ids;
    next = 0;
    found = new IdList();
    // with nothing to collect nothing more is to be read
    step = ids.length == 0 ? Step.OVER : following;
  }

  private void remove() throws IOException {
    int end = endOfBatch();
    try (Locked locked = spool.lock()) {
      // before the first of them is gone, for all of them
      spool.ids().retire(candidates[candidates.length - 1]);
      if (end == next) {
        removeTasks(locked, new JobId(candidates[next]));
      } else {
        Locked.Collected batch =
            locked.collect(Arrays.copyOfRange(candidates, next, end), LONGEST_HOLD);
        tally = tally.plus(batch.gone());
        next += batch.looked();
      }
    }
    if (next == candidates.length) {
      step = Step.OVER;
    }
  }

  /** Before the next array whose tasks have records: those go first. */
  private int endOfBatch() {
    int end = next;
    while (end < candidates.length && end < next + BATCH && !arrays.containsKey(candidates[end])) {
      end++;
    }
    return end;
  }

  private void removeTasks(Locked locked, JobId array) throws IOException {
    boolean isOrphaned = orphaned.contains(array.number());
    if (isOrphaned && locked.isDone(array)) {
      // RACE: it has ended since the listing, and its record is the youngest of all
      goToNext();
      return;
    }
    OptionalInt left =
        locked.arrays().collectTasks(array, tasks(array.number()), task, LONGEST_HOLD);
    if (left.isPresent()) {
      task = left.getAsInt();
    } else if (isOrphaned) {
      // a record that comes by now is not one that was looked at
      goToNext();
    } else {
      arrays.remove(array.number());
      leaveTasks();
    }
  }

  /** What went so far. */
  public Tally tally() {
    return tally;
  }

  /** Why nothing could be collected, if so. */
  public Optional<String> obstacle() {
    return references.flatMap(References::obstacle);
  }

  @Override
  public void close() throws IOException {
    listing.close();
  }
}
