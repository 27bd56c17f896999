package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class CatalogueTest {
  private static final Path CLASSES = Path.of("target", "test-classes");

  @Test
  void each_fault_is_injected_by_a_test_and_each_test_names_faults_that_there_are()
      throws Exception {
    Set<Integer> injected = new TreeSet<>();
    for (Class<?> test : testClasses()) {
      for (Method method : test.getDeclaredMethods()) {
        Injection injection = method.getAnnotation(Injection.class);
        if (injection != null && PromisesTest.isTest(method)) {
          for (int number : injection.value()) {
            injected.add(number);
          }
        }
      }
    }
    assertEquals(Catalogue.FAULTS.keySet(), injected);
  }

  private static Set<Class<?>> testClasses() throws IOException, ClassNotFoundException {
    Set<Class<?>> classes = new LinkedHashSet<>();
    try (Stream<Path> files = Files.walk(CLASSES)) {
      for (Path file : files.filter(f -> f.toString().matches(".*(IT|Test)\\.class")).toList()) {
        String name = CLASSES.relativize(file).toString().replaceFirst("\\.class$", "");
        classes.add(
            Class.forName(name.replace('/', '.'), false, CatalogueTest.class.getClassLoader()));
      }
    }
    return classes;
  }
}
