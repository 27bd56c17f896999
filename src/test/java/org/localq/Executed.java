package org.localq;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A program that was run to its end, with everything that is to be known when a test fails. */
public record Executed(List<String> words, int code, String out, String err) {
  private static final int SECONDS = 30;

  /** Runs a program in {@code directory}; one that does not end in time fails the test. */
  public static Executed run(Path directory, String... words)
      throws IOException, InterruptedException {
    Path out = Files.createTempFile("localq-test-", ".out");
    Path err = Files.createTempFile("localq-test-", ".err");
    try {
      Process process =
          new ProcessBuilder(words)
              .directory(directory.toFile())
              .redirectOutput(out.toFile())
              .redirectError(err.toFile())
              .start();
      process.getOutputStream().close();
      boolean ended = process.waitFor(SECONDS, TimeUnit.SECONDS);
      if (!ended) {
        process.destroyForcibly().waitFor();
      }
      Executed executed =
          new Executed(
              List.of(words),
              process.exitValue(),
              Files.readString(out, StandardCharsets.ISO_8859_1),
              Files.readString(err, StandardCharsets.ISO_8859_1));
      if (!ended) {
        throw new AssertionError("did not end within " + SECONDS + " s: " + executed);
      }
      return executed;
    } finally {
      Files.deleteIfExists(out);
      Files.deleteIfExists(err);
    }
  }

  /** Whether there is a program of this name on the PATH. */
  public static boolean isInstalled(String program) throws IOException, InterruptedException {
    return run(Path.of("/"), "sh", "-c", "command -v \"$1\"", "sh", program).code() == 0;
  }

  /** This, if it went well. */
  public Executed orFail() {
    if (code != 0) {
      throw new AssertionError("expected exit code 0: " + this);
    }
    return this;
  }

  @Override
  public String toString() {
    return words + " -> " + code + "\n--- stdout\n" + out + "\n--- stderr\n" + err;
  }
}
