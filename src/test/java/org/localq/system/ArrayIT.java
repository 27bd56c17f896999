package org.localq.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code lbatch -a}, as installed. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ArrayIT {
  /** A line is one write with O_APPEND: whole, and in the order of the events. */
  private static final String TASK =
      "echo \"START $LOCALQ_ARRAY_TASK_ID\" >>\"$HOME/events\"; sleep 0.2;"
          + " echo \"END $LOCALQ_ARRAY_TASK_ID\" >>\"$HOME/events\"; exit $LOCALQ_ARRAY_TASK_ID";

  @TempDir Path scratch;
  @AutoClose private Installation localq;

  @BeforeEach
  void install() throws IOException {
    localq = new Installation(scratch);
  }

  private List<String> events() {
    Path events = localq.home().resolve("events");
    return Files.exists(events) ? Installation.read(events).lines().toList() : List.of();
  }

  @Test
  void
      runs_each_task_once_and_no_more_than_its_throttle_at_a_time_however_often_its_worker_is_killed()
          throws Exception {
    localq.run("localqd", "-n", "8", "-i", "1", "start").exits(0);
    assertEquals(
        "1", localq.run("lbatch", "--parsable", "-a", "0-60:3%3", "sh", "-c", TASK).text());
    Process waits = localq.launch("lwait", "1");
    for (int kills = 1; kills <= 3; kills++) {
      int seen = 8 * kills;
      eventually("event " + seen, () -> events().size() >= seen, localq::evidence);
      localq.killWorker();
      localq.run("localqd", "-n", "8", "-i", "1", "start").exits(0);
    }
    assertTrue(waits.waitFor(60, TimeUnit.SECONDS), localq::evidence);
    assertEquals(60, waits.exitValue(), "the highest exit code");
    assertEquals(60, localq.run("lwait", "1_[0-60:3%3]").code());
    assertRan(IntStream.range(0, 21).map(i -> 3 * i), 3);
    assertTrue(localq.record("1").contains("\"FAILED\" : 20"), localq::evidence);
    localq.run("localqd", "check").exits(0);
  }

  /** Each of these ran once, and never more than so many at a time. */
  private void assertRan(IntStream numbers, int most) {
    TreeMap<Integer, Integer> starts = new TreeMap<>();
    int running = 0;
    for (String event : events()) {
      running += event.startsWith("START") ? 1 : -1;
      assertTrue(running <= most, () -> events().toString());
      if (event.startsWith("START")) {
        starts.merge(Integer.parseInt(event.split(" ")[1]), 1, Integer::sum);
      }
    }
    assertEquals(numbers.boxed().collect(Collectors.toMap(n -> n, n -> 1)), starts);
  }

  @Test
  void shared_by_two_workers_runs_no_more_than_its_throttle_at_a_time() throws Exception {
    localq.run("localqd", "-n", "8", "-i", "1", "start").exits(0);
    Process another = localq.launch("localqd", "-i", "1", "run");
    eventually("two workers", () -> localq.workers().size() == 2, localq::evidence);
    localq.run("lbatch", "-a", "1-30%2", "sh", "-c", TASK).exits(0);
    assertEquals(30, localq.run("lwait", "1").code());
    assertRan(IntStream.rangeClosed(1, 30), 2);
    localq.run("localqd", "stop").exits(0);
    assertTrue(another.waitFor(60, TimeUnit.SECONDS), localq::evidence);
  }

  @Test
  void that_is_dropped_by_hand_shows_each_task_its_number_also_behind_a_restart_of_the_worker()
      throws Exception {
    localq.run("localqd", "-n", "1", "-i", "1", "start").exits(0);
    Path draft =
        Files.writeString(
            localq.spool().resolve(".drop"),
            """
            { "array": "1,3,7", "stdout": "%A-%a", "directory": "HOME",
              "command": ["sh", "-c", "sleep 0.5; env | grep ^LOCALQ_ARRAY | sort"] }
            """
                .replace("HOME", localq.home().toString()));
    Files.move(draft, localq.spool().resolve("drop.json"), StandardCopyOption.ATOMIC_MOVE);
    eventually("a task", () -> Files.exists(localq.home().resolve("1-1")), localq::evidence);
    localq.run("localqd", "restart").exits(0);
    localq.run("lwait", "1").exits(0);
    for (int task : List.of(1, 3, 7)) {
      assertEquals(
          """
          LOCALQ_ARRAY_JOB_ID=1
          LOCALQ_ARRAY_TASK_COUNT=3
          LOCALQ_ARRAY_TASK_ID=%d
          LOCALQ_ARRAY_TASK_MAX=7
          LOCALQ_ARRAY_TASK_MIN=1
          """
              .formatted(task),
          Installation.read(localq.home().resolve("1-" + task)));
    }
  }

  @Test
  void of_lines_shows_each_task_its_number_too() throws Exception {
    localq.run("localqd", "-n", "1", "start").exits(0);
    Path lines = Files.writeString(scratch.resolve("lines"), "env\nenv\n");
    localq.run("lbatch", "-o", "%a", "--each-line", lines.toString()).exits(0);
    localq.run("lwait", "1").exits(0);
    List<String> second = Installation.read(localq.home().resolve("2")).lines().toList();
    assertTrue(
        second.containsAll(
            List.of(
                "LOCALQ_ARRAY_JOB_ID=1",
                "LOCALQ_ARRAY_TASK_ID=2",
                "LOCALQ_ARRAY_TASK_COUNT=2",
                "LOCALQ_ARRAY_TASK_MIN=1",
                "LOCALQ_ARRAY_TASK_MAX=2",
                "LOCALQ_ARRAY_TASK_STEP=1")),
        second::toString);
  }
}
