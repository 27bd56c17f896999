package org.localq.spool;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the shim of an attempt executes, with what its claim has to say to later workers. */
public final class RunFile {
  private static final Pattern SUSPENDED =
      Pattern.compile("# suspended ([0-9]{1,15})(?:\n.*)?", Pattern.DOTALL);

  private RunFile() {}

  /**
   * The content of a run file.
   *
   * @param suspended for how long the machine has been suspended since its boot: the time that a
   *     job runs is counted without what comes on top of it
   */
  public static byte[] of(byte[] script, Duration suspended) {
    ByteArrayOutputStream content = new ByteArrayOutputStream(script.length + 40);
    content.writeBytes(
        ("# suspended " + suspended.toMillis() + "\n").getBytes(StandardCharsets.US_ASCII));
    content.writeBytes(script);
    return content.toByteArray();
  }

  /** For how long the machine had been suspended, as the beginning of a run file says. */
  static Duration suspended(String beginning) {
    Matcher line = SUSPENDED.matcher(beginning);
    return line.matches() ? Duration.ofMillis(Long.parseLong(line.group(1))) : Duration.ZERO;
  }
}
