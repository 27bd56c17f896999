package org.localq.spool;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Brings what was written to the disk. A seam, because an in-memory file system can't open a
 * directory.
 */
public interface Fsync {
  /** The real thing: fsync(2) of files and of directories. */
  Fsync DISK =
      new Fsync() {
        @Override
        public void file(FileChannel file) throws IOException {
          file.force(true);
        }

        @Override
        public void directory(Path directory) throws IOException {
          try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
          }
        }
      };

  /**
   * Returns once the content of {@code file} is on the disk. A failure is final: never tried again.
   */
  void file(FileChannel file) throws IOException;

  /** Returns once the names in {@code directory} are on the disk. */
  void directory(Path directory) throws IOException;
}
