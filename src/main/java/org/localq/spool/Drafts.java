package org.localq.spool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.function.Predicate;
import org.localq.core.ProcessId;

/**
 * Files that are being written under private names, {@code PID-TICKS-n}, to be published whole by a
 * link or a rename.
 */
final class Drafts {
  private final Path directory;
  private final String prefix;
  private final ProcessId process;
  private final Fsync fsync;
  private int next;

  Drafts(Path directory, ProcessId process, Fsync fsync) {
    this(directory, "", process, fsync);
  }

  /** Drafts in a directory that is not ours alone: each name begins with {@code prefix}. */
  Drafts(Path directory, String prefix, ProcessId process, Fsync fsync) {
    this.directory = directory;
    this.prefix = prefix;
    this.process = process;
    this.fsync = fsync;
  }

  /** What fills a new file. */
  interface Body {
    void writeTo(FileChannel file) throws IOException;
  }

  /** Writes a new file, on disk when this returns. When that fails nothing stays behind. */
  Path write(byte[] content) throws IOException {
    return write(
        file -> {
          ByteBuffer rest = ByteBuffer.wrap(content);
          while (rest.hasRemaining()) {
            file.write(rest);
          }
        });
  }

  /** The same, of a file that is too large for memory. */
  Path write(Body body) throws IOException {
    while (true) {
      Path draft = directory.resolve(prefix + process.pid() + "-" + process.ticks() + "-" + next++);
      try {
        write(draft, body);
        return draft;
      } catch (FileAlreadyExistsException taken) {
        // another thread of this process writes under this number
      }
    }
  }

  private void write(Path draft, Body body) throws IOException {
    try (FileChannel channel = create(draft)) {
      try {
        body.writeTo(channel);
        // against a power cut: a name that is published over unwritten blocks comes back empty
        fsync.file(channel);
      } catch (IOException failed) {
        Files.deleteIfExists(draft);
        throw at(directory, failed);
      } catch (RuntimeException refused) {
        Files.deleteIfExists(draft);
        throw refused;
      }
    }
  }

  private FileChannel create(Path draft) throws IOException {
    try {
      return Private.create(draft);
    } catch (FileAlreadyExistsException taken) {
      throw taken;
    } catch (IOException failed) {
      throw at(directory, failed);
    }
  }

  /**
   * The same failure, said of a place that is still the same when it is tried again, as a draft's
   * name is not; and said of some place, which what write(2) and fsync(2) say comes without.
   */
  private static IOException at(Path place, IOException failed) {
    if (failed instanceof AccessDeniedException) {
      return new AccessDeniedException(place.toString());
    }
    if (failed instanceof NoSuchFileException) {
      return new NoSuchFileException(place.toString());
    }
    String reason =
        failed instanceof FileSystemException placed ? placed.getReason() : failed.getMessage();
    return new FileSystemException(place.toString(), null, reason);
  }

  /**
   * Puts {@code content} in the place of {@code target}, whole or not at all; on disk when this
   * returns.
   */
  void replace(Path target, byte[] content) throws IOException {
    put(target, content);
    fsync.directory(target.getParent());
  }

  /** The same, where the name is on the disk only once its directory is forced. */
  void put(Path target, byte[] content) throws IOException {
    Path draft = write(content);
    try {
      Files.move(draft, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException failed) {
      Files.deleteIfExists(draft);
      throw at(target, failed);
    }
  }

  /** Removes what dead processes left. */
  void sweep(Predicate<ProcessId> alive) throws IOException {
    for (Path draft : Names.in(directory)) {
      Optional<ProcessId> owner = owner(draft.getFileName().toString());
      if (owner.isPresent() && !alive.test(owner.get())) {
        Files.deleteIfExists(draft);
      }
    }
  }

  /** The process that writes the file of this name. */
  static Optional<ProcessId> owner(String name) {
    String[] parts = name.split("-", -1);
    return parts.length == 3 ? ProcessId.parse(parts[0] + " " + parts[1]) : Optional.empty();
  }
}
