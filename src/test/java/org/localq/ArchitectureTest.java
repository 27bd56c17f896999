package org.localq;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the sources may say where, read from the sources; comments do not count. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ArchitectureTest {
  private static final Path SOURCES = Path.of("src/main/java");

  /** What each package may use. Only downward, so that no cycle is possible. */
  private static final Map<String, Set<String>> DOWNWARD =
      Map.of(
          "cli", Set.of("worker", "engine", "spool", "core"),
          "worker", Set.of("engine", "spool", "core"),
          "engine", Set.of("core"),
          "spool", Set.of("core"),
          "core", Set.of());

  private static final Pattern USE = Pattern.compile("\\borg\\.localq\\.([a-z]+)\\b");

  /** A class without its comments. */
  private record Source(String home, String name, String code) {
    static Source of(String home, String name, String text) {
      return new Source(home, name, withoutComments(text));
    }

    List<String> lines(Pattern forbidden) {
      List<String> found = new ArrayList<>();
      for (String line : code.split("\n")) {
        if (forbidden.matcher(line).find()) {
          found.add(home + "." + name + ": " + line.strip());
        }
      }
      return found;
    }
  }

  /** Where the process may be touched. */
  private static final Pattern PROCESS =
      Pattern.compile(
          "\\bSystem\\s*\\.\\s*(out|err|in|exit|getenv|getProperty\\(\"user\\.(home|name|dir)\"\\))"
              + "|\\bRuntime\\s*\\.\\s*getRuntime\\(\\)\\s*\\.\\s*(exit|halt)\\b"
              + "|\\bimport static java\\.lang\\.System\\b");

  /** What makes a pure package impure. */
  private static final Pattern DISK =
      Pattern.compile(
          "\\bjava\\.io\\.(File|Random|FileInput|FileOutput|FileReader|FileWriter)"
              + "|\\bjava\\.nio\\.(file|channels)\\b"
              + "|\\bFiles\\s*\\.|\\bFileChannel\\b|\\bPath\\s*\\.\\s*of\\b"
              + "|\\b(Instant|LocalDateTime|ZonedDateTime)\\s*\\.\\s*now\\b"
              + "|\\bSystem\\s*\\.\\s*(currentTimeMillis|nanoTime)\\b");

  /** A path that no in-memory file system has. */
  private static final Pattern DEFAULT_FILES =
      Pattern.compile(
          "\\bjava\\.io\\.(File|RandomAccessFile|FileInputStream|FileOutputStream)\\b"
              + "|\\.toFile\\(\\)|\\bFileSystems\\.getDefault\\b|\\bPaths?\\s*\\.\\s*(of|get)\\(");

  private static final Pattern LOCK_FILE =
      Pattern.compile("\\b(layout(\\(\\))?\\s*\\.\\s*lock|workerLock)\\(\\)|\"(worker\\.)?lock\"");

  private static final Pattern LOCKING =
      Pattern.compile("\\b(tryLock|channel\\.lock|file\\.lock)\\b");

  private List<Source> sources;

  @BeforeEach
  void readTheSources() throws IOException {
    sources = new ArrayList<>();
    List<Path> files;
    try (Stream<Path> walk = Files.walk(SOURCES.resolve("org/localq"))) {
      files = walk.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    }
    for (Path file : files) {
      String home = file.getParent().getFileName().toString();
      sources.add(
          Source.of(
              home, file.getFileName().toString().replace(".java", ""), Files.readString(file)));
    }
  }

  @Nested
  class The_packages {
    @Test
    void are_those_that_the_rule_names() {
      Set<String> homes = new TreeSet<>();
      sources.forEach(source -> homes.add(source.home()));
      assertEquals(new TreeSet<>(DOWNWARD.keySet()), homes);
    }

    @Test
    void use_each_other_only_downward() {
      assertEquals(List.of(), upward(sources));
    }

    @Test
    void have_no_cycle() {
      assertEquals(List.of(), cycle(uses(sources)));
    }

    @Test
    void are_seen_by_this_test() {
      // these uses exist for as long as there is a cli over a spool over a core
      Map<String, Set<String>> uses = uses(sources);
      assertTrue(uses.get("cli").contains("spool"), uses.toString());
      assertTrue(uses.get("spool").contains("core"), uses.toString());
      assertTrue(uses.get("worker").contains("engine"), uses.toString());
    }
  }

  @Nested
  class The_process {
    @Test
    void is_touched_only_by_main() {
      List<String> found = new ArrayList<>();
      for (Source source : sources) {
        if (!(source.home().equals("cli") && source.name().equals("Main"))) {
          found.addAll(source.lines(PROCESS));
        }
      }
      assertEquals(List.of(), found);
    }

    @Test
    void is_touched_by_main() {
      // else the pattern sees nothing
      assertTrue(
          sources.stream()
              .filter(source -> source.name().equals("Main"))
              .anyMatch(source -> !source.lines(PROCESS).isEmpty()));
    }
  }

  @Nested
  class The_disk {
    @Test
    void is_unknown_to_core() {
      assertEquals(
          List.of(),
          sources.stream()
              .filter(source -> source.home().equals("core"))
              .flatMap(source -> source.lines(DISK).stream())
              .toList());
    }

    @Test
    void is_known_to_the_spool() {
      assertTrue(
          sources.stream()
              .filter(source -> source.home().equals("spool"))
              .anyMatch(source -> !source.lines(DISK).isEmpty()));
    }

    @Test
    void is_what_the_spool_was_given_and_no_other() {
      assertEquals(
          List.of(),
          sources.stream()
              .filter(source -> source.home().equals("spool"))
              .flatMap(source -> source.lines(DEFAULT_FILES).stream())
              .toList());
    }
  }

  /** Any open and close of a lock file in this process would free the lock. */
  @Nested
  class The_lock_files {
    @Test
    void are_opened_by_spool_lock_alone() {
      assertEquals(List.of(), strangersToTheLocks(sources));
    }

    @Test
    void are_locked_in_spool_lock_alone() {
      // the log's lock is on the log itself
      Set<String> lockers = Set.of("SpoolLock", "LogFile");
      List<String> found = new ArrayList<>();
      for (Source source : sources) {
        if (!lockers.contains(source.name())) {
          found.addAll(source.lines(LOCKING));
        }
      }
      assertEquals(List.of(), found);
    }

    @Test
    void are_locked_in_spool_lock() {
      assertTrue(
          sources.stream()
              .filter(source -> source.name().equals("SpoolLock"))
              .anyMatch(source -> !source.lines(LOCKING).isEmpty()));
    }
  }

  @Nested
  class This_test {
    @ParameterizedTest
    @CsvSource({
      "core,   'import org.localq.spool.Layout;'",
      "core,   'import static org.localq.spool.Layout.VERSION;'",
      "core,   'int v = org.localq.spool.Layout.VERSION;'",
      "spool,  'import org.localq.engine.Engine;'",
      "spool,  'import org.localq.cli.Main;'",
      "engine, 'import org.localq.spool.Spool;'",
      "engine, 'import org.localq.worker.Judge;'",
      "worker, 'import org.localq.cli.Main;'",
      "core,   'import org.localq.unheard.Of;'",
      "other,  'import org.localq.core.Job;'",
    })
    void sees_what_is_not_downward(String home, String line) {
      Source bad = Source.of(home, "Bad", "package org.localq." + home + ";\n" + line + "\n");
      assertEquals(List.of(home + ".Bad: " + line), upward(List.of(bad)));
    }

    @Test
    void lets_pass_what_is_downward() {
      Source good =
          Source.of(
              "cli",
              "Good",
              "package org.localq.cli;\n/** {@link org.localq.unheard.Of} */\n"
                  + "import org.localq.core.Job; // org.localq.nowhere\nimport org.localq.cli.Main;\n");
      assertEquals(List.of(), upward(List.of(good)));
    }

    @Test
    void sees_a_cycle() {
      Map<String, Set<String>> uses = new TreeMap<>();
      uses.put("a", Set.of("b"));
      uses.put("b", Set.of("c"));
      uses.put("c", Set.of("a"));
      uses.put("d", Set.of("a"));
      assertEquals(List.of("a", "b", "c", "a"), cycle(uses));
      uses.put("c", Set.of());
      assertEquals(List.of(), cycle(uses));
    }

    @ParameterizedTest
    @CsvSource({
      "'System.out.println(1);'",
      "'x(System.err);'",
      "'System.exit(0);'",
      "'System.getenv();'",
      "'System.getenv(\"HOME\");'",
      "'System.getProperty(\"user.home\");'",
      "'System . out.flush();'",
      "'Runtime.getRuntime().halt(1);'",
      "'import static java.lang.System.out;'",
    })
    void sees_the_process_touched(String line) {
      assertEquals(1, Source.of("spool", "Bad", line).lines(PROCESS).size(), line);
    }

    @ParameterizedTest
    @CsvSource({
      "'import java.io.File;'",
      "'import java.nio.channels.FileChannel;'",
      "'FileChannel c;'",
      "'import java.nio.file.Path;'",
      "'Files.exists(x);'",
      "'Instant.now();'",
    })
    void sees_the_disk_in_core(String line) {
      assertEquals(1, Source.of("core", "Bad", line).lines(DISK).size(), line);
    }

    @ParameterizedTest
    @CsvSource({
      "'FileChannel.open(layout.lock());'",
      "'Files.readString(layout.workerLock());'",
      "'Files.size(own.resolve(\"lock\"));'",
      "'Files.size(own.resolve(\"worker.lock\"));'",
    })
    void sees_a_stranger_to_the_locks(String line) {
      assertEquals(
          List.of("spool.Bad: " + line),
          strangersToTheLocks(List.of(Source.of("spool", "Bad", line))));
    }

    @Test
    void does_not_take_a_string_for_a_comment() {
      assertEquals(
          "x(\"/* no // comment */\");  y();",
          withoutComments("x(\"/* no // comment */\"); /* one */ y();// two"));
    }
  }

  private static List<String> upward(List<Source> sources) {
    List<String> found = new ArrayList<>();
    for (Source source : sources) {
      for (String line : source.code().split("\n")) {
        Matcher use = USE.matcher(line);
        while (use.find()) {
          String used = use.group(1);
          if (!used.equals(source.home())
              && !DOWNWARD.getOrDefault(source.home(), Set.of()).contains(used)) {
            found.add(source.home() + "." + source.name() + ": " + line.strip());
          }
        }
      }
    }
    return found;
  }

  private static Map<String, Set<String>> uses(List<Source> sources) {
    Map<String, Set<String>> uses = new TreeMap<>();
    for (Source source : sources) {
      Matcher use = USE.matcher(source.code());
      Set<String> used = uses.computeIfAbsent(source.home(), home -> new TreeSet<>());
      while (use.find()) {
        if (!use.group(1).equals(source.home())) {
          used.add(use.group(1));
        }
      }
    }
    return uses;
  }

  /** A way from a package back to itself; empty where there is none. */
  private static List<String> cycle(Map<String, Set<String>> uses) {
    for (String start : uses.keySet()) {
      List<String> way = cycle(uses, new LinkedHashSet<>(Set.of(start)), start);
      if (!way.isEmpty()) {
        return way;
      }
    }
    return List.of();
  }

  private static List<String> cycle(
      Map<String, Set<String>> uses, LinkedHashSet<String> way, String at) {
    for (String next : new TreeSet<>(uses.getOrDefault(at, Set.of()))) {
      if (next.equals(way.iterator().next())) {
        List<String> closed = new ArrayList<>(way);
        closed.add(next);
        return closed;
      }
      if (way.add(next)) {
        List<String> found = cycle(uses, way, next);
        if (!found.isEmpty()) {
          return found;
        }
        way.remove(next);
      }
    }
    return List.of();
  }

  /** Lines that name a lock file, and neither define the name nor hand it to SpoolLock. */
  private static List<String> strangersToTheLocks(List<Source> sources) {
    List<String> found = new ArrayList<>();
    for (Source source : sources) {
      for (String line : source.code().split("\n")) {
        boolean defines =
            source.name().equals("Layout")
                && (line.contains("Path workerLock()") || line.contains("own().resolve("));
        // the founder makes them under a name that nobody else knows yet
        boolean makes = source.name().equals("SpoolFounder") && line.strip().startsWith("write(");
        boolean knows = source.name().equals("SpoolLock");
        boolean hands = line.contains("SpoolLock.open(layout.");
        if (LOCK_FILE.matcher(line).find() && !defines && !makes && !knows && !hands) {
          found.add(source.home() + "." + source.name() + ": " + line.strip());
        }
      }
    }
    return found;
  }

  private static String withoutComments(String text) {
    Matcher token =
        Pattern.compile(
                "\"(?:\\\\.|[^\"\\\\\n])*\"|'(?:\\\\.|[^'\\\\\n])+'|/\\*[\\s\\S]*?\\*/|//.*")
            .matcher(text);
    return token.replaceAll(
        found -> found.group().startsWith("/") ? "" : Matcher.quoteReplacement(found.group()));
  }
}
