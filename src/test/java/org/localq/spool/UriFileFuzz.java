package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.localq.core.Identity;
import org.localq.core.Refusal;

/**
 * Takes any bytes for a URI file. Either they name one absolute path, and the file that localq
 * would write for it names it too, or they are refused in one short line.
 */
public final class UriFileFuzz {
  private static final int LONGEST_MESSAGE = 400;
  private static final FileSystem FILES = Bench.memory();

  private UriFileFuzz() {}

  /**
   * Tries {@code bytes}.
   *
   * @throws AssertionError when something about them does not hold
   */
  public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
    Path place = FILES.getPath("/work");
    Identity identity = Bench.identity(place, 4711);
    UriFile file = new UriFile(place.resolve("q"));
    Files.write(file.path(), bytes);
    Files.setPosixFilePermissions(file.path(), PosixFilePermissions.fromString("rw-------"));
    Optional<Path> spool;
    try {
      spool = file.read(identity);
    } catch (Refusal refusal) {
      assertTellsWhy(refusal.getMessage());
      return;
    }
    Path path = spool.orElseThrow(() -> new AssertionError("a file that is there names nothing"));
    assertTrue(path.isAbsolute() && path.equals(path.normalize()), path.toString());
    UriFile again = new UriFile(place.resolve("again"));
    Files.deleteIfExists(again.path());
    assertTrue(again.publish(path, identity, Bench.FILES_ONLY), "published");
    assertEquals(spool, again.read(identity));
  }

  private static void assertTellsWhy(String message) {
    assertTrue(message.startsWith("/work/q: is "), message);
    assertTrue(message.length() <= LONGEST_MESSAGE, message);
    assertTrue(message.chars().noneMatch(Character::isISOControl), message);
  }
}
