package org.localq.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.localq.core.Refusal;
import org.localq.engine.LocalMachine;

/**
 * Everything that a command can reach outside itself.
 *
 * @param console its streams
 * @param surroundings out of which it was called
 * @param self the words that run another localq command like this one: the JVM, its options, the
 *     class
 */
record Door(
    Console console,
    Surroundings surroundings,
    LocalMachine machine,
    Clock clock,
    List<String> self) {

  /**
   * What a command reads, and where it prints.
   *
   * @param terminal whether {@code out} is one
   * @param errorTerminal whether {@code err} is one
   */
  record Console(
      InputStream in, PrintStream out, PrintStream err, boolean terminal, boolean errorTerminal) {
    /** With nothing to read, and errors that go to no terminal. */
    Console(PrintStream out, PrintStream err, boolean terminal) {
      this(InputStream.nullInputStream(), out, err, terminal, false);
    }
  }

  /**
   * Out of which a command was called.
   *
   * @param environment this process's
   * @param submitter the environment of whoever called the launcher, in exact bytes
   * @param directory the current one, as exact text
   */
  record Surroundings(
      FileSystem files,
      Map<String, String> environment,
      Map<String, String> submitter,
      String directory) {}

  PrintStream out() {
    return console.out();
  }

  PrintStream err() {
    return console.err();
  }

  /** A variable that is set and not empty. */
  Optional<String> variable(String name) {
    String value = surroundings.environment().getOrDefault(name, "");
    return value.isEmpty() ? Optional.empty() : Optional.of(value);
  }

  /** {@code $HOME}; never what the system says of the user. */
  Path home() {
    String home =
        variable("HOME")
            .filter(h -> h.startsWith("/"))
            .orElseThrow(
                () ->
                    Refusal.of(
                        "HOME is not set to an absolute path, and the default queue is in it; set it, or name a queue with -u"));
    return surroundings.files().getPath(home);
  }

  /** The path that {@code name} means here. */
  Path path(String name) {
    return surroundings.files().getPath(surroundings.directory()).resolve(name).normalize();
  }
}
