package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.localq.core.JobId;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class UnreadTest {
  private static List<Long> all(Unread unread) {
    List<Long> ids = new ArrayList<>();
    while (!unread.isEmpty()) {
      ids.add(unread.takeFirst().number());
    }
    return ids;
  }

  @Nested
  class Take_first {
    @Test
    void takes_what_was_listed_and_what_came_in_order() {
      Unread unread = new Unread(new long[] {30, 10, 20});
      unread.add(new JobId(25));
      unread.add(new JobId(5));
      unread.add(new JobId(40));
      assertEquals(List.of(5L, 10L, 20L, 25L, 30L, 40L), all(unread));
    }

    @Test
    void takes_what_comes_twice_once() {
      Unread unread = new Unread(new long[] {10, 20});
      unread.add(new JobId(20));
      unread.add(new JobId(20));
      assertEquals(List.of(10L, 20L), all(unread));
    }

    @Test
    void takes_a_lower_one_that_comes_later_next() {
      Unread unread = new Unread(new long[] {10, 20});
      assertEquals(new JobId(10), unread.takeFirst());
      unread.add(new JobId(3));
      assertEquals(List.of(3L, 20L), all(unread));
    }
  }

  @Nested
  class Remove {
    @Test
    void takes_back_what_was_added() {
      Unread unread = new Unread(new long[0]);
      unread.add(new JobId(3));
      unread.remove(new JobId(3));
      assertTrue(unread.isEmpty());
    }
  }
}
