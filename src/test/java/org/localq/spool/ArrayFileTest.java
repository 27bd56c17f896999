package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Outcome;
import org.localq.core.Result;
import org.localq.core.State;
import org.localq.core.Tally;
import org.localq.core.Tasks;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ArrayFileTest {
  private static final JobId ARRAY = new JobId(17);
  private static final String HEAD =
      "{\"command\": [\"sh\", \"-c\"], \"stdout\": \"%A-%03a-%j-100%%\", \"x\": [1e999, {\"y\": null}],";

  @AutoClose private final FileSystem files = Bench.memory();

  private Path file(String text) throws IOException {
    return file(text.getBytes(StandardCharsets.UTF_8));
  }

  private Path file(byte[] bytes) throws IOException {
    Path file = Files.write(files.getPath("/work/17.json"), bytes);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    return file;
  }

  private Optional<ArrayFile> open(Path file) throws IOException {
    return ArrayFile.open(file, (Integer) Files.getAttribute(file, "unix:uid"));
  }

  private ArrayFile array(String text) throws IOException {
    return open(file(text)).orElseThrow();
  }

  private static ArrayFile.Line line(String text) {
    return new ArrayFile.Line.Text(text);
  }

  @Nested
  class An_array {
    @Test
    void gives_its_fields_at_once_and_its_lines_in_order() throws Exception {
      try (ArrayFile array =
          array(HEAD + "\"tasks\": 3, \"lines\": [\"a\", \"\", \"ü\\u0041\"]}")) {
        assertEquals(
            "{\"command\":[\"sh\",\"-c\"],\"stdout\":\"%A-%03a-%j-100%%\",\"x\":[1e999,{\"y\":null}],\"tasks\":3}",
            new String(array.header(), StandardCharsets.UTF_8));
        assertEquals(line("a"), array.line(1));
        assertEquals(line("üA"), array.line(3));
        assertEquals(new ArrayFile.Line.None(), array.line(4));
      }
    }

    @Test
    void that_does_not_say_how_many_lines_it_has_is_counted() throws Exception {
      try (ArrayFile array = array("{\"lines\": [\"a\", \"b\"]}")) {
        assertEquals("{\"tasks\":2}", new String(array.header(), StandardCharsets.UTF_8));
        assertEquals(line("b"), array.line(2));
      }
    }

    @Test
    void is_told_from_another_in_its_place() throws Exception {
      try (ArrayFile array = array("{\"tasks\": 1, \"lines\": [\"a\"]}")) {
        Path file = files.getPath("/work/17.json");
        assertTrue(array.isStill(file));
        Files.delete(file);
        assertFalse(array.isStill(file));
        file("{\"tasks\": 1, \"lines\": [\"bb\"]}");
        assertFalse(array.isStill(file));
      }
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "[]",
          "{}",
          "{",
          "{\"command\": [\"true\"]}",
          "{\"tasks\": 3, \"lines\": \"a\"}",
          "{\"tasks\": 3, \"lines\": {}}",
          "{\"tasks\": 3, \"lines\"",
          "{\"lines\": [\"a\"",
          "{\"a\": 1, \"a\": 2, \"tasks\": 1, \"lines\": [\"a\"]}",
        })
    void is_nothing_else(String text) throws Exception {
      assertEquals(Optional.empty(), open(file(text)));
    }

    @Test
    void is_no_link_and_nobody_elses_file() throws Exception {
      Path file = file("{\"tasks\": 1, \"lines\": [\"a\"]}");
      Path link = Files.createSymbolicLink(files.getPath("/work/link"), file);
      assertEquals(Optional.empty(), open(link));
      Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-rw-rw-"));
      assertEquals(Optional.empty(), open(file));
      Files.delete(file);
      assertEquals(Optional.empty(), ArrayFile.open(file, 0));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "17",
          "null",
          "[\"b\"]",
          "{}",
          "\"\\u0000\"",
          "\"\\ud800\"",
          "\"\\udc41\"",
          "\"b\" \"c\"",
          "\"b",
          "b",
        })
    void has_a_line_that_is_damaged(String bad) throws Exception {
      try (ArrayFile array = array("{\"tasks\": 3, \"lines\": [\"a\", " + bad + ", \"c\"]}")) {
        assertEquals(line("a"), array.line(1));
        ArrayFile.Line second = array.line(2);
        if (second instanceof ArrayFile.Line.Text) {
          second = array.line(3);
        }
        assertInstanceOf(ArrayFile.Line.Damaged.class, second);
      }
    }

    @ParameterizedTest
    @ValueSource(strings = {", \"cores\": 3}", "} {}", "", ","})
    void has_nothing_behind_its_lines(String behind) throws Exception {
      try (ArrayFile array = array("{\"tasks\": 1, \"lines\": [\"a\"]" + behind)) {
        assertEquals(line("a"), array.line(1));
        assertInstanceOf(ArrayFile.Line.Damaged.class, array.line(2));
      }
    }

    @Test
    void has_bytes_that_are_no_text() throws Exception {
      // far behind what is read ahead
      String second = "b".repeat(300_000);
      byte[] bytes =
          ("{\"tasks\": 3, \"lines\": [\"a\", \"" + second + "\", \"?\"]}")
              .getBytes(StandardCharsets.US_ASCII);
      bytes[bytes.length - 4] = (byte) 0xff;
      try (ArrayFile array = open(file(bytes)).orElseThrow()) {
        assertEquals(line("a"), array.line(1));
        assertEquals(new ArrayFile.Line.Damaged("is not UTF-8 in or behind line 2"), array.line(3));
      }
    }
  }

  @Nested
  class A_task {
    @Test
    void is_a_job_file_of_its_own() throws Exception {
      Path file =
          file(
              HEAD
                  + "\"submitted\": \"2026-11-22T11:00:00Z\", \"tasks\": 1, \"lines\": [\"echo \\udcff\"]}");
      try (Bench bench = new Bench(Files.createDirectory(files.getPath("/b")), Bench.FILES_ONLY);
          ArrayTasks tasks = ArrayTasks.open(bench.spool, ARRAY, file).orElseThrow()) {
        ArrayTasks.Task task = assertInstanceOf(ArrayTasks.Task.class, tasks.task(1));
        assertEquals(new JobId(17, 1), task.id());
        assertEquals(List.of("sh", "-c", "echo \udcff"), task.job().command());
        assertEquals("17-001-17_1-100%", task.job().workplace().stdout());
        JobFile read =
            new JobReader(Bench.ACCOUNT)
                .read(task.id(), new Content.Whole(task.file(), java.time.Instant.EPOCH), false);
        assertEquals(new JobFile.Valid(task.job(), Optional.empty()), read);
        assertTrue(new String(task.file(), StandardCharsets.UTF_8).contains("1e999"));
        assertEquals(new ArrayTasks.None(), tasks.task(2));
      }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "3"})
    void is_none_of_an_array_that_miscounts(String tasks) throws Exception {
      Path file =
          file("{\"command\": [\"x\"], \"tasks\": " + tasks + ", \"lines\": [\"a\", \"b\"]}");
      try (Bench bench = new Bench(Files.createDirectory(files.getPath("/b")), Bench.FILES_ONLY);
          ArrayTasks array = ArrayTasks.open(bench.spool, ARRAY, file).orElseThrow()) {
        assertInstanceOf(ArrayTasks.Task.class, array.task(1));
        ArrayTasks.Next next = array.task(2);
        assertInstanceOf(
            ArrayTasks.Damaged.class, tasks.equals("1") ? next : array.task(3), () -> "" + next);
      }
    }
  }

  @Nested
  class Of_numbers {
    private static final String NUMBERS =
        "{\"array\": \"0-8:4%2\", \"x\": [1e999], \"command\": [\"run\"], \"stdout\": \"%A-%03a-%j\"}";

    @Test
    void is_all_fields_and_holds_no_file_open() throws Exception {
      try (ArrayFile array = array(NUMBERS)) {
        assertEquals(
            "{\"array\":\"0-8:4%2\",\"x\":[1e999],\"command\":[\"run\"],\"stdout\":\"%A-%03a-%j\"}",
            new String(array.header(), StandardCharsets.UTF_8));
        assertTrue(array.isStill(files.getPath("/work/17.json")));
      }
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "{\"array\": 7}",
          "{\"array\": [\"0-3\"]}",
          "{\"array\": \"0-3\"",
          "{\"array\": \"0-3\"} x",
          "{\"array\": \"0-3\", }",
          "{\"x\": {\"array\": \"0-3\"}}",
        })
    void is_nothing_else(String text) throws Exception {
      assertEquals(Optional.empty(), open(file(text)));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "{\"command\": [\"x\"], \"array\": \"0-99:4%8\", \"stdout\": \"%A_%a\"}",
          "{\"array\": \"9,1-3,2-5,0-8:4\", \"command\": [\"x\", \"\\udcff\"], \"environment\": {\"LOCALQ_ARRAY_TASK_STEP\": \"7\"}}",
          "{\"command\": [\"x\"], \"array\": \"1-999999999%999999999\", \"array_throttle\": 3}",
          "{\"command\": [\"x\"], \"array\": \"0-3\", \"lines\": [\"a\"]}",
          "{\"command\": [\"x\"], \"array\": \"\\u0007-3\"}",
        })
    void is_handled_as_every_input_is(String text) throws Exception {
      JobFileFuzz.fuzzerTestOneInput(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void has_tasks_by_their_places() throws Exception {
      Path file = file(NUMBERS);
      try (Bench bench = new Bench(Files.createDirectory(files.getPath("/b")), Bench.FILES_ONLY);
          ArrayTasks tasks = ArrayTasks.open(bench.spool, ARRAY, file).orElseThrow()) {
        ArrayTasks.Task last = assertInstanceOf(ArrayTasks.Task.class, tasks.task(3));
        assertEquals(new JobId(17, 8), last.id());
        assertEquals(List.of("run"), last.job().command());
        assertEquals("17-008-17_8", last.job().workplace().stdout());
        ArrayTasks.Task first = assertInstanceOf(ArrayTasks.Task.class, tasks.task(1));
        assertEquals(new JobId(17, 0), first.id());
        assertEquals(new ArrayTasks.None(), tasks.task(4));
        assertEquals(Optional.empty(), tasks.fault());
        JobFile read =
            new JobReader(Bench.ACCOUNT)
                .read(last.id(), new Content.Whole(last.file(), java.time.Instant.EPOCH), false);
        assertEquals(
            new JobFile.Valid(
                last.job(), Optional.empty(), Optional.empty(), java.util.OptionalInt.of(2)),
            read);
        assertEquals("3", last.job().submission().environment().get("LOCALQ_ARRAY_TASK_COUNT"));
        String text = new String(last.file(), StandardCharsets.UTF_8);
        assertTrue(text.contains("1e999"), text);
        assertFalse(text.contains("\"array\""), text);
      }
    }
  }

  @Nested
  class A_record {
    @Test
    void has_the_fields_and_the_counts_and_no_lines() throws Exception {
      try (ArrayFile array = array(HEAD + "\"tasks\": 3, \"lines\": [\"a\", \"b\", \"c\"]}")) {
        JobReader reader = new JobReader(Bench.ACCOUNT);
        Content.Whole header = new Content.Whole(array.header(), array.modified());
        Job job = ((JobFile.Valid) reader.readHeader(ARRAY, header)).job();
        Tally tally = new Tally();
        tally.add(Bench.result(3));
        tally.add(Bench.result(0));
        tally.add(Bench.cancelled());
        Result result = tally.result(false, java.time.Instant.EPOCH);
        byte[] record = RecordWriter.record(array.header(), job, result, tally.tasks());
        assertEquals(
            new JobFile.Valid(
                job,
                Optional.of(result),
                Optional.of(
                    new Tasks(
                        3,
                        java.util.Map.of(
                            State.FAILED, 1, State.COMPLETED, 1, State.CANCELLED, 1)))),
            reader.read(ARRAY, new Content.Whole(record, array.modified()), true));
        assertEquals(
            new Outcome(State.FAILED, java.util.OptionalInt.of(3), "NonZeroExitCode"),
            result.outcome());
        assertFalse(new String(record, StandardCharsets.UTF_8).contains("lines"));
      }
    }
  }

  @Nested
  class Reading_as_it_comes {
    /** Both ways of reading JSON see the same, wherever a chunk ends. */
    @Test
    void is_the_same_as_reading_a_whole() throws Exception {
      Random random = new Random(17);
      String[] pieces = {
        "\\\\",
        "\\\"",
        "\\u0041",
        "\\udcff",
        "\\ud83d\\ude00",
        "\\ud83d",
        "\\\\u0041",
        "ü",
        "😀",
        "a",
        "\\n"
      };
      for (int round = 0; round < 60; round++) {
        StringBuilder text = new StringBuilder("[\"" + "x".repeat(65_536 - 60 + round) + "\",\"");
        for (int piece = 0; piece < 40; piece++) {
          text.append(pieces[random.nextInt(pieces.length)]);
        }
        byte[] json = text.append("\"]").toString().getBytes(StandardCharsets.UTF_8);
        assertEquals(
            tokens(JsonText.parser(json)), tokens(JsonText.parser(new ByteArrayInputStream(json))));
      }
    }

    private List<String> tokens(JsonParser parser) throws IOException {
      List<String> tokens = new ArrayList<>();
      try (parser) {
        while (parser.nextToken() != null) {
          boolean text = parser.currentToken() == JsonToken.VALUE_STRING;
          tokens.add(text ? parser.getText() : parser.currentToken().name());
        }
      } catch (JsonProcessingException | CharacterCodingException bad) {
        tokens.add("bad");
      }
      return tokens;
    }

    @Test
    void keeps_escaped_names_of_any_bytes() throws Exception {
      byte[] json = "{\"\\udcff\": 1}".getBytes(StandardCharsets.US_ASCII);
      try (JsonParser parser = JsonText.parser(new ByteArrayInputStream(json))) {
        parser.nextToken();
        parser.nextToken();
        assertEquals("\udcff", parser.currentName());
      }
    }
  }
}
