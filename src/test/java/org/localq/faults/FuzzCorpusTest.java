package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.localq.Executed;
import org.localq.spool.JobFileFuzz;

/** What a fuzzer found once stays found: its inputs, tried without it. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class FuzzCorpusTest {
  private static final int MOST_FILES = 300;
  private static final long MOST_BYTES = 500_000;

  @TestFactory
  Stream<DynamicTest> every_input_that_was_kept_is_handled() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (FuzzTarget target : FuzzTarget.values()) {
      for (Path input : target.corpus()) {
        tests.add(
            DynamicTest.dynamicTest(
                target.word() + "/" + input.getFileName(),
                () -> target.tryOut(Files.readAllBytes(input))));
      }
    }
    return tests.stream();
  }

  @ParameterizedTest
  @EnumSource
  void there_are_inputs(FuzzTarget target) throws IOException {
    assertTrue(target.corpus().size() >= 10, target.corpus().toString());
  }

  @Test
  void they_are_few_and_small() throws IOException {
    int files = 0;
    long bytes = 0;
    for (FuzzTarget target : FuzzTarget.values()) {
      for (Path input : target.corpus()) {
        files++;
        bytes += Files.size(input);
      }
    }
    assertTrue(files <= MOST_FILES && bytes <= MOST_BYTES, files + " files, " + bytes + " bytes");
  }

  @Test
  void a_shell_can_read_the_script_of_each_that_is_a_job(@TempDir Path scratch) throws Exception {
    int scripts = 0;
    for (Path input : FuzzTarget.JOB.corpus()) {
      Optional<byte[]> script = JobFileFuzz.script(Files.readAllBytes(input));
      if (script.isPresent()) {
        Files.write(scratch.resolve(input.getFileName()), script.get());
        scripts++;
      }
    }
    assertTrue(scripts > 0, "no input is a job");
    // one shell for them all; it goes on behind one that it can't read, and tells
    Executed read =
        Executed.run(scratch, "sh", "-c", "for f in *; do sh -n \"./$f\" || echo \"$f\"; done");
    assertEquals("", read.out() + read.err());
  }
}
