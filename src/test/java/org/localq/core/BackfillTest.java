package org.localq.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Pending jobs are written {@code ID:CORES}, {@code ID:CORES/LIMIT} with a time limit in seconds,
 * and with {@code *TASKS} behind it for an array; what runs {@code CORES} or {@code CORES/LEFT}.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class BackfillTest {
  @Nested
  class Behind_a_job_that_waits {
    @ParameterizedTest(name = "{0} of [{1}], limit 4, running [{2}]: [{3}]")
    @CsvSource({
      // gone when the wide one fits, the time between TERM and KILL included
      "FIFO, 1:4 2:1/70,                 2/100,        2",
      "FIFO, 1:4 2:1/71,                 2/100,        ''",
      // to the second: what ends at that moment delays nothing
      "FIFO, 1:4 2:2/69 3:1/1,           2/100,        2",
      // one without a limit passes nothing, wherever it stands
      "FIFO, 1:4 2:1,                    2/100,        ''",
      "FIFO, 1:4 2:1 3:1/70,             2/100,        3",
      // behind a running job without a limit nothing passes
      "FIFO, 1:4 2:1/1,                  1/100 1,      ''",
      "FIFO, 1:4 2:1/1,                  2,            ''",
      // nor behind one that starts now
      "FIFO, 1:1 2:4 3:1/1,              1/100,        1",
      "FIFO, 1:1/100 2:4 3:1/1,          1/100,        1 3",
      // what starts now counts as running: the wide one fits when that ends, at the earliest
      "FIFO, 1:1/200 2:4 3:1/170,        1/100,        1 3",
      "FIFO, 1:1/200 2:4 3:1/171,        1/100,        1",
      // beyond that moment, but beside the wide one
      "FIFO, 1:3 2:1/9999,               2/100,        2",
      "FIFO, 1:3 2:2/9999,               2/100,        ''",
      // there is room for one beside it, whoever comes first
      "FIFO, 1:3 2:1/9999 3:1/9999,      2/100,        2",
      // one that is gone by then takes none of that room
      "FIFO, 1:3 2:1/70 3:1/9999,        2/100,        2 3",
      "FIFO, 1:3 2:1/9999 3:1/70,        2/100,        2 3",
      // the moment is the first at which enough has ended
      "FIFO, 1:3 2:1/170,                1/100 1/200 1/300, 2",
      "FIFO, 1:3 2:1/171,                1/100 1/200 1/300, ''",
      "FIFO, 1:2 2:1/70,                 1/100 1/200 1/300, 2",
      "FIFO, 1:2 2:1/71,                 1/100 1/200 1/300, ''",
      // what ends at the same moment leaves room beside it too
      "FIFO, 1:2 2:1/9999,               1/100 1/100 1/300, 2",
      // narrow ones fit what is free, and no more
      "FIFO, 1:4 2:2/10 3:1/10,          2/100,        2",
      "FIFO, 1:4 2:1/10 3:2/10 4:1/10,   2/100,        2 4",
      "FIFO, 1:4 2:3/10,                 2/100,        ''",
      // the second wide one has no reservation of its own
      "FIFO, 1:4 2:4 3:1/10,             2/100,        3",
      // strict order where nothing waits
      "FIFO, 1:1 2:1/5 3:1,              1,            1 2 3",
      // past its limit, and not gone: counts as ending now
      "FIFO, 1:4 2:1/1,                  2/0,          ''",
      "FIFO, 1:3 2:1/9999,               2/0,          2",
      // wider than the limit: passed over, and nothing is reserved for it
      "FIFO, 1:5 2:1,                    2,            2",
      "FIFO, 1:5 2:4 3:1/70,             2/100,        3",
      "FIFO, 1:4 2:5/1 3:1/70,           2/100,        3",
      // most cores first: the widest has the reservation, narrower ones pass it
      "MCF,  1:1/70 2:4 3:2/70,          2/100,        3",
      "MCF,  1:1/70 2:4 3:1/71,          2/100,        1",
      // an array that waits has a reservation for its next task
      "FIFO, 1:2*5 2:1/9999,             1/100,        1",
      "FIFO, 1:2/100*5 2:1/70,           1/100,        1 2",
      "FIFO, 1:3*5 2:1/9999,             2/100,        2",
      // of an array that passes as many tasks start as may
      "FIFO, 1:4 2:1/70*9,               2/100,        2 2",
      "FIFO, 1:4 2:1/70*1 3:1/70*9,      2/100,        2 3",
      "FIFO, 1:3 2:1/9999*9,             2/100,        2",
      "FIFO, 1:4 2:1/71*9,               2/100,        ''",
      // nothing is free
      "FIFO, 1:4 2:1/1,                  4/100,        ''",
      // the limit was lowered
      "FIFO, 1:4 2:1/1,                  6/100,        ''",
    })
    void those_start_that_do_not_delay_it(
        Policy policy, String pending, String running, String expected) {
      assertEquals(expected, starts(policy, candidates(pending), situation(4, running)));
    }

    @Test
    void memory_and_resources_count_as_cores_do() {
      TreeMap<String, Integer> gpu = new TreeMap<>(Map.of("gpu", 1));
      TreeMap<String, Long> gpus = new TreeMap<>(Map.of("gpu", 2L));
      Situation situation =
          new Situation(
              new Amounts(8, 100, gpus, 0),
              List.of(occupant(AmountsTest.amounts("1 60 gpu=2"), 100)));
      Candidate head = candidate(1, new Needs(1, 50, gpu), 1000);
      Candidate shortly = candidate(2, new Needs(1, 40, new TreeMap<>()), 70);
      Candidate withGpu = candidate(3, new Needs(1, 0, gpu), 70);
      Candidate beside = candidate(4, new Needs(1, 40, new TreeMap<>()), 9999);
      Candidate tooLarge = candidate(5, new Needs(1, 41, new TreeMap<>()), 1);
      Candidate none = candidate(6, new Needs(1, 101, new TreeMap<>()), 1);
      assertEquals("2", starts(List.of(head, shortly, withGpu, beside), situation));
      assertEquals("4", starts(List.of(none, head, tooLarge, beside), situation));
    }

    @Test
    void what_starts_shows_no_reason_and_keeps_its_place() {
      assertEquals(
          "1 place 1 Resources, 2 place 2 Priority, 3 place 3, 4 place 4 Priority, 5 place 5",
          Schedule.queue(
                  Policy.FIFO, candidates("1:4 2:1 3:1/70 4:1/71 5:1/1*7"), situation(4, "2/100"))
              .stream()
              .map(ScheduleTest::show)
              .collect(Collectors.joining(", ")));
    }

    @Test
    void so_many_are_looked_at_and_no_more_are_asked_for() {
      List<Candidate> pending = new ArrayList<>(candidates("1:4"));
      for (int id = 2; id <= Dispatch.DEPTH + 1; id++) {
        pending.add(candidate(id, Needs.cores(3), 1));
      }
      pending.set(Dispatch.DEPTH, candidate(Dispatch.DEPTH + 1, Needs.cores(1), 1));
      for (int id = Dispatch.DEPTH + 2; id <= Dispatch.DEPTH + 10; id++) {
        pending.add(candidate(id, Needs.cores(1), 1));
      }
      Iterator<Candidate> queue = pending.iterator();
      List<Candidate> starts = Schedule.starts(queue, situation(4, "2/100"));
      assertEquals(
          List.of(Dispatch.DEPTH + 1L), starts.stream().map(c -> c.id().number()).toList());
      assertEquals(
          Dispatch.DEPTH + 2L, queue.next().id().number(), "the first that nobody asked for");
    }

    @Test
    void none_is_looked_at_where_nothing_can_pass() {
      Iterator<Candidate> queue = candidates("1:4 2:1/1").iterator();
      Schedule.starts(queue, situation(4, "2"));
      assertEquals(2, queue.next().id().number());
    }
  }

  @Nested
  class Turns_that_are_taken_one_by_one {
    @ParameterizedTest(name = "running {0}, behind [{1}]: {2}")
    @CsvSource({
      // one could still pass
      "2/100, 1:4,            false",
      // nothing is known of when the wide one starts
      "2,     1:4,            true",
      // no core is free any more
      "2/100, 1:4 2:2/70,     true",
      "2/100, 1:4 2:1/70,     false",
    })
    void are_settled_once_nothing_can_pass(String running, String pending, boolean settled) {
      Turns turns = new Turns(situation(4, running));
      candidates(pending).forEach(turns::next);
      assertEquals(settled, turns.isSettled());
    }
  }

  @Nested
  class What_a_job_has_left {
    private static final Instant NOON = Instant.parse("2026-11-22T12:00:00Z");
    private final Clocks now = new Clocks("b0", Duration.ofSeconds(1000), NOON);

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
      "'not started',                    PT100S",
      "'a token without content',        PT100S",
      "'for 30 s by the uptime',         PT70S",
      "'for 30 s by the time of day',    PT70S",
      "'for 130 s',                      PT0S",
      "'the time of day was set back',   PT100S",
    })
    void is_its_limit_less_what_it_ran(String started, Duration left) {
      assertEquals(
          Optional.of(left),
          Occupant.left(start(started), limit(Optional.of(Duration.ofSeconds(100))), now));
    }

    @ParameterizedTest
    @ValueSource(strings = {"not started", "for 30 s by the uptime", "for 130 s"})
    void is_not_known_without_a_limit(String started) {
      assertEquals(Optional.empty(), Occupant.left(start(started), TimeLimit.NONE, now));
    }

    private static TimeLimit limit(Optional<Duration> most) {
      return new TimeLimit(most, Optional.empty());
    }

    private Optional<Claim.Start> start(String text) {
      return switch (text) {
        case "not started" -> Optional.empty();
        case "a token without content" -> Optional.of(start(false, NOON.minusSeconds(50), -1));
        // the time of day is not looked at then
        case "for 30 s by the uptime" -> Optional.of(start(true, NOON.plusSeconds(7777), 970));
        case "for 30 s by the time of day" -> Optional.of(start(true, NOON.minusSeconds(30), -1));
        case "for 130 s" -> Optional.of(start(true, NOON, 870));
        default -> Optional.of(start(true, NOON.plusSeconds(3600), -1));
      };
    }

    private static Claim.Start start(boolean begun, Instant at, long uptime) {
      Optional<Duration> since =
          uptime < 0 ? Optional.empty() : Optional.of(Duration.ofSeconds(uptime));
      return new Claim.Start(Optional.empty(), begun, at, since, Optional.empty());
    }
  }

  /** Whole workloads, from end to end of a job, each running exactly as long as its limit says. */
  @Nested
  class Of_any_workload {
    private static final int ROUNDS = 400;

    @Test
    void no_job_that_waits_at_the_front_starts_later_than_its_reservation() {
      long seed = Long.getLong("localq.seed", System.nanoTime());
      Random random = new Random(seed);
      int passed = 0;
      for (int round = 0; round < ROUNDS; round++) {
        passed += run(random, "seed " + seed + ", round " + round);
      }
      assertTrue(passed > ROUNDS, "hardly any job passed another: " + passed + ", seed " + seed);
    }

    /** Runs one workload to its end; how many jobs passed another. */
    private int run(Random random, String evidence) {
      int limit = 2 + random.nextInt(7);
      Policy policy = Policy.values()[random.nextInt(2)];
      List<Candidate> pending = workload(random, limit);
      Map<Long, Integer> promised = new LinkedHashMap<>();
      Map<Candidate, Integer> ends = new LinkedHashMap<>();
      int passed = 0;
      int now = 0;
      while (!pending.isEmpty()) {
        int second = now;
        ends.values().removeIf(end -> end <= second);
        pending.sort(policy.order());
        Situation before = situation(limit, ends, now);
        List<Candidate> starts = Schedule.starts(pending.iterator(), before);
        checkRule(pending, starts, before, evidence + ", second " + now + ", " + pending);
        passed += passing(pending, starts);
        for (Candidate start : starts) {
          ends.put(start, now + runs(start));
          // whoever was promised a moment keeps it, whatever passed it since
          Integer latest = promised.get(start.id().number());
          assertTrue(
              latest == null || now <= latest,
              evidence + ": " + start + " was promised " + latest + " and started at " + now);
        }
        pending.removeAll(starts);
        assertTrue(
            ends.keySet().stream().mapToInt(Candidate::cores).sum() <= limit,
            evidence + ": more than the limit runs: " + ends);
        if (!pending.isEmpty()) {
          int latest = now + alone(pending.get(0), limit, ends, now);
          promised.merge(pending.get(0).id().number(), latest, Math::min);
        }
        now = ends.values().stream().mapToInt(Integer::intValue).min().orElseThrow();
      }
      return passed;
    }

    private List<Candidate> workload(Random random, int limit) {
      List<Candidate> pending = new ArrayList<>();
      for (int id = 1; id <= 3 + random.nextInt(20); id++) {
        Optional<Duration> seconds =
            random.nextInt(30) == 0
                ? Optional.empty()
                : Optional.of(Duration.ofSeconds(1 + random.nextInt(600)));
        pending.add(
            new Candidate(
                new JobId(id),
                Needs.cores(1 + random.nextInt(limit)),
                seconds,
                0,
                OptionalInt.empty()));
      }
      return pending;
    }

    /** One without a limit runs as well, and nobody knows how long. */
    private int runs(Candidate job) {
      return (int) job.timeLimit().orElse(Duration.ofSeconds(60)).toSeconds();
    }

    private Situation situation(int limit, Map<Candidate, Integer> ends, int now) {
      List<Occupant> occupants = new ArrayList<>();
      ends.forEach(
          (job, end) ->
              occupants.add(
                  new Occupant(
                      job.amounts(), job.timeLimit().map(known -> Duration.ofSeconds(end - now)))));
      return new Situation(Amounts.limit(limit), occupants);
    }

    /** In how many seconds the first that waits fits if nothing else starts. */
    private int alone(Candidate head, int limit, Map<Candidate, Integer> ends, int now) {
      for (int end : ends.values().stream().sorted().toList()) {
        int busy =
            ends.entrySet().stream()
                .filter(running -> running.getValue() > end)
                .mapToInt(running -> running.getKey().cores())
                .sum();
        if (busy + head.cores() <= limit) {
          return end - now;
        }
      }
      throw new AssertionError(head + " never fits");
    }

    private int passing(List<Candidate> pending, List<Candidate> starts) {
      int inOrder = 0;
      while (inOrder < starts.size() && starts.get(inOrder).equals(pending.get(inOrder))) {
        inOrder++;
      }
      return starts.size() - inOrder;
    }

    /** The rule once more, in the words of its sentences and without any cleverness. */
    private void checkRule(
        List<Candidate> pending, List<Candidate> starts, Situation before, String evidence) {
      int inOrder = starts.size() - passing(pending, starts);
      List<Candidate> running = new ArrayList<>(starts.subList(0, inOrder));
      for (Candidate passed : starts.subList(inOrder, starts.size())) {
        assertTrue(passed.timeLimit().isPresent(), evidence + ": no limit: " + passed);
        assertTrue(before.isBounded(), evidence + ": behind one without a limit: " + passed);
        for (Candidate first : running) {
          assertTrue(first.timeLimit().isPresent(), evidence + ": behind " + first);
        }
        running.add(passed);
      }
      if (inOrder < pending.size() && starts.size() == inOrder) {
        long taken =
            before.capacity().busy().cores() + starts.stream().mapToLong(Candidate::cores).sum();
        assertTrue(
            taken + pending.get(inOrder).cores() > before.limit().cores(),
            evidence + ": the next would fit");
      }
    }
  }

  private static String starts(Policy policy, List<Candidate> pending, Situation situation) {
    return starts(pending.stream().sorted(policy.order()).toList(), situation);
  }

  private static String starts(List<Candidate> ordered, Situation situation) {
    return Schedule.starts(ordered.iterator(), situation).stream()
        .map(c -> c.id().toString())
        .collect(Collectors.joining(" "));
  }

  static Situation situation(int limit, String running) {
    List<Occupant> occupants = new ArrayList<>();
    for (String word : running.split(" ")) {
      String[] parts = word.split("/");
      Amounts amounts = Amounts.cores(Long.parseLong(parts[0]));
      occupants.add(
          parts.length == 1
              ? new Occupant(amounts, Optional.empty())
              : occupant(amounts, Long.parseLong(parts[1])));
    }
    return new Situation(Amounts.limit(limit), occupants);
  }

  private static Occupant occupant(Amounts amounts, long seconds) {
    return new Occupant(amounts, Optional.of(Duration.ofSeconds(seconds)));
  }

  private static Candidate candidate(long id, Needs needs, long seconds) {
    return new Candidate(
        new JobId(id), needs, Optional.of(Duration.ofSeconds(seconds)), 0, OptionalInt.empty());
  }

  static List<Candidate> candidates(String text) {
    return Arrays.stream(text.split(" ")).map(BackfillTest::candidate).toList();
  }

  private static Candidate candidate(String word) {
    String[] parts = word.split("[:/*]");
    boolean hasLimit = word.contains("/");
    int tasks = word.contains("*") ? Integer.parseInt(parts[parts.length - 1]) : 0;
    return new Candidate(
        new JobId(Long.parseLong(parts[0])),
        Needs.cores(Integer.parseInt(parts[1])),
        hasLimit ? Optional.of(Duration.ofSeconds(Long.parseLong(parts[2]))) : Optional.empty(),
        tasks,
        OptionalInt.empty());
  }
}
