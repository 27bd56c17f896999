package org.localq.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.localq.core.Refusal;

/** What of a file of lines can't be seen from outside, or only with a great many. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class EachLineTest {
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private long millis;

  private Progress progress(boolean terminal, OptionalLong size) {
    PrintStream err = new PrintStream(printed, false, StandardCharsets.UTF_8);
    Door.Console console =
        new Door.Console(new ByteArrayInputStream(new byte[0]), err, err, !terminal, terminal);
    return new Progress(console, size, () -> millis * 1_000_000);
  }

  private String printed() {
    String text = printed.toString(StandardCharsets.UTF_8);
    printed.reset();
    return text;
  }

  @Nested
  class Lines {
    private EachLine lines(String content, int most) {
      return new EachLine(
          "--each-line x",
          new ByteArrayInputStream(content.getBytes(StandardCharsets.UTF_8)),
          progress(false, OptionalLong.empty()),
          most);
    }

    private static int taken(EachLine lines) {
      while (lines.next().isPresent()) {
        // on to the next
      }
      return lines.count();
    }

    @Test
    void may_be_as_many_as_an_array_can_have() {
      assertEquals(3, taken(lines("a\nb\n#\nc\n\n", 3)));
    }

    @Test
    void are_refused_where_there_are_more() {
      assertEquals(
          "--each-line x: more than 3 lines to run, the most that an array can have; nothing was"
              + " accepted: submit them in parts",
          assertThrows(Refusal.class, () -> taken(lines("a\nb\n#\nc\nd\n", 3))).getMessage());
    }

    @Test
    void stay_at_their_end() {
      EachLine lines = lines("a", 3);
      taken(lines);
      assertEquals(1, taken(lines));
    }
  }

  @Nested
  class The_bar {
    @Test
    void is_shown_only_when_it_takes_a_while() {
      try (Progress progress = progress(true, OptionalLong.of(200))) {
        progress.show(50, 2);
        millis = 499;
        progress.show(100, 3);
      }
      assertEquals("", printed());
    }

    @Test
    void shows_the_part_that_was_read_and_disappears() {
      Progress progress = progress(true, OptionalLong.of(200));
      millis = 500;
      progress.show(20, 1);
      assertEquals("\r[###---------------------------]  10%  1 task", printed());
      millis = 600;
      progress.show(300, 2_000_000);
      assertEquals("\r[##############################] 100%  2000000 tasks", printed());
      progress.close();
      assertEquals("\r" + " ".repeat(52) + "\r", printed());
      progress.close();
      assertEquals("", printed());
    }

    @Test
    void is_drawn_ten_times_a_second_at_most() {
      try (Progress progress = progress(true, OptionalLong.of(1000))) {
        for (millis = 0; millis < 1500; millis++) {
          progress.show(millis, 1);
        }
        assertEquals(10, printed().chars().filter(c -> c == '\r').count());
      }
    }

    @Test
    void is_only_a_count_where_nobody_knows_how_much_there_is() {
      Progress progress = progress(true, OptionalLong.empty());
      millis = 500;
      progress.show(100, 0);
      assertEquals("\r0 tasks", printed());
      millis = 600;
      progress.show(100, 1);
      assertEquals("\r1 task ", printed());
      progress.close();
      assertEquals("\r       \r", printed());
    }

    @Test
    void is_for_terminals_alone() {
      try (Progress progress = progress(false, OptionalLong.of(1000))) {
        millis = 5000;
        progress.show(100, 1);
      }
      assertEquals("", printed());
    }
  }
}
