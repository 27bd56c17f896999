package org.localq.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class IdSetTest {
  private static final IdSet FEW = IdSet.of(10, 2, 9);

  private static List<Long> numbers(IdSet ids) {
    List<Long> numbers = new ArrayList<>();
    for (int i = 0; i < ids.size(); i++) {
      numbers.add(ids.get(i).number());
    }
    return numbers;
  }

  @Nested
  class Its_ids {
    @Test
    void are_in_the_order_of_their_numbers() {
      assertEquals(List.of(2L, 9L, 10L), numbers(FEW));
      assertEquals(
          List.of(2L, 9L), numbers(IdSet.of(List.of(new JobId(9), new JobId(2), new JobId(9)))));
    }

    @Test
    void are_there_once_however_often_they_were_given() {
      assertEquals(List.of(1L, 3L), numbers(IdSet.of(3, 1, 3, 1, 1)));
    }

    @Test
    void are_those_that_were_given_and_no_others() {
      assertTrue(FEW.contains(new JobId(9)));
      assertFalse(FEW.contains(new JobId(3)));
      assertFalse(IdSet.NONE.contains(new JobId(1)));
      assertTrue(IdSet.NONE.isEmpty());
    }

    @Test
    void stay_what_they_are_when_what_they_were_given_in_changes() {
      long[] numbers = {1, 2};
      IdSet ids = IdSet.of(numbers);
      numbers[0] = 7;
      assertEquals(List.of(1L, 2L), numbers(ids));
    }
  }

  @Nested
  class Ids_of_tasks {
    private final IdSet mixed = ids("9_10 10 9_2 2 12_1 9");

    private static IdSet ids(String texts) {
      return IdSet.of(
          Stream.of(texts.split(" ")).map(text -> JobId.parse(text).orElseThrow()).toList());
    }

    private static String texts(IdSet ids) {
      return IntStream.range(0, ids.size())
          .mapToObj(i -> ids.get(i).toString())
          .collect(Collectors.joining(" "));
    }

    @Test
    void come_in_the_order_of_their_numbers_before_their_array() {
      assertEquals("2 9_2 9_10 9 10 12_1", texts(mixed));
    }

    @Test
    void are_not_taken_for_their_array() {
      assertTrue(mixed.contains(new JobId(9, 2)));
      assertFalse(mixed.contains(new JobId(9, 1)));
      assertFalse(mixed.contains(new JobId(12)));
      assertEquals(List.of(new JobId(9, 2), new JobId(9, 10)), mixed.tasksOf(new JobId(9)));
      assertEquals(List.of(), mixed.tasksOf(new JobId(2)));
    }

    @Test
    void are_put_together_and_taken_away_like_others() {
      assertEquals("2 9_2 9_3 9_10 9 10 12_1", texts(mixed.with(ids("9_3 9_2"))));
      assertEquals("2 9_10 9 10 12_1", texts(mixed.without(ids("9_2 12"))));
      assertEquals("2 9_2 9_10 10 12_1", texts(mixed.without(ids("9"))));
    }
  }

  @Nested
  class Two_sets {
    @Test
    void together_have_the_ids_of_both_once() {
      assertEquals(List.of(1L, 2L, 9L, 10L), numbers(FEW.with(IdSet.of(1, 9))));
      assertEquals(List.of(2L, 9L, 10L), numbers(FEW.with(IdSet.NONE)));
      assertEquals(List.of(2L, 9L, 10L), numbers(IdSet.NONE.with(FEW)));
    }

    @Test
    void of_which_one_is_taken_away_leave_the_rest() {
      assertEquals(List.of(2L, 10L), numbers(FEW.without(IdSet.of(1, 9, 11))));
      assertEquals(List.of(2L, 9L, 10L), numbers(FEW.without(IdSet.NONE)));
      assertEquals(List.of(), numbers(FEW.without(FEW)));
    }
  }
}
