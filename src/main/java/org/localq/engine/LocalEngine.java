package org.localq.engine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * Runs jobs as processes of this machine: {@code setsid sh shim JOB ATTEMPT RUNFILE}, in running/.
 *
 * <p>The shim leads a session of its own, so that neither a closed terminal nor the worker's end
 * reaches the job, and writes the exit code itself.
 */
public final class LocalEngine implements Engine {
  private static final List<String> NEEDED = List.of("setsid", "sh");
  private static final String DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

  private final Path proc;
  private final Path shim;
  private final Inherited own;
  private final String path;
  private final String uri;

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
    for (String program : NEEDED) {
      if (!isOnPath(program)) {
        throw new IOException(program + ": not found on the worker's PATH, which is " + path);
      }
    }
    if (!Files.isReadable(shim)) {
      throw new IOException(
          shim
              + ": can't be read, expected the text that starts jobs; to write it: localqd restart");
    }
    ProcessBuilder builder =
        new ProcessBuilder(
            "setsid",
            "sh",
            shim.toString(),
            launch.mark().id().toString(),
            Integer.toString(launch.mark().attempt()),
            launch.runFile());
    Map<String, String> environment = builder.environment();
    environment.clear();
    environment.put("PATH", path);
    environment.put(Mark.SPOOL, launch.mark().spool());
    environment.put(Mark.JOB_ID, launch.mark().id().toString());
    environment.put(Mark.ATTEMPT, Integer.toString(launch.mark().attempt()));
    builder.directory(launch.directory().toFile());
    builder.redirectInput(Path.of("/dev/null").toFile());
    builder.redirectOutput(ProcessBuilder.Redirect.DISCARD);
    builder.redirectError(ProcessBuilder.Redirect.DISCARD);
    try {
      builder.start();
    } catch (OutOfMemoryError noThread) {
      // Not of the heap, which ends a worker at once: the JVM wants a thread for each child, and
      // the system gave it none. The shim may be there; spawned again, one of the two goes on.
      throw new IOException("can't wait for a shim: " + noThread.getMessage(), noThread);
    }
  }

  /** Without this a missing sh would show only as a shim that never comes. */
  private boolean isOnPath(String program) {
    for (String directory : path.split(":")) {
      try {
        if (Files.isExecutable(Path.of(directory, program))) {
          return true;
        }
      } catch (InvalidPathException noText) {
        // the JVM can't look there
      }
    }
    return false;
  }

  @Override
  public Look look() throws IOException {
    return ProcessTable.read(proc);
  }

  /** A short name for the text of a shim: two versions of localq can share a spool. */
  public static String shimHash() {
    CRC32 crc = new CRC32();
    crc.update(shimText());
    return String.format("%08x", crc.getValue());
  }
}
