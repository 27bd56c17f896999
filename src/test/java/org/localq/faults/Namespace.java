package org.localq.faults;

import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.localq.Executed;

/**
 * Namespaces of Linux, in which a test may do as root what would otherwise hit the whole machine:
 * kept by one process, entered by others, and gone with all that runs in them when closed. Needs no
 * root, where the kernel lets users have namespaces.
 */
final class Namespace implements AutoCloseable {
  /** Waits for its children, as the first process of a pid namespace has to. */
  private static final String KEEPER = "sleep 600; :";

  private final ProcessHandle keeper;
  private final List<String> wrapper;

  private Namespace(ProcessHandle keeper, List<String> wrapper) {
    this.keeper = keeper;
    this.wrapper = wrapper;
  }

  /** With numbers of its own for processes, and a /proc that shows them. */
  static Namespace ofProcesses() throws IOException, InterruptedException {
    return open(List.of("-p", "-m"), "unshare", "-Urpf", "--mount-proc");
  }

  /** With mounts of its own. */
  static Namespace ofMounts() throws IOException, InterruptedException {
    return open(List.of("-m"), "unshare", "-Urm");
  }

  /** With limits of its own under /proc/sys/user. */
  static Namespace ofUsers() throws IOException, InterruptedException {
    return open(List.of(), "unshare", "-Ur");
  }

  private static Namespace open(List<String> kinds, String... unshare)
      throws IOException, InterruptedException {
    assumeTrue(Executed.isInstalled("unshare"), "unshare is not installed");
    assumeTrue(Executed.isInstalled("nsenter"), "nsenter is not installed");
    Executed probe = Executed.run(Path.of("/"), Trial.with(unshare, "true"));
    assumeTrue(probe.code() == 0, () -> "namespaces are not allowed here: " + probe);
    Process process =
        new ProcessBuilder(Trial.with(unshare, "sh", "-c", KEEPER))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    boolean forks = kinds.contains("-p");
    eventually("a namespace", () -> sleeper(process.toHandle(), forks ? 2 : 1));
    ProcessHandle keeper = forks ? process.children().findAny().orElseThrow() : process.toHandle();
    List<String> wrapper =
        new ArrayList<>(List.of("nsenter", "-t", Long.toString(keeper.pid()), "-U"));
    wrapper.addAll(kinds);
    wrapper.add("--preserve-credentials");
    return new Namespace(keeper, List.copyOf(wrapper));
  }

  /** Whether the keeper has come to its sleep, so that the namespaces are made and furnished. */
  private static boolean sleeper(ProcessHandle process, int generations) {
    try (Stream<ProcessHandle> children = process.children()) {
      return generations == 0
          ? comm(process).equals("sleep")
          : children.anyMatch(child -> sleeper(child, generations - 1));
    }
  }

  private static String comm(ProcessHandle process) {
    try {
      return Files.readString(Path.of("/proc/" + process.pid() + "/comm")).strip();
    } catch (IOException gone) {
      return "";
    }
  }

  /** The words before those of a command that is to run in it. */
  List<String> wrapper() {
    return wrapper;
  }

  /** Runs a program in it, which has to succeed; what it printed, without the last line end. */
  String run(String... words) throws IOException, InterruptedException {
    String[] line = Trial.with(wrapper.toArray(new String[0]), words);
    return Executed.run(Path.of("/"), line).orFail().out().strip();
  }

  /** Lets another file be seen in the place of {@code file}. */
  void disguise(Path file, Path as) throws IOException, InterruptedException {
    run("mount", "--bind", as.toString(), file.toString());
  }

  @Override
  public void close() {
    keeper.children().forEach(ProcessHandle::destroyForcibly);
    keeper.destroyForcibly();
  }
}
