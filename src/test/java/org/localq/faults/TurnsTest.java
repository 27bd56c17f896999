package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class TurnsTest {
  private static final JsonMapper JSON = new JsonMapper();

  private final Map<String, JsonNode> records = new HashMap<>();
  private final List<Witness.Event> events = new ArrayList<>();

  /** What is said of job 2, by its first words; empty where it broke nothing. */
  private String said() {
    List<String> broken = new ArrayList<>();
    new Turns(records, events).judge("2", broken);
    return broken.isEmpty() ? "" : broken.get(0).replaceFirst("^job 2: ([a-zA-Z ]*).*", "$1");
  }

  private void record(String id, String text) throws IOException {
    records.put(id, JSON.readTree(text.replace('\'', '"')));
  }

  /** Words of the form {@code ID.ATTEMPT=WHAT}, in their order. */
  private void saw(String words) {
    for (String word : words.split(" ")) {
      String[] parts = word.split("[.=]");
      events.add(new Witness.Event(parts[0], Integer.parseInt(parts[1]), parts[2], 0));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "2.0=HOLD 2.0=RELEASE 2.1=START 2.1=END, ''",
    "2.0=HOLD 2.1=START 2.0=RELEASE, it started on hold",
    "1.0=HOLD 2.1=START, ''",
    "2.1=START 2.1=END 2.2=START 2.2=END, ''",
    "2.1=START 2.2=START 2.1=END, two of its attempts ran at once",
  })
  void a_job_starts_when_it_is_released_and_an_attempt_when_the_one_before_is_over(
      String seen, String expected) throws IOException {
    record("2", "{'result': {'state': 'COMPLETED'}}");
    saw(seen);
    assertEquals(expected, said());
  }

  @ParameterizedTest
  @CsvSource({
    "afterany:1, COMPLETED, 1.1=START 1.1=END 2.1=START, ''",
    "afterany:1, COMPLETED, 1.1=START 2.1=START 1.1=END, it started before what it depends on",
    "afterok:1, COMPLETED, 1.1=START 1.1=END 2.1=START, ''",
    "afterok:1, FAILED, 1.1=START 1.1=END 2.1=START, it started before what it depends on",
    "afternotok:1, FAILED, 1.1=START 1.1=END 2.1=START, ''",
    "afternotok:1, COMPLETED, 1.1=START 1.1=END 2.1=START, it started before what it depends on",
    "afterok:1?afternotok:1, FAILED, 1.1=START 1.1=END 2.1=START, ''",
    "afterok:1?afternotok:1, FAILED, 1.1=START 2.1=START 1.1=END, it started before what it depends on",
    "singleton, COMPLETED, 1.1=START 1.1=END 2.1=START, ''",
    "singleton, COMPLETED, 2.1=START 1.1=START 1.1=END, it started before what it depends on",
  })
  void a_job_starts_behind_what_it_depends_on(
      String dependency, String state, String seen, String expected) throws IOException {
    record("1", "{'name': 'same', 'result': {'state': '" + state + "'}}");
    record(
        "2",
        "{'name': 'same', 'dependency': '" + dependency + "', 'result': {'state': 'COMPLETED'}}");
    saw(seen);
    assertEquals(expected, said());
  }

  @ParameterizedTest
  @CsvSource({
    "after:1, 10:00:00Z, 10:00:01Z, ''",
    "after:1, 10:00:01Z, 10:00:00Z, it started before what it depends on",
  })
  void a_job_starts_behind_the_start_that_it_waits_for(
      String dependency, String first, String own, String expected) throws IOException {
    record("1", "{'result': {'state': 'COMPLETED', 'started': '2026-01-01T" + first + "'}}");
    record(
        "2",
        "{'dependency': '"
            + dependency
            + "', 'result': {'state': 'COMPLETED', 'started': '2026-01-01T"
            + own
            + "'}}");
    saw("1.1=START 2.1=START");
    assertEquals(expected, said());
  }

  @ParameterizedTest
  @CsvSource({
    "afterok:1, FAILED, ''",
    "afterok:1, COMPLETED, what it depends on came to be",
    "afterok:1?afterany:1, FAILED, what it depends on came to be",
  })
  void a_job_is_cancelled_only_where_what_it_depends_on_can_not_be(
      String dependency, String state, String expected) throws IOException {
    record("1", "{'result': {'state': '" + state + "'}}");
    record(
        "2",
        "{'dependency': '"
            + dependency
            + "', 'result': {'state': 'CANCELLED', 'reason': 'DependencyNeverSatisfied'}}");
    assertEquals(expected, said());
  }

  @ParameterizedTest
  @CsvSource({
    "{'begin': '2026-01-01T10:00:00Z'}, 10:00:00Z, 10:00:05Z, COMPLETED, ''",
    "{'begin': '2026-01-01T10:00:01Z'}, 10:00:00Z, 10:00:05Z, COMPLETED, it started before its time",
    "{'time_limit_seconds': 5}, 10:00:00Z, 10:00:05Z, TIMEOUT, ''",
    "{'time_limit_seconds': 6}, 10:00:00Z, 10:00:05Z, TIMEOUT, TIMEOUT before its time limit",
    "{}, 10:00:00Z, 10:00:05Z, TIMEOUT, TIMEOUT before its time limit",
  })
  void a_job_keeps_its_times(
      String asked, String started, String ended, String state, String expected)
      throws IOException {
    String rest = asked.equals("{}") ? "" : ", " + asked.substring(1, asked.length() - 1);
    record(
        "2",
        "{'result': {'state': '"
            + state
            + "', 'started': '2026-01-01T"
            + started
            + "', 'ended': '2026-01-01T"
            + ended
            + "'}"
            + rest
            + "}");
    assertEquals(expected, said());
  }

  @ParameterizedTest
  @CsvSource({
    "0-3%1, 2_0.1=START 2_0.1=END 2_1.1=START 2_1.1=END, ''",
    "0-3%1, 2_0.1=START 2_1.1=START 2_0.1=END 2_1.1=END, 2 of its tasks ran at once",
    "0-3%2, 2_0.1=START 2_1.1=START 2_0.1=END 2_1.1=END, ''",
  })
  void no_more_tasks_run_at_once_than_the_throttle_allows(
      String numbers, String seen, String expected) throws IOException {
    record("2", "{'array': '" + numbers + "', 'result': {'state': 'COMPLETED', 'tasks': {}}}");
    saw(seen);
    List<String> broken = new ArrayList<>();
    new Turns(records, events).judge("2", broken);
    assertEquals(
        expected,
        broken.isEmpty() ? "" : broken.get(0).replaceFirst("^job 2: ([a-zA-Z0-9 ]*).*", "$1"));
  }
}
