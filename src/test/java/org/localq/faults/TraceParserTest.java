package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class TraceParserTest {
  private static final Path A = Path.of("/a");
  private static final Path B = Path.of("/b");
  private static final Path C = Path.of("/c");

  private static List<TraceEvent> parse(String... lines) {
    return TraceParser.parse(List.of(lines));
  }

  @Test
  void calls_come_in_the_order_in_which_they_ended() {
    assertEquals(
        List.of(new TraceEvent.Removed(C), new TraceEvent.Forced(A, 0)),
        parse(
            "1 fsync(3<\\x2f\\x61> <unfinished ...>",
            "2 unlink(\"\\x2f\\x63\") = 0",
            "1 <... fsync resumed>) = 0"));
  }

  @Test
  void a_name_is_made_before_somebody_uses_it() {
    assertEquals(
        List.of(
            new TraceEvent.Removed(C),
            new TraceEvent.Renamed(A, B),
            new TraceEvent.Forced(B, 1),
            new TraceEvent.Renamed(B, C),
            new TraceEvent.Forced(C, 4)),
        parse(
            "1 rename(\"\\x2f\\x61\", \"\\x2f\\x62\" <unfinished ...>",
            "2 unlink(\"\\x2f\\x63\") = 0",
            "2 fsync(3<\\x2f\\x62>) = 0",
            "2 rename(\"\\x2f\\x62\", \"\\x2f\\x63\") = 0",
            "2 fsync(3<\\x2f\\x63>) = 0",
            "1 <... rename resumed>) = 0"));
  }

  @Test
  void a_call_that_failed_changed_nothing() {
    assertEquals(
        List.of(), parse("1 unlink(\"\\x2f\\x63\") = -1 ENOENT (No such file or directory)"));
  }
}
