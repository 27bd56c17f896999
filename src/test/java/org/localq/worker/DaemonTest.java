package org.localq.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.localq.core.Policy;
import org.localq.core.Retention;
import org.localq.core.Trouble;
import org.localq.spool.Settings;
import org.localq.spool.Workers;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class DaemonTest {
  private static final Settings SETTINGS =
      new Settings(Optional.of(4), 1, Policy.FIFO, Retention.DEFAULT);

  @TempDir Path base;
  private Rig rig;

  @BeforeEach
  void set_up() throws IOException {
    rig = new Rig(base.resolve("spool"), 4);
  }

  @AfterEach
  void close_the_spool() throws IOException {
    rig.close();
  }

  /** Is asked at each poll. At the first it fails as no clock should, at the third it drains. */
  private final class BadClock implements InstantSource {
    private final List<Optional<String>> shown = new ArrayList<>();

    @Override
    public Instant instant() {
      try {
        shown.add(rig.spool().workers().trouble(rig.self()).map(Trouble::what));
        if (shown.size() == 1) {
          throw new IllegalStateException("no time");
        }
        if (shown.size() == 3) {
          rig.drain();
        }
        return rig.wall();
      } catch (IOException failed) {
        throw new UncheckedIOException(failed);
      }
    }
  }

  @Test
  void a_bug_in_collecting_ends_no_worker_and_is_said_and_shown_until_a_collection_is_made()
      throws Exception {
    BadClock clock = new BadClock();
    Daemon daemon = rig.daemon(rig.collector("30d,5", clock.withZone(ZoneOffset.UTC)));
    Workers.Membership membership = daemon.join(new Workers.Wish(SETTINGS, 4, false));
    try {
      assertEquals(Daemon.End.DRAINED, daemon.run(SETTINGS, process -> true, trouble -> {}));
    } finally {
      membership.close();
    }
    assertEquals(3, clock.shown.size(), rig::evidence);
    assertEquals(Optional.empty(), clock.shown.get(0));
    String bug = clock.shown.get(1).orElse("");
    assertEquals(
        "internal error: java.lang.IllegalStateException: no time at ",
        bug.substring(0, bug.indexOf(BadClock.class.getName())));
    assertEquals(Optional.empty(), clock.shown.get(2));
    assertEquals(
        List.of(
            "can't collect records: " + bug + "; please report it, with this line",
            "all is well again"),
        rig.logged());
  }
}
