package org.localq.spool;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.localq.core.Trouble;

/** Puts what the system refused into words: its exceptions leave half of them to their class. */
public final class Fault {
  private Fault() {}

  /** The trouble that {@code failed} tells of. */
  public static Trouble of(IOException failed) {
    return Trouble.of(words(failed));
  }

  private static String words(IOException failed) {
    if (failed instanceof FileSystemException placed && placed.getFile() != null) {
      if (placed.getReason() != null) {
        return placed.getFile() + ": " + placed.getReason();
      }
      if (failed instanceof NoSuchFileException) {
        return placed.getFile() + ": no such file or directory";
      }
      if (failed instanceof AccessDeniedException) {
        return placed.getFile() + ": permission denied";
      }
    }
    return failed.getMessage() == null ? failed.toString() : failed.getMessage();
  }
}
