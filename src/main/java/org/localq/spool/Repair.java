package org.localq.spool;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.function.Consumer;
import org.localq.core.Refusal;

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
      boolean goesOn = !survey.damages().isEmpty();
      for (int round = 0; round < ROUNDS && goesOn; round++) {
        goesOn = applyAll(locked, survey);
        // also behind a round in which nothing was done: a shim may have set something right
        survey = check.run(locked);
      }
      return survey.report();
    }
  }

  /** Whether anything came of it. */
  private boolean applyAll(Locked locked, Survey survey) throws IOException {
    Mending mending = new Mending(locked, processes, clock);
    boolean any = false;
    for (Damage damage : survey.damages()) {
      Optional<String> did = damage.remedy().step().apply(mending);
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
      if (!Spool.exists(directory) && Mending.make(spool, directory)) {
        said.accept(directory + ": made");
      }
    }
    for (Path lock : SpoolLock.files(layout)) {
      if (Spool.exists(lock) && !Files.isRegularFile(lock, LinkOption.NOFOLLOW_LINKS)) {
        makeWay(lock);
      }
      if (makeLock(lock)) {
        said.accept(lock + ": made");
      }
    }
  }

  /**
   * RACE: another repair may have made the file, and hold it, since it was looked at: it is given
   * back then, over nothing, and this repair waits for it.
   */
  private void makeWay(Path lock) throws IOException {
    Optional<Path> moved = new Aside(layout, spool.fsync()).take(lock);
    if (moved.isEmpty()) {
      return;
    }
    if (!Files.isRegularFile(moved.get(), LinkOption.NOFOLLOW_LINKS)) {
      said.accept(lock + ": moved to " + moved.get());
    } else if (!giveBack(moved.get(), lock)) {
      throw Refusal.of(
          lock
              + ": three repairs at once made it, and the one at work may hold "
              + moved.get()
              + "; wait for the end of both, and repair again");
    }
  }

  /**
   * Gives a lock file its name back, and returns whether it has it. No fsync: there is nothing in
   * the file that a power cut could take, and a repair makes one where there is none.
   */
  private static boolean giveBack(Path moved, Path lock) throws IOException {
    try {
      Files.createLink(lock, moved);
    } catch (FileAlreadyExistsException another) {
      return false;
    }
    Files.delete(moved);
    return true;
  }

  /** RACE: of two repairs at once both would hold "the" lock, were the file of one replaced. */
  private boolean makeLock(Path lock) throws IOException {
    try {
      Private.createEmpty(lock);
    } catch (FileAlreadyExistsException there) {
      return false;
    }
    spool.fsync().directory(lock.getParent());
    return true;
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
}
