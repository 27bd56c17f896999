package org.localq.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.localq.Eventually.eventually;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.Executed;
import org.localq.SmallDisk;
import org.localq.core.ExactText;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class LbatchTest {
  private static final String WAITS = "lbatch: no worker is alive: job 1 waits for localqd start\n";

  @TempDir Path home;
  private CommandContext context;

  @BeforeEach
  void set_up() {
    context = new CommandContext(home);
  }

  /** Submits and returns the job file. */
  private JsonNode submit(String... words) throws IOException {
    List<String> line = new ArrayList<>(List.of("lbatch"));
    line.addAll(List.of(words));
    CommandContext.Ran ran = context.run(line.toArray(new String[0])).exits(0);
    assertEquals("Submitted batch job 1\n", ran.out(), ran::toString);
    assertEquals(WAITS, ran.err(), ran::toString);
    return context.job("1.json");
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(node -> texts.add(node.asText()));
    return texts;
  }

  @Nested
  class The_command {
    static Stream<List<List<String>>> lines() {
      return Stream.of(
          List.of(List.of("ls"), List.of("ls")),
          List.of(List.of("sh", "my_script.sh"), List.of("sh", "my_script.sh")),
          List.of(
              List.of("-n", "2", "echo", "my two-core job"), List.of("echo", "my two-core job")),
          List.of(List.of("cat", "@list"), List.of("cat", "@list")),
          List.of(List.of("@list"), List.of("@list")),
          List.of(List.of("grep", "-n", "x"), List.of("grep", "-n", "x")),
          List.of(List.of("--", "ls", "-l"), List.of("ls", "-l")),
          List.of(List.of("--", "-odd"), List.of("-odd")),
          List.of(List.of("git", "--", "x"), List.of("git", "--", "x")),
          List.of(List.of("ls", "-h"), List.of("ls", "-h")),
          List.of(List.of("ls", "--version"), List.of("ls", "--version")),
          List.of(List.of("x", "-n", "two", "--frob"), List.of("x", "-n", "two", "--frob")),
          List.of(List.of("x", ""), List.of("x", "")),
          List.of(
              List.of("x", "${HOME}", "$x", "\"q\"", "'"),
              List.of("x", "${HOME}", "$x", "\"q\"", "'")),
          List.of(List.of("a=b", "c"), List.of("a=b", "c")),
          List.of(List.of("-W", "--help", "x"), List.of()));
    }

    @ParameterizedTest
    @MethodSource("lines")
    void is_everything_from_the_first_word_that_is_no_option(List<List<String>> line)
        throws Exception {
      if (line.get(1).isEmpty()) {
        context.run("lbatch", "-W", "--help", "x").exits(0);
        assertFalse(Files.exists(context.uriFile()), "help submits nothing");
        return;
      }
      JsonNode job = submit(line.get(0).toArray(new String[0]));
      assertEquals(line.get(1), texts(job.get("command")));
    }

    @Test
    void is_kept_in_its_exact_bytes() throws Exception {
      List<String> words =
          List.of("printf", "\udcff\udc80", "é😀", "\u001b[31m", "a\nb\t", "\u007f");
      assertEquals(words, texts(submit(words.toArray(new String[0])).get("command")));
    }
  }

  @Nested
  class The_cores {
    @ParameterizedTest
    @CsvSource({
      "-n 2, 2",
      "-n2, 2",
      "-n=2, 2",
      "--cores=2, 2",
      "--cores 2, 2",
      "-c 3, 3",
      "-c3, 3",
      "--cpus-per-task=3, 3",
      "-n 2 -c 3, 6",
      "-n 007, 7",
      "-n +2, 2"
    })
    void may_be_said_in_each_of_these_ways(String options, int cores) throws Exception {
      JsonNode job = submit((options + " x").split(" "));
      assertEquals(cores, job.get("cores").asInt());
      assertEquals(List.of("x"), texts(job.get("command")));
    }

    @Test
    void are_one_unless_told_otherwise() throws Exception {
      assertEquals(1, submit("x").get("cores").asInt());
    }

    @Test
    void may_be_all_that_the_queue_has_and_not_more() throws Exception {
      submit("x");
      context.limit(2);
      context.run("lbatch", "-n", "2", "x").exits(0);
      CommandContext.Ran ran = context.run("lbatch", "-n", "3", "x").exits(1);
      assertEquals(
          "lbatch: 3 cores wanted: the queue "
              + context.uriFile()
              + " has 2; ask for no more with -n, or raise its limit: localqd -n 3 restart\n",
          ran.err());
      assertEquals("", ran.out());
      assertFalse(Files.exists(context.spool("3.json")));
    }
  }

  @Nested
  class The_time_limit {
    @ParameterizedTest
    @CsvSource({
      "-t 90, 5400",
      "-t90, 5400",
      "--time=1:30, 90",
      "--time 1-12, 129600",
      "-t 24855-3:14:7, 2147483647",
    })
    void is_kept_to_the_second(String options, int seconds) throws Exception {
      JsonNode job = submit((options + " x").split(" "));
      assertEquals(seconds, job.get("time_limit_seconds").asInt());
      assertFalse(job.has("signal"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"-t 0", "--time=UNLIMITED", "-n 1"})
    void may_be_none(String options) throws Exception {
      assertFalse(submit((options + " x").split(" ")).has("time_limit_seconds"));
    }

    @Test
    void may_be_announced_by_a_signal() throws Exception {
      JsonNode job = submit("-t", "1:00:00", "--signal=B:usr1@90", "x");
      assertEquals("B:USR1@90", job.get("signal").asText());
    }

    @ParameterizedTest
    @CsvSource(
        delimiterString = " | ",
        value = {
          "-t 1h | -t 1h: expected minutes, M:S, H:M:S, D-H, D-H:M or D-H:M:S, of at most 24855 days; 0 for no limit",
          "-t 24856-0 | -t 24856-0: expected minutes, M:S, H:M:S, D-H, D-H:M or D-H:M:S, of at most 24855 days; 0 for no limit",
          "-t 5 --signal=FOO | --signal FOO: expected [B:]NAME[@SECONDS] with the name of a signal, as B:USR1@60",
          "--signal=USR1 | --signal USR1 without a time limit: it is sent before one; expected -t TIME beside it",
        })
    void that_makes_no_sense_is_refused(String options, String message) {
      CommandContext.Ran ran = context.run(("lbatch " + options + " x").split(" ")).exits(2);
      assertEquals("lbatch: " + message + "\n", ran.err());
    }

    @Test
    void is_each_tasks_of_an_array() throws Exception {
      Path lines = Files.writeString(home.resolve("lines"), "true\n");
      context.run("lbatch", "-t", "1:30", "--each-line", lines.toString()).exits(0);
      assertEquals(90, context.job("1.json").get("time_limit_seconds").asInt());
    }
  }

  @Nested
  class The_job {
    @Test
    void has_the_surroundings_of_its_submitter() throws Exception {
      context.variable("ODD.name%%", "() { x\n}").variable("EMPTY", "");
      JsonNode job = submit("bin/tool", "x");
      assertEquals("tool", job.get("name").asText());
      assertEquals(home.toString(), job.get("directory").asText());
      assertEquals(home.toString(), job.get("submit_directory").asText());
      assertEquals("localq-1-20261122T120000.out", job.get("stdout").asText());
      assertFalse(job.has("stderr"));
      assertFalse(job.has("stdin"));
      assertEquals("2026-11-22T11:00:00.123Z", job.get("submitted").asText());
      assertEquals(
          Executed.run(home, "sh", "-c", "umask").orFail().out().strip(),
          job.get("umask").asText());
      assertTrue(job.get("limits").get("nofile").asText().matches("[0-9]+:[0-9]+"));
      JsonNode environment = job.get("environment");
      assertEquals("() { x\n}", environment.get("ODD.name%%").asText());
      assertEquals("", environment.get("EMPTY").asText());
      assertEquals("/usr/bin:/bin", environment.get("PATH").asText());
      assertEquals(context.uriFile().toString(), environment.get("LOCALQ_URI").asText());
    }

    @Test
    void is_in_a_file_for_this_user_alone_in_a_spool_for_this_user_alone() throws Exception {
      submit("x");
      for (String path : List.of(".localq", ".localq/queue", ".localq/queue/held")) {
        assertEquals(
            "rwx------",
            PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve(path))),
            path);
      }
      for (String path : List.of(".localq/localqd", ".localq/queue/1.json")) {
        assertEquals(
            "rw-------",
            PosixFilePermissions.toString(Files.getPosixFilePermissions(home.resolve(path))),
            path);
      }
    }

    @Test
    void has_the_files_and_the_name_that_it_was_given() throws Exception {
      JsonNode job = submit("-o", "out", "-e", "err", "-i", "in", "-J", "my job", "x");
      assertEquals("out", job.get("stdout").asText());
      assertEquals("err", job.get("stderr").asText());
      assertEquals("in", job.get("stdin").asText());
      assertEquals("my job", job.get("name").asText());
    }

    @Test
    void has_its_symbols_replaced_in_file_names() throws Exception {
      JsonNode job = submit("-J", "n", "-o", "%x-%4j-%u.log", "-e", "\\%j", "x");
      assertEquals("n-0001-ada.log", job.get("stdout").asText());
      assertEquals("%j", job.get("stderr").asText());
    }

    @ParameterizedTest
    @CsvSource({"sub, sub", "./sub/../sub/, sub", "., ''"})
    void runs_in_the_directory_that_it_was_given(String given, String expected) throws Exception {
      Files.createDirectory(home.resolve("sub"));
      JsonNode job = submit("-D", given, "x");
      assertEquals(
          expected.isEmpty() ? home.toString() : home.resolve(expected).toString(),
          job.get("directory").asText());
      assertEquals(home.toString(), job.get("submit_directory").asText());
    }

    @Test
    void may_run_in_a_directory_whose_name_is_not_utf8() throws Exception {
      assertEquals(home + "/\udcff", submit("-D", "\udcff", "x").get("directory").asText());
    }
  }

  @Nested
  class The_answer {
    @Test
    void is_the_bare_id_where_a_program_reads_it() {
      CommandContext.Ran ran = context.run("lbatch", "--parsable", "x").exits(0);
      assertEquals("1\n", ran.out());
      assertEquals(WAITS, ran.err());
    }

    @Test
    void is_done_also_where_nobody_can_see_whether_a_worker_is_alive() throws Exception {
      context.run("lbatch", "x").exits(0);
      Files.delete(context.spool(".localq/workers"));
      CommandContext.Ran ran = context.run("lbatch", "x").exits(0);
      assertEquals("Submitted batch job 2\n", ran.out());
      assertEquals(
          "lbatch: job 2 was accepted, but whether a worker is alive can't be seen: "
              + context.spool(".localq/workers")
              + ": no such file or directory; see whether the spool is where it was; if it was"
              + " removed: localqd restart\n",
          ran.err());
    }

    @Test
    void counts_on_and_says_nothing_more_while_a_worker_is_alive() throws Exception {
      context.run("lbatch", "x").exits(0);
      context.worker();
      CommandContext.Ran ran = context.run("lbatch", "x").exits(0);
      assertEquals("Submitted batch job 2\n", ran.out());
      assertEquals("", ran.err());
    }
  }

  @Nested
  class Each_line {
    private static final List<String> NOT_LINES = List.of("tasks", "lines");

    /** Submits the lines of {@code content} and returns the array's file. */
    private JsonNode submitLines(String content, int tasks, String... options) throws IOException {
      return submitBytes(content.getBytes(StandardCharsets.UTF_8), tasks, options);
    }

    private JsonNode submitBytes(byte[] content, int tasks, String... options) throws IOException {
      Files.write(home.resolve("list"), content);
      List<String> words = new ArrayList<>(List.of("lbatch", "--each-line", "list"));
      words.addAll(List.of(options));
      CommandContext.Ran ran = context.run(words.toArray(new String[0])).exits(0);
      assertEquals(
          "Submitted batch job 1, " + tasks + (tasks == 1 ? " task\n" : " tasks\n"), ran.out());
      assertEquals(WAITS, ran.err());
      JsonNode array = context.job("1.json");
      assertEquals(tasks, array.get("tasks").asInt());
      assertEquals(tasks, array.get("lines").size());
      return array;
    }

    /** Runs lbatch, which has to refuse with this line and to leave nothing behind. */
    private void refused(int code, String message, String... words) throws IOException {
      if (!Files.exists(context.uriFile())) {
        context.run("lbatch", "true").exits(0);
      }
      CommandContext.Ran ran = context.run(words).exits(code);
      assertEquals("lbatch: " + message + "\n", ran.err());
      assertEquals("", ran.out());
      for (String directory : List.of(".localq/tmp", ".localq/seq", "")) {
        try (Stream<Path> files =
            Files.list(context.spool(directory)).filter(Files::isRegularFile)) {
          assertEquals(
              switch (directory) {
                case ".localq/tmp" -> List.of();
                case ".localq/seq" -> List.of("1");
                default -> List.of("1.json");
              },
              files.map(file -> file.getFileName().toString()).toList(),
              directory);
        }
      }
    }

    @Test
    void is_a_task_of_one_array() throws Exception {
      JsonNode array = submitLines("echo 1\nsleep 2 | cat >'a b'\n", 2);
      assertEquals(List.of("echo 1", "sleep 2 | cat >'a b'"), texts(array.get("lines")));
      assertEquals(List.of("sh", "-c"), texts(array.get("command")));
      assertEquals("list", array.get("name").asText());
      assertEquals("localq-%j-20261122T120000.out", array.get("stdout").asText());
      assertFalse(array.has("stdin"));
      assertFalse(array.has("stderr"));
    }

    @Test
    void has_all_else_as_a_job_has_it() throws Exception {
      context.run("lbatch", "-J", "list", "-o", "out%a", "sh", "-c").exits(0);
      ObjectNode job = (ObjectNode) context.job("1.json");
      Files.delete(context.spool("1.json"));
      Files.move(context.spool(".localq/seq/1"), context.spool(".localq/seq/0"));
      ObjectNode array = (ObjectNode) submitLines("true\n", 1, "-o", "out%a");
      array.remove(NOT_LINES);
      assertEquals(job, array);
      assertEquals(
          "rw-------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(context.spool("1.json"))));
    }

    @ParameterizedTest
    @CsvSource({
      "out, %a, append",
      "%a, out, append",
      "%A, %x, append",
      "%a, %j, ''",
      "%03a, %%a.%a, ''",
      "%%a, %a, append",
    })
    void appends_where_tasks_share_a_file(String output, String error, String mode)
        throws Exception {
      JsonNode array = submitLines("true\n", 1, "-o", output, "-e", error);
      assertEquals(mode, array.path("open_mode").asText());
    }

    @Test
    void comes_last_in_the_file_and_behind_their_number() throws Exception {
      submitLines("true\nfalse\n", 2);
      String text = Files.readString(context.spool("1.json"));
      assertTrue(
          text.endsWith(
              "  \"tasks\" :         2,\n  \"lines\" : [\n    \"true\",\n    \"false\"\n  ]\n}\n"),
          text);
    }

    @Test
    void is_skipped_where_it_is_blank_or_a_comment() throws Exception {
      JsonNode array =
          submitLines("\n# no\n  \t\n one # yes\n \t # no\n\n#\ntwo\r\n\r\n\u00a0\n", 3);
      assertEquals(List.of(" one # yes", "two\r", "\u00a0"), texts(array.get("lines")));
    }

    @Test
    void counts_also_without_a_newline_behind_it() throws Exception {
      assertEquals(List.of("a", "b"), texts(submitLines("a\nb", 2).get("lines")));
    }

    @Test
    void is_kept_in_its_exact_bytes() throws Exception {
      List<String> lines =
          List.of(
              "printf \udcff\udc80",
              "é漢字😀",
              "\u001b[31m\t\"\\\u007f",
              "\udced\udca0\udc80",
              "a\u2028b");
      assertEquals(
          lines, texts(submitBytes(ExactText.encode(String.join("\n", lines)), 5).get("lines")));
    }

    @Test
    void may_be_as_long_as_an_argument_and_not_longer() throws Exception {
      String longest = "x".repeat(131_071);
      JsonNode array = submitLines("a\n" + longest + "\n" + longest + "\nb\n" + longest, 5);
      assertEquals(List.of("a", longest, longest, "b", longest), texts(array.get("lines")));
      // as the system has it
      assertEquals(0, Executed.run(home, "/bin/true", longest).code());
      assertThrows(IOException.class, () -> Executed.run(home, "/bin/true", longest + "x"));
    }

    @ParameterizedTest
    @ValueSource(ints = {131_072, 262_143, 262_144, 262_145, 1_000_000})
    void is_skipped_at_any_length_where_it_is_a_comment_or_blank(int length) throws Exception {
      String content = "a\n#" + "x".repeat(length) + "\n" + " ".repeat(length) + "\nb\n";
      assertEquals(List.of("a", "b"), texts(submitLines(content, 2).get("lines")));
    }

    @Test
    void of_many_is_the_one_that_it_was() throws Exception {
      Random random = new Random(1);
      List<String> lines =
          Stream.generate(() -> "x" + "y".repeat(random.nextInt(random.nextInt(9) == 0 ? 9999 : 9)))
              .limit(3000)
              .toList();
      assertEquals(
          lines, texts(submitLines(String.join("\n#\n", lines) + "\n", 3000).get("lines")));
    }

    @Test
    void may_come_from_standard_input() throws Exception {
      // a pipe gives what it has
      InputStream slow =
          new FilterInputStream(
              new ByteArrayInputStream("echo 1\necho 2".getBytes(StandardCharsets.UTF_8))) {
            @Override
            public int read(byte[] bytes, int offset, int length) throws IOException {
              return super.read(bytes, offset, 1);
            }
          };
      CommandContext.Ran ran = context.input(slow).run("lbatch", "--each-line", "-").exits(0);
      assertEquals("Submitted batch job 1, 2 tasks\n", ran.out());
      JsonNode array = context.job("1.json");
      assertEquals(List.of("echo 1", "echo 2"), texts(array.get("lines")));
      assertEquals("sh", array.get("name").asText());
    }

    @ParameterizedTest
    @CsvSource({
      "logs/%A_%a.out, logs/%A_%a.out",
      "%x-%4a-%j.%u, my 50%% job-%4a-%j.ada",
      "100%%.%n, 100%%.0",
      "\\%j, %%j",
    })
    void has_the_symbols_of_its_files_left_that_are_its_own(String given, String kept)
        throws Exception {
      JsonNode array =
          submitLines("true\n", 1, "-J", "my 50% job", "-o", given, "-e", given, "-i", given);
      for (String field : List.of("stdout", "stderr", "stdin")) {
        assertEquals(kept, array.get(field).asText(), field);
      }
    }

    @Test
    void has_the_cores_the_name_and_the_directory_that_the_options_say() throws Exception {
      Files.createDirectory(home.resolve("sub"));
      JsonNode array = submitLines("true\n", 1, "-n", "2", "-c", "3", "-J", "n", "-D", "sub");
      assertEquals(6, array.get("cores").asInt());
      assertEquals("n", array.get("name").asText());
      assertEquals(home.resolve("sub").toString(), array.get("directory").asText());
      assertEquals(home.toString(), array.get("submit_directory").asText());
    }

    @Test
    void is_read_from_a_file_beside_the_submitter_and_gives_the_array_its_name() throws Exception {
      Path sub = Files.createDirectories(home.resolve("a/b"));
      Files.writeString(home.resolve("a/lines.txt"), "true\n");
      context.in(sub.toString()).run("lbatch", "-D", "/", "--each-line=../lines.txt").exits(0);
      assertEquals("lines.txt", context.job("1.json").get("name").asText());
    }

    @Test
    void is_counted_by_nobody_who_wants_the_bare_id() throws Exception {
      Files.writeString(home.resolve("list"), "true\nfalse\n");
      assertEquals(
          "1\n", context.run("lbatch", "--parsable", "--each-line", "list").exits(0).out());
    }

    @Test
    void of_a_command_is_none_of_the_words_behind_it() throws Exception {
      assertEquals(
          List.of("x", "--each-line", "list"),
          texts(submit("x", "--each-line", "list").get("command")));
    }

    @Test
    void and_a_command_are_refused() throws Exception {
      refused(
          2,
          "--each-line list and a command, 'my x': expected one of them, because each line is a"
              + " command; see lbatch --help",
          "lbatch",
          "--each-line",
          "list",
          "my x");
    }

    @Test
    void of_no_file_is_refused() throws Exception {
      String expected = "; expected a file with a command a line, or - for standard input";
      refused(2, "--each-line ''" + expected, "lbatch", "--each-line", "");
      refused(1, "--each-line no/x: no such file" + expected, "lbatch", "--each-line", "no/x");
      refused(1, "--each-line .: is a directory" + expected, "lbatch", "--each-line", ".");
      refused(
          1,
          "--each-line \\xff: a path with bytes that are not UTF-8 can't be opened here; read it as"
              + " standard input: lbatch --each-line - <FILE",
          "lbatch",
          "--each-line",
          "\udcff");
    }

    @Test
    void of_no_file_makes_no_queue() {
      context.run("lbatch", "--each-line", "nowhere").exits(1);
      assertFalse(Files.exists(context.uriFile()));
    }

    @Test
    void is_refused_where_the_file_is_closed_to_the_user() throws Exception {
      assumeFalse(SmallDisk.isRoot(), "root may read everything");
      Path list = Files.writeString(home.resolve("list"), "true\n");
      Files.setPosixFilePermissions(list, PosixFilePermissions.fromString("-w-------"));
      refused(
          1,
          "--each-line list: can't be read: "
              + list
              + ": permission denied; expected a file with a command a line, or - for standard"
              + " input",
          "lbatch",
          "--each-line",
          "list");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "\n", "# a\n \t\n\n#b"})
    void is_wanted_at_least_once(String content) throws Exception {
      Files.writeString(home.resolve("list"), content);
      refused(
          1,
          "--each-line list: no line to run, expected a command a line (blank lines and those that"
              + " begin with # are skipped); nothing was accepted",
          "lbatch",
          "--each-line",
          "list");
    }

    @Test
    void with_a_nul_byte_is_refused() throws Exception {
      Files.writeString(home.resolve("list"), "a\n# \0 is no harm here\n\nb\0c\n");
      refused(
          1,
          "--each-line list: line 4 has a NUL byte, which no command can hold; nothing was accepted:"
              + " expected text, in UTF-8 or another encoding without such bytes",
          "lbatch",
          "--each-line",
          "list");
    }

    @ParameterizedTest
    @ValueSource(ints = {131_072, 262_143, 262_144, 262_145, 1_000_000})
    void that_is_too_long_is_refused(int length) throws Exception {
      for (String last : List.of("", "\n", "\nb\n")) {
        Files.writeString(home.resolve("list"), "a\n#\n" + "x".repeat(length) + last);
        refused(
            1,
            "--each-line list: line 3 is longer than 131071 bytes, the most that a command's"
                + " argument can have; nothing was accepted: put it into a script, and have the line"
                + " run that",
            "lbatch",
            "--each-line",
            "list");
      }
    }

    @Test
    void that_begins_with_more_blanks_than_it_may_have_bytes_is_refused() throws Exception {
      Files.writeString(home.resolve("list"), " ".repeat(1_000_000) + "x");
      CommandContext.Ran ran = context.run("lbatch", "--each-line", "list").exits(1);
      assertTrue(ran.err().contains("line 1 is longer than 131071 bytes"), ran::toString);
    }

    @Test
    void that_can_not_be_read_is_no_fault_of_the_queues_disk() throws Exception {
      InputStream broken =
          new SequenceInputStream(
              new ByteArrayInputStream("true\n".getBytes(StandardCharsets.UTF_8)),
              new InputStream() {
                @Override
                public int read() throws IOException {
                  throw new IOException("No space left on device");
                }
              });
      context.input(broken);
      refused(
          1,
          "--each-line -: can't be read: No space left on device; nothing was accepted",
          "lbatch",
          "--each-line",
          "-");
    }

    @Test
    void wants_no_more_cores_than_the_queue_has() throws Exception {
      context.run("lbatch", "true").exits(0);
      context.limit(2);
      Files.writeString(home.resolve("list"), "true\n");
      refused(
          1,
          "3 cores wanted: the queue "
              + context.uriFile()
              + " has 2; ask for no more with -n, or raise its limit: localqd -n 3 restart",
          "lbatch",
          "-n3",
          "--each-line",
          "list");
    }

    @Test
    void of_an_array_that_the_disk_has_no_room_for_leaves_nothing_behind() throws Exception {
      Path place = Files.createDirectory(home.resolve("disk"));
      SmallDisk disk = SmallDisk.mount(place, "400k");
      try (disk) {
        CommandContext small = new CommandContext(place);
        small.run("lbatch", "true").exits(0);
        Path list = Files.writeString(home.resolve("list"), "echo a line\n".repeat(50_000));
        CommandContext.Ran ran = small.run("lbatch", "--each-line", list.toString()).exits(1);
        assertEquals("", ran.out());
        assertEquals(
            "lbatch: "
                + small.spool(".localq/tmp")
                + ": No space left on device; nothing was accepted: free some space (df -h) or file"
                + " names (df -i), and try again\n",
            ran.err());
        try (Stream<Path> drafts = Files.list(small.spool(".localq/tmp"))) {
          assertEquals(List.of(), drafts.toList());
        }
        Files.writeString(list, "true\n");
        ran = small.run("lbatch", "--each-line", list.toString()).exits(0);
        assertEquals("Submitted batch job 2, 1 task\n", ran.out());
      }
    }
  }

  @Nested
  class An_array_of_numbers {
    @Test
    void is_one_small_file_with_the_numbers() throws Exception {
      CommandContext.Ran ran = context.run("lbatch", "-a", "0-999999:4%8", "x", "y").exits(0);
      assertEquals("Submitted batch job 1, 250000 tasks\n", ran.out());
      assertEquals(WAITS, ran.err());
      JsonNode array = context.job("1.json");
      assertEquals("0-999996:4%8", array.get("array").asText());
      assertEquals(List.of("x", "y"), texts(array.get("command")));
      assertEquals("localq-%j-20261122T120000.out", array.get("stdout").asText());
      assertEquals("x", array.get("name").asText());
      assertFalse(array.has("tasks"));
    }

    @Test
    void has_the_symbols_of_its_files_left_that_are_its_own() throws Exception {
      context.run("lbatch", "--array=7", "-J", "n", "-o", "%x-%A_%4a", "-e", "all", "x").exits(0);
      JsonNode array = context.job("1.json");
      assertEquals("n-%A_%4a", array.get("stdout").asText());
      assertEquals("append", array.get("open_mode").asText(), "all write to one file");
    }

    @Test
    void has_a_bare_id_and_an_exit_code_as_any_job() throws Exception {
      assertEquals("1\n", context.run("lbatch", "--parsable", "-a", "1,3", "x").exits(0).out());
    }

    @Test
    void of_a_command_is_none_of_the_words_behind_it() throws Exception {
      assertEquals(List.of("x", "-a", "0-3"), texts(submit("x", "-a", "0-3").get("command")));
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "-a 5-3 x | -a 5-3: \"5-3\" counts down, expected the lower number first",
          "-a 0-3%0 x | -a 0-3%0: with %0 no task could run, expected at least %1, or no % at all",
          "--array=a x | -a a: \"a\" is no number, expected whole numbers from 0 to 999999999 as in"
              + " 0-15, 1,3,5-7 or 0-15:4, and %8 at the end for eight tasks at a time",
          "-a 0-3 | no command; expected: lbatch [OPTION…] COMMAND [WORD…], see lbatch --help",
          "-a 0-3 --each-line l | -a 0-3 and --each-line: expected one of them, because the tasks of"
              + " an array have either numbers or lines",
          "-a | missing required parameter for option '--array' (NUMBERS); see lbatch --help",
        })
    void that_is_none_is_refused(String words, String message) {
      CommandContext.Ran ran = context.run(("lbatch " + words.strip()).split(" ")).exits(2);
      assertEquals("lbatch: " + message + "\n", ran.err());
      assertEquals("", ran.out());
      assertFalse(Files.exists(context.uriFile()), "nothing is made for it");
    }
  }

  @Nested
  class Another_queue {
    private static final String LOG = "my-twocore-job-logfile.txt";

    @Test
    void takes_the_job_that_names_it() throws Exception {
      Path uriFile = context.queue("tmp/mysecondserver");
      String second = uriFile.toString();
      CommandContext.Ran ran =
          context.run("lbatch", "-n", "1", "-u", second, "ls", "-lah").exits(0);
      assertEquals("Submitted batch job 2\n", ran.out());
      assertEquals(
          "lbatch: no worker is alive: job 2 waits for localqd -u " + second + " start\n",
          ran.err());
      context
          .run("lbatch", "-n", "2", "-u", second, "-o", LOG, "echo", "Two Core Job with log")
          .exits(0);
      JsonNode job =
          CommandContext.json(Files.readString(home.resolve("tmp/mysecondserver.queue/3.json")));
      assertEquals(LOG, job.get("stdout").asText());
      assertEquals(2, job.get("cores").asInt());
      assertEquals(second, job.get("environment").get("LOCALQ_URI").asText());
      assertFalse(Files.exists(context.uriFile()), "the default queue has nothing to do with it");
    }

    @Test
    void is_the_one_in_the_environment_unless_an_option_names_one() throws Exception {
      Path uriFile = context.queue("other");
      context.variable("LOCALQ_URI", uriFile.toString());
      context.run("lbatch", "x").exits(0);
      assertTrue(Files.exists(home.resolve("other.queue/2.json")));
      context.run("lbatch", "-u", context.uriFile().toString(), "x").exits(0);
      assertTrue(Files.exists(context.spool("1.json")));
    }
  }

  @Nested
  class Waiting_for_the_end {
    @ParameterizedTest
    @CsvSource({
      "'{\"state\": \"COMPLETED\", \"exit_code\": 0, \"ended\": \"2026-11-22T11:00:00Z\"}', 0",
      "'{\"state\": \"FAILED\", \"exit_code\": 37, \"ended\": \"2026-11-22T11:00:00Z\"}', 37",
      "'{\"state\": \"LOST\", \"ended\": \"2026-11-22T11:00:00Z\"}', 1",
    })
    void gives_the_exit_code_of_the_record(String result, int code) throws Exception {
      Thread worker = afterTheSubmission(() -> context.ends(1, result));
      CommandContext.Ran ran = context.run("lbatch", "-W", "x").exits(code);
      worker.join();
      assertEquals("Submitted batch job 1\n", ran.out());
      assertEquals(
          result.contains("LOST"),
          ran.err().contains("lbatch: job 1 is LOST; it has no exit code\n"),
          ran::toString);
    }

    /** What somebody does to the spool. */
    private interface Hand {
      void changes() throws Exception;
    }

    /** Somebody else, who changes the spool by hand once job 1 is there. */
    private Thread afterTheSubmission(Hand hand) {
      Thread person =
          new Thread(
              () -> {
                try {
                  eventually(() -> Files.exists(context.spool("1.json")), () -> "no job");
                  hand.changes();
                } catch (Exception failed) {
                  throw new IllegalStateException(failed);
                }
              });
      person.start();
      return person;
    }

    @Test
    void of_a_rejected_job_says_why_there_is_no_exit_code() throws Exception {
      Thread worker =
          afterTheSubmission(
              () -> {
                Files.writeString(context.spool("rejected/1.reason"), "is no job\n");
                Files.move(context.spool("1.json"), context.spool("rejected/1.json"));
              });
      CommandContext.Ran ran = context.run("lbatch", "-W", "x").exits(1);
      worker.join();
      assertTrue(
          ran.err().endsWith("lbatch: job 1 is REJECTED, is no job; it has no exit code\n"),
          ran::toString);
    }

    @Test
    void that_can_not_be_seen_says_that_the_job_was_accepted() throws Exception {
      Thread person =
          afterTheSubmission(
              () -> {
                Files.delete(context.spool("done"));
                Files.createFile(context.spool("done"));
                Files.delete(context.spool("1.json"));
              });
      CommandContext.Ran ran = context.run("lbatch", "-W", "x").exits(1);
      person.join();
      assertEquals("Submitted batch job 1\n", ran.out());
      assertTrue(
          ran.err()
              .endsWith(
                  "lbatch: job 1 was accepted, but its end can't be waited for: "
                      + context.spool("done/1.json")
                      + ": Not a directory\n"),
          ran::toString);
    }

    @Test
    void ends_when_the_job_is_removed_by_hand() throws Exception {
      Thread person = afterTheSubmission(() -> Files.delete(context.spool("1.json")));
      CommandContext.Ran ran = context.run("lbatch", "-W", "x").exits(1);
      person.join();
      assertTrue(
          ran.err()
              .endsWith("lbatch: job 1: its file was removed by hand, so its end is not known\n"),
          ran::toString);
    }
  }

  @Nested
  class Refuses {
    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "-n 0 x | -n 0: expected a whole number from 1 to 2147483647",
          "-n -1 x | -n -1: expected a whole number from 1 to 2147483647",
          "-n two x | -n two: not a number, expected a whole number of at least 1",
          "-n 2.5 x | -n 2.5: not a number, expected a whole number of at least 1",
          "-n 2147483648 x | -n 2147483648: expected a whole number from 1 to 2147483647",
          "-n 99999999999999999999 x | -n 99999999999999999999: expected a whole number from 1 to"
              + " 2147483647",
          "-c 0 x | -c 0: expected a whole number from 1 to 2147483647",
          "-n 65536 -c 65536 x | -n times -c is 4294967296, expected at most 2147483647",
          "-n 2 | no command; expected: lbatch [OPTION…] COMMAND [WORD…], see lbatch --help",
          "-- | no command; expected: lbatch [OPTION…] COMMAND [WORD…], see lbatch --help",
          "--frob x | unknown option: '--frob'; see lbatch --help",
          "-z x | unknown option: '-z'; see lbatch --help",
          "-n | missing required parameter for option '--cores' (N); see lbatch --help",
        })
    void a_command_line_that_is_wrong_in_itself(String words, String message) {
      CommandContext.Ran ran = context.run(("lbatch " + words.strip()).split(" ")).exits(2);
      assertEquals("lbatch: " + message + "\n", ran.err());
      assertEquals("", ran.out());
      assertFalse(Files.exists(context.uriFile()), "nothing is made for it");
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "-o | -o '': expected a file's name",
          "-e | -e '': expected a file's name",
          "-i | -i '': expected a file's name",
          "-D | -D '': expected a directory's name",
        })
    void an_option_that_is_empty(String option, String message) throws Exception {
      CommandContext.Ran ran = context.run("lbatch", option, "", "x").exits(2);
      assertEquals("lbatch: " + message + "\n", ran.err());
      assertFalse(Files.exists(context.spool("1.json")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--parsable"})
    void to_run_nothing(String option) {
      CommandContext.Ran ran =
          option.isEmpty() ? context.run("lbatch") : context.run("lbatch", option, "");
      ran.exits(2);
      assertEquals(
          "lbatch: no command; expected: lbatch [OPTION…] COMMAND [WORD…], see lbatch --help\n",
          ran.err());
    }

    @Test
    void a_directory_that_is_not_there() throws Exception {
      CommandContext.Ran ran = context.run("lbatch", "-D", "nowhere", "x").exits(1);
      assertEquals(
          "lbatch: -D nowhere: no such directory; expected the directory in which the job is to run\n",
          ran.err());
      Files.createFile(home.resolve("file"));
      assertEquals(
          "lbatch: -D file: is no directory; expected the directory in which the job is to run\n",
          context.run("lbatch", "-D", "file", "x").exits(1).err());
      assertFalse(Files.exists(context.spool("1.json")));
    }

    @Test
    void a_disk_that_is_full_and_accepts_again_when_it_is_not() throws Exception {
      Path place = Files.createDirectory(home.resolve("disk"));
      try (SmallDisk disk = SmallDisk.mount(place, "200k")) {
        CommandContext small = new CommandContext(place);
        small.run("lbatch", "--parsable", "first").exits(0);
        disk.fill();
        CommandContext.Ran ran = small.run("lbatch", "x").exits(1);
        assertEquals("", ran.out());
        assertTrue(
            ran.err().startsWith("lbatch: ")
                && ran.err().contains("No space left on device")
                && ran.err()
                    .endsWith(
                        "; nothing was accepted: free some space (df -h) or file names (df -i), and try again\n")
                && ran.err().lines().count() == 1,
            ran::toString);
        try (Stream<Path> drafts = Files.list(small.spool(".localq/tmp"))) {
          assertEquals(List.of(), drafts.toList());
        }
        disk.free();
        String id = small.run("lbatch", "--parsable", "x").exits(0).out().strip();
        assertTrue(Files.exists(small.spool(id + ".json")));
        assertTrue(Files.exists(small.spool("1.json")));
      }
    }
  }
}
