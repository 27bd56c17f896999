package org.localq.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.localq.Executed;
import org.localq.core.ProcessId;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ListingTest {
  @TempDir Path proc;

  @Nested
  class A_listing {
    @Test
    void has_this_process_and_the_numbers_in_order() throws IOException {
      long[] pids = Listing.of(Path.of("/proc")).pids();
      assertTrue(Arrays.binarySearch(pids, ProcessHandle.current().pid()) >= 0);
      assertArrayEquals(Arrays.stream(pids).sorted().toArray(), pids);
    }

    @Test
    void has_numbers_alone() throws IOException {
      for (String name : new String[] {"1", "20", "self", "sys", "0", "30"}) {
        Files.createDirectory(proc.resolve(name));
      }
      assertArrayEquals(new long[] {1, 20, 30}, Listing.of(proc).pids());
    }
  }

  @Nested
  class Since {
    private final Listing before = new Listing(new long[] {1, 5, 9}, 0);
    private final Listing now = new Listing(new long[] {1, 5, 12, 900}, 0);

    @Test
    void another_are_those_that_were_not_there() {
      assertArrayEquals(new long[] {12, 900}, now.since(before, Set.of()));
    }

    @Test
    void another_are_those_that_are_asked_for_too_as_far_as_they_are_there() {
      Set<ProcessId> asked = Set.of(new ProcessId(5, 77), new ProcessId(9, 77));
      assertArrayEquals(new long[] {5, 12, 900}, now.since(before, asked));
    }
  }

  @Nested
  class Freshness {
    @Test
    void is_over_after_a_tenth_of_a_second() {
      Listing listing = new Listing(new long[0], Long.MAX_VALUE - 5);
      long almost = Long.MAX_VALUE - 5 + TimeUnit.MILLISECONDS.toNanos(100) - 1;
      assertTrue(listing.isFresh(almost));
      assertFalse(listing.isFresh(almost + 1));
    }

    @ParameterizedTest
    @CsvSource({"4194304, true", "32768, true", "32767, false", "x, false"})
    void is_nothing_where_numbers_are_few(String most, boolean reliable) throws IOException {
      Files.createDirectories(proc.resolve("sys/kernel"));
      Files.writeString(proc.resolve("sys/kernel/pid_max"), most + "\n");
      assertEquals(reliable, Listing.isReliable(proc));
    }

    @Test
    void is_told_by_the_kernel_as_by_a_file() throws Exception {
      String most = Executed.run(proc, "cat", "/proc/sys/kernel/pid_max").orFail().out().strip();
      assertEquals(Long.parseLong(most) >= 32768, Listing.isReliable(Path.of("/proc")));
    }

    @Test
    void is_nothing_where_nobody_says_how_many_there_are() {
      assertFalse(Listing.isReliable(proc));
    }
  }
}
