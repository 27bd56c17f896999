package org.localq.spool;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Consumer;
import org.localq.core.Claim;
import org.localq.core.Exit;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Outcome;
import org.localq.core.Reason;
import org.localq.core.Refusal;
import org.localq.core.Result;
import org.localq.core.Usage;

/**
 * Sets right what a check finds, and deletes nothing: what is damaged goes to rejected/ where it is
 * a job, so that its id stays and linfo tells of it, else to .localq/aside/.
 *
 * <p>No worker may be alive, and none can begin: the lock is held throughout. Each step leaves a
 * spool that can be checked and repaired again.
 */
final class Repair {
  /** One damage can hide another, as a directory that is missing hides what lacks in it. */
  private static final int ROUNDS = 20;

  private final Spool spool;
  private final Layout layout;
  private final Processes processes;
  private final Clock clock;
  private final Consumer<String> said;

  Repair(Spool spool, Processes processes, Clock clock, Consumer<String> said) {
    this.spool = spool;
    this.layout = spool.layout();
    this.processes = processes;
    this.clock = clock;
    this.said = said;
  }

  /** Repairs, and returns what a check finds then. */
  CheckReport run() throws IOException {
    refuseElsewhere();
    makeLockable();
    try (Locked locked = spool.lock()) {
      refuseBesideWorkers();
      Check check = new Check(spool, processes::isAlive);
      Survey survey = check.run(locked);
      for (int round = 0; round < ROUNDS && applyAll(survey); round++) {
        survey = check.run(locked);
      }
      return survey.report();
    }
  }

  /** Whether anything came of it. */
  private boolean applyAll(Survey survey) throws IOException {
    boolean any = false;
    for (Damage damage : survey.damages()) {
      Optional<String> did = damage.remedy().apply(this);
      did.ifPresent(what -> said.accept(damage.place() + ": " + what));
      any |= did.isPresent();
    }
    return any;
  }

  private void refuseElsewhere() throws IOException {
    if (!new OwnCheck(layout, spool.identity(), new Survey()).isHere()) {
      throw Refusal.of(
          layout.host()
              + ": names another machine or container than this one, "
              + spool.identity().host()
              + "; nothing was repaired; if nothing runs there any more: localqd --take-over start");
    }
  }

  /** Without a lock nobody works on the spool, and it can be made. */
  private void makeLockable() throws IOException {
    for (Path directory : layout.directories()) {
      if (!Spool.exists(directory)) {
        makeDirectory(directory).ifPresent(did -> said.accept(directory + ": " + did));
      }
    }
    for (Path lock : SpoolLock.files(layout)) {
      if (Spool.exists(lock) && !Files.isRegularFile(lock, LinkOption.NOFOLLOW_LINKS)) {
        moveAside(lock).ifPresent(did -> said.accept(lock + ": " + did));
      }
      makeFile(lock, "").ifPresent(did -> said.accept(lock + ": " + did));
    }
  }

  private void refuseBesideWorkers() throws IOException {
    boolean listed =
        Files.isDirectory(layout.workers(), LinkOption.NOFOLLOW_LINKS)
            && new OwnCheck(layout, spool.identity(), new Survey()).workers(processes::isAlive);
    if (listed || isWorkerLockHeld()) {
      throw Refusal.of(
          layout.root() + ": a worker is alive; nothing was repaired; first: localqd stop");
    }
  }

  private boolean isWorkerLockHeld() throws IOException {
    try (SpoolLock lock = SpoolLock.open(layout.workerLock())) {
      return !lock.isFree();
    }
  }

