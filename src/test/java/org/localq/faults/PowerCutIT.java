package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.localq.faults.PowerScenario.ARRAY;
import static org.localq.faults.PowerScenario.BAD_DROP;
import static org.localq.faults.PowerScenario.CANCEL_AGAIN;
import static org.localq.faults.PowerScenario.CANCEL_OF_A_HELD_JOB;
import static org.localq.faults.PowerScenario.CANCEL_OF_A_PENDING_JOB;
import static org.localq.faults.PowerScenario.CANCEL_OF_A_PENDING_TASK;
import static org.localq.faults.PowerScenario.CANCEL_OF_A_RUNNING_ARRAY;
import static org.localq.faults.PowerScenario.COLLECTION;
import static org.localq.faults.PowerScenario.COLLECTION_AFTER_TIDYING;
import static org.localq.faults.PowerScenario.DAMAGE;
import static org.localq.faults.PowerScenario.DEAD_CANCELLER;
import static org.localq.faults.PowerScenario.DEAD_CLAIMER;
import static org.localq.faults.PowerScenario.DEAD_CLAIMER_OF_TASKS;
import static org.localq.faults.PowerScenario.DEAD_FINISHER;
import static org.localq.faults.PowerScenario.DEAD_FOUNDER;
import static org.localq.faults.PowerScenario.DEAD_SHIM;
import static org.localq.faults.PowerScenario.DRAIN;
import static org.localq.faults.PowerScenario.DROP;
import static org.localq.faults.PowerScenario.FIRST_SUBMIT;
import static org.localq.faults.PowerScenario.HOLD;
import static org.localq.faults.PowerScenario.NEXT_SUBMIT;
import static org.localq.faults.PowerScenario.REQUEUE_OF_AN_ENDED_JOB;
import static org.localq.faults.PowerScenario.RETRY;
import static org.localq.faults.PowerScenario.TAKE_OVER;
import static org.localq.faults.PowerScenario.TIME_LIMIT;
import static org.localq.faults.PowerScenario.WORK;

