package org.localq.worker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.localq.SmallDisk;
import org.localq.core.JobId;

/** When a worker collects records, and what it says; what goes is the spool's. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class CollectorTest {
  private static final Duration HOUR = Duration.ofHours(1);

  @TempDir Path base;
  private Rig rig;

  @BeforeEach
  void set_up() throws IOException {
    rig = new Rig(base.resolve("spool"), 4);
    // a file's ctime can't be set: the clock has to go on from the files' own time
    rig.setClock(Instant.now().plus(Duration.ofDays(31)));
  }

  @AfterEach
  void close_the_spool() throws IOException {
    rig.close();
  }

  /** Records of these ids, and a counter that gave them out. */
  private void records(int first, int last) throws IOException {
    Path seq = rig.path(".localq/seq");
    for (String name : rig.names(".localq/seq")) {
      if (!name.startsWith(".")) {
        Files.move(seq.resolve(name), seq.resolve(Integer.toString(last)));
      }
    }
    for (int id = first; id <= last; id++) {
      Files.writeString(rig.path("done/" + id + ".json"), "{}");
    }
  }

  /** A poll, and all that follows from it. */
  private static void poll(Collector collector) {
    collector.poll();
    while (collector.work(Duration.ofSeconds(1))) {
      // it goes on between two ticks
    }
  }

  @Nested
  class A_collection {
    @Test
    void is_made_at_the_first_poll_and_is_one_line() throws IOException {
      records(1, 5);
      poll(rig.collector("30d,2"));
      assertEquals(Set.of("4.json", "5.json"), rig.names("done"), rig::evidence);
      assertEquals(List.of("collected 3 records, ids 1 to 3 (--keep 30d,2)"), rig.logged());
    }

    @Test
    void of_one_record_names_it() throws IOException {
      records(7, 7);
      poll(rig.collector("0s,0"));
      assertEquals(List.of("collected 1 record, id 7 (--keep 0s,0)"), rig.logged());
    }

    @Test
    void of_nothing_is_not_mentioned() throws IOException {
      records(1, 5);
      poll(rig.collector("30d,5"));
      assertEquals(List.of(), rig.logged());
    }

    @Test
    void is_made_again_after_an_hour_and_not_before() throws IOException {
      Collector collector = rig.collector("0s,0");
      poll(collector);
      records(1, 1);
      rig.pass(HOUR.minusSeconds(1));
      poll(collector);
      assertEquals(Set.of("1.json"), rig.names("done"), rig::evidence);
      rig.pass(Duration.ofSeconds(1));
      poll(collector);
      assertEquals(Set.of(), rig.names("done"), rig::evidence);
    }

    @Test
    void is_not_begun_anew_while_one_is_under_way() throws IOException {
      records(1, 1);
      Collector collector = rig.collector("0s,0");
      collector.poll();
      rig.pass(HOUR);
      poll(collector);
      assertEquals(List.of("collected 1 record, id 1 (--keep 0s,0)"), rig.logged());
    }

    @Test
    void is_made_by_two_workers_at_once_and_does_no_harm() throws IOException {
      records(1, 5);
      Collector one = rig.collector("0s,2");
      Collector other = rig.collector("0s,2");
      one.poll();
      other.poll();
      poll(one);
      poll(other);
      assertEquals(Set.of("4.json", "5.json"), rig.names("done"), rig::evidence);
      assertEquals(List.of("collected 3 records, ids 1 to 3 (--keep 0s,2)"), rig.logged());
      assertEquals(new JobId(6), rig.submit(1));
    }

    @Test
    void is_never_made_where_all_stay() throws IOException {
      records(1, 5);
      poll(rig.collector("all"));
      assertEquals(5, rig.names("done").size(), rig::evidence);
      assertEquals(List.of(), rig.logged());
      assertTrue(Files.exists(rig.path(".localq/clock")), "the next worker may collect");
    }

    @Test
    void leaves_the_record_of_a_job_that_has_just_ended() throws IOException {
      JobId id = rig.submit(1);
      rig.tick();
      rig.runs(id, "0");
      rig.setClock(Instant.now());
      poll(rig.collector("30d,0"));
      assertEquals(Set.of("1.json"), rig.names("done"), rig::evidence);
    }
  }

  @Nested
  class While_the_clock_is_not_to_be_trusted {
    @ParameterizedTest
    @CsvSource({
      "P2D,      'forward by 48 h 0 min'",
      "PT1H1S,   'forward by 1 h 0 min'",
      "PT-25H-7M, 'back by 25 h 7 min'"
    })
    void nothing_is_collected_and_that_is_said_once(Duration jump, String how) throws IOException {
      Collector collector = rig.collector("0s,0");
      poll(collector);
      records(1, 3);
      rig.setClock(rig.wall().plus(jump));
      for (int i = 0; i < 5; i++) {
        rig.pass(HOUR);
        poll(collector);
      }
      assertEquals(3, rig.names("done").size(), rig::evidence);
      assertEquals(
          List.of(
              "no records are collected: the clock was set "
                  + how
                  + ", so that no record's age is known; if the new time is the right one: rm '"
                  + rig.path(".localq/clock")
                  + "'"),
          rig.logged());
    }

    @Test
    void it_goes_on_at_the_poll_after_the_clock_was_set_right_and_that_is_said_once()
        throws IOException {
      Collector collector = rig.collector("0s,0");
      poll(collector);
      records(1, 3);
      rig.setClock(rig.wall().plus(HOUR.multipliedBy(3)));
      rig.pass(HOUR);
      poll(collector);
      rig.setClock(rig.wall().minus(HOUR.multipliedBy(3)));
      rig.pass(Duration.ofSeconds(10));
      poll(collector);
      assertEquals(Set.of(), rig.names("done"), rig::evidence);
      rig.pass(HOUR);
      poll(collector);
      assertEquals(
          List.of("collected 3 records, ids 1 to 3 (--keep 0s,0)", "records are collected again"),
          rig.logged().subList(1, rig.logged().size()));
    }

    @Test
    void it_goes_on_once_somebody_said_that_the_time_is_right() throws IOException {
      Collector collector = rig.collector("0s,0");
      poll(collector);
      records(1, 3);
      rig.setClock(rig.wall().plus(Duration.ofDays(400)));
      rig.pass(HOUR);
      poll(collector);
      assertEquals(3, rig.names("done").size(), rig::evidence);
      Files.delete(rig.path(".localq/clock"));
      rig.pass(Duration.ofSeconds(10));
      poll(collector);
      assertEquals(Set.of(), rig.names("done"), rig::evidence);
    }

    @Test
    void an_hour_of_correction_is_no_matter() throws IOException {
      Collector collector = rig.collector("0s,0");
      poll(collector);
      records(1, 3);
      rig.setClock(rig.wall().minus(HOUR));
      rig.pass(HOUR);
      poll(collector);
      assertEquals(Set.of(), rig.names("done"), rig::evidence);
    }

    @Test
    void a_new_worker_does_not_trust_it_either() throws IOException {
      poll(rig.collector("all"));
      records(1, 3);
      rig.setClock(rig.wall().plus(Duration.ofDays(400)));
      rig.boot(Rig.BOOT);
      poll(rig.collector("0s,0"));
      assertEquals(3, rig.names("done").size(), rig::evidence);
      rig.boot(Rig.OTHER_BOOT);
      poll(rig.collector("0s,0"));
      assertEquals(Set.of(), rig.names("done"), rig::evidence);
    }
  }

  @Nested
  class What_hinders_it {
    @Test
    void is_said_once_and_tried_again_every_hour() throws IOException {
      records(1, 3);
      Path unreadable = Files.createDirectory(rig.path("held/9.json"));
      Collector collector = rig.collector("0s,0");
      for (int i = 0; i < 3; i++) {
        poll(collector);
        rig.pass(HOUR);
      }
      assertEquals(3, rig.names("done").size(), rig::evidence);
      assertEquals(
          List.of(
              "no records are collected: "
                  + unreadable
                  + " is no regular file, and may refer to any of them; mend the file or move it"
                  + " away"),
          rig.logged());
      Files.delete(unreadable);
      poll(collector);
      assertEquals(Set.of(), rig.names("done"), rig::evidence);
    }

    @Test
    void is_a_lost_counter_too_and_the_worker_lives() throws IOException {
      records(1, 3);
      Files.delete(rig.path(".localq/seq/3"));
      Collector collector = rig.collector("0s,0");
      poll(collector);
      rig.pass(HOUR);
      poll(collector);
      assertEquals(3, rig.names("done").size(), rig::evidence);
      assertEquals(1, rig.logged().size(), rig::evidence);
      assertTrue(rig.logged().get(0).contains("no counter"), rig::evidence);
    }

    @Test
    void is_done_that_can_not_be_listed_too_and_tried_again_at_the_next_poll() throws IOException {
      records(1, 3);
      Files.move(rig.path("done"), rig.path("gone"));
      Collector collector = rig.collector("0s,0");
      poll(collector);
      assertEquals(1, rig.logged().size(), rig::evidence);
      String line = rig.logged().get(0);
      assertTrue(
          line.startsWith("no records are collected: " + rig.path("done") + ": no such file"),
          line);
      assertTrue(line.endsWith("; tried again at every poll"), line);
      assertFalse(collector.work(Duration.ofSeconds(1)));
      Files.move(rig.path("gone"), rig.path("done"));
      poll(collector);
      assertEquals(Set.of(), rig.names("done"), rig::evidence);
      assertEquals("records are collected again", rig.logged().get(2), rig::evidence);
    }

    @Test
    void is_a_clock_that_can_not_be_read_while_one_is_under_way() throws IOException {
      records(1, 3);
      Collector collector =
          rig.collector("0s,0", new ClockThatFailsOnce(2).withZone(ZoneOffset.UTC));
      collector.poll();
      collector.poll();
      assertFalse(collector.work(Duration.ofSeconds(1)), "what it began is given up");
      assertTrue(collector.bug().isPresent());
      poll(collector);
      assertEquals(Set.of(), rig.names("done"), rig::evidence);
      assertEquals(Optional.empty(), collector.bug());
    }

    @Test
    void in_the_middle_is_tried_again_in_an_hour() throws IOException {
      records(1, 3);
      Collector collector = rig.collector("0s,0");
      collector.poll();
      Files.move(rig.path("held"), rig.path("gone"));
      poll(collector);
      assertEquals(1, rig.logged().size(), rig::evidence);
      assertTrue(rig.logged().get(0).endsWith("; tried again every 60 min"), rig::evidence);
      Files.move(rig.path("gone"), rig.path("held"));
      poll(collector);
      assertEquals(3, rig.names("done").size(), rig::evidence);
      rig.pass(HOUR);
      poll(collector);
      assertEquals(Set.of(), rig.names("done"), rig::evidence);
    }

    @Test
    void next_is_said_once_too() throws IOException {
      records(1, 3);
      Files.createDirectory(rig.path("held/9.json"));
      Collector collector = rig.collector("0s,0");
      poll(collector);
      for (int hour = 0; hour < 3; hour++) {
        rig.setClock(rig.wall().plus(HOUR.multipliedBy(2)));
        rig.pass(HOUR);
        poll(collector);
      }
      assertEquals(2, rig.logged().size(), rig::evidence);
      assertTrue(rig.logged().get(0).contains("is no regular file"), rig::evidence);
      assertTrue(rig.logged().get(1).contains("forward by 2 h 0 min"), rig::evidence);
      rig.setClock(rig.wall().minus(HOUR.multipliedBy(9)));
      rig.pass(HOUR);
      poll(collector);
      assertEquals(3, rig.logged().size(), rig::evidence);
      assertTrue(rig.logged().get(2).contains("back by 3 h 0 min"), rig::evidence);
    }
  }

  @Nested
  class Where_the_clocks_can_not_be_noted {
    private Optional<SmallDisk> mounted = Optional.empty();

    @BeforeEach
    void fill_the_disk() throws Exception {
      SmallDisk disk = SmallDisk.mount(Files.createDirectory(base.resolve("disk")), "512k");
      mounted = Optional.of(disk);
      rig.close();
      rig = new Rig(base.resolve("disk/spool"), 4);
      rig.setClock(Instant.now().plus(Duration.ofDays(31)));
      records(1, 3);
      disk.fill();
    }

    @AfterEach
    void unmount() throws IOException {
      if (mounted.isPresent()) {
        // what the rig still holds keeps the file system until it is closed, behind this
        mounted.get().close();
      }
    }

    @Test
    void records_go_all_the_same_and_make_room() throws IOException {
      poll(rig.collector("0s,0"));
      assertEquals(Set.of(), rig.names("done"), rig::evidence);
      assertFalse(Files.exists(rig.path(".localq/clock")), rig::evidence);
      assertEquals(
          List.of("collected 3 records, ids 1 to 3 (--keep 0s,0)"), rig.logged(), rig::evidence);
    }

    @Test
    void a_jump_while_the_worker_runs_is_seen() throws IOException {
      Collector collector = rig.collector("30d,3");
      poll(collector);
      rig.setClock(rig.wall().plus(Duration.ofDays(400)));
      rig.pass(HOUR);
      poll(collector);
      assertEquals(3, rig.names("done").size(), rig::evidence);
      assertEquals(
          List.of(
              "no records are collected: the clock was set forward by 9600 h 0 min, so that no"
                  + " record's age is known; if the new time is the right one: localqd restart"),
          rig.logged(),
          rig::evidence);
      poll(rig.collector("0s,0"));
      assertEquals(Set.of(), rig.names("done"), rig::evidence);
    }

    @Test
    void what_they_said_first_is_noted_once_there_is_room() throws IOException {
      Collector collector = rig.collector("30d,3");
      String first = " " + Duration.ofHours(5).toMillis() + " " + rig.wall() + "\n";
      poll(collector);
      rig.setClock(rig.wall().plus(Duration.ofDays(400)));
      rig.pass(HOUR);
      mounted.orElseThrow().free();
      poll(collector);
      assertEquals(Rig.BOOT + first, Files.readString(rig.path(".localq/clock")));
      poll(rig.collector("0s,0"));
      assertEquals(3, rig.names("done").size(), rig::evidence);
    }
  }

  /** The time of the rig; one look at it ends in a bug. */
  private final class ClockThatFailsOnce implements InstantSource {
    private int left;

    private ClockThatFailsOnce(int look) {
      left = look;
    }

    @Override
    public Instant instant() {
      left--;
      if (left == 0) {
        throw new IllegalStateException("no time");
      }
      return rig.wall();
    }
  }
}
