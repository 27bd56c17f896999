package org.localq.faults;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * A directory on a disk that keeps nothing but what was forced, and of the rest whatever is worst.
 *
 * <p>A file's bytes are there for good once the file was forced, a name (created, linked, renamed,
 * removed) once its directory was. Until then each change may or may not have reached the disk, in
 * any order and each without the others, with two exceptions that hold for every journal: a rename
 * within a directory is one change, and a rename between two never takes the old name away before
 * the new one is there, unless the old name's directory alone is forced. Bytes that were written at
 * once can be torn in the middle.
 */
final class CrashDisk {
  /** What a second name of a file has in place of bytes, before the first name. */
  private static final String SAME_AS = "\u2192";

  /** The name that stands for the file {@code name}: its own, or the first of several. */
  static String first(SortedMap<String, String> tree, String name) {
    String bytes = tree.get(name);
    return bytes.startsWith(SAME_AS) ? bytes.substring(SAME_AS.length()) : name;
  }

  /** A file or a directory, whatever it is called. */
  private static final class Node {
    final boolean directory;
    State now = State.EMPTY;
    State forced = State.EMPTY;

    Node(boolean directory) {
      this.directory = directory;
    }
  }

  /** What is in a node: names, or bytes (a character each). */
  private record State(SortedMap<String, Node> names, String bytes) {
    static final State EMPTY = new State(Collections.emptySortedMap(), "");

    State with(Change change) {
      if (change instanceof Named named) {
        SortedMap<String, Node> all = new TreeMap<>(names);
        named
            .changes()
            .forEach(
                (name, node) ->
                    node.ifPresentOrElse(n -> all.put(name, n), () -> all.remove(name)));
        return new State(all, "");
      }
      Written written = (Written) change;
      return new State(names, (written.over() ? "" : bytes) + written.bytes());
    }
  }

  private sealed interface Change {
    Node node();

    int at();

    Optional<Change> needs();
  }

  private record Named(
      Node node, int at, Optional<Change> needs, Map<String, Optional<Node>> changes)
      implements Change {}

  private record Written(Node node, int at, Optional<Change> needs, boolean over, String bytes)
      implements Change {}

  private final Path root;
  private final Node top = new Node(true);
  private final List<Change> pending = new ArrayList<>();
  private int time;

  /**
   * A disk.
   *
   * @param root what is outside of it is nobody's business
   * @param content what is on it for good: a line for each directory, with a slash at its end, and
   *     each file with its bytes, as {@link #survivors} has them
   */
  CrashDisk(Path root, SortedMap<String, String> content) {
    this.root = root;
    content.forEach(
        (name, bytes) -> {
          Node node = new Node(name.endsWith("/"));
          node.now = new State(Collections.emptySortedMap(), bytes);
          Path path = root.resolve(name);
          enter(
              parent(path).orElseThrow(), Map.of(last(path), Optional.of(node)), Optional.empty());
        });
    settle(top);
    pending.clear();
  }

  private static void settle(Node node) {
    node.forced = node.now;
    node.now.names().values().forEach(CrashDisk::settle);
  }

  /** Something happened that is no business of this disk. */
  void pass() {
    time++;
  }

  /** Something happened. */
  void apply(TraceEvent event) {
    if (event instanceof TraceEvent.Created created) {
      parent(created.file())
          .filter(in -> !in.now.names().containsKey(last(created.file())))
          .ifPresent(in -> add(in, created.file(), new Node(false)));
    } else if (event instanceof TraceEvent.DirectoryMade made) {
      parent(made.directory()).ifPresent(in -> add(in, made.directory(), new Node(true)));
    } else if (event instanceof TraceEvent.Emptied emptied) {
      find(emptied.file())
          .filter(file -> !file.now.bytes().isEmpty())
          .ifPresent(file -> write(file, true, "", Optional.empty()));
    } else if (event instanceof TraceEvent.Wrote wrote) {
      if (wrote.file().startsWith("/")) {
        find(Path.of(wrote.file())).ifPresent(file -> append(file, wrote.bytes()));
      }
    } else if (event instanceof TraceEvent.Overwrote wrote) {
      if (wrote.file().startsWith("/")) {
        find(Path.of(wrote.file())).ifPresent(file -> overwrite(file, wrote));
      }
    } else if (event instanceof TraceEvent.Linked linked) {
      find(linked.from())
          .ifPresent(file -> parent(linked.to()).ifPresent(in -> add(in, linked.to(), file)));
    } else if (event instanceof TraceEvent.Renamed renamed) {
      rename(renamed);
    } else if (event instanceof TraceEvent.Removed removed) {
      parent(removed.name())
          .filter(in -> in.now.names().containsKey(last(removed.name())))
          .ifPresent(
              in -> enter(in, Map.of(last(removed.name()), Optional.empty()), Optional.empty()));
    } else if (event instanceof TraceEvent.Forced forced) {
      find(forced.path()).ifPresent(node -> force(node, forced.begin()));
    }
    time++;
  }

  private void add(Node in, Path path, Node node) {
    enter(in, Map.of(last(path), Optional.of(node)), Optional.empty());
  }

  private void append(Node file, String bytes) {
    int middle = bytes.length() / 2;
    Change first = write(file, false, bytes.substring(0, middle), Optional.empty());
    write(file, false, bytes.substring(middle), Optional.of(first));
  }

