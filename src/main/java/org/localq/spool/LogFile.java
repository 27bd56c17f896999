package org.localq.spool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Optional;
import java.util.Set;

/**
 * The log {@code X.log} of a queue's workers, to which any number of processes append: a line is
 * one write at the file's end, so that none is torn or lost.
 *
 * <p>At {@link #MOST_BYTES} it is renamed to {@code X.log.1}, in place of the former one, and a new
 * one begun. Nothing here is brought to the disk: a log may lose its end in a power cut.
 */
public final class LogFile implements AutoCloseable {
  /** The size at which a new file is begun, in bytes. */
  public static final long MOST_BYTES = 10 << 20;

  private static final int TRIES = 5;

  private final Path file;
  private final long most;
  // kept open: a worker without a file handle left can still say so
  private Optional<Opened> opened = Optional.empty();
  private boolean torn;

  private record Opened(FileChannel channel, Object key) {}

  public LogFile(Path file) {
    this(file, MOST_BYTES);
  }

  LogFile(Path file, long most) {
    this.file = file;
    this.most = most;
  }

  /** Where the lines before the present ones are. */
  private Path former() {
    return file.resolveSibling(file.getFileName() + ".1");
  }

  /** Whether a worker ever wrote here. */
  public boolean exists() {
    // one that can't be looked at can't be written either
    return Files.exists(file, LinkOption.NOFOLLOW_LINKS)
        || Files.exists(former(), LinkOption.NOFOLLOW_LINKS);
  }

  /** Appends a line, which comes without its end. */
  public synchronized void append(String line) throws IOException {
    FileChannel channel = channel();
    if (channel.size() >= most) {
      rotate();
      channel = channel();
    }
    ByteBuffer rest =
        ByteBuffer.wrap(((torn ? "\n" : "") + line + "\n").getBytes(StandardCharsets.UTF_8));
    try {
      while (rest.hasRemaining()) {
        channel.write(rest);
      }
      torn = false;
    } catch (IOException full) {
      // the disk took a part of it; the next line begins a line
      torn |= rest.position() > 0;
      throw full;
    }
  }

  /** The file under the name, which another process may have renamed since the last line. */
  private FileChannel channel() throws IOException {
    if (opened.isPresent() && key().equals(Optional.of(opened.get().key()))) {
      return opened.get().channel();
    }
    try {
      Opened now = open();
      close();
      opened = Optional.of(now);
    } catch (IOException failed) {
      if (opened.isEmpty()) {
        throw failed;
      }
      // no handle left, perhaps: the line is better in the former file than nowhere
    }
    return opened.orElseThrow().channel();
  }

  private Opened open() throws IOException {
    for (int attempt = 0; attempt < TRIES; attempt++) {
      Optional<Object> before = key();
      FileChannel channel =
          Private.open(
              file,
              Set.of(
                  StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND));
      if (before.isEmpty()) {
        Private.restrictFile(file);
      } else if (before.equals(key())) {
        return new Opened(channel, before.get());
      }
      // RACE: another process began a new file, so which one this channel has is not known
      channel.close();
    }
    throw new IOException(file + ": is replaced again and again");
  }

  /** What tells the file under the name from others; nothing when none is there. */
  private Optional<Object> key() throws IOException {
    try {
      BasicFileAttributes facts = Files.readAttributes(file, BasicFileAttributes.class);
      if (!facts.isRegularFile()) {
        // a FIFO would block whoever opens it
        throw new IOException(file + ": is no regular file, expected a log; move it away");
      }
      return Optional.of(facts.fileKey());
    } catch (NoSuchFileException missing) {
      return Optional.empty();
    }
  }

  /**
   * Renames the file, unless another process has or is about to. The lock is on the full file
   * itself: who holds it and finds this file under the name is the only one that renames it, and
   * nobody waits for a process that was stopped with it.
   */
  private void rotate() {
    Opened full = opened.orElseThrow();
    try (FileLock lock = full.channel().tryLock()) {
      if (lock != null && key().equals(Optional.of(full.key()))) {
        Files.move(file, former(), StandardCopyOption.ATOMIC_MOVE);
      }
    } catch (IOException | OverlappingFileLockException unable) {
      // a directory that can't be written: the log goes on growing, which loses nothing
    }
  }

  @Override
  public synchronized void close() throws IOException {
    if (opened.isPresent()) {
      opened.get().channel().close();
      opened = Optional.empty();
    }
  }
}
