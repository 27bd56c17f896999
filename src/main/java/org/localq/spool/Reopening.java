package org.localq.spool;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import org.localq.core.Attempted;
import org.localq.core.JobId;
import org.localq.core.Result;

/**
 * Puts a job that has ended back into the root, to be run again under its id.
 *
 * <p>Its record goes there by one rename, as it is: what it came to stays in its file, which a
 * worker reads of it alone that is run again so ({@link Locked#readFormer}). In running/ its
 * attempts are closed before that, so that the next one has the number behind the last: no shim
 * that comes late for an attempt of the former life finds it open.
 */
public final class Reopening {
  /** What the start token of an attempt says of which the job's own file tells the rest. */
  private static final byte[] RECORDED = "recorded\n".getBytes(StandardCharsets.US_ASCII);

  /** So many attempts in a row can have been closed before they started; more nobody has seen. */
  private static final int MOST_UNSTARTED = 100;

  private final Spool spool;
  private final Layout layout;

  public Reopening(Spool spool) {
    this.spool = spool;
    this.layout = spool.layout();
  }

  /** What became of the wish. */
  public enum Answer {
    /** It is pending, on the disk. */
    DONE,
    /** It is an array, or a task of one, whose record counts it. */
    OF_ARRAY,
    /** It has no record that can be read. */
    NO_RECORD
  }

  /** Has a job run again that has a record, and is not claimed any more. */
  public Answer reopen(Locked locked, JobId id) throws IOException {
    if (id.isTask()) {
      return Answer.OF_ARRAY;
    }
    Optional<JobFile.Valid> record = locked.readRecord(id).flatMap(JobFile::valid);
    if (record.isEmpty() || !record.get().result().filter(Reopening::isSound).isPresent()) {
      return Answer.NO_RECORD;
    }
    if (record.get().tasks().isPresent()) {
      return Answer.OF_ARRAY;
    }
    // what somebody left who died while he tidied up, or in here
    locked.cleanUp(id);
    close(id, record.get().result().get());
    if (record.get().job().requirements().conditions().rank() > 0) {
      spool.earlyJobs().mark(id);
    }
    Locked.move(layout.record(id), layout.pending(id));
    // against a power cut: the place where it is now first, so that it is in one at least
    spool.fsync().directory(layout.root());
    spool.fsync().directory(layout.doneDirectory());
    return Answer.DONE;
  }

  /** Whether the numbers of its attempts are what a worker can have written. */
  private static boolean isSound(Result result) {
    int last = 0;
    for (Attempted attempt : result.allAttempts()) {
      if (attempt.number() <= last || attempt.number() - last > MOST_UNSTARTED) {
        return false;
      }
      last = attempt.number();
    }
    return true;
  }

  private void close(JobId id, Result result) throws IOException {
    int closed = 0;
    for (Attempted attempt : result.allAttempts()) {
      while (++closed < attempt.number()) {
        // it never started
        Locked.createIfMissing(layout.requeued(id, closed));
      }
      if (attempt.started().isPresent()) {
        Path token = layout.started(id, attempt.number());
        Locked.write(token, RECORDED);
        Files.setLastModifiedTime(token, FileTime.from(attempt.started().get()));
        // so it is no failure, and no loss, of which there can be too many
        Locked.createIfMissing(layout.toRequeue(id, attempt.number()));
      }
      Locked.createIfMissing(layout.requeued(id, attempt.number()));
    }
    // against a power cut: without them its first attempt would be its first once more
    spool.fsync().directory(layout.runningDirectory());
  }
}
