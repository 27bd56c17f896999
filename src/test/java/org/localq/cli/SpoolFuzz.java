package org.localq.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.localq.ForcesNothing;
import org.localq.core.Identity;
import org.localq.core.JobId;
import org.localq.core.ProcessId;
import org.localq.core.Refusal;
import org.localq.engine.Engine;
import org.localq.engine.Inherited;
import org.localq.engine.Launch;
import org.localq.engine.LocalEngine;
import org.localq.engine.LocalMachine;
import org.localq.spool.Account;
import org.localq.spool.Spool;
import org.localq.spool.SpoolGate;
import org.localq.worker.Judge;
import org.localq.worker.Log;
import org.localq.worker.Worker;

/**
 * Takes any bytes for the files of a spool, in a file system in memory: lets the commands show
 * them, a worker do with them what it can, and the commands show what came of it. No job may get
 * lost on the way, and nothing may come out that is neither an answer nor one line that says why
 * there is none.
 *
 * <p>The bytes are names and contents in turn, a NUL behind each. A name is relative to the spool;
 * {@code NAME@SECONDS} was last written then, {@code NAME/} is a directory, and {@code NAME>} a
 * link to what the content names.
 */
public final class SpoolFuzz {
  private static final int MOST_FILES = 20;
  private static final int TICKS = 5;

  /** The last one that was given out. A job above it is nobody's. */
  private static final long LAST_ID = 1000;

  private static final Duration BETWEEN_TICKS = Duration.ofSeconds(61);
  private static final JsonMapper JSON = new JsonMapper();
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-22T12:00:00Z"), ZoneOffset.UTC);

  private final FileSystem files;
  private final LocalMachine machine;
  private final Path root;

  private SpoolFuzz(FileSystem files) throws IOException {
    this.files = files;
    this.machine = machine(files.getPath("/proc"));
    this.root = files.getPath("/home/ada/.localq/queue");
  }

