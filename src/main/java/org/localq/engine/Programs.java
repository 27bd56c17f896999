package org.localq.engine;

import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** Finds programs as execvp(3) does. */
final class Programs {
  private Programs() {}

  /**
   * The file that would be executed; nothing where there is none, or where it can't be told.
   *
   * @param name with a slash: a path
   * @param directory in which relative paths begin
   * @param path what PATH says
   */
  static Optional<Path> find(String name, String directory, String path) {
    if (name.contains("/")) {
      return executable(directory, name);
    }
    for (String place : path.split(":", -1)) {
      Optional<Path> found = executable(directory, place.isEmpty() ? name : place + "/" + name);
      if (found.isPresent()) {
        return found;
      }
    }
    return Optional.empty();
  }

  private static Optional<Path> executable(String directory, String file) {
    try {
      Path place = Path.of(directory).resolve(file);
      return Files.isRegularFile(place) && Files.isExecutable(place)
          ? Optional.of(place)
          : Optional.empty();
    } catch (InvalidPathException noText) {
      // the JVM can't look there
      return Optional.empty();
    }
  }
}
