package org.localq.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import org.localq.core.Refusal;
import org.localq.core.Tasks;
import org.localq.spool.Fault;
import org.localq.spool.Lines;

/**
 * The lines that {@code lbatch --each-line} was given, but for those that are skipped: blank ones,
 * and those whose first byte that is no blank is {@code #}.
 *
 * <p>Bytes, because a command need not be text. One buffer holds what was read and not yet taken,
 * so that a million lines want no more memory than one.
 */
final class EachLine implements Lines, AutoCloseable {
  /** The name that means standard input. */
  static final String STANDARD_INPUT = "-";

  /** The most that execve(2) takes as one argument, without the NUL behind it. */
  static final int LONGEST = 131_071;

  /** More than the longest line, so that one that is longer still is noticed. */
  private static final int BUFFER = 1 << 18;

  private static final String EXPECTED =
      "; expected a file with a command a line, or - for standard input";
  private static final String NOTHING = "; nothing was accepted";

  private final String option;
  private final InputStream in;
  private final Progress progress;
  private final int most;

  private final byte[] buffer = new byte[BUFFER];
  private final ByteBuffer line = ByteBuffer.wrap(buffer);
  // made once: a million of each would be garbage
  private final Optional<ByteBuffer> next = Optional.of(line);

  /** Where in the buffer the line begins, and where it ends. */
  private int begin;

  private int end;

  /** Where the line behind it begins, and where what was read ends. */
  private int following;

  private int filled;

  private long bytes;
  private long number;
  private int count;
  private boolean exhausted;

  /**
   * The lines of {@code in}.
   *
   * @param option for messages: what the user said
   * @param most how many tasks there may be
   */
  EachLine(String option, InputStream in, Progress progress, int most) {
    this.option = option;
    this.in = in;
    this.progress = progress;
    this.most = most;
  }

  /** The lines of the file that {@code name} means, or a refusal. */
  static EachLine open(String name, Door door) {
    String option = "--each-line " + (name.isEmpty() ? "''" : name);
    if (name.isEmpty()) {
      throw Refusal.usage(option + EXPECTED);
    }
    if (name.equals(STANDARD_INPUT)) {
      Progress progress = new Progress(door.console(), OptionalLong.empty(), System::nanoTime);
      return new EachLine(option, door.console().in(), progress, Tasks.MOST);
    }
    try {
      Door.Surroundings here = door.surroundings();
      Path file = here.files().getPath(here.directory()).resolve(name);
      // a directory can be opened, and only not be read
      if (Files.isDirectory(file)) {
        throw Refusal.of(option + ": is a directory" + EXPECTED);
      }
      OptionalLong size =
          Files.isRegularFile(file) ? OptionalLong.of(Files.size(file)) : OptionalLong.empty();
      Progress progress = new Progress(door.console(), size, System::nanoTime);
      return new EachLine(option, Files.newInputStream(file), progress, Tasks.MOST);
    } catch (NoSuchFileException missing) {
      throw Refusal.of(option + ": no such file" + EXPECTED, missing);
    } catch (InvalidPathException bad) {
      throw Refusal.of(
          option
              + ": a path with bytes that are not UTF-8 can't be opened here; read it as standard"
              + " input: lbatch --each-line - <FILE",
          bad);
    } catch (IOException failed) {
      throw Refusal.of(option + ": can't be read: " + Fault.of(failed).what() + EXPECTED, failed);
    }
  }

  /** How many lines were taken so far. */
  int count() {
    return count;
  }

  @Override
  public Optional<ByteBuffer> next() {
    while (isAtNext()) {
      if (!isSkipped()) {
        take();
        return next;
      }
    }
    if (count == 0) {
      throw Refusal.of(
          option
              + ": no line to run, expected a command a line (blank lines and those that begin with #"
              + " are skipped)"
              + NOTHING);
    }
    return Optional.empty();
  }

  private void take() {
    if (end - begin > LONGEST) {
      throw tooLong(number);
    }
    for (int i = begin; i < end; i++) {
      if (buffer[i] == 0) {
        throw Refusal.of(
            option
                + ": line "
                + number
                + " has a NUL byte, which no command can hold"
                + NOTHING
                + ": expected text, in UTF-8 or another encoding without such bytes");
      }
    }
    if (count == most) {
      throw Refusal.of(
          option
              + ": more than "
              + Text.count(most, "line")
              + " to run, the most that an array can have"
              + NOTHING
              + ": submit them in parts");
    }
    count++;
    line.limit(end).position(begin);
  }

  private Refusal tooLong(long which) {
    return Refusal.of(
        option
            + ": line "
            + which
            + " is longer than "
            + LONGEST
            + " bytes, the most that a command's argument can have"
            + NOTHING
            + ": put it into a script, and have the line run that");
  }

  /** Whether the line, or what was read of it, is to be skipped. */
  private boolean isSkipped() {
    int i = begin;
    while (i < end && (buffer[i] == ' ' || buffer[i] == '\t' || buffer[i] == '\r')) {
      i++;
    }
    return i == end || buffer[i] == '#';
  }

  /** Goes to the next line; false behind the last. */
  private boolean isAtNext() {
    begin = following;
    end = begin;
    while (true) {
      while (end < filled && buffer[end] != '\n') {
        end++;
      }
      if (end < filled || !isMore()) {
        break;
      }
    }
    // the last one may come without a newline
    following = Math.min(end + 1, filled);
    boolean there = following > begin;
    number += there ? 1 : 0;
    return there;
  }

  /** Reads on behind the line that has no end yet; false where nothing is left to read. */
  private boolean isMore() {
    if (exhausted) {
      return false;
    }
    if (begin > 0) {
      System.arraycopy(buffer, begin, buffer, 0, filled - begin);
      filled -= begin;
      end -= begin;
      begin = 0;
    }
    if (filled == BUFFER) {
      if (!isSkipped()) {
        throw tooLong(number + 1);
      }
      // a comment may have any length, and blanks that a command follows are a part of it
      filled = LONGEST + 1;
      end = filled;
    }
    int got = read();
    exhausted = got < 0;
    filled += Math.max(got, 0);
    bytes += Math.max(got, 0);
    progress.show(bytes, count);
    return !exhausted;
  }

  private int read() {
    try {
      return in.read(buffer, filled, BUFFER - filled);
    } catch (IOException failed) {
      throw Refusal.of(option + ": can't be read: " + Fault.of(failed).what() + NOTHING, failed);
    }
  }

  @Override
  public void close() {
    progress.close();
    try {
      in.close();
    } catch (IOException harmless) {
      // everything was read
    }
  }
}
