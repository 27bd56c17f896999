package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.localq.ForcesNothing;
import org.localq.SampleJob;
import org.localq.core.Amounts;
import org.localq.core.Budget;
import org.localq.core.Given;
import org.localq.core.JobId;
import org.localq.core.Needs;
import org.localq.core.Pool;
import org.localq.core.Provision;
import org.localq.core.Refusal;

/**
 * What a queue has beside cores, on the disk: the budget, and what claimed jobs were given of it.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class BudgetFileTest {
  private static final long GIB = 1L << 30;
  private static final byte[] SCRIPT = "exec true\n".getBytes();

  @TempDir private Path directory;
  private Bench bench;
  private Workers workers;

  @BeforeEach
  void makeTheSpool() throws IOException {
    bench = new Bench(directory, new ForcesNothing());
    workers = bench.spool.workers();
  }

  @AfterEach
  void close() throws IOException {
    bench.close();
  }

  private static Budget budget(String... lines) {
    return Budget.parse(List.of(lines)).orElseThrow();
  }

  private Workers.Membership join(Budget wanted) throws IOException {
    Amounts machine = new Amounts(4, 9 * GIB, new TreeMap<>(), 0);
    try (Locked locked = bench.spool.lock()) {
      return workers.join(locked, new Workers.Wish(Settings.DEFAULT.with(wanted), machine, false));
    }
  }

  @Nested
  class The_first_worker {
    @Test
    void sets_the_budget() throws IOException {
      assertEquals(Budget.NONE, workers.budget());
      assertEquals(Optional.empty(), bench.spool.amounts());
      Budget wanted = budget("memory 4096", "resource gpu=0,2", "resource licence=3");
      try (Workers.Membership member = join(wanted)) {
        assertTrue(member != null);
        assertEquals(
            "memory 4096\nresource gpu=0,2\nresource licence=3\n", bench.text(".localq/budget"));
        assertEquals(wanted, workers.budget());
        assertEquals(wanted, workers.settings().budget());
        assertEquals(Optional.of(wanted.limit(4)), bench.spool.amounts());
      }
    }

    @Test
    void takes_the_machines_memory_where_none_was_named_and_does_not_keep_that()
        throws IOException {
      join(Budget.NONE).close();
      assertEquals("memory " + 9 * GIB + "\n", bench.text(".localq/budget"));
      assertEquals(OptionalLong.empty(), workers.settings().budget().memory());
    }

    @Test
    void limits_nothing_where_nobody_knows_the_machines() throws IOException {
      try (Locked locked = bench.spool.lock()) {
        workers.join(locked, new Workers.Wish(Settings.DEFAULT, 4, false)).close();
      }
      assertEquals("memory unlimited\n", bench.text(".localq/budget"));
      assertEquals(Amounts.UNLIMITED, bench.spool.amounts().orElseThrow().memory());
    }
  }

  @Nested
  class Another {
    private OtherProcess first;

    @BeforeEach
    void one_is_there() throws IOException {
      join(budget("memory " + GIB, "resource gpu=0,2")).close();
      first = OtherProcess.thatShares(bench.layout.workerLock(), directory.resolve("witness"));
    }

    @AfterEach
    void end() throws Exception {
      first.close();
    }

    @Test
    void that_says_nothing_or_the_same_shares_it() throws IOException {
      join(Budget.NONE).close();
      join(budget("memory " + GIB, "resource gpu=0,2")).close();
      assertEquals("memory " + GIB + "\nresource gpu=0,2\n", bench.text(".localq/budget"));
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "memory 2147483648/              | --mem 2G | share 1G of memory; leave --mem out",
          "memory unlimited/resource gpu=2 | --resource gpu=2 | share gpu=0,2; leave --resource out",
          "memory unlimited/resource x=1   | --resource x=1 | share no x; leave --resource out",
        })
    void that_wants_another_is_refused(String wanted, String option, String shared) {
      List<String> lines = List.of(wanted.split("/"));
      String said =
          assertThrows(Refusal.class, () -> join(Budget.parse(lines).orElseThrow())).getMessage();
      assertEquals(
          option
              + ": the workers of "
              + bench.layout.root()
              + " "
              + shared
              + ", or stop them first: localqd stop",
          said);
    }
  }

  @Test
  void a_file_that_makes_no_sense_is_refused_and_not_taken_for_no_limit() throws IOException {
    for (String text : List.of("", "memory 1G\n", "gpu=1\n", "x".repeat(100))) {
      bench.put(".localq/budget", text);
      assertTrue(
          assertThrows(Refusal.class, workers::budget).getMessage().contains("makes no sense"));
    }
  }

  @Test
  void settings_that_are_damaged_are_as_if_nothing_had_been_said() {
    assertEquals(
        budget("memory 12", "resource a=1"),
        Settings.parse("memory=12\nresource.a=1\nresource.b=0\nresource.=1\nresource.c").budget());
    assertEquals(Budget.NONE, Settings.parse("memory=x").budget());
    Settings some =
        Settings.DEFAULT.with(new Budget(OptionalLong.of(7), new TreeMap<>())).withCores(3);
    assertEquals(some, Settings.parse(some.toText()));
    Settings more = Settings.DEFAULT.with(Budget.NONE.with(java.util.Map.of("gpu", Pool.of(2))));
    assertEquals(more, Settings.parse(more.toText()));
  }

  /** Claims a new job that was given these words. */
  private JobId claim(String words, SampleJob job) throws IOException {
    JobId id = bench.spool.submit(any -> job.build());
    Given given = Given.parse(words).orElseThrow();
    try (Locked locked = bench.spool.lock()) {
      locked.claim(
          id,
          1,
          RunFile.of(
              SCRIPT, Optional.of(Duration.ZERO), new Provision(given, false, "for\na reason")));
    }
    return id;
  }

  private Path run(JobId id) {
    return bench.layout.run(id, 1, bench.identity.shortBoot());
  }

  @Nested
  class A_claim {
    @Test
    void says_what_was_given_and_still_since_when_the_machine_was_awake() throws IOException {
      SampleJob job = SampleJob.of("x").takes("gpu", 2).memory(7);
      JobId id = claim("gpu=0,2", job);
      Needs needs = job.build().requirements().needs();
      RunningDirectory running = RunningDirectory.look(bench.layout);
      assertEquals("gpu=0,2", running.given(id, needs).orElseThrow().toString());
      assertEquals("for?a reason", running.provision(id, 1, needs).why());
      assertEquals(
          "# suspended 0\n# given gpu=0,2\n# counted for?a reason\nexec true\n",
          Files.readString(run(id)));
      assertEquals(
          Duration.ofMillis(12),
          RunFile.suspended(
              new String(
                  RunFile.of(
                      SCRIPT,
                      Optional.of(Duration.ofMillis(12)),
                      new Provision(Given.parse("gpu=0").orElseThrow(), false, "")))));
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "# suspended 0/exec true",
          "# suspended 0/# given gpu=0/exec true",
          "# suspended 0/# given gpu=0,1,2/exec true",
          "# suspended 0/# given gpu=0,$/exec true",
          "# suspended 0/exec true/# given gpu=0,2",
          "''",
        })
    void that_does_not_say_it_may_have_been_given_any(String text) throws IOException {
      SampleJob job = SampleJob.of("x").takes("gpu", 2);
      JobId id = claim("gpu=0,2", job);
      Files.writeString(run(id), text.replace('/', '\n') + "\n");
      assertEquals(
          Optional.empty(),
          RunningDirectory.look(bench.layout).given(id, job.build().requirements().needs()));
    }

    @Test
    void whose_run_file_is_a_directory_is_not_read() throws IOException {
      SampleJob job = SampleJob.of("x").takes("gpu", 1);
      JobId id = claim("gpu=0", job);
      Files.delete(run(id));
      Files.createDirectory(run(id));
      assertEquals(
          Optional.empty(),
          RunningDirectory.look(bench.layout).given(id, job.build().requirements().needs()));
    }
  }

  @Nested
  class A_check {
    private List<String> findings() throws IOException {
      return bench.spool.check(process -> true).findings().stream().map(Finding::line).toList();
    }

    @BeforeEach
    void a_worker_was_there() throws IOException {
      join(budget("memory " + GIB, "resource gpu=0,2")).close();
      Files.setLastModifiedTime(
          bench.layout.limit(), FileTime.from(Instant.now().minusSeconds(1000)));
    }

    @Test
    void finds_nothing_where_each_has_its_own() throws IOException {
      claim("gpu=0", SampleJob.of("x").takes("gpu", 1).memory(GIB / 2));
      claim("gpu=2", SampleJob.of("x").takes("gpu", 1).memory(GIB / 2));
      assertEquals(List.of(), findings());
    }

    @Test
    void finds_an_id_that_two_jobs_have() throws IOException {
      claim("gpu=0", SampleJob.of("x").takes("gpu", 1));
      JobId second = claim("gpu=0", SampleJob.of("x").takes("gpu", 1));
      assertEquals(1, findings().size(), findings()::toString);
      assertTrue(
          findings().get(0).contains(second + ".json: was given gpu 0, which job 1 has"),
          findings()::toString);
    }

    @Test
    void finds_a_job_that_does_not_say_what_it_has() throws IOException {
      claim("", SampleJob.of("x").takes("gpu", 1));
      assertTrue(
          findings().get(0).contains("doesn't say which ids of gpu it was given"),
          findings()::toString);
    }

    @Test
    void finds_more_memory_and_more_of_a_resource_than_there_is() throws IOException {
      claim("gpu=0,2", SampleJob.of("x").takes("gpu", 2).memory(GIB));
      claim("gpu=5", SampleJob.of("x").takes("gpu", 1).memory(1));
      assertEquals(2, findings().size(), findings()::toString);
      assertTrue(
          findings().toString().contains("the claimed jobs take 3 of gpu, expected at most 2"),
          findings()::toString);
      assertTrue(
          findings().toString().contains("take " + (GIB + 1) + " bytes of memory"),
          findings()::toString);
    }

    @Test
    void finds_a_budget_that_makes_no_sense() throws IOException {
      bench.put(".localq/budget", "lots\n");
      assertTrue(findings().get(0).contains("budget: makes no sense"), findings()::toString);
    }
  }
}
