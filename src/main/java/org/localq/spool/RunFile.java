package org.localq.spool;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.localq.core.Given;
import org.localq.core.Provision;

/** What the shim of an attempt executes, with what its claim has to say to later workers. */
public final class RunFile {
  private static final String SUSPENDED = "# suspended ";
  private static final String GIVEN = "# given ";
  private static final String COUNTED = "# counted ";
  private static final int MOST_NOTES = 3;

  private RunFile() {}

  /**
   * The content of a run file.
   *
   * @param suspended for how long the machine has been suspended since its boot: the time that a
   *     job runs is counted without what comes on top of it; nothing where no time is counted
   * @param provision nothing of it is enforced yet
   */
  public static byte[] of(byte[] script, Optional<Duration> suspended, Provision provision) {
    StringBuilder notes = new StringBuilder();
    if (suspended.isPresent()) {
      notes.append(SUSPENDED).append(suspended.get().toMillis()).append('\n');
    }
    if (!provision.given().isNothing()) {
      notes.append(GIVEN).append(provision.given()).append('\n');
    }
    if (!provision.why().isEmpty()) {
      notes.append(COUNTED).append(provision.why().replaceAll("\\p{Cntrl}", "?")).append('\n');
    }
    byte[] lines = notes.toString().getBytes(StandardCharsets.UTF_8);
    byte[] content = Arrays.copyOf(lines, lines.length + script.length);
    System.arraycopy(script, 0, content, lines.length, script.length);
    return content;
  }

  /**
   * What a run file says of the provision of its attempt; nothing where it is gone, is no file, or
   * makes no sense.
   */
  static Optional<Provision> provision(Path file) throws IOException {
    Optional<Given> given = Optional.of(Given.NOTHING);
    String why = "";
    for (String line : notes(file)) {
      if (line.startsWith(GIVEN)) {
        given = Given.parse(line.substring(GIVEN.length()));
      } else if (line.startsWith(COUNTED)) {
        why = line.substring(COUNTED.length());
      }
    }
    String because = why;
    return given.map(ids -> new Provision(ids, false, because));
  }

  /** The comments in front of the script. */
  private static List<String> notes(Path file) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      // gone; or a FIFO, which would block whoever holds the lock
      return List.of(GIVEN + "?");
    }
    List<String> notes = new ArrayList<>();
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                Files.newInputStream(file, LinkOption.NOFOLLOW_LINKS), StandardCharsets.UTF_8))) {
      String line = in.readLine();
      while (line != null && line.startsWith("#") && notes.size() < MOST_NOTES) {
        notes.add(line);
        line = in.readLine();
      }
    } catch (NoSuchFileException gone) {
      return List.of(GIVEN + "?");
    }
    return notes;
  }

  /** For how long the machine had been suspended, as the beginning of a run file says. */
  static Duration suspended(String beginning) {
    String line = beginning.split("\n", 2)[0];
    String millis = line.startsWith(SUSPENDED) ? line.substring(SUSPENDED.length()) : "";
    return millis.matches("[0-9]{1,15}")
        ? Duration.ofMillis(Long.parseLong(millis))
        : Duration.ZERO;
  }
}
