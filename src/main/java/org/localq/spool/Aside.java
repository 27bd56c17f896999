package org.localq.spool;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/** {@code .localq/aside/}: where things go that are in the way, and that nobody should delete. */
final class Aside {
  private final Layout layout;
  private final Fsync fsync;

  Aside(Layout layout, Fsync fsync) {
    this.layout = layout;
    this.fsync = fsync;
  }

  /**
   * Moves what lies at {@code place} here, over nothing that is here already: on the disk when this
   * returns.
   *
   * @return where it is now; nothing when it was gone
   */
  Optional<Path> take(Path place) throws IOException {
    if (!Spool.exists(place)) {
      return Optional.empty();
    }
    makeSureOfDirectory();
    int n = 1;
    while (Spool.exists(layout.aside(place, n))) {
      n++;
    }
    Path target = layout.aside(place, n);
    try {
      Files.move(place, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException gone) {
      // RACE: a client took the counter on, or a person was first
      return Optional.empty();
    }
    // against a power cut: in one place at least, and not in both
    fsync.directory(layout.aside());
    fsync.directory(place.getParent());
    return Optional.of(target);
  }

  private void makeSureOfDirectory() throws IOException {
    if (!Spool.exists(layout.aside())) {
      try {
        Private.createDirectory(layout.aside());
      } catch (FileAlreadyExistsException made) {
        // RACE: while there is no lock file, two repairs can be here at once
      }
    }
    // against a power cut, also of who made it and died: what is moved here would go with it
    fsync.directory(layout.own());
  }
}
