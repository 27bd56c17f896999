package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonParser;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.localq.ShellWords;
import org.localq.core.ExactText;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Result;
import org.localq.core.State;
import org.localq.core.Tally;
import org.localq.core.Tasks;
import org.localq.engine.Inherited;
import org.localq.engine.Launch;
import org.localq.engine.LocalEngine;
import org.localq.engine.Mark;

/**
 * Takes any bytes for a job file, and for a record. What the reader refuses it has to refuse in one
 * short line; what it accepts has to come through everything that a worker does to a job.
 */
public final class JobFileFuzz {
  private static final JobId ID = new JobId(17);
  private static final Instant MODIFIED = Instant.parse("2026-01-02T03:04:05.678Z");
  private static final int LONGEST_REASON = 1000;
  private static final FileSystem FILES = Bench.memory();
  private static final JobReader READER = new JobReader(Bench.ACCOUNT);
  private static final LocalEngine ENGINE =
      new LocalEngine(
          Path.of("/proc"),
          Path.of("/shim"),
          new Inherited(Map.of(), Optional.empty()),
          "",
          "/home/ada/.localq/localqd");

  private JobFileFuzz() {}

  /**
   * Tries {@code bytes}.
   *
   * @throws AssertionError when something about them does not hold
   */
  public static void fuzzerTestOneInput(byte[] bytes) throws IOException {
    JobFile dropped = read(bytes, false);
    JobFile record = read(bytes, true);
    if (dropped instanceof JobFile.Valid valid) {
      assertEquals(Optional.empty(), valid.result(), "the result of a file that is no record");
      if (valid.tasks().isPresent()) {
        assertClaimed(bytes, valid);
      } else {
        assertComesThrough(bytes, valid.job());
      }
    } else {
      assertTellsWhy(((JobFile.Invalid) dropped).reason());
    }
    if (record instanceof JobFile.Valid valid) {
      if (valid.tasks().isPresent() || lacksLines(dropped)) {
        return;
      }
      assertEquals(new JobFile.Valid(valid.job(), Optional.empty()), dropped, "but for its result");
      Result result = valid.result().orElseGet(Bench::cancelled);
      assertRecorded(bytes, valid.job(), result);
    } else {
      assertTellsWhy(((JobFile.Invalid) record).reason());
    }
  }

  /** Whether it is what an array's record begins with, which is no job. */
  private static boolean lacksLines(JobFile dropped) {
    return dropped instanceof JobFile.Invalid invalid
        && invalid.reason().startsWith("field \"lines\" is missing");
  }

  /** Of an array that is taken, each line or number becomes a task, and its record can be made. */
  private static void assertClaimed(byte[] bytes, JobFile.Valid array) throws IOException {
    Path file = FILES.getPath("/work/17.json");
    Files.write(file, bytes);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    int uid = (Integer) Files.getAttribute(file, "unix:uid");
    Tasks tasks = array.tasks().orElseThrow();
    int count = tasks.count();
    try (ArrayFile open = ArrayFile.open(file, uid).orElseThrow()) {
      Content.Whole header = new Content.Whole(open.header(), MODIFIED);
      assertEquals(array, READER.readHeader(ID, header), "by its header");
      for (int place = 1; place <= (tasks.areLines() ? count : Math.min(count, 5)); place++) {
        assertClaimed(open, array, place);
      }
      if (tasks.areLines()) {
        assertEquals(new ArrayFile.Line.None(), open.line(count + 1));
      }
      Tally tally = new Tally();
      tally.add(State.CANCELLED, count);
      Result result = tally.result(true, MODIFIED);
      byte[] record = RecordWriter.record(open.header(), array.job(), result, tally.tasks());
      Tasks ended = new Tasks(count, tally.tasks().ended(), tasks.given());
      assertEquals(
          new JobFile.Valid(array.job(), Optional.of(result), Optional.of(ended)),
          read(record, true));
    }
  }

