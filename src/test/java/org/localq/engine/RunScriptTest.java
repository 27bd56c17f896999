package org.localq.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.Executed;
import org.localq.SampleJob;
import org.localq.core.ExactText;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Limit;
import org.localq.core.Requirements;
import org.localq.core.Resource;
import org.localq.core.TaskNumbers;
import org.localq.core.Umask;
import org.localq.core.Workplace;

/** What a run file makes of a job, as the command sees it; executed by a real shim. */
@ParameterizedClass
@MethodSource("org.localq.engine.ShimBench#shells")
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class RunScriptTest {
  /** Every byte that an argument can hold. */
  private static final List<String> BYTES =
      IntStream.rangeClosed(1, 255).mapToObj(b -> ExactText.decode(new byte[] {(byte) b})).toList();

  @Parameter String shell;
  @TempDir Path base;
  private Path home;
  private ShimBench bench;

  @BeforeEach
  void set_up() throws Exception {
    bench = new ShimBench(base, shell);
    bench.assumeShell();
    home = Files.createDirectory(base.resolve("home"));
  }

  @AfterEach
  void end_what_is_left() {
    bench.close();
  }

  private static String without(String... unwanted) {
    return String.join("", BYTES.stream().filter(b -> !List.of(unwanted).contains(b)).toList());
  }

  private void completes(SampleJob job) throws Exception {
    ends(0, job);
  }

  private void ends(int code, SampleJob job) throws Exception {
    bench.job(job.build()).run();
    assertEquals(Set.of("started", "exit-" + code), bench.tokens(), bench::evidence);
  }

  private String written(String name) throws IOException {
    return Files.readString(home.resolve(name), StandardCharsets.ISO_8859_1);
  }

  /** The strings in a file of /proc, each with a NUL behind it. */
  private static List<String> strings(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    List<String> strings = new ArrayList<>();
    int start = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == 0) {
        strings.add(ExactText.decode(Arrays.copyOfRange(bytes, start, i)));
        start = i + 1;
      }
    }
    return strings;
  }

  @Test
  void what_appends_keeps_what_the_files_hold() throws Exception {
    Job job = SampleJob.of("sh", "-c", "echo new; echo worse >&2").in(home.toString()).build();
    Files.writeString(home.resolve("out"), "old\n");
    Files.writeString(home.resolve("err"), "bad\n");
    Workplace both = new Workplace(home.toString(), "/dev/null", "out", Optional.of("err"), true);
    bench.job(new Job("x", job.command(), Requirements.cores(1), both, job.submission())).run();
    assertEquals("old\nnew\n", written("out"));
    assertEquals("bad\nworse\n", written("err"));
  }

  /** A shell that writes down the words and the environment it was executed with. */
  private SampleJob witness(String... arguments) {
    List<String> words =
        new ArrayList<>(
            List.of(
                "/bin/dash",
                "-c",
                "/bin/cat /proc/$$/cmdline >words; /bin/cat /proc/$$/environ >environment",
                "dash"));
    words.addAll(List.of(arguments));
    return SampleJob.of(words.toArray(new String[0])).in(home.toString());
  }

  private List<String> arguments() throws IOException {
    List<String> words = strings(home.resolve("words"));
    return words.subList(4, words.size());
  }

  private Map<String, String> environment() throws IOException {
    Map<String, String> environment = new TreeMap<>();
    for (String entry : strings(home.resolve("environment"))) {
      int equals = entry.indexOf('=');
      environment.put(entry.substring(0, equals), entry.substring(equals + 1));
    }
    return environment;
  }

  @Nested
  class The_command {
    @Test
    void gets_every_byte_in_an_argument() throws Exception {
      completes(witness(BYTES.toArray(new String[0])));
      assertEquals(BYTES, arguments());
    }

    @Test
    void gets_all_bytes_in_one_argument() throws Exception {
      completes(witness(without()));
      assertEquals(List.of(without()), arguments());
    }

    @Test
    void gets_what_a_shell_would_like_to_interpret() throws Exception {
      List<String> words =
          List.of(
              "", "", "-n", "--", "$HOME", "`id`", "$(id)", "*", "~", "a b", "'", "''", "\\", "\\'",
              "\"", "!x", "#", "{a,b}", "a\nb\n", "\n", "é", "😀", "&&", "%s", "=", "a=b");
      completes(witness(words.toArray(new String[0])));
      assertEquals(words, arguments());
    }

    @ParameterizedTest
    @ValueSource(strings = {"a=b", "-x", "-x=y", "--help", "a b", "$x"})
    void may_have_any_name(String name) throws Exception {
      Path program = Files.writeString(home.resolve(name), "#!/bin/sh\n: >ran\nexit 4\n");
      Files.setPosixFilePermissions(
          program, java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
      ends(4, SampleJob.of(name).in(home.toString()).variable("PATH", home + ":/usr/bin:/bin"));
      assertEquals("", written("ran"));
    }

    @ParameterizedTest
    @CsvSource({"no-such-command,127", "no=such,127", "./data,126", "/,126"})
    void that_cannot_be_executed_ends_as_in_a_shell(String command, int code) throws Exception {
      Files.createFile(home.resolve("data"));
      ends(code, SampleJob.of(command).in(home.toString()).variable("PATH", "/usr/bin:/bin"));
    }

    @Test
    void is_no_word_of_a_shell() throws Exception {
      ends(127, SampleJob.of("exit", "3").variable("PATH", "/usr/bin:/bin"));
    }

    @Test
    void is_looked_for_on_the_submitters_path() throws Exception {
      Path program = Files.writeString(home.resolve("only-here"), "#!/bin/sh\nexit 6\n");
      Files.setPosixFilePermissions(
          program, java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
      ends(6, SampleJob.of("only-here").variable("PATH", home.toString()));
    }

    @Test
    void that_is_longer_than_the_kernel_takes_ends_as_not_executable() throws Exception {
      ends(126, witness("x".repeat(200_000)));
    }
  }

  @Nested
  class The_environment {
    private static final Set<String> OWN =
        Set.of(
            "LOCALQ_JOB_ID",
            "LOCALQ_ATTEMPT",
            "LOCALQ_SPOOL",
            "LOCALQ_JOB_NAME",
            "LOCALQ_CORES",
            "LOCALQ_SUBMIT_DIR",
            "LOCALQ_URI");

    @Test
    void holds_nothing_but_the_submitters_and_the_seven_of_localq() throws Exception {
      completes(witness().variable("ONE", "1").cores(3).named("align"));
      Map<String, String> expected = new TreeMap<>();
      expected.put("ONE", "1");
      expected.put("LOCALQ_JOB_ID", "7");
      expected.put("LOCALQ_ATTEMPT", "1");
      expected.put("LOCALQ_SPOOL", base.toString());
      expected.put("LOCALQ_JOB_NAME", "align");
      expected.put("LOCALQ_CORES", "3");
      expected.put("LOCALQ_SUBMIT_DIR", home.toString());
      expected.put("LOCALQ_URI", ShimBench.URI);
      assertEquals(expected, environment());
    }

    @Test
    void holds_values_of_every_byte() throws Exception {
      completes(witness().variable("ALL", without()).variable("EMPTY", ""));
      assertEquals(without(), environment().get("ALL"));
      assertEquals("", environment().get("EMPTY"));
    }

    @Test
    void holds_names_of_every_byte_but_the_equals_sign() throws Exception {
      completes(witness().variable(without("="), "x"));
      assertEquals("x", environment().get(without("=")));
    }

    @Test
    void holds_names_that_no_shell_accepts() throws Exception {
      SampleJob job = witness();
      Map<String, String> odd = new TreeMap<>();
      odd.put("BASH_FUNC_greet%%", "() {  echo \"hi 'there'\"\n}");
      odd.put("a.b", "dot");
      odd.put("-x", "dash");
      odd.put("--", "dashes");
      odd.put("1", "digit");
      odd.put("a b", "blank");
      odd.put("IFS", "x");
      odd.put("PWD", "/not/here");
      odd.put("SHLVL", "17");
      odd.put("_", "under");
      odd.put("ENV", "/tmp/trap");
      odd.put("V", "a=b=c");
      odd.forEach(job::variable);
      completes(job);
      Map<String, String> found = environment();
      found.keySet().removeAll(OWN);
      assertEquals(odd, found);
    }

    /** Names that the shim or a shell uses too, and odd values. */
    private Map<String, String> plain() {
      Map<String, String> plain = new TreeMap<>();
      for (String name :
          List.of("job", "attempt", "run", "running", "self", "stat", "exact", "code", "user")) {
        plain.put(name, "its own");
      }
      for (String name : List.of("PWD", "OLDPWD", "SHLVL", "ENV", "TERM", "_", "HOME", "MAIL")) {
        plain.put(name, "/not/here");
      }
      plain.put("ALL", without());
      plain.put("EMPTY", "");
      plain.put("EQUALS", "a=b=c");
      plain.put("PATH", "/nowhere::/usr/bin:/bin");
      return plain;
    }

    @Test
    void is_the_same_where_the_shell_hands_it_on_by_itself() throws Exception {
      SampleJob job = witness();
      plain().forEach(job::variable);
      completes(job);
      assertEquals("become", lastLine().split(" ")[0]);
      Map<String, String> found = environment();
      found.keySet().removeAll(OWN);
      assertEquals(plain(), found);
    }

    @ParameterizedTest
    @ValueSource(strings = {"IFS", "OPTIND", "PPID", "UID", "LINENO", "a.b", "1", ""})
    void is_handed_on_by_env_where_a_name_could_mean_something_to_a_shell(String name)
        throws Exception {
      SampleJob job = witness();
      plain().forEach(job::variable);
      if (!name.isEmpty()) {
        completes(job.variable(name, "1"));
        assertEquals("1", environment().get(name));
      } else {
        ends(127, SampleJob.of("no-such-command").variable("PATH", "/usr/bin:/bin"));
      }
      assertEquals("exec", lastLine().split(" ")[0]);
    }

    private String lastLine() throws IOException {
      String[] lines = bench.text(ShimBench.RUN_FILE).split("\n(?=become|exec env)");
      return lines[lines.length - 1];
    }

    @Test
    void shows_a_bash_function_to_bash() throws Exception {
      completes(
          SampleJob.of("/bin/bash", "-c", "greet >said")
              .in(home.toString())
              .variable("BASH_FUNC_greet%%", "() {  echo hi\n}"));
      assertEquals("hi\n", written("said"));
    }

    @Test
    void carries_a_name_of_every_byte() throws Exception {
      completes(witness().named(without()));
      assertEquals(without(), environment().get("LOCALQ_JOB_NAME"));
    }

    @Test
    void has_the_numbers_of_this_job_and_not_of_the_one_that_submitted_it() throws Exception {
      completes(
          witness()
              .variable("LOCALQ_JOB_ID", "3")
              .variable("LOCALQ_ATTEMPT", "9")
              .variable("LOCALQ_JAVA_OPTS", "-Xint")
              .variable("LOCALQ_URI", "/data/other"));
      Map<String, String> environment = environment();
      assertEquals(OWN, environment.keySet());
      assertEquals("7", environment.get("LOCALQ_JOB_ID"));
      assertEquals("1", environment.get("LOCALQ_ATTEMPT"));
      assertEquals("/data/other", environment.get("LOCALQ_URI"));
    }

    @ParameterizedTest
    @CsvSource({"0-99:4%8, 25, 0, 96, 4", "'1,3,7', 3, 1, 7,", "7, 1, 7, 7, 1"})
    void of_a_task_has_its_number_and_those_of_the_others(
        String array, String count, String lowest, String highest, String step) throws Exception {
      TaskNumbers numbers = ((TaskNumbers.Parsed.Valid) TaskNumbers.parse(array)).numbers();
      // submitted from a task of another array
      Job job =
          witness()
              .variable("LOCALQ_ARRAY_JOB_ID", "3")
              .variable("LOCALQ_ARRAY_TASK_ID", "9")
              .variable("LOCALQ_ARRAY_TASK_STEP", "99")
              .build();
      JobId id = new JobId(17, Integer.parseInt(lowest));
      bench.task(id, job.task(id, Optional.empty(), numbers)).run();
      Map<String, String> expected = new TreeMap<>();
      expected.put("LOCALQ_ARRAY_JOB_ID", "17");
      expected.put("LOCALQ_ARRAY_TASK_ID", lowest);
      expected.put("LOCALQ_ARRAY_TASK_COUNT", count);
      expected.put("LOCALQ_ARRAY_TASK_MIN", lowest);
      expected.put("LOCALQ_ARRAY_TASK_MAX", highest);
      if (step != null) {
        expected.put("LOCALQ_ARRAY_TASK_STEP", step);
      }
      Map<String, String> environment = environment();
      assertEquals(id.toString(), environment.get("LOCALQ_JOB_ID"));
      environment.keySet().removeIf(name -> !name.startsWith("LOCALQ_ARRAY_"));
      assertEquals(expected, environment);
    }

    @Test
    void of_a_job_that_a_task_submitted_has_nothing_of_the_array() throws Exception {
      completes(
          witness()
              .variable("LOCALQ_ARRAY_JOB_ID", "3")
              .variable("LOCALQ_ARRAY_TASK_ID", "9")
              .variable("LOCALQ_ARRAY_TASK_COUNT", "99"));
      assertEquals(OWN, environment().keySet());
    }
  }

  @Nested
  class The_directory {
    @Test
    void may_have_a_name_of_every_byte_but_the_slash() throws Exception {
      String place = home + "/" + without("/");
      Path maker = base.resolve("make");
      Files.write(maker, ExactText.encode("mkdir -- " + Quoting.quote(place) + "\n"));
      Executed.run(base, "sh", maker.toString()).orFail();
      completes(
          SampleJob.of("/bin/dash", "-c", "echo out; : >" + home + "/ran").in(place).stdout("x"));
      assertEquals("", written("ran"));
      Files.write(maker, ExactText.encode("cat -- " + Quoting.quote(place + "/x") + "\n"));
      assertEquals("out\n", Executed.run(base, "sh", maker.toString()).orFail().out());
    }

    @Test
    void is_where_the_command_begins() throws Exception {
      completes(SampleJob.of("/bin/readlink", "/proc/self/cwd").in(home + "/").stdout("out"));
      assertEquals(home + "\n", written("out"));
    }
  }

  @Nested
  class The_streams {
    private SampleJob speaker() {
      return SampleJob.of("/bin/dash", "-c", "echo one; echo two >&2; echo three")
          .in(home.toString());
    }

    @Test
    void share_one_file_in_the_order_of_writing() throws Exception {
      completes(speaker().stdout("out"));
      assertEquals("one\ntwo\nthree\n", written("out"));
    }

    @Test
    void share_one_file_that_was_named_for_both() throws Exception {
      completes(speaker().stdout("out").stderr(home + "/out"));
      assertEquals("one\ntwo\nthree\n", written("out"));
    }

    @Test
    void share_one_file_that_was_spelled_in_two_ways() throws Exception {
      completes(speaker().stdout("out").stderr("./../" + home.getFileName() + "/out"));
      assertEquals("one\ntwo\nthree\n", written("out"));
    }

    @Test
    void go_to_two_files_when_two_were_named() throws Exception {
      completes(speaker().stdout("out").stderr("err"));
      assertEquals("one\nthree\n", written("out"));
      assertEquals("two\n", written("err"));
    }

    @Test
    void may_have_names_of_every_byte() throws Exception {
      String name = without("/");
      completes(speaker().stdout(name));
      Path reader = base.resolve("read");
      Files.write(reader, ExactText.encode("cat -- " + Quoting.quote(home + "/" + name) + "\n"));
      assertEquals("one\ntwo\nthree\n", Executed.run(base, "sh", reader.toString()).orFail().out());
    }

    @Test
    void truncate_what_is_there_at_the_first_attempt() throws Exception {
      Files.writeString(home.resolve("out"), "much that was there before\n");
      Files.writeString(home.resolve("err"), "here too\n");
      completes(speaker().stdout("out").stderr("err"));
      assertEquals("one\nthree\n", written("out"));
      assertEquals("two\n", written("err"));
    }

    @Test
    void append_to_what_an_earlier_attempt_wrote() throws Exception {
      Files.writeString(home.resolve("out"), "zero\n");
      Files.writeString(home.resolve("err"), "zero\n");
      bench
          .job(
              speaker().stdout("out").stderr("err").build(),
              new Inherited(Map.of(), Optional.empty()),
              true)
          .run();
      assertEquals("zero\none\nthree\n", written("out"), bench::evidence);
      assertEquals("zero\ntwo\n", written("err"), bench::evidence);
    }

    @Test
    void come_from_the_input_that_was_named() throws Exception {
      Files.writeString(home.resolve("in put"), "read me\n");
      completes(SampleJob.of("/bin/cat").in(home.toString()).stdin("in put").stdout("out"));
      assertEquals("read me\n", written("out"));
    }

    @Test
    void are_the_only_files_that_the_command_has_open() throws Exception {
      completes(
          SampleJob.of("/bin/dash", "-c", "echo /proc/$$/fd/*").in(home.toString()).stdout("out"));
      assertEquals(
          List.of("0", "1", "2"),
          Arrays.stream(written("out").strip().split(" "))
              .map(fd -> fd.substring(fd.lastIndexOf('/') + 1))
              // the shell's own while it lists
              .filter(fd -> !fd.equals("3"))
              .sorted()
              .toList());
    }
  }

  @Nested
  class The_umask {
    @Test
    void is_the_workers_where_the_job_names_none() throws Exception {
      Inherited own = new Inherited(Map.of(), Umask.parse("0027"));
      bench.job(
          SampleJob.of("sh", "-c", "umask").in(home.toString()).stdout("out").build(), own, false);
      bench.run();
      assertEquals("0027\n", written("out"), bench::evidence);
    }

    @ParameterizedTest
    @CsvSource({"0022,644", "0077,600", "0002,664", "0000,666"})
    void is_the_submitters_for_the_output_and_for_what_the_command_makes(String umask, int mode)
        throws Exception {
      completes(SampleJob.of("/bin/touch", "made").in(home.toString()).stdout("out").umask(umask));
      for (String name : List.of("made", "out")) {
        int found = (Integer) Files.getAttribute(home.resolve(name), "unix:mode") & 0777;
        assertEquals(Integer.toString(mode), Integer.toOctalString(found), name);
      }
    }
  }

  @Nested
  class The_limits {
    private static final long UNLIMITED = Limit.UNLIMITED;

    private SampleJob reader() {
      return SampleJob.of("/bin/cat", "/proc/self/limits").in(home.toString()).stdout("limits");
    }

    /** What the kernel says of one resource: soft and hard, as a job file has them. */
    private String limit(Resource resource) throws IOException {
      return written("limits")
          .lines()
          .filter(line -> line.startsWith(resource.title() + "  "))
          .map(line -> line.substring(resource.title().length()).strip().split(" +"))
          .map(words -> words[0] + ":" + words[1])
          .findFirst()
          .orElseThrow(() -> new AssertionError(bench.evidence()));
    }

    @ParameterizedTest
    @CsvSource({
      "NOFILE, 200, 300",
      "NOFILE, 300, 300",
      "CORE, 0, 0",
      "CORE, 0, 1048576",
      "STACK, 1048576, 8388608",
      "FSIZE, 1048576, 2097152",
      "CPU, 100, 200",
      "DATA, 1073741824, 2147483648",
      "AS, 8589934592, 17179869184",
      "NPROC, 5000, 6000",
      "MEMLOCK, 1024, 65536",
    })
    void are_the_submitters(Resource resource, long soft, long hard) throws Exception {
      completes(reader().limit(resource, soft, hard));
      assertEquals(soft + ":" + hard, limit(resource), bench::evidence);
    }

    @Test
    void may_be_unlimited_where_the_worker_has_no_limit() throws Exception {
      bench.job(
          reader().limit(Resource.CPU, UNLIMITED, UNLIMITED).build(),
          new Inherited(Map.of(Resource.CPU, new Limit(7, 7)), Optional.empty()),
          false);
      bench.run();
      assertEquals("unlimited:unlimited", limit(Resource.CPU), bench::evidence);
    }

    @Test
    void may_be_unlimited_below_a_hard_limit() throws Exception {
      completes(reader().limit(Resource.CPU, 60, UNLIMITED));
      assertEquals("60:unlimited", limit(Resource.CPU), bench::evidence);
    }

    @Test
    void beyond_what_the_worker_may_set_are_as_high_as_it_may() throws Exception {
      // not even root gets more files than this
      long most =
          Long.parseLong(Executed.run(base, "cat", "/proc/sys/fs/nr_open").orFail().out().strip());
      completes(reader().limit(Resource.NOFILE, most + 1, most + 2));
      String hard = limit(Resource.NOFILE).split(":")[1];
      assertEquals(hard + ":" + hard, limit(Resource.NOFILE), bench::evidence);
    }

    @Test
    void that_are_the_workers_own_are_not_touched() throws Exception {
      Limit own = new Limit(200, 300);
      byte[] script =
          RunScript.of(
              new Launch(
                  new Mark("/s", new org.localq.core.JobId(7), 1),
                  reader().limit(Resource.NOFILE, 200, 300).build(),
                  base,
                  "run",
                  0),
              Map.of(),
              new Inherited(Map.of(Resource.NOFILE, own), Optional.empty()),
              ShimBench.URI);
      assertFalse(new String(script, StandardCharsets.UTF_8).contains("ulimit"));
    }
  }
}