  /**
   * Tries {@code bytes}.
   *
   * @throws AssertionError when something about them does not hold
   */
  public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
    try (FileSystem files =
        Jimfs.newFileSystem(
            Configuration.unix().toBuilder()
                .setAttributeViews("basic", "owner", "posix", "unix")
                .build())) {
      new SpoolFuzz(files).live(bytes);
    }
  }

  private void live(byte[] bytes) throws IOException {
    try (Spool spool = spool()) {
      publishUriFile();
      put(bytes);
      NavigableSet<JobId> before = known(spool);
      run(List.of("lqueue"));
      work(spool);
      NavigableSet<JobId> after = known(spool);
      after.addAll(spool.pending());
      assertTrue(after.containsAll(before), () -> "of " + before + " there are left " + after);
      show(after);
    }
  }

  private Spool spool() throws IOException {
    Account account = new Account("/home/ada", ZoneOffset.UTC, Map.of());
    Spool spool = new SpoolGate(machine.identity(), account, new ForcesNothing()).openOrFound(root);
    Path seq = root.resolve(".localq/seq");
    Files.move(seq.resolve("0"), seq.resolve(Long.toString(LAST_ID)));
    return spool;
  }

  /** As much of proc(5) as tells who is at work here. */
  private static LocalMachine machine(Path proc) throws IOException {
    Files.createDirectories(proc.resolve("self/ns"));
    Files.createDirectories(proc.resolve("sys/kernel/random"));
    Files.writeString(
        proc.resolve("self/stat"), "4711 (java) S 1 4711 4711" + " 0".repeat(15) + " 99 0\n");
    Files.createSymbolicLink(proc.resolve("self/ns/pid"), proc.getFileSystem().getPath("pid:[1]"));
    Files.writeString(proc.resolve("sys/kernel/hostname"), "here\n");
    Files.writeString(
        proc.resolve("sys/kernel/random/boot_id"), "0123abcd-0123-4567-89ab-0123456789ab\n");
    return new LocalMachine(proc);
  }

  private void publishUriFile() throws IOException {
    Path uriFile = root.resolveSibling("localqd");
    Files.writeString(uriFile, "file:///home/ada/.localq/queue/\n");
    Files.setPosixFilePermissions(uriFile, PosixFilePermissions.fromString("rw-------"));
  }

  private void put(byte[] bytes) throws IOException {
    // a character a byte
    String[] parts = new String(bytes, StandardCharsets.ISO_8859_1).split("\0", -1);
    for (int i = 0; i + 1 < parts.length && i < 2 * MOST_FILES; i += 2) {
      put(parts[i], parts[i + 1]);
    }
  }

  private void put(String name, String content) throws IOException {
    int at = name.lastIndexOf('@');
    boolean dated = at > 0 && name.substring(at + 1).matches("-?[0-9]{1,18}");
    String plain = (dated ? name.substring(0, at) : name).replaceFirst("[/>]$", "");
    Optional<Path> file = file(plain);
    if (file.isEmpty()) {
      return;
    }
    if (name.endsWith("/")) {
      Files.createDirectory(file.get());
    } else if (name.endsWith(">")) {
      Files.createSymbolicLink(file.get(), files.getPath(content.isEmpty() ? "." : content));
    } else {
      Files.write(file.get(), content.getBytes(StandardCharsets.ISO_8859_1));
    }
    if (dated && !name.endsWith(">")) {
      long seconds = Long.parseLong(name.substring(at + 1));
      Files.setLastModifiedTime(file.get(), FileTime.from(seconds, TimeUnit.SECONDS));
    }
  }

  /** A file of this name, where one can be put: what makes the spool a spool stays as it is. */
  private Optional<Path> file(String name) {
    try {
      Path file = root.resolve(name).normalize();
      boolean free =
          file.startsWith(root)
              && !file.startsWith(root.resolve(".localq/seq"))
              && Files.isDirectory(file.getParent(), LinkOption.NOFOLLOW_LINKS)
              && !Files.exists(file, LinkOption.NOFOLLOW_LINKS);
      return free ? Optional.of(file) : Optional.empty();
    } catch (InvalidPathException impossible) {
      return Optional.empty();
    }
  }

  /** The jobs whose id is their own for certain: in the root anybody can put any name. */
  private static NavigableSet<JobId> known(Spool spool) throws IOException {
    NavigableSet<JobId> known = new TreeSet<>(spool.held());
    known.addAll(spool.running());
    known.addAll(spool.done());
    known.addAll(spool.rejected());
    known.removeIf(id -> id.number() > LAST_ID);
    return known;
  }

  private void show(NavigableSet<JobId> ids) {
    run(List.of("lqueue"));
    assertJson(run(List.of("lqueue", "--json")));
    if (!ids.isEmpty()) {
      String each = ids.stream().map(JobId::toString).collect(Collectors.joining(","));
      run(List.of("linfo", "-j", each));
      assertJson(run(List.of("linfo", "--json", "-j", each)));
    }
  }

  /** What a command prints, which is nothing that moves a terminal, and never a stack trace. */
  private String run(List<String> words) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Map<String, String> environment = Map.of("HOME", "/home/ada", "LOCALQ_TRACE", "1");
    Door door =
        new Door(
            new Door.Console(stream(out), stream(err), false),
            new Door.Surroundings(files, environment, environment, "/home/ada"),
            machine,
            CLOCK,
            List.of());
    int code = Main.run(door, words);
    String said = err.toString(StandardCharsets.UTF_8);
    assertTrue(code == ExitCode.DONE || code == ExitCode.REFUSED, () -> words + " -> " + code);
    assertFalse(said.startsWith(words.get(0) + ": internal error"), said);
    assertEquals(code == ExitCode.REFUSED, said.startsWith(words.get(0) + ": "), said);
    assertHarmless(said);
    assertHarmless(out.toString(StandardCharsets.UTF_8));
    return out.toString(StandardCharsets.UTF_8);
  }

  private static PrintStream stream(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }

  private static void assertHarmless(String text) {
    assertTrue(text.chars().allMatch(c -> c == '\n' || !Character.isISOControl(c)), text);
  }

  private static void assertJson(String printed) {
    try (MappingIterator<JsonNode> documents = JSON.readerFor(JsonNode.class).readValues(printed)) {
      documents.readAll();
    } catch (IOException bad) {
      throw new AssertionError(printed, bad);
    }
  }

  /** A worker does what it can, for so long that nothing is left that only wants time. */
  private void work(Spool spool) throws IOException {
    Identity identity = machine.identity();
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    Log lines = new Log(stream(log), CLOCK);
    Engine engine = new NothingRuns();
    Duration[] uptime = {Duration.ofHours(1)};
    Judge judge = new Judge(engine, identity, new Judge.Times(CLOCK, () -> uptime[0]), lines);
    Worker worker =
        new Worker(
            new Worker.Tools(spool, engine, judge, lines), identity, spool.workers().settings());
    for (int tick = 0; tick < TICKS; tick++) {
      try {
        worker.tick(uptime[0]).orThrow();
      } catch (IOException | Refusal trouble) {
        // what a person has to mend, as a directory in a file's place; the worker says it and stays
      }
      uptime[0] = uptime[0].plus(BETWEEN_TICKS);
    }
    assertHarmless(log.toString(StandardCharsets.UTF_8));
  }

  /** Makes the scripts of the real engine, and starts nothing. */
  private static final class NothingRuns implements Engine {
    private final LocalEngine real =
        new LocalEngine(
            Path.of("/proc"),
            Path.of("/shim"),
            new Inherited(Map.of(), Optional.empty()),
            "",
            "/home/ada/.localq/localqd");

    @Override
    public byte[] script(Launch launch, Map<String, String> variables) {
      return real.script(launch, variables);
    }

    @Override
    public void start(Launch launch) {}

    @Override
    public Look look(Set<ProcessId> named) {
      return NOTHING_RUNS;
    }
  }
}