  Optional<String> moveAside(Path place) throws IOException {
    if (!Spool.exists(place)) {
      return Optional.empty();
    }
    makeDirectory(layout.aside());
    int n = 1;
    while (Spool.exists(layout.aside(place, n))) {
      n++;
    }
    Path target = layout.aside(place, n);
    try {
      Files.move(place, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException gone) {
      // RACE: a client took the counter on
      return Optional.empty();
    }
    spool.fsync().directory(layout.aside());
    spool.fsync().directory(place.getParent());
    return Optional.of("moved to " + target);
  }

  Optional<String> reject(Path place, JobId id, String fault) throws IOException {
    if (!Spool.exists(place)) {
      return Optional.empty();
    }
    if (Spool.exists(layout.rejected(id))) {
      return moveAside(place);
    }
    refuse(place, id, "was found damaged: " + fault);
    return Optional.of("moved to " + layout.rejected(id));
  }

  /** The reason first: a rejected file always has one. */
  private void refuse(Path place, JobId id, String reason) throws IOException {
    write(layout.reason(id), reason);
    Files.move(place, layout.rejected(id), StandardCopyOption.ATOMIC_MOVE);
    spool.fsync().directory(layout.rejectedDirectory());
    spool.fsync().directory(place.getParent());
  }

  private void write(Path file, String line) throws IOException {
    String safe = line.replaceAll("\\p{Cntrl}", "?") + "\n";
    spool.drafts().replace(file, safe.getBytes(StandardCharsets.UTF_8));
  }

  Optional<String> giveReason(JobId id) throws IOException {
    if (Spool.exists(layout.reason(id))) {
      return Optional.empty();
    }
    write(layout.reason(id), "no reason was kept");
    return Optional.of("got the reason \"no reason was kept\"");
  }

  Optional<String> makeDirectory(Path place) throws IOException {
    try {
      Private.createDirectory(place);
    } catch (FileAlreadyExistsException there) {
      return Optional.empty();
    }
    spool.fsync().directory(place.getParent());
    return Optional.of("made");
  }

  Optional<String> makeFile(Path place, String content) throws IOException {
    if (Spool.exists(place)) {
      return Optional.empty();
    }
    spool.drafts().replace(place, content.getBytes(StandardCharsets.US_ASCII));
    return Optional.of("made");
  }

  Optional<String> makePrivate(Path place, boolean directory) throws IOException {
    if (!Spool.exists(place) || Files.isSymbolicLink(place)) {
      return Optional.empty();
    }
    if (directory) {
      Private.restrictDirectory(place);
    } else {
      Private.restrictFile(place);
    }
    return Optional.of("mode set to " + (directory ? "0700" : "0600"));
  }

  /** By the rename that clients make, which go on beside this: the counter only goes up. */
  Optional<String> setCounter(long last) throws IOException {
    while (true) {
      CounterCheck counter = new CounterCheck(layout, new Survey());
      counter.look();
      Path target = layout.seq().resolve(Long.toString(last));
      try {
        if (counter.counter().isEmpty()) {
          makeFile(target, "");
        } else if (counter.counter().getAsLong() >= last) {
          return Optional.empty();
        } else {
          Files.move(
              layout.seq().resolve(Long.toString(counter.counter().getAsLong())),
              target,
              StandardCopyOption.ATOMIC_MOVE);
        }
        spool.fsync().directory(layout.seq());
        return Optional.of("counter set to " + last);
      } catch (NoSuchFileException lost) {
        // RACE: a client took the counter on
      }
    }
  }

  Optional<String> reclaim(JobId id) throws IOException {
    if (Spool.exists(layout.running(id)) || Spool.exists(layout.record(id))) {
      return Optional.empty();
    }
    Path from = Spool.exists(layout.pending(id)) ? layout.pending(id) : layout.held(id);
    if (!Spool.exists(from)) {
      return Optional.empty();
    }
    Files.move(from, layout.running(id), StandardCopyOption.ATOMIC_MOVE);
    spool.fsync().directory(layout.runningDirectory());
    spool.fsync().directory(from.getParent());
    return Optional.of("job " + id + " moved to " + layout.running(id));
  }

  Optional<String> lose(JobId id) throws IOException {
    Path file = layout.running(id);
    Claim claim = RunningDirectory.look(layout, id).claim(id);
    if (Spool.exists(layout.record(id))
        || processes.isAlive(claim)
        || !(spool.read(id, file, false).orElse(null) instanceof JobFile.Valid valid)) {
      return Optional.empty();
    }
    Result lost =
        new Result(
            Outcome.lost(Reason.SHIM_LOST),
            claim.attempt().start().map(Claim.Start::at),
            clock.instant(),
            Usage.UNKNOWN,
            claim.restarts());
    record(id, valid.job(), lost);
    return Optional.of("job " + id + " recorded as LOST");
  }

  /** R5: the record, the claim, its tokens. */
  private void record(JobId id, Job job, Result result) throws IOException {
    byte[] file = Files.readAllBytes(layout.running(id));
    spool.drafts().replace(layout.record(id), RecordWriter.record(file, job, result));
    Files.deleteIfExists(layout.running(id));
    moveTokensAside(id);
  }

  private void moveTokensAside(JobId id) throws IOException {
    for (Layout.Name name : RunningDirectory.look(layout, id).of(id)) {
      moveAside(layout.runningDirectory().resolve(name.fileName()));
    }
  }

  Optional<String> rejectClaimed(JobId id, String fault) throws IOException {
    Path file = layout.running(id);
    Claim claim = RunningDirectory.look(layout, id).claim(id);
    if (!Spool.exists(file) || processes.isAlive(claim)) {
      return Optional.empty();
    }
    if (Spool.exists(layout.rejected(id))) {
      moveAside(file);
    } else {
      refuse(file, id, "was found damaged while it was claimed: " + fault + end(claim));
    }
    // R4: a shim that comes up now finds its claim gone
    moveTokensAside(id);
    return Optional.of("moved to " + layout.rejected(id));
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
}