  private static void assertClaimed(ArrayFile open, JobFile.Valid array, int place)
      throws IOException {
    Tasks tasks = array.tasks().orElseThrow();
    Optional<String> text = Optional.empty();
    if (tasks.areLines()) {
      ArrayFile.Line line = open.line(place);
      assertTrue(line instanceof ArrayFile.Line.Text, () -> "line " + line);
      text = Optional.of(((ArrayFile.Line.Text) line).text());
    }
    JobId id = ID.ofTask(tasks.numbers().at(place));
    Job task = array.job().task(id, text, tasks.numbers());
    byte[] its = RecordWriter.task(open.header(), task, tasks.throttle());
    assertEquals(
        new JobFile.Valid(task, Optional.empty(), Optional.empty(), tasks.throttle()),
        READER.read(id, new Content.Whole(its, MODIFIED), false));
    assertQuoted(task);
  }

  /** The script of the job that {@code bytes} hold; nothing when they hold none. */
  public static Optional<byte[]> script(byte[] bytes) {
    return read(bytes, false) instanceof JobFile.Valid valid
        ? Optional.of(script(valid.job()))
        : Optional.empty();
  }

  private static byte[] script(Job job) {
    Mark mark = new Mark("/home/ada/.localq/queue", ID, 1);
    return ENGINE.script(new Launch(mark, job, Path.of("/running"), "run", 0));
  }

  private static JobFile read(byte[] bytes, boolean withResult) {
    return READER.read(ID, new Content.Whole(bytes, MODIFIED), withResult);
  }

  private static void assertTellsWhy(String reason) {
    assertTrue(!reason.isBlank() && reason.length() <= LONGEST_REASON, reason);
    assertTrue(reason.chars().noneMatch(Character::isISOControl), reason);
  }

  private static void assertComesThrough(byte[] bytes, Job job) throws IOException {
    assertEquals(
        new JobFile.Valid(job, Optional.empty()), read(JobWriter.write(job), false), "written");
    assertRecorded(bytes, job, Bench.result(0));
    assertRecorded(bytes, job, Bench.cancelled());
    assertShown(RecordWriter.document(ID, State.PENDING, bytes, false));
    assertQuoted(job);
  }

  private static void assertRecorded(byte[] bytes, Job job, Result result) throws IOException {
    byte[] record = RecordWriter.record(bytes, job, result);
    assertEquals(new JobFile.Valid(job, Optional.of(result)), read(record, true), "recorded");
    assertShown(RecordWriter.document(ID, result.outcome().state(), record, true));
  }

  /** A document is JSON, and nothing in it moves a terminal. */
  private static void assertShown(String document) throws IOException {
    assertTrue(document.chars().allMatch(c -> c == '\n' || (c >= ' ' && c <= '~')), document);
    try (JsonParser in = JsonText.parser(document.getBytes(StandardCharsets.US_ASCII))) {
      while (in.nextToken() != null) {
        assertTrue(in.getParsingContext().getNestingDepth() >= 0);
      }
    }
  }

  /** The shell gets every word as it is, and nothing else of what a user wrote. */
  private static void assertQuoted(Job job) {
    List<String> words = ShellWords.ofLastLine(bytesAsText(script(job)));
    List<String> command = job.command().stream().map(JobFileFuzz::exact).toList();
    List<String> exec = List.of("exec", "env", "-i", "--");
    assertTrue(
        words.get(0).equals("become") || words.subList(0, exec.size()).equals(exec),
        () -> "begins with " + words.get(0));
    assertEquals(command, words.subList(words.size() - command.size(), words.size()));
    job.submission()
        .environment()
        .forEach(
            (name, value) ->
                assertTrue(
                    name.startsWith("LOCALQ_") || words.contains(exact(name + "=" + value)), name));
  }

  private static String exact(String text) {
    return bytesAsText(ExactText.encode(text));
  }

  private static String bytesAsText(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
