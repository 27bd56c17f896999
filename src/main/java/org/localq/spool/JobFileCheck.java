package org.localq.spool;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.localq.core.JobId;

/**
 * Judges one job file that waits or has ended: in the root, held/, done/ or rejected/. Such a file
 * never changes in place, so it is read without the lock; only what looks wrong is judged again
 * with it, because a job may have moved between two looks.
 */
final class JobFileCheck {
  private final Spool spool;
  private final Layout layout;

  JobFileCheck(Spool spool) {
    this.spool = spool;
    this.layout = spool.layout();
  }

  /** A job in the root; a twin is a drop and nothing wrong. */
  Optional<Damage> pending(JobId id) throws IOException {
    return spool.isElsewhere(id) ? Optional.empty() : waiting(id, layout.pending(id));
  }

  /** A job on hold. Done wins over running over held. */
  Optional<Damage> held(JobId id) throws IOException {
    Path file = layout.held(id);
    boolean done = Spool.exists(layout.record(id));
    if (Spool.exists(file) && (done || Spool.exists(layout.running(id)))) {
      return Optional.of(twin(file, id, done ? "has a record" : "is claimed"));
    }
    return waiting(id, file);
  }

  private Optional<Damage> waiting(JobId id, Path file) throws IOException {
    return fault(id, file)
        .map(
            fault ->
                new Damage(
                    file, Damage.expecting(fault, "a whole job"), Remedy.reject(file, id, fault)));
  }

  /** A record. */
  Optional<Damage> record(JobId id) throws IOException {
    Path file = layout.record(id);
    Optional<String> fault = recordFault(id, file);
    if (fault.isEmpty()) {
      return Optional.empty();
    }
    // a claim beside it still has its tokens: a worker makes the same record of it again
    Remedy remedy =
        Spool.exists(layout.running(id))
            ? Remedy.aside(file)
            : Remedy.reject(file, id, "its record " + fault.get());
    return Optional.of(new Damage(file, Damage.expecting(fault.get(), "a whole record"), remedy));
  }

  private Optional<String> recordFault(JobId id, Path file) throws IOException {
    Optional<JobFile> read = spool.read(id, file, true);
    if (read.isEmpty()) {
      return Optional.empty();
    }
    if (read.get() instanceof JobFile.Invalid invalid) {
      return Optional.of(invalid.reason());
    }
    return ((JobFile.Valid) read.get())
        .result()
        .map(result -> result.outcome().contradiction())
        .orElse(Optional.of("is a record without a result"));
  }

  /** A drop that was refused: untouched, whatever it is, and never without its reason. */
  Optional<Damage> rejected(JobId id) throws IOException {
    Path file = layout.rejected(id);
    if (!Spool.exists(file)) {
      return Optional.empty();
    }
    if (Spool.exists(layout.record(id))) {
      return Optional.of(twin(file, id, "has a record"));
    }
    if (Spool.exists(layout.running(id)) || Spool.exists(layout.held(id))) {
      return Optional.of(
          twin(file, id, Spool.exists(layout.held(id)) ? "is on hold" : "is claimed"));
    }
    return Spool.exists(layout.reason(id))
        ? Optional.empty()
        : Optional.of(
            new Damage(
                file,
                "has no reason, expected one in " + layout.reason(id),
                Remedy.giveReason(id)));
  }

  private static Damage twin(Path file, JobId id, String elsewhere) {
    return new Damage(
        file,
        "job " + id + " " + elsewhere + " as well, expected it in one place",
        Remedy.aside(file));
  }

  /** Why {@code file} is no job; nothing when it is one, or is gone. */
  Optional<String> fault(JobId id, Path file) throws IOException {
    Optional<String> defect = spool.read(id, file, false).flatMap(JobFile::defect);
    return defect.isPresent() ? defect : spool.faultInLines(id, file);
  }
}
