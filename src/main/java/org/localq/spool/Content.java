package org.localq.spool;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What came of reading a file that anybody may have put there: never blocks, never follows a link,
 * never reads without end.
 */
sealed interface Content {
  /** The whole file. */
  record Whole(byte[] bytes, Instant modified) implements Content {}

  /** It is there, and not to be read: in one line, why. Waiting will not mend it. */
  record Unfit(String reason) implements Content {}

  /** It isn't there (any more). */
  record Gone() implements Content {}

  /**
   * The most that is read with memory enough, see {@link Terms}. A command and its environment take
   * at most 6 MiB (execve(2): three quarters of 8 MiB), which escapes can make longer.
   */
  int MOST_BYTES = 32 << 20;

  /**
   * Reads {@code file}, which has to be a regular file of user {@code uid} that no other user can
   * write.
   *
   * @param most how many bytes it may have
   */
  static Content read(Path file, int uid, int most) throws IOException {
    try {
      Facts facts = Facts.of(file);
      Optional<Unfit> unfit = facts.unfit(uid);
      if (unfit.isPresent()) {
        return unfit.get();
      }
      return facts.size() > most
          ? new Unfit("has " + facts.size() + " bytes, expected at most " + most(most))
          : read(file, most, facts.modified());
    } catch (NoSuchFileException gone) {
      return new Gone();
    }
  }

  /**
   * What the system says of a file, without opening it.
   *
   * @param inode tells it, with its size and time, from another that was put in its place
   */
  record Facts(boolean isRegular, int uid, int mode, long inode, long size, Instant modified) {
    static Facts of(Path file) throws IOException {
      Map<String, Object> facts =
          Files.readAttributes(
              file,
              "unix:uid,mode,ino,size,isRegularFile,lastModifiedTime",
              LinkOption.NOFOLLOW_LINKS);
      return new Facts(
          (Boolean) facts.get("isRegularFile"),
          (Integer) facts.get("uid"),
          (Integer) facts.get("mode"),
          ((Number) facts.get("ino")).longValue(),
          (Long) facts.get("size"),
          ((FileTime) facts.get("lastModifiedTime")).toInstant());
    }

    /** Why it is not to be opened by user {@code uid}. */
    Optional<Unfit> unfit(int uid) {
      if (!isRegular) {
        // a FIFO would block whoever opens it, a link lead out of the spool
        return Optional.of(new Unfit("is no regular file"));
      }
      if (this.uid != uid) {
        return Optional.of(new Unfit("belongs to user " + this.uid + ", expected " + uid));
      }
      if ((mode & OTHERS_WRITE) != 0) {
        return Optional.of(new Unfit("can be written by every user, expected mode 0600"));
      }
      return (mode & OWNER_READ) == 0
          ? Optional.of(new Unfit("can't be read by its owner, expected mode 0600"))
          : Optional.empty();
    }
  }

  private static Content read(Path file, int most, Instant modified) throws IOException {
    try (InputStream in =
        Files.newInputStream(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      byte[] bytes = in.readNBytes(most + 1);
      return bytes.length > most
          ? new Unfit("grew beyond " + most(most) + " bytes")
          : new Whole(bytes, modified);
    }
  }

  /** The beginning of a short file of ours; empty when it is gone. */
  static String head(Path file) throws IOException {
    try (InputStream in =
        Files.newInputStream(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS)) {
      return new String(in.readNBytes(LONGEST_HEAD), StandardCharsets.ISO_8859_1);
    } catch (NoSuchFileException gone) {
      return "";
    }
  }

  /** No line of ours is longer. */
  int LONGEST_HEAD = 200;

  private static String most(int most) {
    return most == MOST_BYTES
        ? Integer.toString(most)
        : most + " in so little memory (LOCALQ_JAVA_OPTS=-Xmx1g localqd restart gives more)";
  }

  /** S_IRUSR of stat(2). */
  int OWNER_READ = 0400;

  /** S_IWOTH of stat(2). */
  int OTHERS_WRITE = 0002;
}
