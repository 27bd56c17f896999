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
      Map<String, Object> facts =
          Files.readAttributes(
              file, "unix:uid,mode,size,isRegularFile,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
      if (!(Boolean) facts.get("isRegularFile")) {
        // a FIFO would block whoever opens it, a link lead out of the spool
        return new Unfit("is no regular file");
      }
      if ((Integer) facts.get("uid") != uid) {
        return new Unfit("belongs to user " + facts.get("uid") + ", expected " + uid);
      }
      if (((Integer) facts.get("mode") & OTHERS_WRITE) != 0) {
        return new Unfit("can be written by every user, expected mode 0600");
      }
      if (((Integer) facts.get("mode") & OWNER_READ) == 0) {
        return new Unfit("can't be read by its owner, expected mode 0600");
      }
      if ((Long) facts.get("size") > most) {
        return new Unfit("has " + facts.get("size") + " bytes, expected at most " + most(most));
      }
      return read(file, most, ((FileTime) facts.get("lastModifiedTime")).toInstant());
    } catch (NoSuchFileException gone) {
      return new Gone();
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
