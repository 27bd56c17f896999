package org.localq.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Jobs 1 to 7 are pending, started, ok, failed, ended otherwise, forgotten and unknown; what has
 * started did so at noon.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ReadinessTest {
  private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
  private static final List<Fate> FATES =
      List.of(
          new Fate.Pending(),
          new Fate.Started(NOON),
          new Fate.Ended(true, NOON),
          new Fate.Ended(false, NOON),
          new Fate.Ended(false, NOON.minusSeconds(3600)),
          new Fate.Forgotten(),
          new Fate.Unknown());

  private record Known(Map<JobId, Fate> fates, boolean hasEarlierNamesake)
      implements Readiness.Others {
    @Override
    public Fate fate(JobId id) {
      return fates.get(id);
    }
  }

  private static Known others(boolean namesake) {
    Map<JobId, Fate> fates = new HashMap<>();
    for (int i = 0; i < FATES.size(); i++) {
      fates.put(new JobId(i + 1), FATES.get(i));
    }
    fates.put(new JobId(8).ofTask(3), new Fate.Ended(true, NOON));
    return new Known(fates, namesake);
  }

  private static Readiness of(String begin, String dependency, String now) {
    Conditions conditions =
        new Conditions(
            begin.isEmpty() ? Optional.empty() : Optional.of(Instant.parse(begin)),
            dependency.isEmpty() ? Optional.empty() : Dependency.parse(dependency),
            0,
            0);
    return Readiness.of(conditions, others(dependency.endsWith("singleton")), Instant.parse(now));
  }

  private static String describe(Readiness readiness) {
    if (readiness instanceof Readiness.Waiting waiting) {
      return Stream.of(
              Stream.of(waiting.reason().toString()),
              waiting.awaited().stream().map(JobId::toString),
              waiting.due().map(Instant::toString).stream())
          .flatMap(words -> words)
          .reduce((a, b) -> a + " " + b)
          .orElseThrow();
    }
    return readiness instanceof Readiness.Ready ? "ready" : "never";
  }

  @ParameterizedTest(name = "{0} of each")
  @CsvSource({
    //          pending,      started,      ok,    failed, long ago, forgotten, unknown
    "after,     Dependency 1, ready,        ready, ready,  ready,    ready,     ready",
    "afterany,  Dependency 1, Dependency 2, ready, ready,  ready,    ready,     ready",
    "afterok,   Dependency 1, Dependency 2, ready, never,  never,    never,     never",
    "afternotok,Dependency 1, Dependency 2, never, ready,  ready,    never,     never",
  })
  void each_kind_of_each_fate(
      String kind,
      String pending,
      String started,
      String ok,
      String failed,
      String longAgo,
      String forgotten,
      String unknown) {
    List<String> expected = List.of(pending, started, ok, failed, longAgo, forgotten, unknown);
    for (int i = 0; i < expected.size(); i++) {
      String dependency = kind + ":" + (i + 1);
      assertEquals(
          expected.get(i),
          describe(of("", dependency, "2026-11-22T12:00:00Z")),
          dependency + ", " + FATES.get(i));
    }
  }

  @ParameterizedTest(name = "{0} at {1}: {2}")
  @CsvSource({
    // all of them
    "'afterok:3,afternotok:4', 2026-11-22T12:00:00Z, ready",
    "'afterok:3:1:2',          2026-11-22T12:00:00Z, Dependency 1 2",
    "'afterok:1,afterok:4',    2026-11-22T12:00:00Z, never",
    "'afterany:1,singleton',   2026-11-22T12:00:00Z, Dependency 1",
    "'singleton',              2026-11-22T12:00:00Z, Dependency",
    "'afterany:3,singleton',   2026-11-22T12:00:00Z, Dependency",
    // any of them
    "afterok:1?afterok:3,      2026-11-22T12:00:00Z, ready",
    "afterok:4?afterok:1,      2026-11-22T12:00:00Z, Dependency 1",
    "afterok:4?afterok:6,      2026-11-22T12:00:00Z, never",
    "afterok:4?singleton,      2026-11-22T12:00:00Z, Dependency",
    "afterok:3?singleton,      2026-11-22T12:00:00Z, ready",
    // bare ids, and tasks
    "3,                        2026-11-22T12:00:00Z, ready",
    "2,                        2026-11-22T12:00:00Z, Dependency 2",
    "afterok:8_3,              2026-11-22T12:00:00Z, ready",
    // minutes behind the start
    "after:2+10,               2026-11-22T12:09:59Z, Dependency 2026-11-22T12:10:00Z",
    "after:2+10,               2026-11-22T12:10:00Z, ready",
    "after:4+10,               2026-11-22T12:00:00Z, Dependency 2026-11-22T12:10:00Z",
    "after:5+10,               2026-11-22T12:00:00Z, ready",
    "after:1+10,               2026-11-22T12:00:00Z, Dependency 1",
    "after:6+10,               2026-11-22T12:00:00Z, ready",
    "'after:2+10,after:3+5',   2026-11-22T12:00:00Z, Dependency 2026-11-22T12:05:00Z",
    "'after:2+10,afterany:1',  2026-11-22T12:00:00Z, Dependency 1 2026-11-22T12:10:00Z",
  })
  void several_terms_and_times(String dependency, String now, String expected) {
    assertEquals(expected, describe(of("", dependency, now)));
  }

  @Nested
  class The_time_to_begin {
    @ParameterizedTest(name = "{0} and {1}: {2}")
    @CsvSource({
      "2026-11-22T12:00:01Z, '',        BeginTime 2026-11-22T12:00:01Z",
      "2026-11-22T12:00:00Z, '',        ready",
      "2026-11-22T11:00:00Z, '',        ready",
      "2026-11-22T13:00:00Z, afterok:3, BeginTime 2026-11-22T13:00:00Z",
      "2026-11-22T13:00:00Z, afterok:1, Dependency 1",
      "2026-11-22T13:00:00Z, afterok:4, never",
      "2026-11-22T11:00:00Z, afterok:3, ready",
    })
    void is_waited_for_and_what_can_never_be_is_said_at_once(
        String begin, String dependency, String expected) {
      assertEquals(expected, describe(of(begin, dependency, "2026-11-22T12:00:00Z")));
    }
  }

  @Nested
  class A_dependency {
    @ParameterizedTest(name = "{0} on {1}: {2}")
    @CsvSource({
      "17, afterok:16,        ''",
      "17, afterok:16_99,     ''",
      "17, singleton,         ''",
      "17, afterok:17,        'depends on job 17, expected ids below its own, 17'",
      "17, afterok:17_3,      'depends on job 17_3, expected ids below its own, 17'",
      "17, 'afterany:3:18',   'depends on job 18, expected ids below its own, 17'",
      "17_2, afterok:17_1,    'depends on job 17_1, expected ids below its own, 17'",
    })
    void is_on_lower_ids_alone_so_that_none_go_in_a_circle(
        String id, String dependency, String expected) {
      assertEquals(
          expected.isEmpty() ? Optional.empty() : Optional.of(expected),
          Dependency.parse(dependency).orElseThrow().fault(JobId.parse(id).orElseThrow()));
    }

    @Test
    void names_what_it_is_about() {
      Dependency dependency = Dependency.parse("after:5+3,afterok:6,singleton").orElseThrow();
      assertEquals(new TreeSet<>(List.of(new JobId(5), new JobId(6))), dependency.jobs());
      assertEquals(true, dependency.isSingleton());
      assertEquals(true, dependency.awaitsStartOf(new JobId(5)));
      assertEquals(false, dependency.awaitsStartOf(new JobId(6)));
    }
  }
}
