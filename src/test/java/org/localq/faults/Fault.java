package org.localq.faults;

import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.localq.SmallDisk;
import org.localq.system.Installation;

/** A fault in the system calls of a process that runs. It is gone when this is closed. */
final class Fault implements AutoCloseable {
  private final Strace strace;
  private final Process tracer;

  private Fault(Strace strace, Process tracer) {
    this.strace = strace;
    this.tracer = tracer;
  }

  /** Lets calls of {@code pid} fail from here on: they are counted from here on, too. */
  static Fault of(long pid, Strace strace) throws IOException {
    assumeTrue(mayAttach(), "only root may trace what runs: see kernel.yama.ptrace_scope");
    Fault fault =
        new Fault(
            strace,
            new ProcessBuilder(strace.attached(pid))
                .redirectErrorStream(true)
                .redirectOutput(Path.of(strace.log() + ".err").toFile())
                .start());
    eventually("a fault", () -> isTraced(pid) || !fault.tracer.isAlive());
    if (!fault.tracer.isAlive()) {
      throw new AssertionError(Files.readString(Path.of(strace.log() + ".err")));
    }
    return fault;
  }

  /** Where Yama guards processes, only those of one's own making may be traced, or none. */
  private static boolean mayAttach() throws IOException {
    Path scope = Path.of("/proc/sys/kernel/yama/ptrace_scope");
    return SmallDisk.isRoot()
        || !Files.exists(scope)
        || Files.readString(scope).strip().equals("0");
  }

  private static boolean isTraced(long pid) {
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
      return threads.allMatch(Fault::isThreadTraced);
    } catch (IOException changing) {
      return false;
    }
  }

  private static boolean isThreadTraced(Path thread) {
    try (Stream<String> lines = Files.lines(thread.resolve("status"))) {
      return lines.anyMatch(line -> line.matches("TracerPid:\\s+[1-9][0-9]*"));
    } catch (IOException ended) {
      return true;
    }
  }

  /** Whether a call has failed. */
  boolean hasStruck() {
    try {
      return strace.hasStruck();
    } catch (IOException failed) {
      throw new IllegalStateException(failed);
    }
  }

  /** How many calls have failed. */
  long strikes() {
    return Installation.read(strace.log()).lines().filter(l -> l.contains("(INJECTED)")).count();
  }

  @Override
  public void close() {
    tracer.destroy();
    eventually("the end of a fault", () -> !tracer.isAlive());
  }
}
