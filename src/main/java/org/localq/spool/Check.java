package org.localq.spool;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.localq.core.Amounts;
import org.localq.core.JobId;
import org.localq.core.ProcessId;

/**
 * Reads a spool and says what breaks its format or an invariant, while workers and clients are at
 * work: what is legal only between two steps of theirs is no finding.
 *
 * <p>Job files that wait or have ended never change in place and are read without the lock, however
 * many they are. With the lock (R1) are judged: running/, the counter, localq's own files, and
 * again whatever looked wrong before. What a worker sets right by itself is counted, and no
 * finding.
 */
final class Check {
  private final Spool spool;
  private final Layout layout;
  private final Predicate<ProcessId> alive;

  Check(Spool spool, Predicate<ProcessId> alive) {
    this.spool = spool;
    this.layout = spool.layout();
    this.alive = alive;
  }

  /** Judges again, with the lock, what looked wrong. */
  private interface Suspicion {
    Optional<Damage> judge() throws IOException;
  }

  /** Takes the lock, shortly, where there is one. */
  CheckReport run() throws IOException {
    Survey survey = new Survey();
    Look look = new Look(survey);
    look.list();
    Optional<Locked> locked = lockIfPossible();
    try {
      look.judge();
      return survey.report();
    } finally {
      if (locked.isPresent()) {
        locked.get().close();
      }
    }
  }

  /** The lock; nothing where nobody else can take it either. */
  private Optional<Locked> lockIfPossible() throws IOException {
    if (!SpoolLock.isThere(layout)) {
      return Optional.empty();
    }
    try {
      return Optional.of(spool.lock());
    } catch (FileSystemException failed) {
      if ("Read-only file system".equals(failed.getReason())) {
        return Optional.empty();
      }
      throw failed;
    }
  }

  /**
   * The same for who holds the lock already.
   *
   * @param locked proof of it
   */
  Survey run(Locked locked) throws IOException {
    Survey survey = new Survey();
    Look look = new Look(survey);
    look.list();
    look.judge();
    return survey;
  }

  /** One check. */
  private final class Look {
    private final Survey survey;
    private final OwnCheck own;
    private final JobFileCheck files;
    private final List<Suspicion> suspicions = new ArrayList<>();
    private final List<JobId> waiting = new ArrayList<>();
    private Set<Path> unfit = new HashSet<>();
    private Optional<CounterCheck> counter = Optional.empty();

    Look(Survey survey) {
      this.survey = survey;
      this.own = new OwnCheck(layout, spool.identity(), survey);
      this.files = new JobFileCheck(spool);
    }

    /** Without the lock; in the order of R9, so that a job that moves on is met at least once. */
    void list() throws IOException {
      each(layout.root(), this::rootName);
      each(layout.heldDirectory(), this::heldName);
      each(layout.doneDirectory(), this::doneName);
      each(layout.rejectedDirectory(), this::rejectedName);
    }

    private void each(Path directory, Names.Visitor visitor) throws IOException {
      if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)) {
        Names.each(directory, visitor);
      }
    }

    private void rootName(Path path) throws IOException {
      String name = path.getFileName().toString();
      Optional<JobId> id = Layout.idOf(name);
      if (id.isEmpty()) {
        if (Layout.isJobFile(name)) {
          survey.addUnsettled();
        }
        return;
      }
      survey.countPending();
      if (spool.isElsewhere(id.get()) || (id.get().isTask() && !spool.isOfArray(id.get()))) {
        survey.addUnsettled();
      } else {
        waiting.add(id.get());
        suspect(() -> isDrop(id.get()) ? Optional.empty() : files.pending(id.get()));
      }
    }

    private void heldName(Path path) throws IOException {
      Optional<JobId> id = idOrForeign(path);
      if (id.isPresent()) {
        survey.countHeld();
        suspect(() -> files.held(id.get()));
      }
    }

    private void doneName(Path path) throws IOException {
      Optional<JobId> id = idOrForeign(path);
      if (id.isPresent()) {
        survey.countDone();
        suspect(() -> files.record(id.get()));
      }
    }

    private void rejectedName(Path path) throws IOException {
      if (path.getFileName().toString().endsWith(Layout.REASON)) {
        return;
      }
      Optional<JobId> id = idOrForeign(path);
      if (id.isPresent()) {
        survey.countRejected();
        suspect(() -> files.rejected(id.get()));
      }
    }

    private Optional<JobId> idOrForeign(Path path) {
      Optional<JobId> id = Layout.idOf(path.getFileName().toString());
      if (id.isEmpty()) {
        survey.addForeign(path);
      } else if (id.get().number() > CounterCheck.MOST) {
        survey.add(
            new Damage(
                path,
                "job " + id.get() + " was never given out, expected an id up to the counter",
                Remedy.aside(path)));
        return Optional.empty();
      } else {
        survey.saw(id.get());
      }
      return id;
    }

    private void suspect(Suspicion suspicion) throws IOException {
      if (suspicion.judge().isPresent()) {
        suspicions.add(suspicion);
      }
    }

    /** With the lock, or where nobody can take it. */
    void judge() throws IOException {
      unfit = new HashSet<>(own.directories());
      own.files();
      Optional<Amounts> limit = own.amounts();
      Predicate<ProcessId> here = own.isHere() ? alive : process -> false;
      boolean worked = isFit(layout.workers()) && own.workers(here);
      if (isFit(layout.tmp())) {
        own.drafts(here);
      }
      if (isFit(layout.early())) {
        own.marks();
      }
      if (isFit(layout.runningDirectory())) {
        new RunningCheck(spool, survey).run(limit);
      }
      if (isFit(layout.seq())) {
        judgeIds(worked);
      }
      for (Suspicion suspicion : suspicions) {
        suspicion.judge().ifPresent(survey::add);
      }
    }

    private boolean isFit(Path directory) {
      return !unfit.contains(directory);
    }

    /** The root was listed before, the counter is looked at now (R8). */
    private void judgeIds(boolean worked) throws IOException {
      CounterCheck ids = new CounterCheck(spool, survey);
      counter = Optional.of(ids);
      for (JobId id : waiting) {
        if (!isDrop(id)) {
          survey.saw(id);
        } else if (!worked && isJob(id)) {
          // a counter that was set back: a worker would refuse what was accepted
          survey.saw(id);
        } else if (Spool.exists(layout.pending(id))) {
          survey.addUnsettled();
        }
      }
      ids.judge();
    }

    /** Whether nobody was given this id, by what is known of the counter yet. */
    private boolean isDrop(JobId id) {
      return counter.isPresent() && counter.get().isNeverGiven(id);
    }

    private boolean isJob(JobId id) throws IOException {
      return id.number() <= CounterCheck.MOST
          && Spool.exists(layout.pending(id))
          && !spool.isElsewhere(id)
          && files.fault(id, layout.pending(id)).isEmpty();
    }
  }
}
