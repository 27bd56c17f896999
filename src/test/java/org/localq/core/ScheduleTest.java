package org.localq.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Jobs are written {@code ID:CORES}, one after the other. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ScheduleTest {
  @Nested
  class The_rank {
    private static String order(Policy policy, Candidate... pending) {
      return Arrays.stream(pending)
          .sorted(policy.order())
          .map(job -> job.id().toString())
          .collect(Collectors.joining(" "));
    }

    private static Candidate job(long id, int cores, long rank) {
      return new Candidate(
          new JobId(id), Needs.cores(cores), Optional.empty(), 0, OptionalInt.empty(), rank);
    }

    @Test
    void comes_before_the_order_of_ids() {
      assertEquals(
          "4 2 3 1", order(Policy.FIFO, job(1, 1, -7), job(2, 1, 0), job(3, 1, 0), job(4, 1, 1)));
    }

    @Test
    void comes_before_the_number_of_cores() {
      assertEquals(
          "4 3 2 1", order(Policy.MCF, job(1, 8, -1), job(2, 1, 0), job(3, 4, 0), job(4, 1, 5)));
    }

    @Test
    void is_the_priority_less_the_nice_value_beyond_an_int() {
      Conditions most = new Conditions(Optional.empty(), Optional.empty(), 2147483647, -2147483647);
      assertEquals(4294967294L, most.rank());
    }

    @Test
    void lets_nothing_pass_the_first_that_fits_the_limit() {
      Candidate wide = job(9, 4, 3);
      assertEquals(List.of(), Schedule.starts(List.of(wide, job(1, 1, 0)).iterator(), taken(4, 1)));
    }
  }

  @Nested
  class Starts {
    @ParameterizedTest(name = "{0} of [{1}], limit {2}, {3} taken: [{4}]")
    @CsvSource({
      // nothing waits
      "FIFO, '',             4, 0, ''",
      // by id, whatever the order they were found in
      "FIFO, 3:1 1:1 2:1,    4, 0, 1 2 3",
      // by number, not by text
      "FIFO, 10:1 9:1,       4, 0, 9 10",
      // up to the limit, exactly
      "FIFO, 1:2 2:2,        4, 0, 1 2",
      "FIFO, 1:2 2:2 3:1,    4, 0, 1 2",
      "FIFO, 1:4,            4, 0, 1",
      "FIFO, 1:1,            4, 3, 1",
      "FIFO, 1:1,            4, 4, ''",
      // a wide head is never starved: what would fit behind it has to wait
      "FIFO, 1:3 2:1,        4, 2, ''",
      "FIFO, 1:1 2:4 3:1,    4, 0, 1",
      // wider than the limit: passed over, and blocks nobody
      "FIFO, 1:5 2:1,        4, 0, 2",
      "FIFO, 1:5 2:4,        4, 0, 2",
      "FIFO, 1:5,            4, 0, ''",
      // the limit was lowered below what is taken
      "FIFO, 1:1,            2, 6, ''",
      "FIFO, 1:3 2:2,        2, 6, ''",
      // widest first; of equal width the older
      "MCF,  1:1 2:3 3:2,    6, 0, 2 3 1",
      "MCF,  5:2 4:2 6:2,    6, 0, 4 5 6",
      "MCF,  1:1 2:4,        4, 0, 2",
      // the widest is next even where a narrower one would fit
      "MCF,  1:1 2:4,        4, 1, ''",
      "MCF,  1:1 2:5,        4, 0, 1",
      // sums beyond an int
      "FIFO, 1:2147483647 2:2147483647, 2147483647, 0, 1",
      "FIFO, 1:2147483647,   2147483647, 1, ''",
    })
    void are_those_whose_turn_it_is(
        Policy policy, String pending, int limit, long busy, String expected) {
      assertEquals(expected, starts(policy, candidates(pending), taken(limit, busy)), pending);
    }

    @Test
    void never_take_more_than_is_free_and_never_pass_a_job_that_fits_the_limit() {
      long seed = System.nanoTime();
      Random random = new Random(seed);
      for (int round = 0; round < 2000; round++) {
        List<Candidate> pending = new ArrayList<>();
        for (int id = 1; id <= random.nextInt(12); id++) {
          pending.add(new Candidate(new JobId(id), Needs.cores(1 + random.nextInt(8))));
        }
        Collections.shuffle(pending, random);
        Situation situation = taken(1 + random.nextInt(8), random.nextInt(10));
        Capacity capacity = situation.capacity();
        Policy policy = Policy.values()[random.nextInt(2)];
        String evidence = "seed " + seed + ": " + policy + " " + pending + " " + capacity;
        List<Candidate> starts = startsOf(policy, pending, situation);
        long taken = starts.stream().mapToLong(Candidate::cores).sum();
        assertTrue(
            taken <= Math.max(0, capacity.limit().cores() - capacity.busy().cores()),
            evidence + " -> " + starts);
        List<Candidate> eligible =
            pending.stream()
                .filter(c -> c.cores() <= capacity.limit().cores())
                .sorted(policy.order())
                .toList();
        assertEquals(eligible.subList(0, starts.size()), starts, evidence);
        if (starts.size() < eligible.size()) {
          assertTrue(
              capacity.busy().cores() + taken + eligible.get(starts.size()).cores()
                  > capacity.limit().cores(),
              evidence + ": the next one would fit, only " + starts + " start");
        }
      }
    }
  }

  /**
   * Arrays are written {@code ID:CORESxTASKS%THROTTLE}, a task that waits for another attempt
   * {@code ID_TASK:CORES%THROTTLE}, and how many tasks of an array run {@code ID=RUNNING}.
   */
  @Nested
  class A_throttle {
    @ParameterizedTest(name = "[{0}], limit {1}, {2} taken, running {3}: [{4}]")
    @CsvSource({
      // as many as it says, and no core is kept free for the others
      "1:1x9%2,           8, 0, '',      1 1",
      "1:1x9%2 2:1,       8, 0, '',      1 1 2",
      "1:1x9%2,           8, 1, 1=1,     1",
      // at it: passed over, and blocks nobody
      "1:1x9%2 2:1 3:4,   8, 2, 1=2,     2 3",
      "1:1x9%2 2:1x3%1,   8, 2, 1=2,     2",
      // more run than may, as when the file was changed
      "1:1x9%2 2:1,       8, 5, 1=5,     2",
      // another array's tasks are not counted
      "1:1x9%2,           8, 2, 7=2,     1 1",
      // fewer tasks than may run
      "1:1x2%5 2:1,       8, 0, '',      1 1 2",
      // cores end it first: then it blocks as any other
      "1:2x9%3 2:1,       5, 0, '',      1 1",
      "1:4x9%3 2:1,       5, 2, '',      ''",
      "1:1x9%3 2:1,       3, 2, 1=2,     1",
      // an array without one takes all there is
      "1:1x9 2:1,         4, 0, '',      1 1 1 1",
      // a task that waits again counts among its array's
      "1_3:1%2 1:1x9%2,   8, 1, 1=1,     1_3",
      "1_3:1%2 1:1x9%2,   8, 2, 1=2,     ''",
      "1_3:1%2 1_4:1%2 2:1, 8, 1, 1=1,   1_3 2",
      // wider than the limit
      "1:9x9%2 2:1,       8, 0, '',      2",
    })
    void lets_so_many_tasks_of_an_array_start(
        String pending, int limit, long busy, String running, String expected) {
      Situation situation = situation(limit, busy, running);
      assertEquals(expected, starts(Policy.FIFO, throttled(pending), situation), pending);
    }

    @ParameterizedTest(name = "[{0}], limit {1}, {2} taken, running {3}: [{4}]")
    @CsvSource({
      "1:1x9%2 2:1,     8, 2, 1=2, '1 place 1 JobArrayTaskLimit, 2 place 2'",
      "1:1x9%2 2:1,     8, 1, 1=1, '1 place 1, 2 place 2'",
      "1:1x9%2 2:1,     8, 8, 1=1, '1 place 1 Resources, 2 place 2 Priority'",
      "1:8 2:1x9%2,     8, 2, 2=2, '1 place 1 Resources, 2 place 2 JobArrayTaskLimit'",
      "1_3:1%2 1:1x9%2, 8, 1, 1=1, '1_3 place 1, 1 place 2 JobArrayTaskLimit'",
      "1:9x9%2 2:1,     8, 2, 1=2, '2 place 1, 1 CoreLimit'",
    })
    void is_a_reason_to_wait(
        String pending, int limit, long busy, String running, String expected) {
      assertEquals(
          expected,
          Schedule.queue(Policy.FIFO, throttled(pending), situation(limit, busy, running)).stream()
              .map(ScheduleTest::show)
              .collect(Collectors.joining(", ")));
    }

    private static Situation situation(int limit, long busy, String running) {
      List<Occupant> occupants = new ArrayList<>();
      occupants.add(new Occupant(Amounts.cores(busy), Optional.empty()));
      for (String word : running.split(" ")) {
        for (int i = 0; !word.isEmpty() && i < Integer.parseInt(word.split("=")[1]); i++) {
          JobId task = new JobId(Long.parseLong(word.split("=")[0])).ofTask(100 + i);
          // what they take is in what is taken
          occupants.add(Occupant.of(task, Amounts.NONE, Optional.empty()));
        }
      }
      return new Situation(Amounts.limit(limit), occupants);
    }

    private static List<Candidate> throttled(String text) {
      return Arrays.stream(text.split(" "))
          .map(
              word -> {
                String[] parts = word.split("[:x%]");
                return new Candidate(
                    JobId.parse(parts[0]).orElseThrow(),
                    Needs.cores(Integer.parseInt(parts[1])),
                    Optional.empty(),
                    word.contains("x") ? Integer.parseInt(parts[2]) : 0,
                    word.contains("%")
                        ? OptionalInt.of(Integer.parseInt(parts[parts.length - 1]))
                        : OptionalInt.empty());
              })
          .toList();
    }
  }

  @Nested
  class Queue {
    @ParameterizedTest(name = "{0} of [{1}], limit {2}, {3} taken: [{4}]")
    @CsvSource({
      "FIFO, '',              4, 0, ''",
      "FIFO, 2:1 1:1,         4, 0, '1 place 1, 2 place 2'",
      // the first that does not fit waits for cores, those behind it for their turn
      "FIFO, 1:3 2:2 3:1,     4, 0, '1 place 1, 2 place 2 Resources, 3 place 3 Priority'",
      "FIFO, 1:1 2:1,         4, 4, '1 place 1 Resources, 2 place 2 Priority'",
      // wider than the limit: last, without a place, and with the reason
      "FIFO, 1:5 2:1,         4, 0, '2 place 1, 1 CoreLimit'",
      "FIFO, 1:5 2:9 3:4 4:1, 4, 1, '3 place 1 Resources, 4 place 2 Priority, 1 CoreLimit, 2 CoreLimit'",
      // the limit was lowered below what is taken
      "FIFO, 1:3 2:2,         2, 6, '2 place 1 Resources, 1 CoreLimit'",
      "MCF,  1:1 2:3 3:2,     4, 0, '2 place 1, 3 place 2 Resources, 1 place 3 Priority'",
      "MCF,  1:1 2:9 3:9,     4, 0, '1 place 1, 2 CoreLimit, 3 CoreLimit'",
    })
    void says_place_and_reason_of_each(
        Policy policy, String pending, int limit, long busy, String expected) {
      assertEquals(
          expected,
          Schedule.queue(policy, candidates(pending), taken(limit, busy)).stream()
              .map(ScheduleTest::show)
              .collect(Collectors.joining(", ")));
    }

    @Test
    void shows_without_a_reason_just_what_starts() {
      long seed = System.nanoTime();
      Random random = new Random(seed);
      for (int round = 0; round < 1000; round++) {
        List<Candidate> pending = new ArrayList<>();
        for (int id = 1; id <= random.nextInt(12); id++) {
          pending.add(new Candidate(new JobId(id), Needs.cores(1 + random.nextInt(8))));
        }
        Situation situation = taken(1 + random.nextInt(8), random.nextInt(10));
        Capacity capacity = situation.capacity();
        Policy policy = Policy.values()[random.nextInt(2)];
        List<Schedule.Waiting> queue = Schedule.queue(policy, pending, situation);
        String evidence = "seed " + seed + ": " + policy + " " + pending + " " + capacity;
        assertEquals(pending.size(), queue.size(), evidence + " -> " + queue);
        assertEquals(
            startsOf(policy, pending, situation).stream().map(Candidate::id).toList(),
            queue.stream().filter(w -> w.reason().isEmpty()).map(Schedule.Waiting::id).toList(),
            evidence);
      }
    }
  }

  @Nested
  class Turns_that_are_taken_one_by_one {
    @Test
    void are_those_of_the_whole_queue_also_where_jobs_are_passed() {
      Turns turns = new Turns(taken(4, 1));
      List<String> shown = new ArrayList<>();
      for (Candidate job : candidates("1:5 2:3 3:1")) {
        assertFalse(turns.isSettled(), shown::toString);
        shown.add(show(turns.next(job)));
      }
      assertTrue(turns.isSettled(), "job 3 waits for cores");
      turns.pass();
      turns.pass();
      candidates("6:1 7:5").forEach(job -> shown.add(show(turns.next(job))));
      assertEquals(
          List.of(
              "1 CoreLimit",
              "2 place 1",
              "3 place 2 Resources",
              "6 place 5 Priority",
              "7 CoreLimit"),
          shown);
    }

    @Test
    void are_settled_from_the_first_where_there_is_no_limit() {
      assertTrue(new Turns(new Situation(Amounts.ALL, List.of())).isSettled());
    }
  }

  @Nested
  class A_capacity {
    @Test
    void admits_up_to_the_limit_whatever_is_taken() {
      assertTrue(Capacity.ofCores(4, 100).admits(Amounts.cores(4)));
      assertFalse(Capacity.ofCores(4, 0).admits(Amounts.cores(5)));
    }

    @Test
    void fits_up_to_what_is_free() {
      assertTrue(Capacity.ofCores(4, 1).fits(Amounts.cores(3)));
      assertFalse(Capacity.ofCores(4, 1).fits(Amounts.cores(4)));
      assertFalse(Capacity.ofCores(4, 5).fits(Amounts.cores(1)), "the limit was lowered");
    }
  }

  @Nested
  class A_policy {
    @ParameterizedTest
    @CsvSource({"fifo, FIFO", "mcf, MCF"})
    void has_a_word(String word, Policy policy) {
      assertEquals(policy, Policy.parse(word).orElseThrow());
      assertEquals(word, policy.word());
    }

    @Test
    void is_by_id_where_no_later_job_comes_before_an_earlier_one() {
      assertTrue(Policy.FIFO.isById());
      assertFalse(Policy.MCF.isById());
    }

    @ParameterizedTest
    @CsvSource({"FIFO", "lifo", "''", "' fifo'"})
    void has_no_other_word(String word) {
      assertTrue(Policy.parse(word).isEmpty(), word);
    }
  }

  /** So many cores, of which some are taken by what has no time limit. */
  private static Situation taken(int limit, long busy) {
    return new Situation(
        Amounts.limit(limit), List.of(new Occupant(Amounts.cores(busy), Optional.empty())));
  }

  private static List<Candidate> candidates(String text) {
    return Arrays.stream(text.split(" "))
        .filter(word -> !word.isEmpty())
        .map(word -> word.split(":"))
        .map(
            w ->
                new Candidate(new JobId(Long.parseLong(w[0])), Needs.cores(Integer.parseInt(w[1]))))
        .toList();
  }

  private static String starts(Policy policy, List<Candidate> pending, Situation situation) {
    return startsOf(policy, pending, situation).stream()
        .map(c -> c.id().toString())
        .collect(Collectors.joining(" "));
  }

  static String show(Schedule.Waiting waiting) {
    StringBuilder text = new StringBuilder(waiting.id().toString());
    waiting.place().ifPresent(place -> text.append(" place ").append(place));
    waiting.reason().ifPresent(reason -> text.append(' ').append(reason));
    return text.toString();
  }

  private static List<Candidate> startsOf(
      Policy policy, Collection<Candidate> pending, Situation situation) {
    return Schedule.starts(pending.stream().sorted(policy.order()).iterator(), situation);
  }
}