import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The power is cut behind every step of the real commands, on a disk that keeps nothing but what
 * was forced; and each fsync is taken away in turn, which has to be noticed.
 *
 * <p>Nothing is left to chance: which disks a cut can leave is enumerated, see {@link CrashDisk}.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PowerCutIT {
  /**
   * The site of an fsync that localq can't do without, and a scenario that shows it; or several of
   * which one is enough.
   */
  record Site(Set<String> names, PowerScenario scenario) {
    Site(String name, PowerScenario scenario) {
      this(Set.of(name), scenario);
    }

    @Override
    public String toString() {
      return String.join(" and ", new TreeSet<>(names)) + " (" + scenario + ")";
    }
  }

  static Stream<Site> sites() {
    return Stream.of(
        new Site("names in ~/, ~/.localq made", DEAD_FOUNDER),
        new Site("bytes of new spool/.localq/version", FIRST_SUBMIT),
        new Site("bytes of new spool/.localq/host", FIRST_SUBMIT),
        new Site("bytes of new spool/.localq/void", FIRST_SUBMIT),
        new Site("names in new spool, new spool/.localq made", FIRST_SUBMIT),
        new Site("names in new spool/.localq, new spool/.localq/tmp made", FIRST_SUBMIT),
        new Site("names in new spool/.localq/seq", FIRST_SUBMIT),
        new Site("names in ~/.localq, new spool renamed to the root", FIRST_SUBMIT),
        new Site("bytes of ~/.localq/localqd", FIRST_SUBMIT),
        new Site("names in .localq/seq, .localq/seq/N renamed to .localq/seq/N", NEXT_SUBMIT),
        new Site("bytes of N.json", NEXT_SUBMIT),
        new Site("names in the root, N.json linked", NEXT_SUBMIT),
        new Site("bytes of .localq/shim-*", WORK),
        new Site("bytes of .localq/limit", WORK),
        new Site("bytes of .localq/budget", WORK),
        new Site("bytes of .localq/options", WORK),
        new Site("names in running, N.json renamed to running/N.json", WORK),
        new Site("names in the root, N.json renamed to running/N.json", WORK),
        new Site("names in the root, N.json renamed to running/N.json", DEAD_CLAIMER),
        new Site("names in the root, N.json renamed to running/N.json", DEAD_CANCELLER),
        new Site("bytes of done/N.json", WORK),
        new Site("names in done, .localq/tmp/* renamed to done/N.json", WORK),
        new Site("names in done, .localq/tmp/* renamed to done/N.json", DEAD_FINISHER),
        new Site("bytes of running/N.cancel", CANCEL_OF_A_PENDING_JOB),
        new Site(
            Set.of(
                "names in running, .localq/tmp/* renamed to running/N.cancel",
                "names in running, .localq/tmp/* renamed to running/N.N.term"),
            CANCEL_AGAIN),
        new Site("names in running, running/N.N.timeout created", TIME_LIMIT),
        new Site("names in running, running/N.N.requeued created", RETRY),
        new Site("names in the root, running/N.json renamed to N.json", RETRY),
        new Site("bytes of N.json", ARRAY),
        new Site("names in the root, N.json linked", ARRAY),
        new Site("bytes of running/N_N.json", ARRAY),
        new Site("names in running, running/N_N.json linked", ARRAY),
        new Site("names in running, running/N_N.json linked", DEAD_CLAIMER_OF_TASKS),
        new Site("names in the root, N.json renamed to running/N.json", ARRAY),
        new Site("bytes of done/N_N.json", ARRAY),
        new Site("names in done, .localq/tmp/* renamed to done/N_N.json", ARRAY),
        new Site("bytes of done/N.json", ARRAY),
        new Site("names in done, .localq/tmp/* renamed to done/N.json", ARRAY),
        new Site(
            "names in running, .localq/tmp/* renamed to running/N.cancel",
            CANCEL_OF_A_RUNNING_ARRAY),
        new Site("bytes of running/N_N.cancel", CANCEL_OF_A_PENDING_TASK),
        new Site("bytes of N.json", DROP),
        new Site("names in the root, one.json renamed to N.json", DROP),
        new Site("bytes of rejected/N.reason", BAD_DROP),
        new Site("names in rejected, .localq/tmp/* renamed to rejected/N.reason", BAD_DROP),
        new Site("names in rejected, N.json renamed to rejected/N.json", BAD_DROP),
        new Site("names in the root, N.json renamed to rejected/N.json", BAD_DROP),
        new Site("bytes of .localq/host", TAKE_OVER),
        new Site("bytes of .localq/drain", DRAIN),
        new Site("names in running, running/N.N.requeued created", DEAD_SHIM),
        new Site("names in the root, running/N.json renamed to N.json", DEAD_SHIM),
        new Site("names in rejected, running/N.json renamed to rejected/N.json", DAMAGE),
        new Site("names in running, running/N.json renamed to rejected/N.json", DAMAGE),
        new Site("names in running", COLLECTION),
        new Site("names in .localq/seq", COLLECTION),
        new Site("names in the root", COLLECTION_AFTER_TIDYING),
        new Site("names in held, held/.N renamed to held/N.json", COLLECTION_AFTER_TIDYING),
        new Site("bytes of held/N.json", HOLD),
        new Site("names in held, held/N.json linked", HOLD),
        new Site("names in held, N.json renamed to held/N.json", HOLD),
        new Site("names in the root, held/N.json renamed to N.json", HOLD),
        new Site("names in held, held/N.json renamed to N.json", HOLD),
        new Site("names in running, running/N.N.requeued created", REQUEUE_OF_AN_ENDED_JOB),
        new Site("names in the root, done/N.json renamed to N.json", REQUEUE_OF_AN_ENDED_JOB),
        new Site("names in done, done/N.json renamed to N.json", REQUEUE_OF_AN_ENDED_JOB),
        new Site("names in held, held/N.json renamed to running/N.json", CANCEL_OF_A_HELD_JOB),
        new Site("names in running, held/N.json renamed to running/N.json", CANCEL_OF_A_HELD_JOB));
  }

  private static final String LOOKED_AT =
      "what is aside is for a person to look at; its job is recorded or rejected by then";

  /** The sites that localq could do without, as far as these promises go, and why. */
  private static final Map<String, String> SPARED =
      Map.ofEntries(
          Map.entry("bytes of new spool/.localq/seq/N", "an empty file has no bytes"),
          Map.entry("bytes of new spool/.localq/lock", "an empty file has no bytes"),
          Map.entry("bytes of new spool/.localq/worker.lock", "an empty file has no bytes"),
          Map.entry("names in new spool/held", "an empty directory has no names"),
          Map.entry("names in new spool/running", "an empty directory has no names"),
          Map.entry("names in new spool/done", "an empty directory has no names"),
          Map.entry("names in new spool/rejected", "an empty directory has no names"),
          Map.entry("names in new spool/.localq/workers", "an empty directory has no names"),
          Map.entry("names in new spool/.localq/early", "an empty directory has no names"),
          Map.entry("names in new spool/.localq/keys", "an empty directory has no names"),
          Map.entry("names in new spool/.localq/tmp", "an empty directory has no names"),
          Map.entry(
              "names in ~/.localq, ~/.localq/localqd linked",
              "a default queue is found without its URI file; one made with --spool is not"),
          Map.entry(
              "names in .localq, .localq/tmp/* renamed to .localq/shim-*",
              "a worker that misses it writes it anew"),
          Map.entry(
              "names in .localq, .localq/tmp/* renamed to .localq/limit",
              "the next first worker sets it anew"),
          Map.entry(
              "names in .localq, .localq/tmp/* renamed to .localq/budget",
              "the next first worker sets it anew"),
          Map.entry(
              "names in done",
              "of a record whose maker may have died before its own; here it had not"),
          Map.entry(
              "names in .localq, .localq/tmp/* renamed to .localq/options",
              "only what localqd restart takes over is lost"),
          Map.entry(
              "names in .localq, .localq/tmp/* renamed to .localq/host",
              "the core limit's follows, before a worker says that it is at work"),
          Map.entry(
              "names in .localq, .localq/tmp/* renamed to .localq/drain",
              "no worker outlives a power cut, and the next one takes it away"),
          Map.entry(
              "names in held",
              "a collection's, in case that somebody took a copy away; here nobody did"),
          Map.entry(
              "names in the root, N.json renamed to held/N.json",
              "a job that is in both places is on hold"),
          Map.entry(
              "names in .localq/early", "a job without its mark is found in the order of the ids"),
          Map.entry("names in the root, held made", "the next repair makes it"),
          Map.entry("names in .localq, .localq/aside made", LOOKED_AT),
          Map.entry(
              "names in .localq/aside, running/N.N.run-* renamed to .localq/aside/*", LOOKED_AT),
          Map.entry("names in running, running/N.N.run-* renamed to .localq/aside/*", LOOKED_AT),
          Map.entry(
              "names in .localq/aside, running/N.N.started renamed to .localq/aside/*", LOOKED_AT),
          Map.entry("names in running, running/N.N.started renamed to .localq/aside/*", LOOKED_AT),
          Map.entry(
              "names in .localq/aside, running/N.N.exit-3 renamed to .localq/aside/*", LOOKED_AT),
          Map.entry("names in running, running/N.N.exit-3 renamed to .localq/aside/*", LOOKED_AT),
          Map.entry("bytes of .localq/clock", "says nothing under another boot"),
          Map.entry(
              "names in .localq, .localq/tmp/* renamed to .localq/clock",
              "says nothing under another boot"),
          Map.entry("bytes of .localq/workers/N", "says nothing under another boot"),
          Map.entry(
              "names in .localq/workers, .localq/tmp/* renamed to .localq/workers/N",
              "says nothing under another boot"),
          Map.entry(
              "names in running, .localq/tmp/* renamed to running/N.N.term",
              "that of the marker comes before it, and it says nothing under another boot"),
          Map.entry(
              "names in running, .localq/tmp/* renamed to running/N_N.cancel",
              "that of the move to running/, or of the TERM, follows before anybody is told"),
          Map.entry(
              "names in running, .localq/tmp/* renamed to running/N_N.N.term",
              "says nothing under another boot"),
          Map.entry("bytes of running/N_N.N.term", "says nothing under another boot"),
          Map.entry("bytes of running/N.N.term", "says nothing under another boot"),
          Map.entry(
              "names in running, running/N.json renamed to N.json",
              "of a job that is in both places the claim is looked at first"));

  @TempDir(factory = InMemoryDirectory.class)
  static Path scratch;

  private final Map<PowerScenario, PowerTrace> traces = new EnumMap<>(PowerScenario.class);

  @BeforeAll
  void assumeStrace() throws IOException, InterruptedException {
    TraceRun.assumeStrace();
  }

  private PowerTrace trace(PowerScenario scenario) throws IOException, InterruptedException {
    PowerTrace trace = traces.get(scenario);
    if (trace == null) {
      trace = PowerTrace.of(scenario, scratch.resolve(scenario.name()));
      traces.put(scenario, trace);
    }
    return trace;
  }

  @ParameterizedTest
  @EnumSource(PowerScenario.class)
  @Injection(7)
  void a_power_cut_breaks_no_promise(PowerScenario scenario) throws Exception {
    PowerTrace trace = trace(scenario);
    List<PowerTrace.Broken> broken = trace.explore(Set.of(), 3);
    System.out.println("power cuts: " + trace.extent());
    assertEquals(List.of(), broken);
  }

  @ParameterizedTest
  @MethodSource("sites")
  @Tag("long")
  @Injection(8)
  void a_missing_fsync_is_noticed(Site site) throws Exception {
    PowerTrace trace = trace(site.scenario());
    assertTrue(trace.sites().containsAll(site.names()), () -> "only " + trace.sites());
    assertFalse(trace.explore(site.names(), 1).isEmpty());
  }

  /** Where one of them is taken away, no promise is broken: else it would be no spare one. */
  @ParameterizedTest
  @EnumSource(PowerScenario.class)
  @Tag("long")
  void a_spared_fsync_is_not_missed(PowerScenario scenario) throws Exception {
    PowerTrace trace = trace(scenario);
    for (String site : trace.sites()) {
      if (SPARED.containsKey(site)) {
        assertEquals(List.of(), trace.explore(Set.of(site), 1), site);
      }
    }
  }

  @Test
  @Tag("long")
  void every_fsync_is_known() throws Exception {
    Set<String> known = new TreeSet<>(SPARED.keySet());
    sites().forEach(site -> known.addAll(site.names()));
    Set<String> found = new TreeSet<>();
    for (PowerScenario scenario : PowerScenario.values()) {
      found.addAll(trace(scenario).sites());
    }
    assertEquals(String.join("\n", known), String.join("\n", found));
  }
}
