package org.localq.faults;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.regex.Pattern;
import org.apache.commons.io.file.PathUtils;

/**
 * A scenario that has happened once, and every way in which a power cut could have ended it.
 *
 * <p>An fsync is known by its site: the names it is there for, without what differs from run to
 * run.
 */
final class PowerTrace {
  private static final FileAttribute<?> DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final FileAttribute<?> FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  /** What was broken by a power cut, and where it came. */
  record Broken(List<String> promises, String behind, SortedMap<String, String> disk) {
    @Override
    public String toString() {
      return promises + " when the power is cut behind " + behind + " and leaves " + disk.keySet();
    }
  }

  private record Disk(SortedMap<String, String> tree, int promises) {}

  private final PowerScenario scenario;
  private final Path home;
  private final SortedMap<String, String> before;
  private final List<TraceEvent> events;
  private final String host;
  private final Map<Disk, List<String>> seen = new HashMap<>();
  private int points;

  private PowerTrace(
      PowerScenario scenario,
      Path home,
      SortedMap<String, String> before,
      List<TraceEvent> events,
      String host) {
    this.scenario = scenario;
    this.home = home;
    this.before = before;
    this.events = events;
    this.host = host;
  }

  /**
   * Lets a scenario happen in {@code home}, a directory to be made, which afterwards is where the
   * disks are that power cuts have left.
   */
  static PowerTrace of(PowerScenario scenario, Path home) throws IOException, InterruptedException {
    Files.createDirectory(home, DIRECTORY);
    TraceRun run = new TraceRun(home);
    run.run(scenario.before);
    SortedMap<String, String> before = TraceRun.tree(home);
    before.keySet().removeIf(name -> !Promises.concerns(home, home.resolve(name)));
    List<TraceEvent> events = new ArrayList<>();
    for (TraceEvent event : run.trace(scenario.script)) {
      events.add(event);
    }
    String host =
        Files.readString(home.resolve(".localq/queue/.localq/host"), StandardCharsets.US_ASCII);
    return new PowerTrace(scenario, home, before, List.copyOf(events), host.strip());
  }

  /** The sites of all that was forced. */
  Set<String> sites() {
    Set<String> sites = new LinkedHashSet<>();
    for (int at = 0; at < events.size(); at++) {
      site(at).ifPresent(sites::add);
    }
    return sites;
  }

  private Optional<String> site(int at) {
    if (!(events.get(at) instanceof TraceEvent.Forced forced)
        || !Promises.concerns(home, forced.path())) {
      return Optional.empty();
    }
    Optional<Path> published = Optional.empty();
    for (TraceEvent event : events.subList(at, events.size())) {
      if (published.isEmpty() && event instanceof TraceEvent.Linked linked) {
        published = Optional.of(linked.to()).filter(to -> linked.from().equals(forced.path()));
      } else if (published.isEmpty() && event instanceof TraceEvent.Renamed renamed) {
        published = Optional.of(renamed.to()).filter(to -> renamed.from().equals(forced.path()));
      }
    }
    Optional<String> change = lastChange(at, forced.path());
    if (published.isPresent() && !isDirectory(forced.path())) {
      return Optional.of("bytes of " + general(published.get()));
    }
    return Optional.of(
        isDirectory(forced.path())
            ? "names in " + general(forced.path()) + change.map(c -> ", " + c).orElse("")
            : "bytes of " + general(forced.path()));
  }

  private boolean isDirectory(Path path) {
    return path.equals(home)
        || before.containsKey(home.relativize(path) + "/")
        || events.stream().anyMatch(event -> makes(event, path));
  }

  /** Whether this event makes a directory, under the name that it had before it was published. */
  private boolean makes(TraceEvent event, Path path) {
    return event instanceof TraceEvent.DirectoryMade made
        && (made.directory().equals(path) || general(made.directory()).equals(draft(path)));
  }

  private String draft(Path path) {
    String name = general(path);
    return name.equals("the root") ? "new spool" : "new spool/" + name;
  }

  /** What a worker creates under its own name, because it needs no content. */
  private static final Pattern MARKER = Pattern.compile("\\.(timeout|requeue|requeued)$");

  /** The last name that came to a directory before it was forced, but for what shims create. */
  private Optional<String> lastChange(int at, Path directory) {
    for (int i = at - 1; i >= 0; i--) {
      TraceEvent event = events.get(i);
      if (event instanceof TraceEvent.Renamed renamed
          && touches(directory, renamed.from(), renamed.to())) {
        return Optional.of(general(renamed.from()) + " renamed to " + general(renamed.to()));
      }
      if (event instanceof TraceEvent.Linked linked && touches(directory, linked.to())) {
        return Optional.of(general(linked.to()) + " linked");
      }
      if (event instanceof TraceEvent.Created created
          && touches(directory, created.file())
          && MARKER.matcher(created.file().toString()).find()) {
        return Optional.of(general(created.file()) + " created");
      }
      if (event instanceof TraceEvent.DirectoryMade made && touches(directory, made.directory())) {
        return Optional.of(general(made.directory()) + " made");
      }
    }
    return Optional.empty();
  }

