package org.localq.spool;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * Makes files and directories for this user alone, whatever the umask: never open to others, not
 * even for a moment, and never without the owner's bits, which a umask can strip and without which
 * nobody could open them again.
 */
public final class Private {
  private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> DIRECTORY =
      PosixFilePermissions.fromString("rwx------");
  private static final FileAttribute<?> AS_FILE = PosixFilePermissions.asFileAttribute(FILE);
  private static final FileAttribute<?> AS_DIRECTORY =
      PosixFilePermissions.asFileAttribute(DIRECTORY);
  private static final Set<OpenOption> NEW =
      Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);

  private Private() {}

  /** Makes a new file, open for writing; {@link java.nio.file.FileAlreadyExistsException} else. */
  static FileChannel create(Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, NEW, AS_FILE);
    try {
      restrictFile(file);
      return channel;
    } catch (IOException failed) {
      try (channel) {
        Files.deleteIfExists(file);
      }
      throw failed;
    }
  }

  /** Makes a new file without content. */
  public static void createEmpty(Path file) throws IOException {
    create(file).close();
  }

  /** Makes a new directory. */
  static void createDirectory(Path directory) throws IOException {
    Files.createDirectory(directory, AS_DIRECTORY);
    restrictDirectory(directory);
  }

  /**
   * Opens a file with these options, which may make it; then {@link #restrictFile} is called for.
   */
  static FileChannel open(Path file, Set<? extends OpenOption> options) throws IOException {
    return FileChannel.open(file, options, AS_FILE);
  }

  /** From now on the file is this user's alone. */
  public static void restrictFile(Path file) throws IOException {
    Files.setPosixFilePermissions(file, FILE);
  }

  /** From now on the directory is this user's alone. */
  static void restrictDirectory(Path directory) throws IOException {
    Files.setPosixFilePermissions(directory, DIRECTORY);
  }
}
