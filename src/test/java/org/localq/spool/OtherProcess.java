package org.localq.spool;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Another process at a lock: within one, the JVM itself refuses a second, and flock(1) does not see
 * a FileLock.
 */
public final class OtherProcess implements AutoCloseable {
  private final Process process;

  private OtherProcess(Process process) {
    this.process = process;
  }

  /**
   * Starts a process, and returns once it holds the lock on {@code file}.
   *
   * @param witness is created by it just before it lets go
   */
  public static OtherProcess thatHolds(Path file, Path witness) throws IOException {
    return start('L', "exclusive", file, witness);
  }

  /** The same, sharing it. */
  static OtherProcess thatShares(Path file, Path witness) throws IOException {
    return start('L', "shared", file, witness);
  }

  /** Whether another process could lock {@code file} for itself alone. */
  public static boolean couldLock(Path file) throws IOException, InterruptedException {
    Process process = launch("probe", file, file);
    int said = process.getInputStream().read();
    process.waitFor();
    if (said != 'F' && said != 'H') {
      throw new IOException("the prober of " + file + " said " + said);
    }
    return said == 'F';
  }

  private static OtherProcess start(char sign, String mode, Path file, Path witness)
      throws IOException {
    Process process = launch(mode, file, witness);
    int said = process.getInputStream().read();
    if (said != sign) {
      process.destroyForcibly();
      throw new IOException("the holder of " + file + " said " + said + ", expected " + sign);
    }
    return new OtherProcess(process);
  }

  private static Process launch(String mode, Path file, Path witness) throws IOException {
    try {
      Path classes =
          Path.of(OtherProcess.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return new ProcessBuilder(
              Path.of(System.getProperty("java.home"), "bin", "java").toString(),
              "-Xint",
              "-cp",
              classes.toString(),
              OtherProcess.class.getName(),
              mode,
              file.toString(),
              witness.toString())
          .redirectError(ProcessBuilder.Redirect.INHERIT)
          .start();
    } catch (URISyntaxException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  /** Makes it let go, and does not wait for that. */
  public void tellToEnd() throws IOException {
    process.getOutputStream().close();
  }

  long pid() {
    return process.pid();
  }

  /** As kill -9 does; returns once it is gone. */
  void kill() {
    process.destroyForcibly().onExit().join();
  }

  @Override
  public void close() {
    kill();
  }

  /** The other process: says what it got, and holds it until the end of its input. */
  public static void main(String[] args) throws IOException {
    try (FileChannel channel =
        FileChannel.open(Path.of(args[1]), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      if (args[0].equals("probe")) {
        say(channel.tryLock() == null ? 'H' : 'F');
        return;
      }
      FileLock lock = channel.lock(0, Long.MAX_VALUE, args[0].equals("shared"));
      say(lock.isValid() ? 'L' : 'X');
      while (System.in.read() >= 0) {
        // until its input ends
      }
      Files.write(Path.of(args[2]), "ended".getBytes(StandardCharsets.US_ASCII));
    }
  }

  private static void say(char sign) {
    System.out.write(sign);
    System.out.flush();
  }
}
