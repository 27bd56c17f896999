package org.localq.faults;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.localq.Eventually;
import org.localq.Executed;

/**
 * An ext4 file system in a file, whose power can be cut: what the file holds at a moment, with
 * nothing written back that was not forced, is what a disk would hold.
 */
final class PowerImage implements AutoCloseable {
  private static final int BYTES = 16 << 20;

  /** The journal's own timer would bring to the disk what nobody forced: every 5 s by default. */
  private static final String OPTIONS = "loop,commit=300";

  private final Path file;
  private final Path place;
  private boolean mounted;

  /**
   * A new file system.
   *
   * @param file where it is
   * @param place the directory where it is mounted, for as long as it is
   */
  PowerImage(Path file, Path place) throws IOException, InterruptedException {
    this.file = file;
    this.place = place;
    Files.write(file, new byte[BYTES]);
    // no thread of the kernel that initialises tables, and commits the journal meanwhile
    Executed.run(
            Path.of("/"),
            "mkfs.ext4",
            "-q",
            "-F",
            "-E",
            "lazy_itable_init=0,lazy_journal_init=0",
            file.toString())
        .orFail();
  }

  /** Skips the test where one may not mount. */
  static void assumeMountable(Path scratch) throws IOException, InterruptedException {
    int uid = (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    assumeTrue(uid == 0, "only root can mount a disk image");
    assumeTrue(Executed.isInstalled("mkfs.ext4"), "mkfs.ext4 is not installed");
    Path place = Files.createDirectory(scratch.resolve("probe"));
    try (PowerImage image = new PowerImage(scratch.resolve("probe.img"), place)) {
      Executed mount = image.tryMount();
      assumeTrue(mount.code() == 0, () -> "no loop device can be mounted here: " + mount.err());
    }
  }

  private Executed tryMount() throws IOException, InterruptedException {
    Executed mount =
        Executed.run(
            Path.of("/"), "mount", "-t", "ext4", "-o", OPTIONS, file.toString(), place.toString());
    mounted = mount.code() == 0;
    return mount;
  }

  void mount() throws IOException, InterruptedException {
    tryMount().orFail();
  }

  /** Keeps what is on the disk now, as {@link #restore} wants it. */
  Path keep(String name) throws IOException {
    Path copy = file.resolveSibling(name);
    return Files.copy(file, copy, StandardCopyOption.REPLACE_EXISTING);
  }

  /** Puts a former state into the place of this one, and mounts it: its journal is replayed. */
  void restore(Path kept) throws Exception {
    unmount();
    Files.copy(kept, file, StandardCopyOption.REPLACE_EXISTING);
    mount();
  }

  /** Waits for whoever still uses it. */
  void unmount() throws Exception {
    if (mounted) {
      Executed[] last = new Executed[1];
      Eventually.eventually(
          () -> {
            last[0] = Executed.run(Path.of("/"), "umount", place.toString());
            return last[0].code() == 0;
          },
          () -> "still in use: " + last[0]);
      mounted = false;
    }
  }

  /** Takes it away from under whoever still uses it. */
  @Override
  public void close() {
    if (mounted) {
      boolean interrupted = Thread.interrupted();
      try {
        for (String how : List.of("-d", "-l")) {
          if (mounted) {
            mounted = Executed.run(Path.of("/"), "umount", how, place.toString()).code() != 0;
          }
        }
      } catch (IOException failed) {
        throw new IllegalStateException(failed);
      } catch (InterruptedException again) {
        interrupted = true;
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
