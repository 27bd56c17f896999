package org.localq.spool;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The FileLock on one file, opened once: any other open and close of that file in this process
 * would free it, so this class alone knows it.
 *
 * <p>The kernel frees the lock when its holder dies, so there is no expiry and nothing to clean up.
 */
final class SpoolLock implements AutoCloseable {
  private final FileChannel channel;

  private SpoolLock(FileChannel channel) {
    this.channel = channel;
  }

  static SpoolLock open(Path file) throws IOException {
    return new SpoolLock(FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE));
  }

  /** Waits until this process alone holds the lock. */
  FileLock exclusive() throws IOException {
    try {
      return channel.lock();
    } catch (OverlappingFileLockException twice) {
      throw new IllegalStateException(
          "two threads of one process took the same spool's lock", twice);
    }
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
