package org.localq.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.localq.core.ExactText;
import org.localq.core.Printable;
import org.localq.core.Refusal;
import org.localq.core.Trouble;
import org.localq.engine.LocalMachine;
import org.localq.spool.Fault;

/**
 * The one door: {@code Main COMMAND WORD…}. Only {@link #main} touches the process's streams,
 * environment, clock, file system and exit code.
 */
public final class Main {
  private static final Path PROC = Path.of("/proc");

  /**
   * The property by which the launcher says where it left the environment it was called with: a
   * shell spoils it.
   */
  private static final String SUBMITTER = "localq.environment";

  private static final int BUFFER = 1 << 16;

  private Main() {}

  /** Runs the command that the first word names. */
  public static void main(String[] args) throws IOException {
    Written written = new Written(new FileOutputStream(FileDescriptor.out));
    PrintStream out = stream(written);
    PrintStream err = stream(new FileOutputStream(FileDescriptor.err));
    int code;
    try {
      List<String> line = commandLine();
      int words = line.size() - args.length;
      Door door =
          new Door(
              new Door.Console(
                  new FileInputStream(FileDescriptor.in), out, err, isTerminal(1), isTerminal(2)),
              surroundings(),
              new LocalMachine(PROC),
              new LocalClock(),
              List.copyOf(line.subList(0, words)));
      code = run(door, line.subList(words, line.size()));
    } catch (IOException failed) {
      err.println("localq: " + oneLine(Fault.of(failed).toString()));
      code = ExitCode.REFUSED;
    }
    out.flush();
    if (written.isLost() && code == ExitCode.DONE) {
      err.println(
          "localq: what was to be printed is lost: "
              + oneLine(Trouble.of("standard output: " + written.failure()).toString()));
      code = ExitCode.REFUSED;
    }
    err.flush();
    System.exit(code);
  }

  /** Remembers what went wrong with a stream: a PrintStream tells only that something did. */
  private static final class Written extends FilterOutputStream {
    private String failure = "";

    Written(OutputStream out) {
      super(out);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      try {
        out.write(bytes, offset, length);
      } catch (IOException failed) {
        failure = String.valueOf(failed.getMessage());
        throw failed;
      }
    }

    String failure() {
      return failure;
    }

    /** Whether something could not be written, and not because the reader had seen enough. */
    boolean isLost() {
      return !failure.isEmpty() && !failure.contains("Broken pipe");
    }
  }

  private static Door.Surroundings surroundings() throws IOException {
    Path own = PROC.resolve("self/environ");
    Map<String, String> environment = environment(Files.readAllBytes(own));
    String submitter = System.getProperty(SUBMITTER);
    return new Door.Surroundings(
        FileSystems.getDefault(),
        environment,
        submitter == null ? environment : environment(Files.readAllBytes(Path.of(submitter))),
        environment.getOrDefault("PWD", System.getProperty("user.dir")));
  }

  private static PrintStream stream(OutputStream out) {
    return new PrintStream(new BufferedOutputStream(out, BUFFER), false, StandardCharsets.UTF_8);
  }

  /**
   * The words of this process's command line, in exact bytes: the JVM decodes its arguments with
   * losses.
   */
  private static List<String> commandLine() throws IOException {
    return split(Files.readAllBytes(PROC.resolve("self/cmdline")));
  }

  private static List<String> split(byte[] bytes) {
    List<String> words = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == 0) {
        words.add(ExactText.decode(Arrays.copyOfRange(bytes, start, i)));
        start = i + 1;
      }
    }
    return words;
  }

  /** Of two entries of one name the first, which is the one that getenv(3) finds. */
  private static Map<String, String> environment(byte[] bytes) {
    Map<String, String> environment = new LinkedHashMap<>();
    for (String entry : split(bytes)) {
      int equals = entry.indexOf('=');
      if (equals > 0) {
        environment.putIfAbsent(entry.substring(0, equals), entry.substring(equals + 1));
      }
    }
    return environment;
  }

  private static boolean isTerminal(int descriptor) {
    try {
      String target = Files.readSymbolicLink(PROC.resolve("self/fd/" + descriptor)).toString();
      return target.startsWith("/dev/pts/")
          || target.startsWith("/dev/tty")
          || target.equals("/dev/console");
    } catch (IOException closed) {
      return false;
    }
  }

  /** Runs a command in-process; its exit code. */
  static int run(Door door, List<String> words) {
    String name = words.isEmpty() ? "" : words.get(0);
    try {
      Optional<Command> command = Command.named(name);
      if (command.isEmpty()) {
        throw Refusal.usage("\"" + name + "\" is no command; there are " + Command.NAMES);
      }
      return command.get().run(words.subList(1, words.size()), door);
    } catch (Refusal refusal) {
      door.err().println(name + ": " + oneLine(refusal.getMessage()));
      return ExitCode.of(refusal);
    } catch (IOException failed) {
      door.err().println(name + ": " + oneLine(Fault.of(failed).toString()));
      return ExitCode.REFUSED;
    } catch (InvalidPathException bad) {
      door.err()
          .println(
              name
                  + ": a path of localq's own has bytes that are not UTF-8; use another place for it");
      return ExitCode.REFUSED;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return ExitCode.REFUSED;
    } catch (RuntimeException bug) {
      door.err().println(name + ": internal error: " + bug + "; LOCALQ_TRACE=1 shows where");
      if (door.variable("LOCALQ_TRACE").isPresent()) {
        bug.printStackTrace(door.err());
      }
      return ExitCode.REFUSED;
    }
  }

  private static String oneLine(String message) {
    return Printable.of(message);
  }
}
