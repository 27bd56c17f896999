package org.localq.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.localq.core.Trouble;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class HealthTest {
  private static final Trouble FULL = new Trouble("no space", "free some");
  private static final Trouble DEAF = new Trouble("no notices", "");

  private final List<String> said = new ArrayList<>();
  private final List<Optional<Trouble>> shown = new ArrayList<>();
  private final Health health =
      new Health(new Log(line -> said.add(line.substring(20)), Clock.systemUTC()));
  private boolean broken;

  private void show(Optional<Trouble> trouble) throws IOException {
    if (broken) {
      throw new IOException("no space");
    }
    shown.add(trouble);
  }

  @Test
  void what_lasts_is_said_and_shown_once_and_so_is_its_end() {
    health.showOn(this::show);
    for (int tick = 0; tick < 3; tick++) {
      health.bad(Health.Part.WORK, FULL, "full");
    }
    for (int tick = 0; tick < 3; tick++) {
      health.good(Health.Part.WORK);
    }
    assertEquals(List.of("full", "all is well again"), said);
    assertEquals(List.of(Optional.of(FULL), Optional.empty()), shown);
  }

  @Test
  void the_worst_is_shown_while_there_is_another() {
    health.showOn(this::show);
    health.bad(Health.Part.NOTICE, DEAF, "deaf");
    health.bad(Health.Part.WORK, FULL, "full");
    health.good(Health.Part.WORK);
    assertEquals(List.of("deaf", "full", "well again, but: no notices"), said);
    assertEquals(List.of(Optional.of(DEAF), Optional.of(FULL), Optional.of(DEAF)), shown);
  }

  @Test
  void what_could_not_be_shown_is_shown_at_the_next_word_on_any_part_and_said_once() {
    health.showOn(this::show);
    broken = true;
    health.bad(Health.Part.TIDYING, FULL, "full");
    health.good(Health.Part.WORK);
    assertEquals(List.of(), shown);
    broken = false;
    health.good(Health.Part.WORK);
    health.good(Health.Part.WORK);
    assertEquals(List.of(Optional.of(FULL)), shown);
    assertEquals(List.of("full"), said);
  }

  @Test
  void an_end_that_could_not_be_shown_is_shown_later_too() {
    health.showOn(this::show);
    health.bad(Health.Part.WORK, FULL, "full");
    broken = true;
    health.good(Health.Part.WORK);
    broken = false;
    health.good(Health.Part.WORK);
    assertEquals(List.of(Optional.of(FULL), Optional.empty()), shown);
  }

  @Test
  void what_was_shown_by_half_is_taken_back() {
    health.showOn(this::show);
    broken = true;
    health.bad(Health.Part.WORK, FULL, "full");
    broken = false;
    health.good(Health.Part.WORK);
    assertEquals(List.of(Optional.empty()), shown);
  }

  @Test
  void what_was_wrong_before_there_was_a_place_is_shown_there() {
    health.bad(Health.Part.WORK, FULL, "full");
    health.showOn(this::show);
    assertEquals(List.of(Optional.of(FULL)), shown);
  }
}
