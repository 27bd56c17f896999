package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ContentTest {
  @TempDir private Path directory;
  private Path file;
  private int uid;

  @BeforeEach
  void findOutWhoWeAre() throws IOException {
    file = directory.resolve("file");
    uid = (Integer) Files.getAttribute(directory, "unix:uid");
  }

  @Nested
  class A_file_of_the_user {
    @Test
    void is_read_whole_with_its_time() throws IOException {
      byte[] bytes = {1, 0, (byte) 0xff};
      Files.write(file, bytes);
      Files.setLastModifiedTime(file, FileTime.from(Instant.parse("2026-01-02T03:04:05Z")));
      Content.Whole whole =
          assertInstanceOf(Content.Whole.class, Content.read(file, uid, Content.MOST_BYTES));
      assertArrayEquals(bytes, whole.bytes());
      assertEquals(Instant.parse("2026-01-02T03:04:05Z"), whole.modified());
    }

    @ParameterizedTest
    @ValueSource(strings = {"rw-------", "r--------", "rw-r--r--", "rw-rw-r--", "rwxr-xr-x"})
    void may_be_readable_by_others(String mode) throws IOException {
      Files.createFile(file);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
      assertInstanceOf(Content.Whole.class, Content.read(file, uid, Content.MOST_BYTES));
    }

    @Test
    void may_have_as_many_bytes_as_is_said_and_not_one_more() throws IOException {
      lengthen(Content.MOST_BYTES);
      assertEquals(
          Content.MOST_BYTES,
          assertInstanceOf(Content.Whole.class, Content.read(file, uid, Content.MOST_BYTES))
              .bytes()
              .length);
      lengthen(Content.MOST_BYTES + 1L);
      assertEquals(
          new Content.Unfit("has 33554433 bytes, expected at most 33554432"),
          Content.read(file, uid, Content.MOST_BYTES));
    }

    @Test
    void has_less_room_in_little_memory() throws IOException {
      int most = Terms.of(64 << 20, Overdue.UNHEARD).mostBytes();
      assertTrue(most > 1 << 20 && most < 4 << 20, "" + most);
      lengthen(most);
      assertInstanceOf(Content.Whole.class, Content.read(file, uid, most));
      lengthen(most + 1L);
      Content.Unfit unfit = assertInstanceOf(Content.Unfit.class, Content.read(file, uid, most));
      assertTrue(unfit.reason().contains("in so little memory"), unfit.reason());
      assertEquals(Content.MOST_BYTES, Terms.of(Long.MAX_VALUE, Overdue.UNHEARD).mostBytes());
    }

    private void lengthen(long size) throws IOException {
      try (SeekableByteChannel channel =
          Files.newByteChannel(file, Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE))) {
        channel.position(size - 1).write(ByteBuffer.wrap(new byte[1]));
      }
    }
  }

  @Nested
  class Anything_else {
    @Test
    void is_gone_where_nothing_is() throws IOException {
      assertEquals(new Content.Gone(), Content.read(file, uid, Content.MOST_BYTES));
    }

    @Test
    void is_unfit_where_it_belongs_to_somebody_else() throws IOException {
      Files.createFile(file);
      assertEquals(
          new Content.Unfit("belongs to user " + uid + ", expected " + (uid + 1)),
          Content.read(file, uid + 1, Content.MOST_BYTES));
    }

    @Test
    void is_unfit_where_everybody_can_write_it() throws IOException {
      Files.createFile(file);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
      assertEquals(
          new Content.Unfit("can be written by every user, expected mode 0600"),
          Content.read(file, uid, Content.MOST_BYTES));
    }

    @Test
    void is_unfit_where_its_owner_can_not_read_it() throws IOException {
      Files.createFile(file);
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("-w-rwx---"));
      assertEquals(
          new Content.Unfit("can't be read by its owner, expected mode 0600"),
          Content.read(file, uid, Content.MOST_BYTES));
    }

    @Test
    void is_unfit_where_it_is_a_directory() throws IOException {
      Files.createDirectory(file);
      assertEquals(
          new Content.Unfit("is no regular file"), Content.read(file, uid, Content.MOST_BYTES));
    }

    @Test
    void is_unfit_where_it_is_a_link() throws IOException {
      Path target = Files.createFile(directory.resolve("target"));
      Files.createSymbolicLink(file, target);
      assertEquals(
          new Content.Unfit("is no regular file"), Content.read(file, uid, Content.MOST_BYTES));
    }
  }
}
