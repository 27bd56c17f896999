package org.localq.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.localq.core.Identity;
import org.localq.engine.LocalMachine;

/** Runs commands in-process, through the one door, in a home of their own. */
final class CommandContext {
  private static final JsonMapper JSON = new JsonMapper();
  private static final LocalMachine MACHINE = new LocalMachine(Path.of("/proc"));

  /** Where it is one hour later than in UTC, so that a local time shows. */
  static final ZoneId ZONE = ZoneId.of("Europe/Berlin");

  private final Path home;
  private final Map<String, String> environment = new LinkedHashMap<>();
  private String directory;
  private boolean terminal;
  private InputStream in = InputStream.nullInputStream();
  private Instant now = Instant.parse("2026-11-22T11:00:00.123Z");

  CommandContext(Path home) {
    this.home = home;
    this.directory = home.toString();
    environment.put("HOME", home.toString());
    environment.put("USER", "ada");
    environment.put("PATH", "/usr/bin:/bin");
  }

  /** What a command did. */
  record Ran(List<String> words, int code, String out, String err) {
    /** This, if it ended with {@code expected}. */
    Ran exits(int expected) {
      if (code != expected) {
        throw new AssertionError("expected exit code " + expected + ": " + this);
      }
      return this;
    }

    List<String> lines() {
      return out.lines().toList();
    }

    @Override
    public String toString() {
      return words + " -> " + code + "\n--- stdout\n" + out + "\n--- stderr\n" + err;
    }
  }

  /** Runs a command; each word is a word, nothing is split. */
  Ran run(String... words) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Door door =
        new Door(
            new Door.Console(
                in,
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                terminal,
                terminal),
            new Door.Surroundings(FileSystems.getDefault(), environment, environment, directory),
            MACHINE,
            Clock.fixed(now, ZONE),
            List.of());
    int code = Main.run(door, List.of(words));
    return new Ran(
        List.of(words),
        code,
        out.toString(StandardCharsets.UTF_8),
        err.toString(StandardCharsets.UTF_8));
  }

  CommandContext variable(String name, String value) {
    environment.put(name, value);
    return this;
  }

  CommandContext without(String name) {
    environment.remove(name);
    return this;
  }

  /** Calls the next commands in {@code directory}. */
  CommandContext in(String directory) {
    this.directory = directory;
    return this;
  }

  /** What the next command reads. */
  CommandContext input(InputStream bytes) {
    in = bytes;
    return this;
  }

  CommandContext onTerminal() {
    terminal = true;
    return this;
  }

  CommandContext at(String instant) {
    now = Instant.parse(instant);
    return this;
  }

  Path home() {
    return home;
  }

  Path uriFile() {
    return home.resolve(".localq/localqd");
  }

  /** A file of the default spool. */
  Path spool(String name) {
    return home.resolve(".localq/queue").resolve(name);
  }

  /** A job file of the default spool. */
  JsonNode job(String file) throws IOException {
    return JSON.readTree(Files.readAllBytes(spool(file)));
  }

  static JsonNode json(String text) throws IOException {
    return JSON.readTree(text);
  }

  /** Makes another queue, as {@code localqd -u} would, and returns its URI file. */
  Path queue(String name) throws IOException {
    Path uriFile = home.resolve(name);
    Files.createDirectories(uriFile.getParent());
    CommandContext maker = new CommandContext(home.resolve("maker-of-" + uriFile.getFileName()));
    Files.createDirectories(maker.home);
    maker.run("lbatch", "true").exits(0);
    Path root = home.resolve(name + ".queue");
    Files.move(maker.spool(""), root);
    Files.delete(root.resolve("1.json"));
    Files.writeString(uriFile, root.toUri() + "\n");
    Files.setPosixFilePermissions(uriFile, PosixFilePermissions.fromString("rw-------"));
    return uriFile;
  }

  /** The core limit that a worker would have set. */
  CommandContext limit(int cores) throws IOException {
    Files.writeString(spool(".localq/limit"), cores + "\n");
    return this;
  }

  /** This very process passes for a worker. */
  CommandContext worker() throws IOException {
    Identity self = MACHINE.identity();
    Files.writeString(
        spool(".localq/workers/" + self.process().pid()),
        self.process().ticks() + " " + self.boot() + "\n");
    return this;
  }

  static long pid() {
    return ProcessHandle.current().pid();
  }

  /** Job {@code id} was claimed and its command started. */
  void runs(int id) throws IOException {
    Files.move(spool(id + ".json"), spool("running/" + id + ".json"));
    starts(Integer.toString(id));
  }

  /** The same of a task of array {@code id}, with all before it. */
  void runsTask(int id, int task) throws IOException {
    ObjectNode job = (ObjectNode) job(id + ".json");
    ((ArrayNode) job.get("command")).add(job.remove("lines").get(task - 1));
    job.remove("tasks");
    runsTask(id, task, task, job);
  }

  /** The same of an array of numbers, whose first tasks up to this place were claimed. */
  void runsTask(int id, int number, int place) throws IOException {
    ObjectNode job = (ObjectNode) job(id + ".json");
    job.remove("array");
    runsTask(id, number, place, job);
  }

  private void runsTask(int id, int number, int place, ObjectNode job) throws IOException {
    String name = id + "_" + number;
    Files.writeString(spool("running/" + name + ".json"), job.toString());
    Files.createFile(spool("running/" + id + ".claimed-" + place));
    starts(name);
  }

  private void starts(String id) throws IOException {
    Files.createFile(spool("running/" + id + ".1.run-" + MACHINE.identity().shortBoot()));
    Path token = spool("running/" + id + ".1.started");
    Files.writeString(token, pid() + " 1\n");
    Files.setLastModifiedTime(
        token, java.nio.file.attribute.FileTime.from(Instant.parse("2026-11-22T11:00:05Z")));
  }

  /** Job {@code id} ran and was recorded with this result. */
  void ends(int id, String result) throws IOException {
    ObjectNode record = (ObjectNode) job(id + ".json");
    record.set("result", json(result));
    // whole at once, as a worker publishes it: somebody may be waiting for it
    Path draft = Files.writeString(spool(".localq/tmp/record"), record.toString());
    Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rw-------"));
    Files.move(draft, spool("done/" + id + ".json"), StandardCopyOption.ATOMIC_MOVE);
    Files.delete(spool(id + ".json"));
  }

  /** The same, with exit code 0. */
  void completes(int id) throws IOException {
    ends(
        id,
        "{\"state\": \"COMPLETED\", \"exit_code\": 0, \"started\": \"2026-11-22T11:00:01Z\","
            + " \"ended\": \"2026-11-22T11:01:02Z\", \"user_seconds\": 1.5,"
            + " \"system_seconds\": 0.25, \"max_rss_bytes\": 5242880, \"restarts\": 0}");
  }
}
