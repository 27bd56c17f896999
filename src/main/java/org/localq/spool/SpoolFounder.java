package org.localq.spool;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.apache.commons.io.file.PathUtils;
import org.localq.core.Identity;

/**
 * Makes a spool: built whole under a private name beside its place, then renamed there, so that
 * nobody ever sees half of one and of two that make it at once the second finds it made (R8).
 */
final class SpoolFounder {
  static final byte[] VOID_CONTENT =
      (RunningDirectory.VOID + "\n").getBytes(StandardCharsets.US_ASCII);

  private final Identity identity;
  private final Fsync fsync;

  SpoolFounder(Identity identity, Fsync fsync) {
    this.identity = identity;
    this.fsync = fsync;
  }

  /**
   * Makes the directory {@code path} and those above it that are missing, each for this user alone.
   * On the disk when this returns, whoever made it.
   */
  void makeParents(Path path) throws IOException {
    if (path != null && !Files.isDirectory(path)) {
      makeParents(path.getParent());
      try {
        Private.createDirectory(path);
      } catch (FileAlreadyExistsException taken) {
        if (!Files.isDirectory(path)) {
          throw taken;
        }
        // RACE: another process made it first
      }
      fsync.directory(path.getParent());
    } else if (path != null && path.getParent() != null) {
      secure(path);
    }
  }

  /** Against a power cut: whoever made this directory may have died before it was on the disk. */
  private void secure(Path directory) throws IOException {
    try {
      fsync.directory(directory.getParent());
    } catch (AccessDeniedException foreign) {
      // not made by us
    } catch (IOException failed) {
      // nor were those of a file system that has nothing to force, as an automounter's
      if (!String.valueOf(failed.getMessage()).contains("Invalid argument")) {
        throw failed;
      }
    }
  }

  /**
   * Makes the spool {@code root}, unless something is there that is not an empty directory.
   *
   * @return false when something was
   */
  boolean found(Path root) throws IOException {
    makeParents(root.getParent());
    Path draft =
        root.resolveSibling(
            root.getFileName()
                + ".new-"
                + identity.process().pid()
                + "-"
                + identity.process().ticks());
    discard(draft);
    try {
      build(new Layout(draft));
      Files.move(draft, root, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException failed) {
      discard(draft);
      boolean mountPoint = failed instanceof AtomicMoveNotSupportedException;
      if (!mountPoint && Files.isDirectory(root) && !isEmpty(root)) {
        // RACE: another process made it first
        return false;
      }
      throw failed instanceof FileSystemException placed
          ? placed
          : new FileSystemException(root.toString(), null, failed.getMessage());
    }
    // a failure of this is no sign that another process was first
    forceName(root);
    return true;
  }

  private void forceName(Path root) throws IOException {
    try {
      fsync.directory(root.getParent());
    } catch (FileSystemException placed) {
      throw placed;
    } catch (IOException failed) {
      throw new FileSystemException(root.toString(), null, failed.getMessage());
    }
  }

  private static void discard(Path draft) throws IOException {
    if (Files.isDirectory(draft)) {
      PathUtils.deleteDirectory(draft);
    }
  }

  private static boolean isEmpty(Path directory) throws IOException {
    return Names.in(directory).isEmpty();
  }

  private void build(Layout layout) throws IOException {
    List<Path> directories = layout.directories();
    for (Path directory : directories) {
      Private.createDirectory(directory);
    }
    write(layout.version(), Integer.toString(Layout.VERSION));
    write(layout.host(), identity.host());
    write(layout.seq().resolve("0"), "");
    write(layout.lock(), "");
    write(layout.workerLock(), "");
    write(layout.voidToken(), RunningDirectory.VOID);
    for (Path directory : directories) {
      fsync.directory(directory);
    }
  }

  private void write(Path file, String line) throws IOException {
    try (FileChannel channel = Private.create(file)) {
      if (!line.isEmpty()) {
        channel.write(ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.US_ASCII)));
      }
      fsync.file(channel);
    }
  }
}