  private static boolean touches(Path directory, Path... names) {
    for (Path name : names) {
      if (directory.equals(name.getParent())) {
        return true;
      }
    }
    return false;
  }

  /** A path as seen from the spool, without ids, pids and hashes. */
  private String general(Path path) {
    return ("~/" + home.relativize(path))
        .replaceAll("\\.new-[0-9-]+", ".new")
        .replaceAll("tmp/[0-9-]+", "tmp/*")
        .replaceAll("aside/.+", "aside/*")
        .replaceAll("(?<=[/.])\\d+_\\d+(?=[./]|$)", "N_N")
        .replaceAll("(?<=claimed-)\\d+$", "N")
        .replaceAll("(?<=[/.])\\d+(?=[./]|$)", "N")
        .replaceAll("(run|shim)-[0-9a-f]{8}", "$1-*")
        .replaceAll("^~/\\.localq/queue\\.new", "new spool")
        .replaceAll("^~/\\.localq/queue/", "")
        .replaceAll("^~/\\.localq/queue$", "the root");
  }

  /**
   * Cuts the power behind every event, and looks at every disk that this can leave.
   *
   * @param without the fsync sites that do nothing; none: all do what they should
   * @param most how many broken promises are enough
   */
  List<Broken> explore(Set<String> without, int most) throws IOException {
    Set<Integer> skipped = new HashSet<>();
    for (int at = 0; at < events.size(); at++) {
      if (site(at).filter(without::contains).isPresent()) {
        skipped.add(at);
      }
    }
    CrashDisk disk = new CrashDisk(home, before);
    Promises promises = new Promises(before);
    List<Broken> broken = new ArrayList<>();
    points = 0;
    for (int at = 0; at < events.size() && broken.size() < most; at++) {
      TraceEvent event = events.get(at);
      int promised = promises.version();
      boolean concerns = concerns(event);
      if (concerns && !skipped.contains(at)) {
        disk.apply(event);
      } else {
        disk.pass();
      }
      promises.note(event, disk.now());
      if (concerns || promises.version() > promised) {
        points++;
        List<SortedMap<String, String>> trees = new ArrayList<>();
        disk.survivors(trees::add);
        for (SortedMap<String, String> tree : trees) {
          Disk key = new Disk(tree, promises.version());
          List<String> verdict = seen.get(key);
          if (verdict == null) {
            verdict = judge(tree, promises);
            seen.put(key, verdict);
          }
          if (!verdict.isEmpty() && broken.size() < most) {
            broken.add(new Broken(verdict, describe(event), tree));
          }
        }
      }
    }
    return broken;
  }

  private boolean concerns(TraceEvent event) {
    return switch (kind(event)) {
      case "Created" -> Promises.concerns(home, ((TraceEvent.Created) event).file());
      case "Emptied" -> Promises.concerns(home, ((TraceEvent.Emptied) event).file());
      case "DirectoryMade" ->
          Promises.concerns(home, ((TraceEvent.DirectoryMade) event).directory());
      case "Linked" -> Promises.concerns(home, ((TraceEvent.Linked) event).to());
      case "Renamed" -> Promises.concerns(home, ((TraceEvent.Renamed) event).to());
      case "Removed" -> Promises.concerns(home, ((TraceEvent.Removed) event).name());
      case "Forced" -> Promises.concerns(home, ((TraceEvent.Forced) event).path());
      case "Overwrote" -> {
        String file = ((TraceEvent.Overwrote) event).file();
        yield file.startsWith("/") && Promises.concerns(home, Path.of(file));
      }
      default -> {
        String file = ((TraceEvent.Wrote) event).file();
        yield file.startsWith("/") && Promises.concerns(home, Path.of(file));
      }
    };
  }

  private static String kind(TraceEvent event) {
    return event.getClass().getSimpleName();
  }

  private String describe(TraceEvent event) {
    String text = event.toString().replace(home.toString(), "~");
    return text.length() > 200 ? text.substring(0, 200) + "…" : text;
  }

  private List<String> judge(SortedMap<String, String> tree, Promises promises) throws IOException {
    List<String> torn = promises.torn(tree);
    if (!torn.isEmpty()) {
      return torn;
    }
    materialise(tree);
    return Aftermath.of(home, host, promises, scenario);
  }

  private void materialise(SortedMap<String, String> tree) throws IOException {
    PathUtils.deleteDirectory(home);
    Files.createDirectory(home, DIRECTORY);
    for (Map.Entry<String, String> entry : tree.entrySet()) {
      Path path = home.resolve(entry.getKey());
      String first = CrashDisk.first(tree, entry.getKey());
      if (entry.getKey().endsWith("/")) {
        Files.createDirectory(path, DIRECTORY);
      } else if (!first.equals(entry.getKey())) {
        Files.createLink(path, home.resolve(first));
      } else {
        Files.createFile(path, FILE);
        Files.write(path, entry.getValue().getBytes(StandardCharsets.ISO_8859_1));
      }
    }
  }

  /** How much was looked at. */
  String extent() {
    return scenario
        + ": "
        + events.size()
        + " events, "
        + points
        + " cuts, "
        + seen.size()
        + " disks";
  }
}
