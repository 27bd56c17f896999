package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Limit;
import org.localq.core.Outcome;
import org.localq.core.Requirements;
import org.localq.core.Resource;
import org.localq.core.Result;
import org.localq.core.State;
import org.localq.core.Submission;
import org.localq.core.Tasks;
import org.localq.core.Umask;
import org.localq.core.Usage;
import org.localq.core.Workplace;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class JobReaderTest {
  private static final JobId ID = new JobId(17);
  private static final Instant MODIFIED = Instant.parse("2026-01-02T03:04:05.678Z");

  @Nested
  class A_minimal_job {
    @Test
    void gets_every_default() {
      assertEquals(
          new Job(
              "bwa",
              List.of("/opt/bwa", "mem"),
              Requirements.cores(1),
              new Workplace(
                  "/home/ada", "/dev/null", "localq-17-20260102T030405.out", Optional.empty()),
              new Submission(
                  MODIFIED,
                  "/home/ada",
                  Optional.empty(),
                  Map.of(),
                  Map.of("HOME", "/home/ada", "PATH", "/bin"))),
          valid("{\"command\": [\"/opt/bwa\", \"mem\"]}"));
    }

    @Test
    void is_submitted_from_where_it_runs() {
      Job job = valid("{\"command\": [\"x\"], \"directory\": \"/data\"}");
      assertEquals("/data", job.submission().directory());
    }

    @Test
    void names_its_output_in_local_time() {
      Account berlin = new Account("/h", ZoneId.of("Europe/Berlin"), Map.of());
      JobFile file =
          new JobReader(berlin)
              .read(
                  ID,
                  whole("{\"command\": [\"x\"], \"submitted\": \"2026-07-01T23:30:00Z\"}"),
                  false);
      assertEquals(
          "localq-17-20260702T013000.out",
          assertInstanceOf(JobFile.Valid.class, file).job().workplace().stdout());
    }

    @Test
    void may_have_an_environment_without_a_variable() {
      assertEquals(
          Map.of(),
          valid("{\"command\": [\"x\"], \"environment\": {}}").submission().environment());
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "{\"command\":[\"x\"]}",
          " \t\r\n{ \"command\" : [ \"x\" ] } \n\n",
          "{\"command\": [\"x\"], \"format\": 1}",
          "{\"command\": [\"x\"], \"cores\": 2147483647}",
          "{\"command\": [\"x\"], \"id\": \"anything\", \"result\": 5}",
          "{\"command\": [\"x\"], \"y\": 1e999999999}",
          "{\"command\": [\"x\"], \"y\": {\"command\": [], \"cores\": 0}}",
          "{\"command\": [\"\"]}",
          "{\"command\": [\"x\"], \"limits\": {\"of_a_later_version\": \"what\"}}",
          "{\"command\": [\"x\"], \"submitted\": \"0000-01-01T00:00:00Z\"}",
          "{\"command\": [\"x\"], \"submitted\": \"9999-12-31T23:59:59Z\"}",
        })
    void may_look_like(String json) {
      valid(json);
    }
  }

  @Nested
  class An_array {
    @Test
    void has_a_task_for_each_line_and_an_output_for_each_task() {
      JobFile.Valid file =
          assertInstanceOf(
              JobFile.Valid.class,
              read("{\"command\": [\"sh\", \"-c\"], \"lines\": [\"a\", \"b\"]}", false));
      assertEquals(Optional.of(new Tasks(2)), file.tasks());
      assertEquals(List.of("sh", "-c"), file.job().command());
      assertEquals("localq-%j-20260102T030405.out", file.job().workplace().stdout());
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        textBlock =
            """
            "tasks": 3, "lines": ["a", "b"]   | field "lines" is a list of 2, expected 3, as "tasks" says
            "lines": ["a"], "tasks": 1        | field "tasks" is behind "lines", expected nothing there
            "lines": ["a"], "x": 1            | field "x" is behind "lines", expected nothing there
            "tasks": 2                        | field "lines" is missing, expected one for each of the tasks
            """)
    void is_none(String fields, String reason) {
      assertEquals(reason, invalid("{\"command\": [\"x\"], " + fields + "}"));
    }

    @Test
    void has_a_record_that_counts_all_its_tasks() {
      String record =
          "{\"command\": [\"x\"], \"tasks\": 3, \"result\": {\"state\": \"COMPLETED\", \"tasks\": {\"COMPLETED\": %s}}}";
      JobFile.Valid file = assertInstanceOf(JobFile.Valid.class, read(record.formatted(3), true));
      assertEquals(Optional.of(new Tasks(3, Map.of(State.COMPLETED, 3))), file.tasks());
      assertEquals(
          new JobFile.Invalid("field \"result.tasks\" is of 2 tasks, expected those of all tasks"),
          read(record.formatted(2), true));
    }
  }

  @Nested
  class An_array_of_numbers {
    @Test
    void has_a_task_for_each_and_an_output_for_each_task() {
      JobFile.Valid file =
          assertInstanceOf(
              JobFile.Valid.class, read("{\"command\": [\"x\"], \"array\": \"0-99:4%8\"}", false));
      Tasks tasks = file.tasks().orElseThrow();
      assertEquals(25, tasks.count());
      assertEquals("0-96:4%8", tasks.given().orElseThrow().toString());
      assertEquals(OptionalInt.of(8), file.throttle());
      assertEquals(List.of("x"), file.job().command());
      assertEquals("localq-%j-20260102T030405.out", file.job().workplace().stdout());
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        textBlock =
            """
            "array": "5-3"                    | field "array": "5-3" counts down, expected the lower number first
            "array": 5                        | field "array" is 5, expected a string
            "array": ["0-3"]                  | field "array" is a list, expected a string
            "array": "0-3", "tasks": 4        | has the field "array" and "tasks", expected one of them: its tasks have either numbers or lines
            "array": "0-3", "lines": ["a"]    | has the field "array" and "lines", expected one of them: its tasks have either numbers or lines
            "array_throttle": 0               | field "array_throttle" is 0, expected a whole number from 1 to 999999999
            """)
    void is_none(String fields, String reason) {
      assertEquals(reason, invalid("{\"command\": [\"x\"], " + fields + "}"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"array\": \"0-3\"", "\"lines\": [\"a\"]"})
    void is_no_task(String fields) {
      assertEquals(
          new JobFile.Invalid("is an array, and 17_3 a task, expected no array in its place"),
          new JobReader(Bench.ACCOUNT)
              .read(
                  new JobId(17, 3),
                  whole(
                      ("{\"command\": [\"x\"], " + fields + "}").getBytes(StandardCharsets.UTF_8)),
                  false));
    }

    @Test
    void has_a_record_that_counts_all_its_tasks() {
      String record =
          "{\"command\": [\"x\"], \"array\": \"0,7%%1\", \"result\": {\"state\": \"COMPLETED\", \"tasks\": {\"COMPLETED\": %s}}}";
      JobFile.Valid file = assertInstanceOf(JobFile.Valid.class, read(record.formatted(2), true));
      assertEquals("0,7%1", file.tasks().orElseThrow().given().orElseThrow().toString());
      assertEquals(Map.of(State.COMPLETED, 2), file.tasks().orElseThrow().ended());
      assertEquals(
          new JobFile.Invalid("field \"result.tasks\" is of 3 tasks, expected those of all tasks"),
          read(record.formatted(3), true));
    }

    @Test
    void of_the_first_version_is_read_for_ever() throws Exception {
      JobFile.Valid file = valid(JobReaderTest.golden("array.json"));
      assertEquals("0-96:4%8", file.tasks().orElseThrow().numbers().toString());
      assertEquals("%A_%a.log", file.job().workplace().stdout());
      JobFile.Valid task = valid(JobReaderTest.golden("task.json"));
      assertEquals(Optional.empty(), task.tasks());
      assertEquals(OptionalInt.of(8), task.throttle());
      assertEquals("17_8.log", task.job().workplace().stdout());
      assertEquals("25", task.job().submission().environment().get("LOCALQ_ARRAY_TASK_COUNT"));
    }

    private static JobFile.Valid valid(byte[] file) {
      boolean isTask = new String(file, StandardCharsets.UTF_8).contains("array_throttle");
      JobId id = isTask ? new JobId(17, 8) : new JobId(17);
      JobFile read = new JobReader(Bench.ACCOUNT).read(id, whole(file), false);
      return assertInstanceOf(JobFile.Valid.class, read, () -> "" + read);
    }
  }

  @Nested
  class A_bad_field {
    /** What a field holds, and what is said of it. */
    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '`',
        textBlock =
            """
            cores  | 0                     | is 0, expected a whole number from 1 to 2147483647
            cores  | -1                    | is -1, expected a whole number from 1 to 2147483647
            cores  | 2147483648            | is 2147483648, expected a whole number from 1 to 2147483647
            cores  | 9223372036854775808   | is too large, expected a whole number from 1 to 2147483647
            cores  | "4"                   | is "4", expected a whole number from 1 to 2147483647
            cores  | 4.5                   | is 4.5, expected a whole number from 1 to 2147483647
            cores  | 4.0                   | is 4.0, expected a whole number from 1 to 2147483647
            cores  | 1e2                   | is 1e2, expected a whole number from 1 to 2147483647
            cores  | 1e999999999           | is 1e999999999, expected a whole number from 1 to 2147483647
            cores  | null                  | is null, expected a whole number from 1 to 2147483647
            cores  | true                  | is true, expected a whole number from 1 to 2147483647
            cores  | []                    | is a list, expected a whole number from 1 to 2147483647
            cores  | {"min": 1}            | is an object, expected a whole number from 1 to 2147483647
            format | 2                     | is 2, expected at most 1; a newer localq wrote this
            format | 0                     | is 0, expected a whole number from 1 to 2147483647
            format | "1"                   | is "1", expected a whole number from 1 to 2147483647
            name   | 5                     | is 5, expected a string
            name   | null                  | is null, expected a string
            name   | "\\u0000"             | is a string that stands for no bytes, expected no NUL, no lone surrogate
            name   | "\\ud800"             | is a string that stands for no bytes, expected no NUL, no lone surrogate
            name   | "\\udc7f"             | is a string that stands for no bytes, expected no NUL, no lone surrogate
            name   | "\\udfff"             | is a string that stands for no bytes, expected no NUL, no lone surrogate
            directory        | "data"      | is "data", expected a path that begins with /
            directory        | ""          | is "", expected a path that begins with /
            directory        | {}          | is an object, expected a string
            submit_directory | "."         | is ".", expected a path that begins with /
            stdin  | ""                    | is empty, expected a file's name
            stdout | ""                    | is empty, expected a file's name
            stdout | []                    | is a list, expected a string
            stderr | ""                    | is empty, expected a file's name
            stderr | null                  | is null, expected a string
            submitted | "yesterday"        | is "yesterday", expected a time like 2026-11-22T11:00:00.123Z
            submitted | 1770000000         | is 1770000000, expected a string
            submitted | "+1000000000-12-31T23:59:59Z" | is "+1000000000-12-31T23:59:59Z", expected a time like 2026-11-22T11:00:00.123Z
            submitted | "-0001-12-31T23:59:59Z" | is "-0001-12-31T23:59:59Z", expected a time like 2026-11-22T11:00:00.123Z
            umask  | 18                    | is 18, expected a string
            umask  | "rwx"                 | is "rwx", expected one to four octal digits
            umask  | "7777"                | is "7777", expected one to four octal digits
            limits | []                    | is a list, expected an object of strings
            limits | null                  | is null, expected an object of strings
            environment | "A=1"            | is "A=1", expected an object of strings
            environment | ["A=1"]          | is a list, expected an object of strings
            lines  | "a"                   | is "a", expected a list with at least one string
            lines  | []                    | is empty, expected a list with at least one string
            lines  | ["a", 1]              | is 1, expected a string
            lines  | ["\\u0000"]           | is a string that stands for no bytes, expected no NUL, no lone surrogate
            tasks  | 0                     | is 0, expected a whole number from 1 to 999999999
            tasks  | 1000000000            | is 1000000000, expected a whole number from 1 to 999999999
            tasks  | "3"                   | is "3", expected a whole number from 1 to 999999999
            command | "bwa mem"            | is "bwa mem", expected a list with at least one string
            command | null                 | is null, expected a list with at least one string
            command | {}                   | is an object, expected a list with at least one string
            command | []                   | is empty, expected a list with at least one string
            command | ["a", 1]             | is 1, expected a string
            command | [null]               | is null, expected a string
            command | [["a"]]              | is a list, expected a string
            command | ["\\u0000"]          | is a string that stands for no bytes, expected no NUL, no lone surrogate
            """)
    void is_named_with_what_was_expected(String field, String value, String reason) {
      String first = field.equals("command") ? "" : "\"command\": [\"x\"], ";
      assertEquals(
          "field \"" + field + "\" " + reason,
          invalid("{" + first + "\"other\": [1], \"" + field + "\": " + value + "}"));
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '`',
        textBlock =
            """
            limits      | "nofile": "many"  | field "limits.nofile" is "many", expected "SOFT:HARD", numbers or unlimited
            limits      | "nofile": "1"     | field "limits.nofile" is "1", expected "SOFT:HARD", numbers or unlimited
            limits      | "nofile": 1024    | field "limits.nofile" is 1024, expected a string
            environment | "A": 1            | field "environment.A" is 1, expected a string
            environment | "A": null         | field "environment.A" is null, expected a string
            environment | "A": "\\u0000"    | field "environment.A" is a string that stands for no bytes, expected no NUL, no lone surrogate
            """)
    void is_named_where_it_is_inside_another(String field, String inside, String reason) {
      assertEquals(reason, invalid("{\"command\": [\"x\"], \"" + field + "\": {" + inside + "}}"));
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '`',
        textBlock =
            """
            "": "1"           | has the name "", expected names of at least one byte, without = and NUL
            "A=B": "1"        | has the name "A=B", expected names of at least one byte, without = and NUL
            "=": "1"          | has the name "=", expected names of at least one byte, without = and NUL
            "A\\u0000": "1"   | has a name that stands for no bytes, expected no NUL, no lone surrogate
            "A\\ud800": "1"   | has a name that stands for no bytes, expected no NUL, no lone surrogate
            """)
    void is_named_where_it_is_a_variables_name(String inside, String reason) {
      assertEquals(
          "field \"environment\" " + reason,
          invalid("{\"command\": [\"x\"], \"environment\": {" + inside + "}}"));
    }

    @Test
    void is_shown_shortened() {
      assertEquals(
          "field \"umask\" is \"" + "x".repeat(40) + "…\", expected one to four octal digits",
          invalid("{\"command\": [\"x\"], \"umask\": \"" + "x".repeat(100_000) + "\"}"));
    }

    @Test
    void is_named_shortened_too() {
      assertEquals(
          "field \"environment." + "x".repeat(40) + "…\" is 5, expected a string",
          invalid("{\"command\": [\"x\"], \"environment\": {\"" + "x".repeat(40_000) + "\": 5}}"));
    }

    @Test
    void is_shown_without_what_a_terminal_would_act_upon() {
      assertEquals(
          "field \"umask\" is \"\\n\\x1b[2J\\u202e\", expected one to four octal digits",
          invalid("{\"command\": [\"x\"], \"umask\": \"\\n\\u001b[2J\\u202e\"}"));
      String reason = invalid("x\u0085y");
      assertTrue(reason.startsWith("is not JSON: ") && !reason.contains("\u0085"), reason);
    }

    @Test
    void is_the_command_where_there_is_none() {
      String reason = "field \"command\" is missing, expected a list with at least one string";
      assertEquals(reason, invalid("{}"));
      assertEquals(reason, invalid("{\"comand\": [\"x\"]}"));
    }
  }

  @Nested
  class A_file_that_is_no_object {
    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '`',
        textBlock =
            """
            ``           | is empty, expected a JSON object
            ` \n `       | is empty, expected a JSON object
            []           | is no JSON object
            "x"          | is no JSON object
            5            | is no JSON object
            null         | is no JSON object
            {"command": ["x"]} {} | has something behind its JSON object
            {"command": ["x"]} 5  | has something behind its JSON object
            """)
    void is_told_so(String text, String reason) {
      assertEquals(reason, invalid(text));
    }

    /** In hexadecimal, with what is said of it. */
    @ParameterizedTest(name = "{2}")
    @CsvSource(
        delimiter = '|',
        textBlock =
            """
            ff                               | is not UTF-8 | no UTF-8 at all
            7b22636f6d6d616e64223a5b22ff225d7d | is not UTF-8 | a byte that UTF-8 has not
            7b22636f6d6d616e64223a5b22c322 5d7d | is not UTF-8 | a sequence cut short
            7b22636f6d6d616e64223a5b22c0af225d7d | is not UTF-8 | an overlong slash
            7b22636f6d6d616e64223a5b22edb280225d7d | is not UTF-8 | an escape in bytes
            7b22636f6d6d616e64223a5b22eda0bdedb880225d7d | is not UTF-8 | a pair in bytes: CESU-8
            efbbbf7b22636f6d6d616e64223a5b2278225d7d | is not JSON: Unexpected character | a byte order mark
            fffe7b0022006300                 | is not UTF-8 | UTF-16
            7b002200630022003a00             | is not JSON: Illegal character | UTF-16 without a mark
            00                               | is not JSON: Illegal character | NUL
            7b22636f6d6d616e64223a5b2278225d7d00 | is not JSON: Illegal character | NUL behind it
            7b22636f6d6d616e64223a5b2200225d7d | is not JSON: Illegal unquoted character | NUL in a string
            1f8b0800000000000003             | is not UTF-8 | gzip
            """)
    void is_told_so_in_bytes(String hex, String reason, String what) {
      byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
      String found = invalid(bytes);
      assertTrue(found.startsWith(reason), what + ": " + found);
      assertTrue(found.indexOf('\n') < 0 && found.length() < 300, found);
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "{\"command\": [\"x\"], \"y\": NaN}",
          "{\"command\": [\"x\"], \"y\": -Infinity}",
          "{\"command\": [\"x\"], \"y\": 01}",
          "{\"command\": [\"x\"], \"y\": +1}",
          "{\"command\": [\"x\"], \"y\": .5}",
          "{\"command\": [\"x\"], \"y\": 0x1}",
          "{\"command\": [\"x\"],}",
          "{\"command\": ['x']}",
          "{command: [\"x\"]}",
          "{\"command\": [\"x\"]} // why not",
          "{\"command\": [\"x\"]} }",
          "{\"command\": [\"x\ny\"]}",
          "{\"command\": [\"\\x\"]}",
          "{\"command\": [\"\\ud8\"]}",
          "{\"command\": [\"x\"], \"command\": [\"y\"]}",
          "{\"command\": [\"x\"], \"y\": {\"z\": 1, \"z\": 2}}",
          "{\"command\": [\"x\"], \"\\u0063ores\": 1, \"cores\": 1}",
          "bwa mem ref.fa",
          "#!/bin/sh",
        })
    void is_no_json(String text) {
      String reason = invalid(text);
      assertTrue(reason.matches("is not JSON: .+ \\(line [0-9]+\\)"), reason);
      assertTrue(reason.length() < 300, reason);
    }

    @Test
    void is_told_what_is_not_closed() {
      assertEquals(
          "is not JSON: Unexpected end-of-input: expected close marker for Array (start marker at"
              + " line: 1, column: 13) (line 1)",
          invalid("{\"command\": ["));
    }

    @Test
    void says_in_which_line() {
      String reason = invalid("{\n\"command\": [\"x\"],\n\"y\": NaN }");
      assertTrue(reason.endsWith("(line 3)"), reason);
    }

    @Test
    void is_refused_wherever_it_was_cut_off() throws IOException {
      byte[] whole = golden("job.json");
      int end = new String(whole, StandardCharsets.ISO_8859_1).lastIndexOf('}');
      for (int length = 0; length <= end; length++) {
        byte[] cut = java.util.Arrays.copyOf(whole, length);
        JobFile file = new JobReader(Bench.ACCOUNT).read(ID, whole(cut), false);
        assertInstanceOf(JobFile.Invalid.class, file, "cut off behind " + length + " bytes");
      }
    }

    @Test
    void never_makes_the_reader_fail() throws IOException {
      long seed = System.nanoTime();
      Random random = new Random(seed);
      byte[] whole = golden("record.json");
      for (int round = 0; round < 20_000; round++) {
        byte[] bytes = whole.clone();
        for (int change = random.nextInt(4); change >= 0; change--) {
          bytes[random.nextInt(bytes.length)] =
              random.nextBoolean()
                  ? (byte) random.nextInt(256)
                  : whole[random.nextInt(whole.length)];
        }
        try {
          JobFile file = new JobReader(Bench.ACCOUNT).read(ID, whole(bytes), random.nextBoolean());
          if (file instanceof JobFile.Invalid invalid) {
            assertTrue(!invalid.reason().isBlank() && invalid.reason().length() < 1000);
          } else {
            RecordWriter.record(bytes, ((JobFile.Valid) file).job(), Bench.result(0));
          }
        } catch (RuntimeException | IOException failed) {
          throw new AssertionError(
              "seed " + seed + ": " + new String(bytes, StandardCharsets.ISO_8859_1), failed);
        }
      }
    }
  }

  /** Bounded time and memory, and a reason. */
  @Nested
  class A_monstrous_file {
    @ParameterizedTest
    @ValueSource(strings = {"[", "{\"a\":", "{\"command\":[\"x\"],\"y\":"})
    void is_refused_where_it_is_nested_without_end(String opening) {
      String reason = assertTimeout(Duration.ofSeconds(20), () -> invalid(opening.repeat(1 << 20)));
      assertTrue(reason.equals("is no JSON object") || reason.contains("nesting depth"), reason);
    }

    @Test
    void may_be_nested_a_hundred_deep_and_no_deeper() {
      valid("{\"command\": [\"x\"], \"y\": " + "[".repeat(99) + "]".repeat(99) + "}");
      String reason =
          invalid("{\"command\": [\"x\"], \"y\": " + "[".repeat(100) + "]".repeat(100) + "}");
      assertTrue(reason.startsWith("is not JSON: Document nesting depth (101)"), reason);
    }

    @Test
    void may_have_a_hundred_thousand_fields() {
      String fields =
          IntStream.range(0, 100_000)
              .mapToObj(i -> ",\"field" + i + "\":" + i)
              .collect(Collectors.joining());
      assertTimeout(Duration.ofSeconds(20), () -> valid("{\"command\":[\"x\"]" + fields + "}"));
    }

    @Test
    void may_have_fields_whose_names_collide() {
      // "Aa" and "BB" have the same hash
      String fields =
          IntStream.range(0, 1 << 14)
              .mapToObj(
                  i ->
                      IntStream.range(0, 14)
                          .mapToObj(bit -> (i >> bit & 1) == 0 ? "Aa" : "BB")
                          .collect(Collectors.joining()))
              .map(name -> ",\"" + name + "\":1")
              .collect(Collectors.joining());
      JobFile file =
          assertTimeout(
              Duration.ofSeconds(20),
              () ->
                  new JobReader(Bench.ACCOUNT)
                      .read(ID, whole("{\"command\":[\"x\"]" + fields + "}"), false));
      if (file instanceof JobFile.Invalid invalid) {
        assertTrue(invalid.reason().startsWith("is not JSON: "), invalid.reason());
      }
    }

    /** Indented, or with every surrogate escaped, it would be longer than what is read. */
    @ParameterizedTest
    @ValueSource(strings = {"deep", "pairs", "lists"})
    void has_a_record_that_can_be_read(String kind) throws IOException {
      String value =
          switch (kind) {
            case "deep" ->
                "{\"a\":".repeat(97)
                    + IntStream.range(0, 200_000)
                        .mapToObj(i -> "\"" + i + "\":1")
                        .collect(Collectors.joining(",", "{", "}"))
                    + "}".repeat(97);
            case "pairs" -> "\"" + "\ud83d\ude00".repeat(3_000_000) + "\"";
            default -> "[" + "[],".repeat(7_000_000) + "1]";
          };
      byte[] file =
          ("{\"command\":[\"x\\udcff\ud83d\ude00\"],\"y\":" + value + "}")
              .getBytes(StandardCharsets.UTF_8);
      Job job =
          assertInstanceOf(
                  JobFile.Valid.class, new JobReader(Bench.ACCOUNT).read(ID, whole(file), false))
              .job();
      byte[] record = RecordWriter.record(file, job, Bench.result(0));
      assertTrue(record.length <= Content.MOST_BYTES, kind + ": " + record.length);
      assertEquals(
          new JobFile.Valid(job, Optional.of(Bench.result(0))),
          new JobReader(Bench.ACCOUNT).read(ID, whole(record), true));
    }

    @Test
    void may_have_a_variable_with_as_long_a_name_as_the_kernel_takes() {
      // MAX_ARG_STRLEN of execve(2), less the = and the NUL
      String name = "\\udcff".repeat((1 << 17) - 2);
      Job job = valid("{\"command\":[\"x\"], \"environment\":{\"" + name + "\":\"\"}}");
      assertEquals(
          (1 << 17) - 2, job.submission().environment().keySet().iterator().next().length());
    }

    @Test
    void may_have_ten_thousand_variables_and_a_long_word() {
      String variables =
          IntStream.range(0, 10_000)
              .mapToObj(i -> "\"V" + i + "\":\"" + i + "\"")
              .collect(Collectors.joining(","));
      Job job =
          valid(
              "{\"command\":[\"x\", \""
                  + "y".repeat(200_000)
                  + "\"], \"environment\":{"
                  + variables
                  + "}}");
      assertEquals(10_000, job.submission().environment().size());
      assertEquals(200_000, job.command().get(1).length());
    }

    @Test
    void is_refused_where_a_number_has_a_million_digits() {
      String reason = invalid("{\"command\":[\"x\"], \"y\":" + "9".repeat(1 << 20) + "}");
      assertTrue(reason.startsWith("is not JSON: Number value length"), reason);
    }

    @Test
    void is_refused_where_a_name_has_a_million_letters() {
      String reason = invalid("{\"command\":[\"x\"], \"" + "y".repeat(1 << 20) + "\":1}");
      assertTrue(reason.startsWith("is not JSON: Name length"), reason);
    }
  }

  @Nested
  class A_string {
    @Test
    void is_the_exact_bytes() {
      Job job =
          valid(
              "{\"command\": [\"\\udcff\\udc80\", \"\\ud83d\\ude00\", \"\\\\udcff\","
                  + " \"\\\\\\udcff\", \"\u00fc\\u00fc\", \"\\uDCFF\", \"\ud83d\ude00\\udc80\"]}");
      assertEquals(
          List.of(
              "\udcff\udc80",
              "\ud83d\ude00",
              "\\udcff",
              "\\\udcff",
              "\u00fc\u00fc",
              "\udcff",
              "\ud83d\ude00\udc80"),
          job.command());
    }
  }

  /** For a time that no calendar of a zone has. */
  @Nested
  class A_file_from_another_age {
    @ParameterizedTest
    @ValueSource(strings = {"-1000000000-01-01T00:00:00Z", "+1000000000-12-31T23:59:59.999999999Z"})
    void is_a_job_all_the_same(String modified) {
      for (String zone : List.of("+18:00", "-18:00")) {
        Account account = new Account("/h", ZoneId.of(zone), Map.of());
        JobFile file =
            new JobReader(account)
                .read(
                    ID,
                    new Content.Whole(
                        "{\"command\": [\"x\"]}".getBytes(StandardCharsets.UTF_8),
                        Instant.parse(modified)),
                    false);
        Instant submitted =
            assertInstanceOf(JobFile.Valid.class, file).job().submission().submitted();
        assertTrue(submitted.toString().matches("(0000|9999)-.*Z"), () -> zone + ": " + submitted);
      }
    }
  }

  @Nested
  class A_result {
    @Test
    void counts_in_a_record_only() {
      String json = "{\"command\": [\"x\"], \"result\": {\"state\": \"COMPLETED\"}}";
      assertEquals(
          Optional.empty(),
          assertInstanceOf(
                  JobFile.Valid.class, new JobReader(Bench.ACCOUNT).read(ID, whole(json), false))
              .result());
      assertEquals(State.COMPLETED, record(json).result().orElseThrow().outcome().state());
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
        delimiter = '|',
        quoteCharacter = '`',
        textBlock =
            """
            5                     | field "result" is 5, expected an object
            []                    | field "result" is a list, expected an object
            {}                    | field "result.state" is missing, expected a final state
            {"state": "RUNNING"}  | field "result.state" is "RUNNING", expected a final state
            {"state": "DONE"}     | field "result.state" is "DONE", expected a final state
            {"state": 1}          | field "result.state" is 1, expected a string
            {"state": "FAILED", "exit_code": "1"} | field "result.exit_code" is "1", expected a whole number from 0 to 2147483647
            {"state": "FAILED", "restarts": -1}   | field "result.restarts" is -1, expected a whole number from 0 to 2147483647
            {"state": "FAILED", "ended": 5}       | field "result.ended" is 5, expected a string
            {"state": "FAILED", "user_seconds": "NaN"}    | field "result.user_seconds" is "NaN", expected a number of seconds that is not negative
            {"state": "FAILED", "user_seconds": 1e400}    | field "result.user_seconds" is 1e400, expected a number of seconds that is not negative
            {"state": "FAILED", "system_seconds": -0.5}   | field "result.system_seconds" is -0.5, expected a number of seconds that is not negative
            {"state": "FAILED", "user_seconds": {"a": 1}} | field "result.user_seconds" is an object, expected a number of seconds that is not negative
            {"state": "FAILED", "max_rss_bytes": 1.5}     | field "result.max_rss_bytes" is 1.5, expected a number of bytes with at most 18 digits
            {"state": "FAILED", "max_rss_bytes": -1}      | field "result.max_rss_bytes" is -1, expected a number of bytes with at most 18 digits
            {"state": "FAILED", "max_rss_bytes": []}      | field "result.max_rss_bytes" is a list, expected a number of bytes with at most 18 digits
            {"state": "FAILED", "started": "now"} | field "result.started" is "now", expected a time like 2026-11-22T11:00:00.123Z
            """)
    void is_checked_too(String result, String reason) {
      JobFile file =
          new JobReader(Bench.ACCOUNT)
              .read(ID, whole("{\"command\": [\"x\"], \"result\": " + result + "}"), true);
      assertEquals(new JobFile.Invalid(reason), file);
    }
  }

  /** Files of released versions. They are never changed, and must be readable for ever. */
  @Nested
  class At_all_costs {
    @Test
    void a_job_of_version_1_is_readable() throws IOException {
      Job job =
          assertInstanceOf(
                  JobFile.Valid.class,
                  new JobReader(Bench.ACCOUNT).read(ID, whole(golden("job.json")), false))
              .job();
      assertEquals(
          new Job(
              "align \u00fc \ud83d\ude00 \udcff",
              List.of("bwa", "mem", "", "ref.fa", "\udc80"),
              Requirements.cores(2),
              new Workplace(
                  "/data/run",
                  "reads.fq",
                  "localq-17-20261122T120000.out",
                  Optional.of("errors.log")),
              new Submission(
                  Instant.parse("2026-11-22T11:00:00.123Z"),
                  "/home/ada",
                  Optional.of(new Umask(0022)),
                  Map.of(
                      Resource.CPU,
                      new Limit(Limit.UNLIMITED, Limit.UNLIMITED),
                      Resource.NOFILE,
                      new Limit(1024, 1_048_576)),
                  Map.of("PATH", "/usr/bin:/bin", "BYTES", "\udcff", "EMPTY", ""))),
          job);
    }

    @Test
    void a_record_of_version_1_is_readable() throws IOException {
      JobFile.Valid record = record(new String(golden("record.json"), StandardCharsets.UTF_8));
      assertEquals(
          Optional.of(
              new Result(
                  new Outcome(State.FAILED, OptionalInt.of(137), "NonZeroExitCode"),
                  Optional.of(Instant.parse("2026-11-22T11:00:01.500Z")),
                  Instant.parse("2026-11-22T11:05:00Z"),
                  new Usage(
                      OptionalDouble.of(280.25),
                      OptionalDouble.of(3.5),
                      OptionalLong.of(5_368_709_120L)),
                  1)),
          record.result());
      assertEquals(List.of("bwa", "mem", "ref.fa"), record.job().command());
    }

    @Test
    void what_a_job_of_version_1_holds_is_in_its_record() throws IOException {
      byte[] file = golden("job.json");
      Job job =
          assertInstanceOf(
                  JobFile.Valid.class, new JobReader(Bench.ACCOUNT).read(ID, whole(file), false))
              .job();
      String record =
          new String(RecordWriter.record(file, job, Bench.result(0)), StandardCharsets.UTF_8);
      assertEquals(job, record(record).job());
      assertTrue(
          record.contains("[ 1, 1.0, 1e400, null, true, {\n      \"deep\" : \"\\uDC80\"\n    } ]"),
          record);
      assertTrue(record.contains("\"comment\" : \"a field of the user's own\""), record);
    }

    private byte[] golden(String name) throws IOException {
      return JobReaderTest.golden(name);
    }
  }

  private static byte[] golden(String name) throws IOException {
    try (InputStream in = JobReaderTest.class.getResourceAsStream("/golden/v1/" + name)) {
      return in.readAllBytes();
    }
  }

  private static Content.Whole whole(String text) {
    return whole(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Content.Whole whole(byte[] bytes) {
    return new Content.Whole(bytes, MODIFIED);
  }

  private static Job valid(String text) {
    JobFile file = new JobReader(Bench.ACCOUNT).read(ID, whole(text), false);
    return assertInstanceOf(JobFile.Valid.class, file, file::toString).job();
  }

  private static JobFile read(String text, boolean withResult) {
    return new JobReader(Bench.ACCOUNT).read(ID, whole(text), withResult);
  }

  private static JobFile.Valid record(String text) {
    JobFile file = new JobReader(Bench.ACCOUNT).read(ID, whole(text), true);
    return assertInstanceOf(JobFile.Valid.class, file, file::toString);
  }

  private static String invalid(String text) {
    return invalid(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String invalid(byte[] bytes) {
    JobFile file = new JobReader(Bench.ACCOUNT).read(ID, whole(bytes), false);
    return assertInstanceOf(JobFile.Invalid.class, file, file::toString).reason();
  }
}
