package org.localq;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** A tiny file system, to be filled to the last byte. Only root can make one. */
public final class SmallDisk implements AutoCloseable {
  private static final int TOO_MUCH = 1 << 22;

  private final Path place;

  private SmallDisk(Path place) {
    this.place = place;
  }

  /** Mounts a tmpfs at {@code place}, an empty directory; skips the test where that is refused. */
  public static SmallDisk mount(Path place, String size) throws IOException, InterruptedException {
    return mountWith(place, "size=" + size);
  }

  /** The same with room for data, and for few files. */
  public static SmallDisk mountOfFiles(Path place, int files)
      throws IOException, InterruptedException {
    return mountWith(place, "size=4m,nr_inodes=" + files);
  }

  private static SmallDisk mountWith(Path place, String options)
      throws IOException, InterruptedException {
    assumeTrue(isRoot(), "only root can mount a file system");
    Executed mount =
        Executed.run(
            Path.of("/"),
            "mount",
            "-t",
            "tmpfs",
            "-o",
            "mode=0700," + options,
            "tmpfs",
            place.toString());
    assumeTrue(mount.code() == 0, () -> "mounting is not allowed here: " + mount);
    return new SmallDisk(place);
  }

  /** Whether this user may do everything. */
  public static boolean isRoot() throws IOException {
    return Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0);
  }

  /** Writes until nothing fits any more. */
  public void fill() throws IOException {
    boolean full = false;
    try (OutputStream filler = Files.newOutputStream(filler())) {
      byte[] page = new byte[512];
      for (int written = 0; written < TOO_MUCH; written += page.length) {
        filler.write(page);
      }
    } catch (IOException noSpace) {
      full = true;
    }
    if (!full) {
      throw new AssertionError(place + " did not fill up");
    }
  }

  /** Makes files until none can be made any more. */
  public void fillWithFiles() throws IOException {
    Path directory = Files.createDirectories(place.resolve("files"));
    try {
      for (int file = 0; file < TOO_MUCH; file++) {
        Files.createFile(directory.resolve(Integer.toString(file)));
      }
    } catch (IOException noSpace) {
      return;
    }
    throw new AssertionError(place + " did not fill up");
  }

  /** Takes back what {@link #fill} or {@link #fillWithFiles} wrote. */
  public void free() throws IOException {
    Files.deleteIfExists(filler());
    Path directory = place.resolve("files");
    if (Files.exists(directory)) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(directory)) {
        for (Path file : files) {
          Files.delete(file);
        }
      }
      Files.delete(directory);
    }
  }

  /** As the kernel does with a disk that fails; no file of it may be open for writing. */
  public void makeReadOnly() throws IOException, InterruptedException {
    Executed.run(Path.of("/"), "mount", "-o", "remount,ro", place.toString()).orFail();
  }

  /** What {@link #fill} makes. */
  public Path filler() {
    return place.resolve("filler");
  }

  @Override
  public void close() throws IOException {
    try {
      Executed.run(Path.of("/"), "umount", "-l", place.toString()).orFail();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
