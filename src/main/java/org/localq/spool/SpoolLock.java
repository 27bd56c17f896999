package org.localq.spool;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The FileLock on one file, opened once: any other open and close of that file in this process
 * would free it, so this class alone knows it.
 *
 * <p>The kernel frees the lock when its holder dies, so there is no expiry and nothing to clean up.
 */
final class SpoolLock implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final Duration STEP = Duration.ofMillis(1);

  private final FileChannel channel;
  private final Path file;
  private final Object key;

  private SpoolLock(FileChannel channel, Path file, Object key) {
    this.channel = channel;
    this.file = file;
    this.key = key;
  }

  /** The lock files of a spool: to be made or looked at, never to be opened. */
  static List<Path> files(Layout layout) {
    return List.of(layout.lock(), layout.workerLock());
  }

  /** Whether a spool has a lock that can be taken. */
  static boolean isThere(Layout layout) {
    return Files.isRegularFile(layout.lock(), LinkOption.NOFOLLOW_LINKS);
  }

  static SpoolLock open(Path file) throws IOException {
    // before the file is opened: one that is replaced in between is then found to be another
    Object key = key(file);
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE);
    return new SpoolLock(channel, file, key);
  }

  /** What tells one file from another under the same name; reading it opens nothing. */
  private static Object key(Path file) throws IOException {
    return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
  }

  /**
   * Whether the file under the name is still the one that is locked: when a spool was moved away
   * and another made in its place, two processes would hold "the" lock at once.
   *
   * @throws IOException when that can't be known, as while the directory can't be searched
   */
  boolean isTheOneNamed() throws IOException {
    try {
      return key.equals(key(file));
    } catch (NoSuchFileException gone) {
      return false;
    }
  }

  /**
   * Waits until this process alone holds the lock.
   *
   * @param overdue is told once when that takes longer than any transition does: the holder may
   *     have been stopped
   */
  FileLock exclusive(Overdue overdue) throws IOException {
    FileLock lock;
    try {
      lock = waitFor(overdue);
    } catch (OverlappingFileLockException twice) {
      throw new IllegalStateException(
          "two threads of one process took the same spool's lock", twice);
    }
    boolean mine = false;
    try {
      mine = isTheOneNamed();
    } finally {
      if (!mine) {
        lock.close();
      }
    }
    if (!mine) {
      throw new NoSuchFileException(file.toString(), null, "the spool was moved or removed");
    }
    return lock;
  }

  /** In small steps at first: a wait in the kernel tells nobody that it is long. */
  private FileLock waitFor(Overdue overdue) throws IOException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    try {
      while (System.nanoTime() - deadline < 0) {
        FileLock lock = channel.tryLock();
        if (lock != null) {
          return lock;
        }
        TimeUnit.MILLISECONDS.sleep(STEP.toMillis());
      }
      overdue.at(file);
    } catch (InterruptedException interrupted) {
      // the wait below answers it
      Thread.currentThread().interrupt();
    }
    return channel.lock();
  }

  /** Waits until no other process holds it exclusively. */
  FileLock shared() throws IOException {
    return channel.lock(0, Long.MAX_VALUE, true);
  }

  /** Whether no other process holds the lock in any way at this moment. */
  boolean isFree() throws IOException {
    try (FileLock lock = channel.tryLock()) {
      return lock != null;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
