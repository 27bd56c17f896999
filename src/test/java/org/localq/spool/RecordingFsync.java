package org.localq.spool;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Forces, and remembers in which state the spool was each time. So a test sees in which order steps
 * were taken, and can fail or interfere at one of them.
 */
final class RecordingFsync implements Fsync {
  /**
   * One call.
   *
   * @param what "file of N bytes", or a directory's name below the spool
   * @param names every file that was there then
   */
  record Forced(String what, SortedSet<String> names) {}

  /** What happens before a call is carried out. */
  interface Incident {
    void happen(String what) throws IOException;
  }

  private final Fsync below;
  private final Path root;
  private final List<Forced> calls = new ArrayList<>();
  private Incident incident = what -> {};

  RecordingFsync(Fsync below, Path root) {
    this.below = below;
    this.root = root;
  }

  /** Forgets what was called so far. */
  void forget() {
    calls.clear();
  }

  List<Forced> calls() {
    return List.copyOf(calls);
  }

  /** The calls, without the states. */
  List<String> order() {
    return calls.stream().map(Forced::what).toList();
  }

  void before(Incident next) {
    incident = next;
  }

  @Override
  public void file(FileChannel file) throws IOException {
    record("file of " + file.size() + " bytes");
    below.file(file);
  }

  @Override
  public void directory(Path directory) throws IOException {
    record(
        directory.startsWith(root) ? root.relativize(directory).toString() : directory.toString());
    below.directory(directory);
  }

  private void record(String what) throws IOException {
    calls.add(new Forced(what, tree(root)));
    incident.happen(what);
  }

  /** Every name below {@code root} that is no directory. */
  static SortedSet<String> tree(Path root) throws IOException {
    SortedSet<String> names = new TreeSet<>();
    if (Files.isDirectory(root)) {
      try (Stream<Path> walk = Files.walk(root)) {
        walk.filter(path -> !Files.isDirectory(path, java.nio.file.LinkOption.NOFOLLOW_LINKS))
            .forEach(path -> names.add(root.relativize(path).toString()));
      }
    }
    return names;
  }
}
