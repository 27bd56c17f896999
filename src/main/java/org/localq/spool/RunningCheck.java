package org.localq.spool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.localq.core.Amounts;
import org.localq.core.JobId;
import org.localq.core.Needs;

/**
 * Judges running/: the claimed jobs, and whether the tokens of each can have come about.
 *
 * <p>Under the lock only shims change anything there: they add a start token, its content, and an
 * exit token, in this order. So what is missing in a listing is looked for by its name again.
 */
final class RunningCheck {
  /** S_IWGRP and S_IWOTH of stat(2). */
  private static final int OTHERS = 0022;

  private final Spool spool;
  private final Layout layout;
  private final JobFileCheck files;
  private final Survey survey;
  private RunningDirectory running;

  RunningCheck(Spool spool, Survey survey) {
    this.spool = spool;
    this.layout = spool.layout();
    this.files = new JobFileCheck(spool);
    this.survey = survey;
  }

  /**
   * Judges all of it.
   *
   * @param limit what the claimed jobs may take together; nothing where it is not known
   */
  void run(Optional<Amounts> limit) throws IOException {
    running = RunningDirectory.look(layout);
    Names.each(layout.runningDirectory(), this::name);
    for (JobId id : running.mentioned()) {
      survey.saw(id);
      if (running.claimed().contains(id)) {
        claimed(id);
      } else if (running.closedArrays().contains(id)) {
        closedArray(id);
      } else {
        unclaimed(id);
      }
    }
    if (limit.isPresent()) {
      amounts(limit.get());
    }
  }

  private void name(Path path) throws IOException {
    Optional<Layout.Name> name = Layout.Name.parse(path.getFileName().toString());
    if (name.isEmpty()) {
      survey.addForeign(path);
    } else if (name.get() instanceof Layout.Name.Claimed) {
      // judged as a job
      return;
    } else if (isOpen(path)) {
      survey.add(
          new Damage(
              path,
              "can be written by others, expected mode 0600",
              Remedy.makePrivate(path, false)));
    } else if (!(name.get() instanceof Layout.Name.Started) && TokenCheck.isIrregular(path)) {
      survey.add(
          new Damage(path, "is no regular file, expected one of localq's", Remedy.aside(path)));
    }
  }

  private static boolean isOpen(Path path) throws IOException {
    try {
      return Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)
          && ((Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & OTHERS)
              != 0;
    } catch (NoSuchFileException gone) {
      return false;
    }
  }

  private void claimed(JobId id) throws IOException {
    survey.countRunning();
    if (Spool.exists(layout.record(id))) {
      // R5: its clean-up was interrupted; the record is judged by itself
      survey.addUnsettled();
      return;
    }
    Path file = layout.running(id);
    Optional<String> fault = files.fault(id, file);
    if (fault.isPresent()) {
      survey.add(
          new Damage(
              file,
              Damage.expecting(fault.get(), "a whole job") + "; it takes all cores",
              Remedy.rejectClaimed(id, fault.get())));
      return;
    }
    new TokenCheck(layout, running, spool.identity().shortBoot())
        .contradiction(id)
        .ifPresent(why -> survey.add(new Damage(file, why, Remedy.lose(id))));
  }

  /** An array all of whose tasks were claimed. */
  private void closedArray(JobId id) throws IOException {
    if (Spool.exists(layout.record(id))) {
      survey.addUnsettled();
      return;
    }
    Path file = layout.running(id);
    Optional<String> fault = files.fault(id, file);
    if (fault.isPresent()) {
      survey.add(
          new Damage(
              file,
              Damage.expecting(fault.get(), "a whole array"),
              Remedy.rejectClaimed(id, fault.get())));
    } else if (!spool.isArray(id, file)) {
      // a worker removes the note beside it
      survey.addUnsettled();
    }
  }

  /** Tokens without their claim. */
  private void unclaimed(JobId id) throws IOException {
    for (Layout.Name name : running.of(id)) {
      Path path = layout.runningDirectory().resolve(name.fileName());
      if (name instanceof Layout.Name.Started && TokenCheck.isIrregular(path)) {
        survey.add(new Damage(path, "is no regular file, expected a token", Remedy.aside(path)));
      }
    }
    boolean wanted = Spool.exists(layout.pending(id)) || Spool.exists(layout.held(id));
    if (!wanted || running.of(id).contains(new Layout.Name.Cancel(id))) {
      // a clean-up or a cancellation was interrupted
      survey.addUnsettled();
      return;
    }
    int current = running.currentAttempt(id);
    for (Layout.Name name : running.of(id)) {
      if ((name instanceof Layout.Name.Started started && started.attempt() >= current)
          || (name instanceof Layout.Name.Exited exited && exited.attempt() >= current)) {
        survey.add(
            new Damage(
                layout.runningDirectory().resolve(name.fileName()),
                "job " + id + " is pending, and its attempt " + current + " has begun",
                Remedy.reclaim(id)));
        return;
      }
    }
  }

  /**
   * More than the limit is no fault by themselves: a limit can be lowered while jobs run. But then
   * no claim is younger than the limit.
   */
  private void amounts(Amounts limit) throws IOException {
    GivenCheck given = new GivenCheck(running, spool.identity().shortBoot(), survey);
    Amounts taken = Amounts.NONE;
    long latest = Long.MIN_VALUE;
    for (JobId id : running.claimed()) {
      Optional<Needs> needs = needs(id);
      Optional<FileTime> claim = claimTime(id);
      if (needs.isPresent() && claim.isPresent()) {
        taken = taken.plus(Amounts.of(needs.get()));
        latest = Math.max(latest, claim.get().toMillis());
        given.judge(id, needs.get());
      }
    }
    if (latest > Files.getLastModifiedTime(layout.limit()).toMillis()) {
      for (String excess : excess(taken, limit)) {
        survey.add(
            new Damage(
                layout.runningDirectory(),
                "the claimed jobs take " + excess,
                Remedy.byHand("let them end, or lcancel some; nothing is claimed until then")));
      }
    }
  }

  private static List<String> excess(Amounts taken, Amounts limit) {
    List<String> excess = new ArrayList<>();
    if (taken.cores() > limit.cores()) {
      excess.add(taken.cores() + " cores, expected at most " + limit.cores());
    }
    if (taken.memory() > limit.memory()) {
      excess.add(taken.memory() + " bytes of memory, expected at most " + limit.memory());
    }
    for (String name : taken.resources().keySet()) {
      if (taken.resource(name) > limit.resource(name)) {
        excess.add(
            taken.resource(name) + " of " + name + ", expected at most " + limit.resource(name));
      }
    }
    return excess;
  }

  private Optional<Needs> needs(JobId id) throws IOException {
    return spool
        .read(id, layout.running(id), false)
        .flatMap(JobFile::valid)
        .map(valid -> valid.job().requirements().needs());
  }

  /** When the current attempt was claimed; nothing for a job that was only withdrawn. */
  private Optional<FileTime> claimTime(JobId id) throws IOException {
    int current = running.currentAttempt(id);
    List<Layout.Name> names = running.of(id);
    for (Layout.Name name : names) {
      if (name instanceof Layout.Name.Run run && run.attempt() == current) {
        try {
          return Optional.of(
              Files.getLastModifiedTime(
                  layout.runningDirectory().resolve(run.fileName()), LinkOption.NOFOLLOW_LINKS));
        } catch (NoSuchFileException gone) {
          return Optional.empty();
        }
      }
    }
    return Optional.empty();
  }
}
