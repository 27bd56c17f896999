package org.localq.spool;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.OptionalInt;
import org.localq.core.Claim;
import org.localq.core.JobId;
import org.localq.core.Outcome;
import org.localq.core.Reason;
import org.localq.core.Result;
import org.localq.core.Usage;

/**
 * The steps of a repair, for who holds the lock: each sets one damage right if it is still there,
 * and says what it did; nothing when there was nothing to do, or nothing that may be done now.
 */
final class Mending {
  private final Locked locked;
  private final Spool spool;
  private final Layout layout;
  private final Aside aside;
  private final Processes processes;
  private final Clock clock;

  Mending(Locked locked, Processes processes, Clock clock) {
    this.locked = locked;
    this.spool = locked.spool();
    this.layout = spool.layout();
    this.aside = new Aside(layout, spool.fsync());
    this.processes = processes;
    this.clock = clock;
  }

  Optional<String> moveAside(Path place) throws IOException {
    return aside.take(place).map(Mending::movedTo);
  }

  private static String movedTo(Path place) {
    return "moved to " + place;
  }

  Optional<String> reject(Path place, JobId id, String fault) throws IOException {
    if (!Spool.exists(place)) {
      return Optional.empty();
    }
    return Optional.of(movedTo(locked.reject(place, id, "was found damaged: " + fault)));
  }

  Optional<String> giveReason(JobId id) throws IOException {
    if (Spool.exists(layout.reason(id))) {
      return Optional.empty();
    }
    locked.writeReason(id, "no reason was kept");
    return Optional.of("got the reason \"no reason was kept\"");
  }

  Optional<String> makeDirectory(Path place) throws IOException {
    return make(spool, place) ? Optional.of("made") : Optional.empty();
  }

  /** Makes a directory of the format: on the disk when this returns true. */
  static boolean make(Spool spool, Path directory) throws IOException {
    try {
      Private.createDirectory(directory);
    } catch (FileAlreadyExistsException there) {
      return false;
    }
    spool.fsync().directory(directory.getParent());
    return true;
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

  Optional<String> setCounter(long last) throws IOException {
    return spool.ids().raise(last) ? Optional.of("counter set to " + last) : Optional.empty();
  }

  Optional<String> reclaim(JobId id) throws IOException {
    if (locked.isClaimed(id) || locked.isDone(id) || !locked.isWanted(id)) {
      return Optional.empty();
    }
    locked.withdraw(id);
    return Optional.of("job " + id + " moved to " + layout.running(id));
  }

  /**
   * Records a claimed job whose tokens contradict each other: how it ended can't be known, only
   * whether somebody had wanted that.
   */
  Optional<String> lose(JobId id) throws IOException {
    Optional<JobFile.Valid> file = locked.readClaimed(id).flatMap(JobFile::valid);
    if (locked.isDone(id)
        || file.isEmpty()
        || !isOver(id)
        // R6: the processes first, the tokens second: a shim may have written its own since
        || contradiction(id).isEmpty()) {
      return Optional.empty();
    }
    Claim claim = locked.claim(id);
    Outcome outcome =
        claim.cancel().isPresent()
            ? Outcome.cancelled(OptionalInt.empty())
            : claim.attempt().told().timedOut()
                ? Outcome.timeout(OptionalInt.empty())
                : Outcome.lost(Reason.SHIM_LOST);
    Result result =
        new Result(
            outcome,
            claim.attempt().start().map(Claim.Start::at),
            clock.instant(),
            Usage.UNKNOWN,
            claim.restarts());
    locked.finish(id, file.get().job(), result, aside::take);
    return Optional.of("job " + id + " recorded as " + outcome.state());
  }

  private Optional<String> contradiction(JobId id) throws IOException {
    return new TokenCheck(layout, RunningDirectory.look(layout, id), spool.identity().shortBoot())
        .contradiction(id);
  }

  Optional<String> rejectClaimed(JobId id, String fault) throws IOException {
    if (!locked.isClaimed(id) || !isOver(id)) {
      return Optional.empty();
    }
    return Optional.of(movedTo(locked.rejectClaimed(id, fault, aside::take)));
  }

  /** Whether nothing of the job lives, in two looks: a process that forks can be missed in one. */
  private boolean isOver(JobId id) throws IOException {
    Claim claim = locked.claim(id);
    return !processes.isAlive(claim) && !processes.isAlive(claim);
  }
}
