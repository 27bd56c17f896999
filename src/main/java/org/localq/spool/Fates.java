package org.localq.spool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import org.localq.core.Claim;
import org.localq.core.Conditions;
import org.localq.core.Dependency;
import org.localq.core.Fate;
import org.localq.core.JobId;
import org.localq.core.Readiness;
import org.localq.core.Reason;
import org.localq.core.Requirements;
import org.localq.core.Retry;

/**
 * Tells what became of jobs, for those that depend on them; with the lock or without. What it told
 * of a job it tells again, as long as it is not told to {@linkplain #forget forget}: many can
 * depend on one.
 */
public final class Fates {
  /** How often an id is looked for that is in no directory: a job that moves can be missed (R9). */
  private static final int LOOKS = 3;

  /** So many answers are kept: jobs that depend on the same ones mostly stand together. */
  private static final int MOST_KEPT = 10_000;

  private final Spool spool;
  private final Layout layout;
  private final RunningDirectory running;
  private final Map<JobId, Fate> told =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<JobId, Fate> eldest) {
          return size() > MOST_KEPT;
        }
      };

  /**
   * Fates as of this look.
   *
   * @param running from which the starts are told
   */
  public Fates(Spool spool, RunningDirectory running) {
    this.spool = spool;
    this.layout = spool.layout();
    this.running = running;
  }

  /** What became of a job, or of a task. */
  public Fate of(JobId id) throws IOException {
    Fate known = told.get(id);
    if (known == null) {
      known = look(id);
      told.put(id, known);
    }
    return known;
  }

  /** Something has become of this job since. */
  public void forget(JobId id) {
    told.remove(id);
  }

  /**
   * Whether a pending job may take its turn.
   *
   * @param namesake whether an earlier job of its name is there; asked of singletons
   * @param now the time of day
   */
  public Readiness readiness(JobId id, Requirements requirements, Namesake namesake, Instant now)
      throws IOException {
    if (requirements.isFree()) {
      return new Readiness.Ready();
    }
    if (hadItsTurn(id)) {
      return again(id, requirements.retry(), now);
    }
    Conditions conditions = requirements.conditions();
    Map<JobId, Fate> fates = new HashMap<>();
    if (conditions.dependency().isPresent()) {
      for (JobId other : conditions.dependency().get().jobs()) {
        fates.put(other, of(other));
      }
    }
    boolean earlier = conditions.isSingleton() && namesake.isThere();
    return Readiness.of(
        conditions,
        new Readiness.Others() {
          @Override
          public Fate fate(JobId other) {
            return fates.get(other);
          }

          @Override
          public boolean hasEarlierNamesake() {
            return earlier;
          }
        },
        now);
  }

  /** Of a job that was claimed before: whether the time between two attempts is over. */
  private Readiness again(JobId id, Retry retry, Instant now) throws IOException {
    List<Claim.Earlier> earlier = running.earlier(id);
    Optional<Claim.End> failure =
        earlier.isEmpty() ? Optional.empty() : earlier.get(earlier.size() - 1).failure();
    Optional<Instant> until = failure.flatMap(end -> retry.until(end.at(), now));
    return until.isEmpty()
        ? new Readiness.Ready()
        : new Readiness.Waiting(Reason.BEGIN_TIME, new TreeSet<>(), until);
  }

  /** Whether an earlier job of the same name is pending, on hold or running. */
  public interface Namesake {
    boolean isThere() throws IOException;
  }

  /**
   * Whether what it waited for was met before: it was claimed, and is to be run again; or it is an
   * array of which a task was. The records that said so may be gone by now.
   */
  private boolean hadItsTurn(JobId id) throws IOException {
    // a task has a file only once it was claimed
    return id.isTask() || running.tasksClaimed(id).isPresent() || running.currentAttempt(id) > 1;
  }

  /**
   * Why a job that is submitted now can't depend on what it names, as a phrase behind "it"; nothing
   * where it can.
   */
  public Optional<String> refusal(Conditions conditions) throws IOException {
    Optional<Dependency> dependency = conditions.dependency();
    if (dependency.isEmpty()) {
      return Optional.empty();
    }
    for (Dependency.Term term : dependency.get().terms()) {
      if (term.job().isPresent()) {
        Optional<String> refusal = refusal(term, of(term.job().get()));
        if (refusal.isPresent()) {
          return refusal;
        }
      }
    }
    return Optional.empty();
  }

  private static Optional<String> refusal(Dependency.Term term, Fate fate) {
    String job = "depends on job " + term.job().orElseThrow();
    if (fate instanceof Fate.Unknown) {
      return Optional.of(job + ": no such job");
    }
    boolean wantsOutcome =
        term.kind() == Dependency.Kind.AFTEROK || term.kind() == Dependency.Kind.AFTERNOTOK;
    return fate instanceof Fate.Forgotten && wantsOutcome
        ? Optional.of(
            job + ": its record was removed (localqd --keep), so how it ended is not known")
        : Optional.empty();
  }

  private Fate look(JobId id) throws IOException {
    for (int look = 0; look < LOOKS; look++) {
      Optional<Fate> fate = lookOnce(id);
      if (fate.isPresent()) {
        return fate.get();
      }
    }
    // a task is as little known as its array
    boolean isForgotten =
        id.isTask() ? of(id.array()) instanceof Fate.Forgotten : spool.isRetired(id);
    return isForgotten ? new Fate.Forgotten() : new Fate.Unknown();
  }

  private Optional<Fate> lookOnce(JobId id) throws IOException {
    // in the order of a job's life, so that a move during the look can't hide it (R9)
    boolean waits = Spool.exists(layout.pending(id)) || Spool.exists(layout.held(id));
    boolean live = waits || Spool.exists(layout.running(id));
    Optional<JobFile> record = spool.read(id, layout.record(id), true);
    if (record.isPresent()) {
      // one that can't be read says nothing of the end
      return Optional.of(
          record.flatMap(JobFile::valid).flatMap(Fates::ended).orElseGet(Fate.Forgotten::new));
    }
    if (live) {
      return Optional.of(
          started(id, waits).<Fate>map(Fate.Started::new).orElseGet(Fate.Pending::new));
    }
    if (Spool.exists(layout.rejected(id))) {
      return Optional.of(
          new Fate.Ended(
              false,
              Files.getLastModifiedTime(layout.rejected(id), LinkOption.NOFOLLOW_LINKS)
                  .toInstant()));
    }
    return id.isTask() ? withoutFile(id) : Optional.empty();
  }

  private static Optional<Fate> ended(JobFile.Valid record) {
    return record.result().map(record.tasks().isPresent() ? Fate::endedArray : Fate::ended);
  }

  /** A task that is a part of its array's file, or was cancelled as one. */
  private Optional<Fate> withoutFile(JobId task) throws IOException {
    if (spool.isOfArray(task) && !spool.isElsewhere(task)) {
      return Optional.of(new Fate.Pending());
    }
    Optional<Entry> entry = spool.find(task);
    return entry.isPresent() && entry.get() instanceof Entry.Finished finished
        ? Optional.of(Fate.ended(finished.result()))
        : Optional.empty();
  }

  /**
   * When a live job started first; of an array, when the last of its tasks did, which is known once
   * all have been claimed: of those that still run, and else when the last was claimed.
   */
  private Optional<Instant> started(JobId id, boolean waits) throws IOException {
    OptionalInt claimed = running.tasksClaimed(id);
    if (claimed.isEmpty()) {
      List<Claim.Earlier> earlier = running.earlier(id);
      return earlier.isEmpty() ? begun(id) : Optional.of(earlier.get(0).start().at());
    }
    if (waits) {
      return Optional.empty();
    }
    Optional<Instant> noted = lastChanged(layout.tasksClaimed(id, claimed.getAsInt()));
    if (noted.isEmpty()) {
      return Optional.empty();
    }
    Instant last = noted.get();
    for (JobId task : running.tasksOf(id)) {
      Optional<Instant> start = begun(task);
      if (start.isEmpty()) {
        return Optional.empty();
      }
      last = start.get().isAfter(last) ? start.get() : last;
    }
    return Optional.of(last);
  }

  /** When this file had its name; nothing where it is gone: what it belongs to has just ended. */
  private static Optional<Instant> lastChanged(Path file) throws IOException {
    try {
      FileTime at = (FileTime) Files.getAttribute(file, "unix:ctime", LinkOption.NOFOLLOW_LINKS);
      return Optional.of(Moments.shown(at.toInstant()));
    } catch (NoSuchFileException gone) {
      return Optional.empty();
    }
  }

  private Optional<Instant> begun(JobId id) throws IOException {
    return running.claim(id).attempt().start().filter(Claim.Start::begun).map(Claim.Start::at);
  }
}
