package org.localq.engine;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserDefinedFileAttributeView;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/**
 * Finds out how this system can keep a job to its memory: see cgroups(7).
 *
 * <p>Only in a part of the tree that is the user's own: one that somebody delegated, or a scope of
 * the user's service manager. Never in what another program manages.
 */
public final class Cgroups {
  private static final String MEMORY = "memory";
  private static final String CONTROLLERS = "cgroup.controllers";
  private static final String SUBTREE = "cgroup.subtree_control";
  private static final String PROCS = "cgroup.procs";

  /** Where a worker puts itself, so that the cgroup that it was in can have others in it. */
  private static final String OF_THE_WORKER = "localq-worker";

  /** What a shim makes is called so, its pid, and the attempt; see shim.sh. */
  private static final String OF_A_SHIM = "localq-[0-9]+-.*";

  private static final long PATIENCE_SECONDS = 5;

  private final Path proc;
  private final Path mount;
  private final Path systemd;
  private final Path lingerers;

  /**
   * The cgroups of a system.
   *
   * @param proc where proc(5) is mounted
   * @param mount where cgroup v2 is mounted
   * @param systemd what is there where systemd manages it
   * @param lingerers where there is a file for each user whose service manager is there without a
   *     login
   */
  Cgroups(Path proc, Path mount, Path systemd, Path lingerers) {
    this.proc = proc;
    this.mount = mount;
    this.systemd = systemd;
    this.lingerers = lingerers;
  }

  /** Those of this machine. */
  public static Cgroups ofThisMachine() {
    return new Cgroups(
        Path.of("/proc"),
        Path.of("/sys/fs/cgroup"),
        Path.of("/run/systemd/system"),
        Path.of("/var/lib/systemd/linger"));
  }

  /**
   * Takes the delegated part of the tree that this process is in, if it is in one. To be called
   * before it has children: it may have to move out of their way.
   */
  public Optional<Confinement> takeDelegated(long pid) {
    try {
      Optional<Path> own = own();
      if (own.isEmpty()) {
        return Optional.empty();
      }
      Path parent = own.get().getParent();
      if (isDelegated(parent) && hasMemory(parent) && enable(parent)) {
        return Optional.of(swept(parent));
      }
      boolean ours = !Files.exists(systemd) && hasMemory(own.get()) && isAlone(own.get(), pid);
      if (ours && makeRoom(own.get(), pid) && enable(own.get())) {
        return Optional.of(swept(own.get()));
      }
    } catch (IOException notOurs) {
      // whatever can't be done there, it is then not this user's to do
    }
    return Optional.empty();
  }

  /** The most memory that this process and its children can have by their cgroups, in bytes. */
  public OptionalLong memoryMax() {
    OptionalLong least = OptionalLong.empty();
    try {
      Path cgroup = own().orElse(mount);
      while (cgroup.startsWith(mount) && !cgroup.equals(mount)) {
        Path limit = cgroup.resolve("memory.max");
        String text = Files.isReadable(limit) ? words(limit).get(0) : "max";
        if (text.matches("[0-9]{1,18}")) {
          least = OptionalLong.of(Math.min(least.orElse(Long.MAX_VALUE), Long.parseLong(text)));
        }
        cgroup = cgroup.getParent();
      }
    } catch (IOException unreadable) {
      // then there is none that anybody knows of
    }
    return least;
  }

  /** The cgroup of this process. */
  private Optional<Path> own() throws IOException {
    for (String line : Files.readAllLines(proc.resolve("self/cgroup"))) {
      if (line.startsWith("0::/")) {
        return Optional.of(mount.resolve(line.substring("0::/".length())).normalize());
      }
    }
    return Optional.empty();
  }

  private static boolean hasMemory(Path cgroup) throws IOException {
    return Files.isReadable(cgroup.resolve(CONTROLLERS))
        && words(cgroup.resolve(CONTROLLERS)).contains(MEMORY);
  }

  private static List<String> words(Path file) throws IOException {
    return List.of(Files.readString(file, StandardCharsets.ISO_8859_1).strip().split("\\s+"));
  }

  /** Whether systemd says that it keeps its hands off what is in this cgroup. */
  private boolean isDelegated(Path cgroup) throws IOException {
    if (!cgroup.startsWith(mount) || !Files.isWritable(cgroup.resolve(SUBTREE))) {
      return false;
    }
    UserDefinedFileAttributeView attributes =
        Files.getFileAttributeView(cgroup, UserDefinedFileAttributeView.class);
    if (attributes == null || !attributes.list().contains("delegate")) {
      return false;
    }
    ByteBuffer value = ByteBuffer.allocate(attributes.size("delegate"));
    attributes.read("delegate", value);
    return new String(value.array(), StandardCharsets.US_ASCII).equals("1");
  }

  private static boolean isAlone(Path cgroup, long pid) throws IOException {
    List<String> processes = words(cgroup.resolve(PROCS));
    return Files.isWritable(cgroup.resolve(SUBTREE))
        && (processes.equals(List.of("")) || processes.equals(List.of(Long.toString(pid))));
  }

