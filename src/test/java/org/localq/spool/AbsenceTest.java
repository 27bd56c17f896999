package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.localq.core.JobId;

/** What is there, what isn't, and what can't be known. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class AbsenceTest {
  @TempDir Path directory;

  @Test
  void a_name_is_there_whatever_it_leads_to() throws IOException {
    Path name = Files.createSymbolicLink(directory.resolve("link"), Path.of("nowhere"));
    assertTrue(Spool.exists(name));
    assertFalse(Spool.exists(directory.resolve("absent")));
  }

  @Test
  void a_record_that_can_not_be_looked_at_is_not_taken_for_absent() throws Exception {
    try (Bench bench = new Bench(directory, Bench.FILES_ONLY);
        Locked locked = bench.spool.lock()) {
      Path done = bench.layout.doneDirectory();
      Files.delete(done);
      // ELOOP, which root meets too
      Files.createSymbolicLink(done, done);
      assertThrows(FileSystemException.class, () -> locked.isDone(new JobId(1)));
      Files.delete(done);
      assertFalse(locked.isDone(new JobId(1)));
    }
  }
}
