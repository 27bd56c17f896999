package org.localq.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TimeZone;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.localq.Executed;
import org.localq.core.ExactText;
import org.localq.engine.LocalMachine;
import org.localq.engine.Quoting;
import org.localq.faults.Seed;

/**
 * {@code share/localq/submit} does exactly what {@link LbatchCommand} does, or leaves it to that:
 * the same command lines, environments and bytes go through both.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class SubmitIT {
  private static final int BATCHES = 20;
  private static final int CASES_A_BATCH = 100;
  private static final Path DIST = Path.of("src/main/dist").toAbsolutePath();
  private static final LocalMachine MACHINE = new LocalMachine(Path.of("/proc"));
  private static final Pattern SUBMITTED = Pattern.compile("\"submitted\" : \"([^\"]*)\"");

  /** What the script's place ends with in this test, and in no other way. */
  private static final int LEFT_TO_JAVA = 75;

  /** Pieces of which words are made. */
  private static final List<byte[]> PIECES =
      Stream.of(
              "a",
              "b1",
              "x.y",
              "/usr/bin/true",
              "rel/path",
              " ",
              "\"",
              "'",
              "\\",
              "\t",
              "\n",
              "\r\f\b",
              "\u0001\u001f",
              "\u007f",
              "\u0080",
              "é",
              "漢字",
              "😀",
              "\u2028",
              "%",
              "%%",
              "%x",
              "$HOME",
              "`id`",
              "=",
              "-",
              "#!")
          .map(piece -> piece.getBytes(StandardCharsets.UTF_8))
          .toList();

  /** The same that are no UTF-8: alone, cut off, overlong, a surrogate, beyond the last. */
  private static final List<String> BROKEN =
      List.of("ff", "c3", "e282", "f09f98", "c080", "eda080", "f5808080", "80", "f4908080");

  @TempDir private Path scratch;
  private Path home;
  private Path spool;

  /** A call of lbatch, in exact text. */
  private record Call(List<String> words, Map<String, String> environment, String directory) {}

  /** What came of it. */
  private record Came(int code, String out, String err, Optional<String> job) {}

  @BeforeEach
  void make_an_installation_and_a_queue() throws Exception {
    Path place = Files.createDirectories(scratch.resolve("localq/share/localq"));
    Files.createDirectory(scratch.resolve("localq/bin"));
    Files.copy(DIST.resolve("bin/lbatch"), scratch.resolve("localq/bin/lbatch"));
    Files.setPosixFilePermissions(
        scratch.resolve("localq/bin/lbatch"), PosixFilePermissions.fromString("rwx------"));
    Files.copy(DIST.resolve("share/localq/submit"), place.resolve("submit"));
    Files.writeString(place.resolve("launch"), "exit " + LEFT_TO_JAVA + "\n");
    home = Files.createDirectory(scratch.resolve("home"));
    new CommandContext(home).run("lbatch", "true").exits(0);
    spool = home.resolve(".localq/queue");
    Files.delete(spool.resolve("1.json"));
  }

  @Test
  void what_a_shell_submits_is_what_java_would_submit_byte_for_byte() throws Exception {
    Random random = Seed.of(SubmitIT.class);
    int done = 0;
    for (int batch = 0; batch < BATCHES; batch++) {
      vary(batch);
      List<Call> calls = Stream.generate(() -> call(random)).limit(CASES_A_BATCH).toList();
      List<Came> came = byScript(calls);
      for (int i = 0; i < calls.size(); i++) {
        if (came.get(i).code() == LEFT_TO_JAVA) {
          assertEquals(Optional.empty(), came.get(i).job(), calls.get(i)::toString);
          assertEquals("", came.get(i).out() + came.get(i).err(), calls.get(i)::toString);
        } else {
          done++;
          assertEquals(byJava(calls.get(i), came.get(i)), came.get(i), calls.get(i)::toString);
        }
      }
      assertEquals(List.of(), names(".localq/tmp"), "drafts");
    }
    int all = BATCHES * CASES_A_BATCH;
    System.out.println("SubmitIT: " + done + " of " + all + " without Java");
    assertTrue(done > all / 2, () -> "so few that it proves little");
  }

  /** Changes the queue by hand. */
  private interface Hand {
    void changes() throws IOException;
  }

  private Map<String, Hand> damages() {
    Map<String, Hand> damages = new LinkedHashMap<>();
    Path own = spool.resolve(".localq");
    damages.put("a newer format", () -> Files.writeString(own.resolve("version"), "2\n"));
    damages.put("another machine", () -> Files.writeString(own.resolve("host"), "x pid:[1]\n"));
    damages.put("an open spool", () -> mode(spool, "rwxr-xr-x"));
    damages.put("an open URI file", () -> mode(home.resolve(".localq/localqd"), "rw-r--r--"));
    damages.put("no counter", () -> Files.delete(own.resolve("seq/1")));
    damages.put("two counters", () -> Files.createFile(own.resolve("seq/2")));
    damages.put("a counter behind", () -> Files.createFile(own.resolve("seq/.collected-2")));
    damages.put("a taken id", () -> Files.createFile(spool.resolve("done/2.json")));
    damages.put("a dropped id", () -> Files.createFile(spool.resolve("2.json")));
    damages.put("no limit", () -> Files.writeString(own.resolve("limit"), "many\n"));
    damages.put("no drafts", () -> Files.delete(own.resolve("tmp")));
    damages.put("no workers", () -> Files.delete(own.resolve("workers")));
    damages.put(
        "a link",
        () -> {
          Files.move(spool, home.resolve("moved"));
          Files.createSymbolicLink(spool, home.resolve("moved"));
        });
    return damages;
  }

  private static void mode(Path file, String mode) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  @Test
  void a_queue_that_is_not_as_it_should_be_is_left_to_java() throws Exception {
    for (String damage : damages().keySet()) {
      Executed.run(home, "rm", "-rf", ".localq", "moved").orFail();
      new CommandContext(home).run("lbatch", "true").exits(0);
      Files.delete(spool.resolve("1.json"));
      damages().get(damage).changes();
      Came came = byScript(List.of(call("true"))).get(0);
      assertEquals(LEFT_TO_JAVA, came.code(), damage);
      assertEquals("", came.out() + came.err(), damage);
      assertEquals(Optional.empty(), came.job().filter(job -> !job.isEmpty()), damage);
    }
  }

  @Test
  void an_array_is_left_to_java() throws Exception {
    List<Call> calls =
        List.of(
            call("--each-line", "list"),
            call("--each-line=list"),
            call("--each-line", "-"),
            call("--each-line=-"),
            call("--each-line", "-", "-n", "2"),
            call("-n2", "--each-line", "list"),
            call("-n", "2", "-J", "x", "--each-line", "list"),
            call("--parsable", "--each-line", "list"),
            call("--each-line", "list", "--parsable"),
            call("--each-line", "list", "true"),
            call("--each-line=", "true"),
            call("--each-line", "true"),
            call("--each-line"),
            call("--each", "list", "true"),
            call("-J", "--each-line", "true"));
    List<Came> came = byScript(calls);
    for (int i = 0; i < calls.size(); i++) {
      assertEquals(
          new Came(LEFT_TO_JAVA, "", "", Optional.empty()), came.get(i), calls.get(i)::toString);
    }
    Came of = byScript(List.of(call("true", "--each-line", "list"))).get(0);
    assertEquals(0, of.code(), () -> "a command's own words: " + of);
  }

  private Call call(String... words) {
    return new Call(
        List.of(words), Map.of("HOME", home.toString()), home.resolve("wörk dir").toString());
  }

  /** What a worker would have left there. */
  private void vary(int batch) throws IOException {
    Path limit = spool.resolve(".localq/limit");
    Files.deleteIfExists(limit);
    if (batch % 3 > 0) {
      Files.writeString(limit, batch % 3 + "\n");
    }
    CommandContext context = new CommandContext(home);
    if (batch % 2 == 0) {
      context.worker();
    } else {
      Files.deleteIfExists(context.spool(".localq/workers/" + CommandContext.pid()));
    }
    Files.deleteIfExists(context.spool(".localq/seq/.collected-1"));
    if (batch % 5 == 4) {
      Files.createFile(context.spool(".localq/seq/.collected-1"));
    }
  }

  private List<String> names(String directory) throws IOException {
    try (Stream<Path> files = Files.list(spool.resolve(directory))) {
      return files.map(file -> file.getFileName().toString()).sorted().toList();
    }
  }

  // --- Calls by chance ---------------------------------------------------------------------------

  private Call call(Random random) {
    List<String> words = new ArrayList<>();
    while (random.nextInt(2) > 0) {
      words.addAll(option(random));
    }
    int count = random.nextInt(20) == 0 ? 0 : 1 + random.nextInt(4);
    for (int i = 0; i < count; i++) {
      words.add((i == 0 && random.nextInt(4) > 0 ? "c" : "") + word(random, 4));
    }
    Map<String, String> environment = new LinkedHashMap<>();
    environment.put("HOME", home.toString());
    environment.put("PATH", "/usr/bin:/bin");
    String directory = home.resolve("wörk dir").toString();
    switch (random.nextInt(4)) {
      case 0 -> environment.put("PWD", "/nowhere");
      case 1 -> environment.put("PWD", directory);
      default -> {
        // none
      }
    }
    if (random.nextInt(8) == 0) {
      environment.put("TZ", pick(random, "UTC", "Asia/Kolkata", "CET", "EST5EDT", "", ":", "x/Y"));
    }
    if (random.nextInt(8) == 0) {
      environment.put(
          "LOCALQ_URI", pick(random, "", home + "/.localq/localqd", "no/such", home + "/none"));
    }
    for (int i = random.nextInt(5); i > 0; i--) {
      String name =
          pick(random, "A", "_b", "odd.name", "BASH_FUNC_f%%", "LC_ALL", "é", "-d", "PERL5OPT");
      environment.put(name, name.equals("PERL5OPT") ? "-Mnone" : word(random, 3));
    }
    return new Call(words, environment, directory);
  }

  private List<String> option(Random random) {
    String letter =
        random.nextInt(12) == 0
            ? pick(random, "-D", "-z", "-u", "--each-line")
            : pick(random, "-n", "-c", "-t", "-o", "-e", "-i", "-J", "--parsable");
    if (letter.equals("--parsable")) {
      return List.of(letter);
    }
    String name =
        random.nextBoolean()
            ? letter
            : switch (letter) {
              case "-n" -> "--cores";
              case "-c" -> "--cpus-per-task";
              case "-t" -> "--time";
              case "-o" -> "--output";
              case "-e" -> "--error";
              case "-i" -> "--input";
              case "-J" -> "--job-name";
              case "-u" -> "--uri";
              case "-D" -> "--chdir";
              case "--each-line" -> letter;
              default -> "--zone";
            };
    String value =
        switch (letter) {
          case "-n", "-c" ->
              random.nextInt(8) > 0
                  ? pick(random, "1", "1", "1", "2", "3")
                  : pick(random, "0", "01", "+1", "x", "", "99999999999");
          case "-t" ->
              random.nextInt(8) > 0
                  ? pick(
                      random, "90", "1:30", "02:00:00", "1-12", "2-3:04:05", "0", "007:8", "0-0:1")
                  : pick(random, "1h", "UNLIMITED", "1-", "24855-3:14:8", "1:2:3:4", "٣", "1\n");
          case "-u" ->
              pick(random, home + "/.localq/localqd", home + "/.localq/../.localq/localqd", "x y");
          case "--each-line" -> pick(random, "-", "list", word(random, 2));
          case "-i" -> pick(random, "/dev/null", "in", "in-%j", word(random, 2));
          case "-o", "-e" ->
              random.nextInt(8) > 0
                  ? pick(random, "out", "out-%j-%x", "%A%%", "x/%x.é")
                  : pick(random, "%4j", "%u.%N", "a\\%j", "%", word(random, 3));
          default -> (random.nextInt(8) > 0 ? "v" : "") + word(random, 3);
        };
    return name.startsWith("--") && random.nextBoolean()
        ? List.of(name + "=" + value)
        : List.of(name, value);
  }

  private static String pick(Random random, String... choices) {
    return choices[random.nextInt(choices.length)];
  }

  private static String word(Random random, int most) {
    ByteArrayOutputStream word = new ByteArrayOutputStream();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      word.writeBytes(
          random.nextInt(6) == 0
              ? HexFormat.of().parseHex(BROKEN.get(random.nextInt(BROKEN.size())))
              : PIECES.get(random.nextInt(random.nextInt(3) == 0 ? PIECES.size() : 5)));
    }
    return ExactText.decode(word.toByteArray());
  }

  // --- The two ways ------------------------------------------------------------------------------

  /** Each call by the script, in one shell; what it submits is moved away. */
  private List<Came> byScript(List<Call> calls) throws Exception {
    Path results = Files.createTempDirectory(scratch, "results");
    Files.createDirectories(home.resolve("wörk dir"));
    StringBuilder script = new StringBuilder("cd -- " + quote(results.toString()) + "\n");
    for (int i = 0; i < calls.size(); i++) {
      script.append("(cd -- " + quote(calls.get(i).directory()) + " && exec env -i --");
      calls
          .get(i)
          .environment()
          .forEach((name, value) -> script.append(" " + quote(name + "=" + value)));
      script.append(" " + quote(scratch + "/localq/bin/lbatch"));
      calls.get(i).words().forEach(word -> script.append(" " + quote(word)));
      script.append(") >" + i + ".out 2>" + i + ".err; echo $? >" + i + ".code\n");
      script.append("for job in " + quote(spool.toString()) + "/[0-9]*.json; do\n");
      script.append("  [ ! -e \"$job\" ] || mv -- \"$job\" " + i + ".json\ndone\n");
    }
    Path file = results.resolve("script");
    Files.write(file, ExactText.encode(script.toString()));
    Executed.run(scratch, "dash", file.toString()).orFail();
    List<Came> came = new ArrayList<>();
    for (int i = 0; i < calls.size(); i++) {
      Path job = results.resolve(i + ".json");
      came.add(
          new Came(
              Integer.parseInt(Files.readString(results.resolve(i + ".code")).strip()),
              Files.readString(results.resolve(i + ".out"), StandardCharsets.UTF_8),
              Files.readString(results.resolve(i + ".err"), StandardCharsets.UTF_8),
              Files.exists(job)
                  ? Optional.of(Files.readString(job, StandardCharsets.ISO_8859_1))
                  : Optional.empty()));
    }
    return came;
  }

  private static String quote(String word) {
    return Quoting.quote(word);
  }

  /** The same call by Java, under the same id and at the same time. */
  private Came byJava(Call call, Came before) throws IOException {
    String text = before.job().orElse("");
    Matcher id = Pattern.compile("[0-9]+").matcher(before.out());
    Matcher submitted = SUBMITTED.matcher(text);
    assertTrue(id.find() && submitted.find(), () -> call + " came to " + before);
    String last =
        names(".localq/seq").stream().filter(name -> !name.startsWith(".")).findAny().orElseThrow();
    long number = Long.parseLong(id.group());
    Path seq = spool.resolve(".localq/seq");
    Files.move(seq.resolve(last), seq.resolve(Long.toString(number - 1)));
    Came came = run(call, Instant.parse(submitted.group(1)));
    Files.move(seq.resolve(Long.toString(number)), seq.resolve(last));
    Path job = spool.resolve(number + ".json");
    String written = Files.readString(job, StandardCharsets.ISO_8859_1);
    Files.delete(job);
    return new Came(came.code(), came.out(), came.err(), Optional.of(written));
  }

  private static Came run(Call call, Instant now) {
    Map<String, String> own = new LinkedHashMap<>(call.environment());
    own.keySet().removeIf(name -> !name.matches("[A-Za-z_][A-Za-z0-9_]*"));
    String zone = own.getOrDefault("TZ", "");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Door door =
        new Door(
            new Door.Console(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false),
            new Door.Surroundings(
                FileSystems.getDefault(), own, call.environment(), call.directory()),
            MACHINE,
            Clock.fixed(
                now,
                zone.isEmpty() ? ZoneId.systemDefault() : TimeZone.getTimeZone(zone).toZoneId()),
            List.of());
    List<String> words = new ArrayList<>(List.of("lbatch"));
    words.addAll(call.words());
    int code = Main.run(door, words);
    return new Came(
        code,
        out.toString(StandardCharsets.UTF_8),
        err.toString(StandardCharsets.UTF_8),
        Optional.empty());
  }
}