  /** A cgroup that hands on controllers must have no processes but in those within it. */
  private static boolean makeRoom(Path cgroup, long pid) throws IOException {
    Path leaf = cgroup.resolve(OF_THE_WORKER);
    if (!Files.isDirectory(leaf)) {
      Files.createDirectory(leaf);
    }
    Files.writeString(leaf.resolve(PROCS), pid + "\n");
    return true;
  }

  private static boolean enable(Path cgroup) throws IOException {
    if (!words(cgroup.resolve(SUBTREE)).contains(MEMORY)) {
      Files.writeString(cgroup.resolve(SUBTREE), "+" + MEMORY + "\n");
    }
    return words(cgroup.resolve(SUBTREE)).contains(MEMORY);
  }

  /** Without what shims that are dead have left there. */
  private Confinement swept(Path cgroup) throws IOException {
    try (DirectoryStream<Path> children = Files.newDirectoryStream(cgroup, Files::isDirectory)) {
      for (Path child : children) {
        String name = child.getFileName().toString();
        if (name.matches(OF_A_SHIM) && !Files.exists(proc.resolve(name.split("-")[1]))) {
          removeIfEmpty(child);
        }
      }
    }
    return new Confinement.Below(cgroup);
  }

  private static void removeIfEmpty(Path cgroup) {
    try {
      Files.deleteIfExists(cgroup);
    } catch (IOException populated) {
      // something of an attempt still runs there
    }
  }

  /**
   * Tries whether the user's service manager gives a scope that can limit memory.
   *
   * @param path where programs are looked for
   * @param variables of this process
   * @param uid of this process
   */
  public Confinement tryScope(String path, Map<String, String> variables, int uid) {
    Optional<Path> program = Programs.find("systemd-run", "/", path);
    if (!Files.isReadable(mount.resolve(CONTROLLERS))) {
      return new Confinement.None(mount + " is no cgroup v2");
    }
    if (program.isEmpty()) {
      return new Confinement.None("no cgroup is this user's own, and there is no systemd-run");
    }
    String user = variables.getOrDefault("USER", variables.getOrDefault("LOGNAME", ""));
    if (user.isEmpty() || !Files.exists(lingerers.resolve(user))) {
      // with it what runs in its scopes ends
      return new Confinement.None(
          "this user's service manager ends with the last login; loginctl enable-linger keeps it");
    }
    Map<String, String> needed = managers(variables, uid);
    try {
      return tryScope(program.get(), path, needed);
    } catch (IOException failed) {
      return new Confinement.None("systemd-run can't be started: " + failed.getMessage());
    } catch (InterruptedException ending) {
      Thread.currentThread().interrupt();
      return new Confinement.None("this worker was told to end");
    }
  }

  private Confinement tryScope(Path program, String path, Map<String, String> needed)
      throws IOException, InterruptedException {
    List<String> words = new ArrayList<>(scope(program.toString()));
    words.addAll(List.of("sh", "-c", OWN_CONTROLLERS, "sh", mount.toString()));
    ProcessBuilder builder = new ProcessBuilder(words);
    builder.environment().clear();
    builder.environment().putAll(needed);
    builder.environment().put("PATH", path);
    builder.redirectErrorStream(true);
    Process trial = builder.start();
    trial.getOutputStream().close();
    if (!trial.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      trial.destroyForcibly();
      return new Confinement.None("systemd-run --user did not answer");
    }
    String said = firstLine(trial);
    if (trial.exitValue() != 0) {
      return new Confinement.None("systemd-run --user says: " + said);
    }
    return List.of(said.split(" ")).contains(MEMORY)
        ? new Confinement.Scope(mount, needed)
        : new Confinement.None("this user's service manager may not limit memory");
  }

  /** What a scope may limit, as a process in it sees that. */
  private static final String OWN_CONTROLLERS =
      "while IFS=: read -r n c p; do [ \"$n\" = 0 ] && exec cat \"$1$p/cgroup.controllers\"; done"
          + " </proc/self/cgroup";

  /** In front of a command that is to run in a scope, which is its own to divide. */
  static List<String> scope(String program) {
    return List.of(
        program, "--user", "--scope", "--quiet", "--collect", "--property=Delegate=yes", "--");
  }

  private static Map<String, String> managers(Map<String, String> variables, int uid) {
    Map<String, String> needed = new LinkedHashMap<>();
    needed.put("XDG_RUNTIME_DIR", variables.getOrDefault("XDG_RUNTIME_DIR", "/run/user/" + uid));
    String bus = "DBUS_SESSION_BUS_ADDRESS";
    if (variables.containsKey(bus)) {
      needed.put(bus, variables.get(bus));
    }
    return needed;
  }

  private static String firstLine(Process process) throws IOException {
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      return Optional.ofNullable(reader.readLine()).orElse("nothing").strip();
    }
  }
}