  /** As one change of the whole, which can be lost by itself. */
  private void overwrite(Node file, TraceEvent.Overwrote wrote) {
    StringBuilder bytes = new StringBuilder(file.now.bytes());
    int end = wrote.at() + wrote.bytes().length();
    bytes.setLength(Math.max(bytes.length(), end));
    bytes.replace(wrote.at(), end, wrote.bytes());
    write(file, true, bytes.toString(), Optional.empty());
  }

  private void rename(TraceEvent.Renamed renamed) {
    Optional<Node> node = find(renamed.from());
    Optional<Node> target = parent(renamed.to());
    Optional<Node> source = parent(renamed.from());
    if (node.isEmpty() || target.isEmpty()) {
      // out of the disk, or into it: nothing that a spool would do
      source.ifPresent(
          in -> enter(in, Map.of(last(renamed.from()), Optional.empty()), Optional.empty()));
      return;
    }
    Map<String, Optional<Node>> to = Map.of(last(renamed.to()), node);
    Map<String, Optional<Node>> from = Map.of(last(renamed.from()), Optional.empty());
    if (source.get() == target.get()) {
      Map<String, Optional<Node>> both = new TreeMap<>(from);
      both.putAll(to);
      enter(source.get(), both, Optional.empty());
    } else {
      Change there = enter(target.get(), to, Optional.empty());
      enter(source.get(), from, Optional.of(there));
    }
  }

  private Change enter(Node in, Map<String, Optional<Node>> changes, Optional<Change> needs) {
    return add(new Named(in, time, needs, changes));
  }

  private Change write(Node file, boolean over, String bytes, Optional<Change> needs) {
    return add(new Written(file, time, needs, over, bytes));
  }

  private Change add(Change change) {
    change.node().now = change.node().now.with(change);
    pending.add(change);
    return change;
  }

  private void force(Node node, int begin) {
    Set<Change> now = Collections.newSetFromMap(new IdentityHashMap<>());
    for (Change change : pending) {
      if (change.node() == node && change.at() < begin) {
        now.add(change);
      }
    }
    for (Change change : List.copyOf(pending)) {
      if (now.contains(change)) {
        change.node().forced = change.node().forced.with(change);
      }
    }
    pending.removeIf(now::contains);
  }

  /**
   * What can be on the disk after a power cut now: with none and with all of what was not forced,
   * with and without each single change, and with each first part of them.
   */
  void survivors(Consumer<SortedMap<String, String>> each) {
    int changes = pending.size();
    Set<BitSet> choices = new LinkedHashSet<>();
    for (int i = 0; i <= changes; i++) {
      BitSet first = new BitSet();
      first.set(0, i);
      choices.add(first);
    }
    for (int i = 0; i < changes; i++) {
      BitSet alone = new BitSet();
      alone.set(i);
      choices.add(alone);
      BitSet others = new BitSet();
      others.set(0, changes);
      others.clear(i);
      choices.add(others);
    }
    choices.forEach(choice -> each.accept(tree(choice)));
  }

  /** What programs see. */
  SortedMap<String, String> now() {
    SortedMap<String, String> tree = new TreeMap<>();
    walk(top, "", node -> node.now, new Walk(tree));
    return tree;
  }

  private SortedMap<String, String> tree(BitSet choice) {
    Set<Change> chosen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int i = choice.nextSetBit(0); i >= 0; i = choice.nextSetBit(i + 1)) {
      chosen.add(pending.get(i));
      pending.get(i).needs().ifPresent(chosen::add);
    }
    Map<Node, State> states = new IdentityHashMap<>();
    for (Change change : pending) {
      if (chosen.contains(change)) {
        State before = states.getOrDefault(change.node(), change.node().forced);
        states.put(change.node(), before.with(change));
      }
    }
    SortedMap<String, String> tree = new TreeMap<>();
    walk(top, "", node -> states.getOrDefault(node, node.forced), new Walk(tree));
    return tree;
  }

  private interface Version {
    State of(Node node);
  }

  private record Walk(SortedMap<String, String> tree, Map<Node, String> first) {
    Walk(SortedMap<String, String> tree) {
      this(tree, new IdentityHashMap<>());
    }
  }

  private static void walk(Node directory, String prefix, Version version, Walk walk) {
    version
        .of(directory)
        .names()
        .forEach(
            (last, node) -> {
              String name = prefix + last;
              if (node.directory) {
                walk.tree().put(name + "/", "");
                walk(node, name + "/", version, walk);
              } else {
                String first = walk.first().putIfAbsent(node, name);
                walk.tree().put(name, first == null ? version.of(node).bytes() : SAME_AS + first);
              }
            });
  }

  private Optional<Node> find(Path path) {
    if (!path.startsWith(root)) {
      return Optional.empty();
    }
    Node node = top;
    if (!path.equals(root)) {
      for (Path name : root.relativize(path)) {
        node = node.now.names().get(name.toString());
        if (node == null) {
          return Optional.empty();
        }
      }
    }
    return Optional.of(node);
  }

  private Optional<Node> parent(Path path) {
    return path.equals(root) ? Optional.empty() : find(path.getParent());
  }

  private static String last(Path path) {
    return path.getFileName().toString();
  }
}
