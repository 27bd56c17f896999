package org.localq.spool;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Lists directories, whole or not at all: a listing that fails half-way must not look like a short
 * queue.
 */
final class Names {
  private Names() {}

  /** What is done with a name. */
  interface Visitor {
    void visit(Path path) throws IOException;
  }

  /** Shows every name in {@code directory} to {@code visitor}, in no order, and keeps none. */
  static void each(Path directory, Visitor visitor) throws IOException {
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
      for (Path path : stream) {
        visitor.visit(path);
      }
    } catch (DirectoryIteratorException failed) {
      throw failed.getCause();
    }
  }

  /** What is in {@code directory}, in no order. */
  static List<Path> in(Path directory) throws IOException {
    List<Path> names = new ArrayList<>();
    each(directory, names::add);
    return names;
  }
}
