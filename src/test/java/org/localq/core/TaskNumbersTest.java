package org.localq.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeout;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Arrays;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class TaskNumbersTest {
  private static TaskNumbers numbers(String text) {
    TaskNumbers.Parsed parsed = TaskNumbers.parse(text);
    return assertInstanceOf(TaskNumbers.Parsed.Valid.class, parsed, () -> "" + parsed).numbers();
  }

  private static String all(TaskNumbers numbers) {
    return numbers.stream().mapToObj(Integer::toString).collect(Collectors.joining(" "));
  }

  @Nested
  class A_text {
    @ParameterizedTest(name = "{0} is {1}, shown as {2}")
    @CsvSource(
        delimiter = '|',
        textBlock =
            """
            0                 | 0                 | 0
            7                 | 7                 | 7
            0-3               | 0 1 2 3           | 0-3
            4-4               | 4                 | 4
            0-15:4            | 0 4 8 12          | 0-12:4
            0-3:9             | 0                 | 0
            0-4:4             | 0 4               | 0,4
            1,3,5-7           | 1 3 5 6 7         | 1,3,5-7
            1,3,5,7           | 1 3 5 7           | 1-7:2
            1,3               | 1 3               | 1,3
            1,2               | 1 2               | 1-2
            1,2,3,5           | 1 2 3 5           | 1-3,5
            9,1-3,5           | 1 2 3 5 9         | 1-3,5,9
            3,1,2             | 1 2 3             | 1-3
            2,2,2             | 2                 | 2
            0-8:4,12          | 0 4 8 12          | 0-12:4
            0,4-12:4          | 0 4 8 12          | 0-12:4
            0-8:4,12-20:4     | 0 4 8 12 16 20    | 0-20:4
            0-8:4,12-16:2     | 0 4 8 12 14 16    | 0-12:4,14,16
            0-8:4,9           | 0 4 8 9           | 0,4,8-9
            0-2,5-11:3        | 0 1 2 5 8 11      | 0-2,5-11:3
            1-3,2-5           | 1 2 3 4 5         | 1-5
            1-9,4             | 1 2 3 4 5 6 7 8 9 | 1-9
            0-8:4,4           | 0 4 8             | 0-8:4
            0-8:4,0-8:8       | 0 4 8             | 0-8:4
            0-4:2,1-5:2       | 0 1 2 3 4 5       | 0-5
            0-6:2,0-6:3       | 0 2 3 4 6         | 0,2-4,6
            007-010           | 7 8 9 10          | 7-10
            0-3%2             | 0 1 2 3           | 0-3%2
            1,5-6%100         | 1 5 6             | 1,5-6%100
            999999999         | 999999999         | 999999999
            """)
    void says_these_numbers(String text, String expected, String shown) {
      TaskNumbers numbers = numbers(text);
      assertEquals(expected, all(numbers));
      assertEquals(shown, numbers.toString());
      assertEquals(numbers, numbers(shown), "it parses back");
      assertEquals(numbers.hashCode(), numbers(shown).hashCode());
    }

    @ParameterizedTest
    @CsvSource({"0-3,", "0-3%1, 1", "5%999999999, 999999999"})
    void says_how_many_may_run_at_a_time(String text, Integer most) {
      assertEquals(
          most == null ? OptionalInt.empty() : OptionalInt.of(most), numbers(text).throttle());
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        textBlock =
            """
            ''                | a number is missing,
            x                 | "x" is no number,
            -1                | a number is missing,
            1-                | a number is missing,
            1--3              | "-3" is no number,
            1,                | a number is missing,
            ,1                | a number is missing,
            1,,2              | a number is missing,
            1-3:              | a number is missing,
            1:2               | "1:2" is no number,
            1-2-3             | "2-3" is no number,
            1-9:2:3           | "2:3" is no number,
            1 ,2              | "1 " is no number,
            +1                | "+1" is no number,
            0x10              | "0x10" is no number,
            1.5               | "1.5" is no number,
            1000000000        | 1000000000 is too high,
            99999999999999999999999999 | 99999999999999999999… is too high,
            %4                | a number is missing,
            1%                | a number is missing,
            1%2%3             | "2%3" is no number,
            1%2,3             | "2,3" is no number,
            """)
    void that_is_none_is_told_what_it_should_be(String text, String wrong) {
      assertEquals(
          new TaskNumbers.Parsed.Invalid(
              wrong
                  + " expected whole numbers from 0 to 999999999 as in 0-15, 1,3,5-7 or 0-15:4, and"
                  + " %8 at the end for eight tasks at a time"),
          TaskNumbers.parse(text));
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        textBlock =
            """
            5-3            | "5-3" counts down, expected the lower number first
            0-15:0         | "0-15:0" has the step 0, expected a step of at least 1
            0-3%0          | with %0 no task could run, expected at least %1, or no % at all
            0-999999999    | names 1000000000 tasks, expected at most 999999999
            0-999999:2,0-999999:3 | ranges of 833334 numbers reach into each other, expected at most 100000 there; write ranges that follow each other
            """)
    void that_makes_no_sense_is_told_why(String text, String reason) {
      assertEquals(new TaskNumbers.Parsed.Invalid(reason), TaskNumbers.parse(text));
    }

    @Test
    void of_any_length_is_read_soon() {
      String long_ = "1,".repeat(2_000_000);
      assertTimeout(
          Duration.ofSeconds(5),
          () ->
              assertEquals(
                  new TaskNumbers.Parsed.Invalid("lists more than 100000 ranges, expected fewer"),
                  TaskNumbers.parse(long_)));
      String odd =
          IntStream.range(0, 50_000)
              .mapToObj(i -> Long.toString((long) i * i % 99_991))
              .collect(Collectors.joining(","));
      assertTimeout(Duration.ofSeconds(5), () -> numbers(odd));
      String nested =
          IntStream.range(0, 50_000)
              .mapToObj(i -> i + "-" + (999_999_999 - i))
              .collect(Collectors.joining(","));
      assertTimeout(Duration.ofSeconds(5), () -> assertEquals("0-999999999", nestedIn(nested)));
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        textBlock =
            """
            0-4:4,9,14-19:5   | 0,4,9-19:5
            0,4,9,14,19       | 0,4-19:5
            """)
    void has_one_form_however_it_was_said(String text, String same) {
      assertEquals(numbers(text), numbers(same));
    }

    private String nestedIn(String nested) {
      // one number too many for an array
      return assertInstanceOf(TaskNumbers.Parsed.Invalid.class, TaskNumbers.parse(nested))
              .reason()
              .startsWith("names 1000000000 tasks")
          ? "0-999999999"
          : "";
    }
  }

  @Nested
  class Numbers {
    @ParameterizedTest(name = "{0}")
    @CsvSource(
        delimiter = '|',
        textBlock =
            """
            7              | 1         | 7 | 7         | 1
            0-15           | 16        | 0 | 15        | 1
            0-15:4         | 4         | 0 | 12        | 4
            1,3,5          | 3         | 1 | 5         | 2
            4,9            | 2         | 4 | 9         | 5
            1,3,5-7        | 5         | 1 | 7         |
            1-999999999    | 999999999 | 1 | 999999999 | 1
            """)
    void have_a_count_ends_and_perhaps_a_step(
        String text, int count, int lowest, int highest, Integer step) {
      TaskNumbers numbers = numbers(text);
      assertEquals(count, numbers.count());
      assertEquals(lowest, numbers.lowest());
      assertEquals(highest, numbers.highest());
      assertEquals(step == null ? OptionalInt.empty() : OptionalInt.of(step), numbers.step());
    }

    @ParameterizedTest(name = "{0} after {1}: {2}")
    @CsvSource(
        delimiter = '|',
        textBlock =
            """
            0-99:4%8   | 0  | 0-96:4%8
            0-99:4%8   | 2  | 8-96:4%8
            0-99:4     | 23 | 92,96
            0-99:4     | 24 | 96
            0-99:4%8   | 25 | ''
            1,3,5-7%2  | 1  | 3,5-7%2
            1,3,5-7    | 3  | 6-7
            1,3,5-7    | 4  | 7
            1,2,5,7,9  | 2  | 5-9:2
            1-1000000  | 4  | 5-1000000
            """)
    void behind_the_first_are_the_rest(String text, int places, String rest) {
      assertEquals(rest, numbers(text).after(places).toString());
    }

    @Test
    void have_places_from_1_on() {
      TaskNumbers numbers = numbers("0-8:4,20,30-31");
      int[] all = {0, 4, 8, 20, 30, 31};
      for (int place = 1; place <= all.length; place++) {
        assertEquals(all[place - 1], numbers.at(place));
        assertEquals(OptionalInt.of(place), numbers.placeOf(all[place - 1]));
      }
      for (int none : new int[] {-1, 1, 2, 9, 19, 21, 29, 32, 999_999_999}) {
        assertEquals(OptionalInt.empty(), numbers.placeOf(none), "" + none);
      }
      assertThrows(IllegalArgumentException.class, () -> numbers.at(0));
      assertThrows(IllegalArgumentException.class, () -> numbers.at(7));
    }

    @Test
    void of_lines_are_those_of_the_lines() {
      assertEquals("1-1000000", TaskNumbers.upTo(1_000_000).toString());
      assertEquals(TaskNumbers.NONE, TaskNumbers.upTo(0));
      assertEquals(0, TaskNumbers.NONE.count());
      assertTrue(!TaskNumbers.NONE.contains(1));
    }

    /** The ranges are a way to keep them, and change nothing. */
    @Test
    void are_what_a_plain_set_of_them_would_be() {
      long seed = System.nanoTime();
      Random random = new Random(seed);
      for (int round = 0; round < 3000; round++) {
        TreeSet<Integer> expected = new TreeSet<>();
        String[] ranges = new String[1 + random.nextInt(6)];
        for (int i = 0; i < ranges.length; i++) {
          int first = random.nextInt(40);
          int last = first + random.nextInt(20);
          int step = 1 + random.nextInt(5);
          ranges[i] = random.nextInt(3) == 0 ? "" + first : first + "-" + last + ":" + step;
          int end = ranges[i].contains("-") ? last : first;
          IntStream.rangeClosed(first, end)
              .filter(n -> (n - first) % step == 0)
              .forEach(expected::add);
        }
        String text = String.join(",", ranges);
        String evidence = "seed " + seed + ": " + text;
        TaskNumbers numbers = numbers(text);
        int[] sorted = expected.stream().mapToInt(n -> n).toArray();
        assertEquals(
            Arrays.toString(sorted), Arrays.toString(numbers.stream().toArray()), evidence);
        assertEquals(numbers, numbers(numbers.toString()), evidence);
        int gone = random.nextInt(sorted.length + 1);
        int[] rest = Arrays.copyOfRange(sorted, gone, sorted.length);
        assertEquals(
            Arrays.toString(rest),
            Arrays.toString(numbers.after(gone).stream().toArray()),
            evidence);
        for (int number = 0; number < 62; number++) {
          int place = Arrays.binarySearch(sorted, number) + 1;
          OptionalInt its = place > 0 ? OptionalInt.of(place) : OptionalInt.empty();
          assertEquals(its, numbers.placeOf(number), evidence + ": " + number);
        }
      }
    }
  }

  @Nested
  class Tasks_of_an_array {
    @Test
    void have_the_numbers_that_were_given_or_those_of_its_lines() {
      assertEquals("1-3", new Tasks(3).numbers().toString());
      assertTrue(new Tasks(3).areLines());
      Tasks given = new Tasks(2, java.util.Map.of(), java.util.Optional.of(numbers("0,9%1")));
      assertEquals("0,9%1", given.numbers().toString());
      assertEquals(OptionalInt.of(1), given.throttle());
      assertThrows(
          IllegalArgumentException.class,
          () -> new Tasks(3, java.util.Map.of(), java.util.Optional.of(numbers("0,9"))));
    }
  }
}
