package org.localq.engine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
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
  private final Shims shims = new Shims();

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
    this.proc = proc;
    this.shim = shim;
    this.own = own;
    this.path = path.isEmpty() ? DEFAULT_PATH : path;
    this.uri = uri;
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
  public byte[] script(Launch launch) {
    return RunScript.of(launch, own, uri);
  }

  @Override
  public void start(Launch launch) throws IOException {
    String setsid = program("setsid");
    String shell = program("sh");
    if (!Files.isReadable(shim)) {
      throw new IOException(
          shim
              + ": can't be read, expected the text that starts jobs; to write it: localqd restart");
    }
    shims.execute(launch, () -> spawn(List.of(setsid, shell, shim.toString()), launch), last);
  }

  private Process spawn(List<String> command, Launch launch) throws IOException {
    List<String> words = new ArrayList<>(command);
    words.add(launch.directory().toString());
    ProcessBuilder builder = new ProcessBuilder(words);
    Map<String, String> environment = builder.environment();
    environment.clear();
    environment.put("PATH", path);
    environment.put(Mark.SHIM, launch.mark().spool());
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
