package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.SortedSet;
import java.util.TreeSet;
import org.localq.core.Identity;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Limit;
import org.localq.core.Outcome;
import org.localq.core.ProcessId;
import org.localq.core.Requirements;
import org.localq.core.Resource;
import org.localq.core.Result;
import org.localq.core.State;
import org.localq.core.Submission;
import org.localq.core.Umask;
import org.localq.core.Usage;
import org.localq.core.Workplace;

/** A new spool, and what is needed to put things into it and to look at it. */
final class Bench implements AutoCloseable {
  private static final int MOST_EVIDENCE = 60;

  static final String BOOT = "0123abcd";
  static final String HOST = "0011223344556677 pid:[4026531836]";

  /** What a job file that says nothing else gets. */
  static final Account ACCOUNT =
      new Account("/home/ada", ZoneOffset.UTC, Map.of("HOME", "/home/ada", "PATH", "/bin"));

  /** For file systems that can't open a directory. */
  static final Fsync FILES_ONLY =
      new Fsync() {
        @Override
        public void file(FileChannel file) throws IOException {
          file.force(true);
        }

        @Override
        public void directory(Path directory) {}
      };

  final Identity identity;
  final RecordingFsync fsync;
  final Layout layout;
  final Spool spool;

  /** Makes the spool {@code parent/queue}. */
  Bench(Path parent, Fsync below) throws IOException {
    Path root = parent.resolve("queue");
    this.identity = identity(parent, 4711);
    this.fsync = new RecordingFsync(below, root);
    this.layout = new Layout(root);
    // a power cut during a test is no matter
    new SpoolGate(identity, ACCOUNT, FILES_ONLY).openOrFound(root).close();
    this.spool = gate(identity).open(root);
  }

  /** A process of the user to whom {@code place} belongs. */
  static Identity identity(Path place, long pid) throws IOException {
    int uid = (Integer) Files.getAttribute(place, "unix:uid");
    return new Identity(new ProcessId(pid, 99), BOOT + "0123456789abcdef01234567", HOST, uid);
  }

  static FileSystem memory() {
    return Jimfs.newFileSystem(
        Configuration.unix().toBuilder()
            .setAttributeViews("basic", "owner", "posix", "unix")
            .build());
  }

  SpoolGate gate(Identity who) {
    return new SpoolGate(who, ACCOUNT, fsync);
  }

  JobId submit(String... command) throws IOException {
    return spool.submit(id -> job(command));
  }

  /** A job that has something in each of its fields. */
  static Job job(String... command) {
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("PATH", "/usr/bin:/bin");
    environment.put("NAME", "J\u00fcrgen \ud83d\ude00");
    environment.put("BYTES", "\udcff\udc80");
    environment.put("A", "");
    return new Job(
        "n\u00e4me \udcfe",
        List.of(
            command.length == 0 ? new String[] {"true", "", "\udc80", "\ud83d\ude00"} : command),
        Requirements.cores(2),
        new Workplace("/data/r\u00fcn", "in \"put\".txt", "%j.out", Optional.of("err\n.log")),
        new Submission(
            Instant.parse("2026-11-22T11:00:00.123Z"),
            "/home/ada",
            Optional.of(new Umask(0027)),
            Map.of(
                Resource.NOFILE, new Limit(1024, Limit.UNLIMITED), Resource.CPU, new Limit(0, 9)),
            environment));
  }

  static Result result(int code) {
    return new Result(
        Outcome.of(new org.localq.core.Exit.Code(code), job().workplace()),
        Optional.of(Instant.parse("2026-11-22T12:00:00Z")),
        Instant.parse("2026-11-22T12:00:09.5Z"),
        new Usage(OptionalDouble.of(1.25), OptionalDouble.of(0.5), OptionalLong.of(123_456_789)),
        1);
  }

  static Result cancelled() {
    return new Result(
        new Outcome(State.CANCELLED, OptionalInt.empty(), ""),
        Optional.empty(),
        Instant.parse("2026-11-22T12:00:00Z"),
        Usage.UNKNOWN,
        0);
  }

  /** Puts a file into the spool, as anybody can. */
  Path put(String name, String text) throws IOException {
    return put(name, text.getBytes(StandardCharsets.UTF_8));
  }

  Path put(String name, byte[] bytes) throws IOException {
    Path file = layout.root().resolve(name);
    Files.write(file, bytes);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return file;
  }

  String text(String name) throws IOException {
    return Files.readString(layout.root().resolve(name), StandardCharsets.UTF_8);
  }

  boolean has(String name) {
    return Files.exists(layout.root().resolve(name), LinkOption.NOFOLLOW_LINKS);
  }

  /** What is in one directory of the spool. */
  SortedSet<String> names(String directory) throws IOException {
    SortedSet<String> names = new TreeSet<>();
    for (Path path : Names.in(layout.root().resolve(directory))) {
      names.add(path.getFileName().toString());
    }
    return names;
  }

  void assertNames(String directory, String... expected) throws IOException {
    assertEquals(new TreeSet<>(List.of(expected)), names(directory), () -> evidence());
  }

  /** Every file of the spool with its beginning. */
  String evidence() {
    StringBuilder evidence = new StringBuilder("the spool holds:\n");
    try {
      SortedSet<String> names = RecordingFsync.tree(layout.root());
      for (String name : names.stream().limit(MOST_EVIDENCE).toList()) {
        // opening the lock would free it
        String text = name.endsWith("lock") ? "" : beginning(layout.root().resolve(name));
        evidence.append("  ").append(name).append("  ").append(text).append('\n');
      }
      if (names.size() > MOST_EVIDENCE) {
        evidence.append("  and ").append(names.size() - MOST_EVIDENCE).append(" more\n");
      }
    } catch (IOException failed) {
      evidence.append(failed);
    }
    return evidence.append("forced: ").append(fsync.order()).append('\n').toString();
  }

  private static String beginning(Path file) throws IOException {
    if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      return "(no regular file)";
    }
    try (java.io.InputStream in = Files.newInputStream(file)) {
      return new String(in.readNBytes(300), StandardCharsets.UTF_8).replace("\n", " ");
    }
  }

  /** The job of this id, which has to be readable. */
  Entry entry(JobId id) throws IOException {
    Optional<Entry> entry = spool.find(id);
    return entry.isPresent() ? entry.get() : fail("job " + id + " is nowhere; " + evidence());
  }

  @Override
  public void close() throws IOException {
    spool.close();
  }
}
