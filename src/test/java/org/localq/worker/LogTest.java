package org.localq.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.localq.core.JobId;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class LogTest {
  private static final String NOW = "2026-11-22T12:00:00 ";

  private final Clock clock = Clock.fixed(Instant.parse("2026-11-22T12:00:00Z"), ZoneOffset.UTC);
  private final List<String> lines = new ArrayList<>();
  private boolean full;

  private void append(String line) throws IOException {
    if (full) {
      throw new IOException("No space left on device");
    }
    lines.add(line);
  }

  @Test
  void drops_what_can_not_be_written_and_says_how_many_lines_are_missing() {
    Log log = new Log(this::append, clock);
    log.say("one");
    full = true;
    log.say("two");
    log.say("three");
    full = false;
    log.say("four");
    log.say("five");
    assertEquals(
        List.of(
            NOW + "one",
            NOW + "2 lines are missing here: they could not be written",
            NOW + "four",
            NOW + "five"),
        lines);
  }

  @Test
  void of_another_command_carries_its_name_and_tells_only_what_it_did() {
    Log log = Log.of("lcancel, pid 7", this::append, clock);
    log.saw(new JobId(3), "started");
    log.say(new JobId(3), "CANCELLED");
    assertEquals(List.of(NOW + "lcancel, pid 7: job 3: CANCELLED"), lines);
  }

  @Test
  void lets_nothing_through_that_a_terminal_acts_upon() {
    new Log(this::append, clock).say("a\nb\u001b[2J");
    assertEquals(List.of(NOW + "a\\nb\\x1b[2J"), lines);
  }
}
