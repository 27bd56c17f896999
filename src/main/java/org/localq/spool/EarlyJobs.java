package org.localq.spool;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.util.Set;
import java.util.TreeSet;
import org.localq.core.JobId;

/**
 * The marks of jobs that go before those of the usual rank: they are found by them, without reading
 * the files of all that wait.
 *
 * <p>A mark is on the disk before its job is in the root. It says nothing but that: the rank is in
 * the job's file. One without a job means nothing, and a job of a high rank without one is merely
 * found in the order of the ids.
 */
final class EarlyJobs {
  private final Layout layout;
  private final Fsync fsync;

  EarlyJobs(Layout layout, Fsync fsync) {
    this.layout = layout;
    this.fsync = fsync;
  }

  /** Marks a job that is not in the root yet: on disk when this returns. */
  void mark(JobId id) throws IOException {
    try {
      make(id);
    } catch (NoSuchFileException older) {
      // a spool of a version without such marks
      makeDirectory();
      make(id);
    }
    // against a power cut: the job would come back, and wait for its id's turn
    fsync.directory(layout.early());
  }

  private void make(JobId id) throws IOException {
    try {
      Private.createEmpty(layout.early(id));
    } catch (FileAlreadyExistsException there) {
      // of a job that was released before, or somebody's own
    }
  }

  private void makeDirectory() throws IOException {
    try {
      Private.createDirectory(layout.early());
    } catch (FileAlreadyExistsException there) {
      // RACE: another client made it first
    }
    fsync.directory(layout.own());
  }

  /** The jobs that are marked, pending or not. */
  static Set<JobId> list(Layout layout) throws IOException {
    Set<JobId> ids = new TreeSet<>();
    try {
      Names.each(
          layout.early(), path -> JobId.parse(path.getFileName().toString()).ifPresent(ids::add));
    } catch (NoSuchFileException older) {
      // a spool of a version without such marks
    }
    return ids;
  }

  /** Whether a job is marked. */
  boolean isMarked(JobId id) throws IOException {
    return Spool.exists(layout.early(id));
  }

  /**
   * Removes the mark of a job that does not come back to the root. For who holds the lock; not
   * forced to the disk, because a mark that comes back goes again.
   */
  void remove(JobId id) throws IOException {
    Files.deleteIfExists(layout.early(id));
  }
}
