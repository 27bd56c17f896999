package org.localq.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.localq.core.Identity;
import org.localq.core.Limit;
import org.localq.core.ProcessId;
import org.localq.core.Resource;
import org.localq.core.Umask;

/** What Linux tells about this machine, this boot and this process, in /proc. */
public final class LocalMachine {
  private static final int KIBI = 10;

  private final Path proc;

  /**
   * A machine.
   *
   * @param proc where its proc(5) is mounted
   */
  public LocalMachine(Path proc) {
    this.proc = proc;
  }

  /** Who is at work here. */
  public Identity identity() throws IOException {
    ProcessId self =
        ProcessStat.read(proc.resolve("self"))
            .orElseThrow(() -> new IOException(proc + "/self/stat: unreadable"))
            .id();
    String boot = line(proc.resolve("sys/kernel/random/boot_id")).replace("-", "");
    int uid = (Integer) Files.getAttribute(proc.resolve("self"), "unix:uid");
    return new Identity(self, boot, host(), uid);
  }

  /** The machine's id, or where it has none its name, and the number of the pid namespace. */
  private String host() throws IOException {
    String namespace = Files.readSymbolicLink(proc.resolve("self/ns/pid")).toString();
    Path id = Path.of("/etc/machine-id");
    String machine = Files.isReadable(id) ? line(id) : "";
    return (machine.isEmpty() ? hostName() : machine) + " " + namespace;
  }

  /** The machine's name up to the first dot. */
  public String hostName() throws IOException {
    String name = line(proc.resolve("sys/kernel/hostname"));
    int dot = name.indexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }

  /**
   * For how long the machine has been up, suspended time included. Never goes back within a boot.
   */
  public Duration uptime() throws IOException {
    String seconds = line(proc.resolve("uptime")).split(" ", 2)[0];
    return Duration.ofMillis((long) (Double.parseDouble(seconds) * 1000));
  }

  /**
   * For how long the machine has been suspended since its boot: by how much the uptime is ahead of
   * the clock that stands still meanwhile. HotSpot's nanoTime is that clock on Linux,
   * CLOCK_MONOTONIC of clock_gettime(2); where a JVM counts from elsewhere the difference makes no
   * sense, and is taken for none.
   */
  public Duration suspended() throws IOException {
    long awake = System.nanoTime();
    Duration uptime = uptime();
    Duration ahead = uptime.minusNanos(awake);
    return awake < 0 || ahead.isNegative() ? Duration.ZERO : ahead;
  }

  /** The most memory that this process takes for its objects, in bytes. */
  public long heap() {
    return Runtime.getRuntime().maxMemory();
  }

  /**
   * The memory of the machine, or what this process's cgroups leave it of that, in bytes; nothing
   * where /proc does not say.
   */
  public OptionalLong memory() throws IOException {
    for (String line : Files.readAllLines(proc.resolve("meminfo"), StandardCharsets.ISO_8859_1)) {
      if (line.matches("MemTotal: +[0-9]{1,15} kB")) {
        long total = Long.parseLong(line.replaceAll("[^0-9]", "")) << KIBI;
        return OptionalLong.of(
            Math.min(total, Cgroups.ofThisMachine().memoryMax().orElse(Long.MAX_VALUE)));
      }
    }
    return OptionalLong.empty();
  }

  /** Whether that very process is there and no zombie. */
  public boolean isAlive(ProcessId process) {
    try {
      Optional<ProcessStat> stat = ProcessStat.read(proc.resolve(Long.toString(process.pid())));
      return stat.isPresent() && stat.get().id().equals(process) && stat.get().isAlive();
    } catch (IOException unreadable) {
      // who is taken for dead loses what it is writing
      return true;
    }
  }

  /**
   * The pid of the process that holds a lock of fcntl(2) on a file; nothing when that can't be
   * told.
   */
  public Optional<String> lockHolder(Path file) {
    try {
      String inode = ":" + Files.getAttribute(file, "unix:ino");
      for (String line : Files.readAllLines(proc.resolve("locks"), StandardCharsets.US_ASCII)) {
        // "1: POSIX  ADVISORY  WRITE 4711 fd:00:99 0 EOF"; who waits has an arrow behind the number
        String[] words = line.strip().split(" +");
        if (words.length >= 6
            && words[1].equals("POSIX")
            && words[5].endsWith(inode)
            && words[4].matches("[1-9][0-9]*")) {
          return Optional.of(words[4]);
        }
      }
    } catch (IOException unreadable) {
      // then nobody knows
    }
    return Optional.empty();
  }

  /** What the children of this process inherit of it. */
  public Inherited inherited() throws IOException {
    return new Inherited(limits(), umask());
  }

  /** This process's file mode creation mask. */
  public Optional<Umask> umask() throws IOException {
    for (String line :
        Files.readAllLines(proc.resolve("self/status"), StandardCharsets.ISO_8859_1)) {
      if (line.startsWith("Umask:")) {
        return Umask.parse(line.substring("Umask:".length()).strip());
      }
    }
    return Optional.empty();
  }

  /** This process's resource limits. */
  public Map<Resource, Limit> limits() throws IOException {
    Map<Resource, Limit> limits = new EnumMap<>(Resource.class);
    for (String line :
        Files.readAllLines(proc.resolve("self/limits"), StandardCharsets.ISO_8859_1)) {
      for (Resource resource : Resource.values()) {
        if (line.startsWith(resource.title() + "  ")) {
          String[] words = line.substring(resource.title().length()).strip().split(" +");
          Limit.parse(words[0] + ":" + words[1]).ifPresent(limit -> limits.put(resource, limit));
        }
      }
    }
    return limits;
  }

  private static String line(Path file) throws IOException {
    return Files.readString(file, StandardCharsets.ISO_8859_1).strip();
  }
}
