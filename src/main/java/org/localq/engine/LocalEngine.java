package org.localq.engine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.CRC32;
import org.localq.core.JobId;
import org.localq.core.ProcessId;

/**
 * Runs jobs as processes of this machine: {@code setsid sh shim RUNNING}, which is told of each
 * attempt that it is to execute.
 *
 * <p>The shim leads a session of its own, so that neither a closed terminal nor the worker's end
 * reaches the job, and writes the exit code itself.
 */
public final class LocalEngine implements Engine {
  private static final String DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

  private final Path proc;
  private final Path shim;
  private final Inherited own;
  private final String path;
  private final String uri;
  private final Confinement.Source confinements;
  private final Shims shims = new Shims();

  /** By what this machine confines jobs; nothing until the first that asks for memory. */
  private Optional<Confinement> confinement = Optional.empty();

  private Optional<Listing> last = Optional.empty();
  private Optional<Boolean> numbersAreMany = Optional.empty();

  /** Where each was found last. */
  private final Map<String, Path> programs = new HashMap<>();

  /**
   * An engine.
   *
   * @param proc where proc(5) is mounted
   * @param shim a file with {@link #shimText}
   * @param own what the shims inherit of the worker
   * @param path the worker's PATH, on which the shim finds env and sleep; empty: a usual one
   * @param uri the queue's URI file, for jobs that name none
   */
  public LocalEngine(Path proc, Path shim, Inherited own, String path, String uri) {
    this(proc, shim, own, path.isEmpty() ? DEFAULT_PATH : path, uri, LocalEngine::unconfined);
  }

  private LocalEngine(
      Path proc,
      Path shim,
      Inherited own,
      String path,
      String uri,
      Confinement.Source confinements) {
    this.proc = proc;
    this.shim = shim;
    this.own = own;
    this.path = path;
    this.uri = uri;
    this.confinements = confinements;
  }

  /** The same that keeps jobs to their memory, if that can be done. Nothing is asked before. */
  public LocalEngine confinedBy(Confinement.Source source) {
    return new LocalEngine(proc, shim, own, path, uri, source);
  }

  private static Confinement unconfined() {
    return new Confinement.None("who started it could not know how to enforce it");
  }

  /**
   * The shim's text. The worker keeps it in the spool, so that a running queue survives its
   * installation's removal.
   */
  public static byte[] shimText() {
    try (InputStream in = LocalEngine.class.getResourceAsStream("shim.sh")) {
      if (in == null) {
        throw new IllegalStateException("shim.sh is missing from the jar");
      }
      return in.readAllBytes();
    } catch (IOException broken) {
      throw new IllegalStateException("shim.sh can't be read from the jar", broken);
    }
  }

  @Override
  public byte[] script(Launch launch, Map<String, String> variables) {
    return RunScript.of(launch, variables, own, uri);
  }

  @Override
  public Optional<String> whyMemoryIsOnlyCounted() {
    return confinement() instanceof Confinement.None none
        ? Optional.of(none.why())
        : Optional.empty();
  }

  private Confinement confinement() {
    if (confinement.isEmpty()) {
      confinement = Optional.of(confinements.find());
    }
    return confinement.get();
  }

  @Override
  public void start(Launch launch) throws IOException {
    if (!Files.isReadable(shim)) {
      throw new IOException(
          shim
              + ": can't be read, expected the text that starts jobs; to write it: localqd restart");
    }
    boolean confining = launch.job().requirements().needs().memory() > 0;
    if (confining && shims.isTold(launch.mark())) {
      // its shim did not come up: the service manager may be gone that was to give it a scope
      confinement = Optional.empty();
    }
    Optional<Confinement> by = confining ? Optional.of(confinement()) : Optional.empty();
    try {
      shims.execute(launch, confining, () -> spawn(launch, by), last);
    } catch (IOException failed) {
      if (confining) {
        // it may have died before it could be told, for the same reason
        confinement = Optional.empty();
      }
      throw failed;
    }
  }

  private Process spawn(Launch launch, Optional<Confinement> by) throws IOException {
    Map<String, String> marks = new LinkedHashMap<>();
    marks.put("PATH", path);
    marks.put(Mark.SHIM, launch.mark().spool());
    List<String> words = new ArrayList<>(List.of(program("setsid")));
    List<String> itself = List.of(program("sh"), shim.toString(), launch.directory().toString());
    Map<String, String> environment = new LinkedHashMap<>(marks);
    if (by.isPresent() && by.get() instanceof Confinement.Scope scope) {
      words.addAll(Cgroups.scope(program("systemd-run")));
      // of what systemd-run needs and sets nothing is left to the shim
      words.addAll(List.of(program("env"), "-i", "--"));
      marks.forEach((name, value) -> words.add(name + "=" + value));
      words.addAll(itself);
      words.add("scope:" + scope.mount());
      environment.putAll(scope.variables());
    } else {
      words.addAll(itself);
      if (by.isPresent() && by.get() instanceof Confinement.Below below) {
        words.add(below.cgroup().toString());
      }
    }
    return spawn(words, environment, launch);
  }

  private static Process spawn(List<String> words, Map<String, String> environment, Launch launch)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(words);
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.directory(launch.directory().toFile());
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    try {
      return builder.start();
    } catch (OutOfMemoryError noThread) {
      // Not of the heap, which ends a worker at once: the JVM wants a thread for each child, and
      // the system gave it none. The shim may be there, and ends when it is told nothing.
      throw new IOException("can't wait for a shim: " + noThread.getMessage(), noThread);
    }
  }

  @Override
  public void ended(Mark mark) {
    shims.ended(mark);
  }

  @Override
  public void abandon(Mark mark) {
    shims.abandon(mark);
  }

  @Override
  public void retain(Set<JobId> jobs) {
    shims.retain(jobs);
  }

  @Override
  public void rest() {
    shims.rest();
  }

  /**
   * Where a program is, by its whole path: a fork that has to try each directory of a PATH takes
   * the longer for it. And without this a missing sh would show only as a shim that never comes.
   */
  private String program(String name) throws IOException {
    Path last = programs.get(name);
    if (last != null && Files.isExecutable(last)) {
      return last.toString();
    }
    Path found =
        Programs.find(name, "/", path)
            .orElseThrow(
                () -> new IOException(name + ": not found on the worker's PATH, which is " + path));
    programs.put(name, found);
    return found.toString();
  }

  @Override
  public Look look(Set<ProcessId> named) throws IOException {
    Listing now = Listing.of(proc);
    last = remembered(now);
    return ProcessTable.read(proc, now.pids(), named);
  }

  @Override
  public Look look(Set<Mark> attempts, Set<ProcessId> named) throws IOException {
    Listing now = Listing.of(proc);
    last = remembered(now);
    // by the time behind the listing: none of it was made later
    Optional<Listing> before = shims.before(attempts, System.nanoTime());
    long[] pids = before.isPresent() ? now.since(before.get(), named) : now.pids();
    return ProcessTable.read(proc, pids, named);
  }

  /** Where a number of a process can come again soon, no listing says who is new. */
  private Optional<Listing> remembered(Listing listing) {
    if (numbersAreMany.isEmpty()) {
      numbersAreMany = Optional.of(Listing.isReliable(proc));
    }
    return numbersAreMany.get() ? Optional.of(listing) : Optional.empty();
  }

  /** A short name for the text of a shim: two versions of localq can share a spool. */
  public static String shimHash() {
    CRC32 crc = new CRC32();
    crc.update(shimText());
    return String.format("%08x", crc.getValue());
  }
}
