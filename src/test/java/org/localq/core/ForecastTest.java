package org.localq.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.StringJoiner;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Pending jobs are written {@code ID:CORES}, what runs {@code CORES}; behind it {@code /LIMIT} and
 * {@code ~EXPECTED} in seconds, and {@code *TASKS} for an array.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ForecastTest {
  @Nested
  class An_expected_start {
    @ParameterizedTest(name = "of [{0}], limit 4, running [{1}]: [{2}]")
    @CsvSource({
      // what can start now does
      "1:4,                     '',           1@0 limit",
      "1:4 2:4,                 '',           1@0 limit 2 -",
      // one after the other, each as long as its limit
      "1:4/10 2:4/20 3:4,       '',           1@0 limit 2@10 limit 3@30 limit",
      "1:4/10 2:4,              4/100,        1@100 limit 2@110 limit",
      // what runs longest of those that have to end before
      "1:4,                     1/50 2/70 1/90, 1@90 limit",
      "1:3,                     1/50 2/70 1/90, 1@70 limit",
      "1:4,                     4/0,          1@0 limit",
      // where a job has no limit, what others of its name took
      "1:4 2:4/5 3:4,           4~100,        1@100 history 2 - 3 -",
      "1:4~10 2:4/5 3:4,        4/100,        1@100 limit 2@110 history 3@115 history",
      // a limit comes before what others took
      "1:4/10~3 2:4,            '',           1@0 limit 2@10 limit",
      // neither is known of one before
      "1:4 2:4/10,              4,            1 - 2 -",
      "1:4/10 2:4 3:4,          '',           1@0 limit 2@10 limit 3 -",
      // unless there is room beside it
      "1:2/10 2:2/10 3:2,       2,            1@0 limit 2@10 limit 3@20 limit",
      "1:4/10 2:2/10,           2,            1 - 2 -",
      // backfill: gone by then, or beside
      "1:4/50 2:1/70 3:1/71,    2/100,        1@100 limit 2@0 limit 3@150 limit",
      "1:3/50 2:1/9999 3:4,     2/100,        1@100 limit 2@0 limit 3@9999 limit",
      // nothing passes where something has no limit, however long it is expected to run
      "1:4/50 2:1/1,            2~100,        1@100 history 2@150 history",
      // wider than the limit: never, and in nobody's way
      "1:5 2:1,                 '',           1 - 2@0 limit",
      // arrays start task by task
      "1:2/10*3 2:4,            '',           1@0 limit 2@20 limit",
      "1:2/10*5 2:4/1 3:1,      '',           1@0 limit 2@30 limit 3@31 limit",
    })
    void is_that_of_the_schedule(String pending, String running, String expected) {
      List<Forecast.Pending> jobs = pending(pending);
      Forecast forecast = Forecast.of(Amounts.limit(4), running(running), jobs);
      StringJoiner shown = new StringJoiner(" ");
      for (Forecast.Pending job : jobs) {
        shown.add(job.job().id() + show(forecast.of(job.job().id())));
      }
      assertEquals(expected, shown.toString());
    }

    @Test
    void of_a_task_is_that_of_those_before_it_and_its_own() {
      Forecast forecast = Forecast.of(Amounts.limit(4), running(""), pending("1:2/10*5"));
      List<String> shown = new ArrayList<>();
      for (int nth = 1; nth <= 6; nth++) {
        shown.add(show(forecast.of(new JobId(1), nth)));
      }
      assertEquals(
          List.of("@0 limit", "@0 limit", "@10 limit", "@10 limit", "@20 limit", " -"), shown);
    }

    @Test
    @Timeout(20)
    void of_what_is_far_behind_very_many_is_left_open() {
      Forecast forecast = Forecast.of(Amounts.limit(1), running(""), pending("1:1/10*1000000 2:1"));
      assertEquals("@99990 limit", show(forecast.of(new JobId(1), 10_000)));
      assertEquals(" -", show(forecast.of(new JobId(2))));
    }
  }

  @Nested
  class A_history {
    private final History history = new History(new LinkedHashSet<>(Set.of("a", "b")));

    @ParameterizedTest
    @CsvSource({
      "5,          5",
      "1 9,        5",
      "1 100 9,    9",
      "4 1 2 3,    2.5",
      // more than ten: the first ten that it was told of
      "1 1 1 1 1 1 9 9 9 9 9 9 9 9 9 9, 1",
    })
    void is_the_median_of_the_latest(String lengths, double expected) {
      for (String length : lengths.split(" ")) {
        history.add("a", Duration.ofSeconds(Long.parseLong(length)));
      }
      assertEquals(Optional.of(Duration.ofMillis((long) (expected * 1000))), history.of("a"));
      assertEquals(Optional.empty(), history.of("b"));
    }

    @Test
    void wants_no_more_than_it_counts_and_no_other_names() {
      history.add("c", Duration.ofSeconds(1));
      history.add("a", Duration.ofSeconds(-1));
      assertEquals(Optional.empty(), history.of("c"));
      assertEquals(Optional.empty(), history.of("a"), "the clock was set back");
      for (int i = 0; i < History.MOST; i++) {
        assertTrue(history.wants("a"));
        history.add("a", Duration.ofSeconds(1));
      }
      assertFalse(history.wants("a"));
      assertFalse(history.wants("c"));
      assertFalse(history.isFull());
      for (int i = 0; i < History.MOST; i++) {
        history.add("b", Duration.ofSeconds(1));
      }
      assertTrue(history.isFull());
    }
  }

  private static String show(Optional<Forecast.Start> start) {
    return start.map(s -> "@" + s.in().toSeconds() + " " + s.basis().word()).orElse(" -");
  }

  private static List<Forecast.Pending> pending(String text) {
    List<Forecast.Pending> pending = new ArrayList<>();
    for (String word : text.split(" ")) {
      Candidate job =
          new Candidate(
              new JobId(Long.parseLong(word.split(":")[0])),
              Needs.cores((int) number(word, ':').orElseThrow().toSeconds()),
              number(word, '/'),
              (int) number(word, '*').orElse(Duration.ZERO).toSeconds(),
              OptionalInt.empty());
      pending.add(new Forecast.Pending(job, number(word, '~')));
    }
    return pending;
  }

  private static List<Forecast.Running> running(String text) {
    List<Forecast.Running> running = new ArrayList<>();
    for (String word : text.isEmpty() ? new String[0] : text.split(" ")) {
      Amounts amounts = Amounts.cores(number(":" + word, ':').orElseThrow().toSeconds());
      running.add(
          new Forecast.Running(new Occupant(amounts, number(word, '/')), number(word, '~')));
    }
    return running;
  }

  private static Optional<Duration> number(String word, char before) {
    Matcher number = Pattern.compile(Pattern.quote("" + before) + "([0-9]+)").matcher(word);
    return number.find()
        ? Optional.of(Duration.ofSeconds(Long.parseLong(number.group(1))))
        : Optional.empty();
  }
}
