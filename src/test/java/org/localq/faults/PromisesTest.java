package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.lang.annotation.Annotation;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Disabled;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;

/** README's table of promises. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class PromisesTest {
  private static final Path CLASSES = Path.of("target", "test-classes");
  private static final Pattern TEST =
      Pattern.compile("`([A-Z]\\w*(?:IT|Test|Contract))(?:\\.(\\w+))?`");

  private static final List<Class<? extends Annotation>> TESTS =
      List.of(Test.class, ParameterizedTest.class, TestFactory.class);

  @Test
  void each_promise_names_tests_and_each_test_that_is_named_is_there() throws Exception {
    List<String> rows = rows();
    assertFalse(rows.isEmpty(), "the table is found");
    List<String> wrong = new ArrayList<>();
    for (String row : rows) {
      Matcher test = TEST.matcher(row.substring(row.indexOf('|', 1)));
      boolean any = false;
      while (test.find()) {
        any = true;
        if (!isThere(test.group(1), Optional.ofNullable(test.group(2)))) {
          wrong.add("no such test: " + test.group());
        }
      }
      if (!any) {
        wrong.add("a promise without a test: " + row);
      }
    }
    assertEquals("", String.join("\n", wrong));
  }

  private static List<String> rows() throws IOException {
    String readme = Files.readString(Path.of("README.md"));
    String section = readme.substring(readme.indexOf("## What it promises"));
    return section
        .substring(0, section.indexOf("Not promised"))
        .lines()
        .filter(line -> line.startsWith("| "))
        .skip(1)
        .toList();
  }

  static boolean isTest(Method method) {
    return TESTS.stream().anyMatch(method::isAnnotationPresent)
        && !method.isAnnotationPresent(Disabled.class);
  }

  /** Also in a nested class. */
  private static boolean isThere(String test, Optional<String> method) throws Exception {
    try (Stream<Path> files = Files.walk(CLASSES)) {
      for (Path file : files.toList()) {
        String name = CLASSES.relativize(file).toString().replace('/', '.');
        if (name.matches("(.*\\.)?" + test + "(\\$\\w+)?\\.class")) {
          Class<?> type =
              Class.forName(
                  name.replaceFirst("\\.class$", ""), false, PromisesTest.class.getClassLoader());
          for (Method each : type.getDeclaredMethods()) {
            if (isTest(each) && (method.isEmpty() || each.getName().equals(method.get()))) {
              return true;
            }
          }
        }
      }
    }
    return false;
  }
}
