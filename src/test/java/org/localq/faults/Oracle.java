package org.localq.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.localq.core.TaskNumbers;

/**
 * Compares what a witness saw with what a settled spool says and what clients were told, and names
 * every invariant that is broken.
 */
record Oracle(Path spool, Witness witness, Expected expected) {
  private static final JsonMapper JSON = new JsonMapper();

  /** As core.Retry has it. */
  private static final int MOST_REQUEUES = 5;

  /**
   * What a trial did that its spool has to show.
   *
   * @param accepted the ids that clients printed
   * @param unknown how many clients ended without a word: their jobs may be there, or not
   * @param dropped how many whole jobs were dropped by hand: they are there, under ids nobody knows
   * @param refused how many drops are to be refused
   * @param lost whether shims were killed, or the machine went down: else every end is known
   */
  record Expected(List<String> accepted, int unknown, int dropped, int refused, boolean lost) {}

  /** One line for each broken invariant; none when all hold. */
  List<String> violations() throws IOException {
    List<String> broken = new ArrayList<>();
    Map<String, JsonNode> records = records(broken);
    Map<String, List<Witness.Event>> seen =
        witness.events().stream()
            .collect(Collectors.groupingBy(Witness.Event::id, TreeMap::new, Collectors.toList()));
    ids(records, seen, broken);
    refusals(broken);
    JsonNode none = JSON.createObjectNode();
    seen.forEach(
        (id, events) -> {
          JsonNode record = records.getOrDefault(id, none);
          starts(id, events, wishes(id, seen) + most(record), broken);
          unrecorded(id, events, record, broken);
        });
    records.forEach(
        (id, record) -> {
          if (record.path("result").has("tasks")) {
            tasks(id, record, records, broken);
          } else {
            ends(id, record, seen.getOrDefault(id, List.of()), broken);
          }
        });
    Turns turns = new Turns(records, witness.events());
    records.keySet().forEach(id -> turns.judge(id, broken));
    return broken;
  }

  /** Every record, whole: what can't be read is a violation. */
  private Map<String, JsonNode> records(List<String> broken) throws IOException {
    Map<String, JsonNode> records = new LinkedHashMap<>();
    try (Stream<Path> files = Files.list(spool.resolve("done"))) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        try {
          JsonNode record = JSON.readTree(Files.readAllBytes(file));
          if (record.path("result").path("state").isTextual()) {
            records.put(name.replaceFirst("\\.json$", ""), record);
          } else {
            broken.add(name + ": a record without a result: " + record);
          }
        } catch (IOException damaged) {
          broken.add(name + ": a record that can't be read: " + damaged.getMessage());
        }
      }
    }
    return records;
  }

  /** No id twice, none lost, and no job that nobody submitted. */
  private void ids(
      Map<String, JsonNode> records, Map<String, List<Witness.Event>> seen, List<String> broken) {
    Set<String> told = new HashSet<>();
    for (String id : expected.accepted()) {
      if (!told.add(id)) {
        broken.add("job " + id + ": two clients were given this id");
      }
      if (!records.containsKey(id)) {
        broken.add("job " + id + ": its client was told that it is accepted, and it has no record");
      }
    }
    long strangers = records.keySet().stream().filter(id -> !told.contains(id)).count();
    int most = expected.dropped() + expected.unknown();
    if (strangers > most) {
      broken.add(strangers + " records of jobs that no client submitted, at most " + most);
    }
    if (strangers < expected.dropped()) {
      broken.add(strangers + " records of dropped jobs, at least " + expected.dropped());
    }
    seen.forEach(
        (id, events) -> {
          if (events.stream().anyMatch(e -> e.what().equals("START")) && !records.containsKey(id)) {
            broken.add("job " + id + ": it ran, and has no record");
          }
        });
  }

  /** What a client publishes is complete, and is never refused; nor is a whole drop. */
  private void refusals(List<String> broken) throws IOException {
    try (Stream<Path> files = Files.list(spool.resolve("rejected"))) {
      List<Path> refused = files.filter(file -> !file.toString().endsWith(".reason")).toList();
      if (refused.size() != expected.refused()) {
        broken.add(refused + " are refused, expected were " + expected.refused());
      }
    }
  }

  /**
   * At most one start an attempt, another attempt only of what never started or asked for it, and
   * never too wide.
   */
  private static void starts(
      String id, List<Witness.Event> events, long most, List<String> broken) {
    List<Integer> attempts = started(events);
    if (events.stream().anyMatch(e -> e.what().equals("OVER"))) {
      broken.add("job " + id + ": it ran where more was taken than there is");
    }
    if (attempts.size() > most || new HashSet<>(attempts).size() < attempts.size()) {
      broken.add("job " + id + ": its command started " + attempts.size() + " times: " + attempts);
    }
  }

  private static List<Integer> started(List<Witness.Event> events) {
    return events.stream()
        .filter(e -> e.what().equals("START"))
        .map(Witness.Event::attempt)
        .toList();
  }

  /** How many attempts a job can come to by itself. */
  private static int most(JsonNode record) {
    return 1
        + record.path("retries").asInt()
        + (record.path("requeue").asBoolean() ? MOST_REQUEUES : 0);
  }

  /** How often somebody wanted another attempt, of it or of the whole array. */
  private static long wishes(String id, Map<String, List<Witness.Event>> seen) {
    String array = id.replaceFirst("_.*", "");
    return Stream.of(id, array)
        .distinct()
        .flatMap(one -> seen.getOrDefault(one, List.of()).stream())
        .filter(e -> e.what().equals("REQUEUE"))
        .count();
  }

  private static void unrecorded(
      String id, List<Witness.Event> events, JsonNode record, List<String> broken) {
    List<Integer> attempts = started(events);
    if (attempts.size() > 1 && !attempts(record).containsAll(attempts)) {
      broken.add("job " + id + ": its attempts were " + attempts + ", recorded is " + record);
    }
  }

  /** The numbers of the attempts that a record tells of. */
  private static List<Integer> attempts(JsonNode record) {
    List<Integer> numbers = new ArrayList<>();
    record.path("result").path("attempts").forEach(a -> numbers.add(a.path("attempt").asInt()));
    return numbers;
  }

  /** The exit code of each attempt is the one that its command ended with. */
  private static void attempts(
      String id, JsonNode record, List<Witness.Event> events, List<String> broken) {
    for (JsonNode attempt : record.path("result").path("attempts")) {
      int code = attempt.path("exit_code").asInt();
      boolean seen =
          events.stream()
              .anyMatch(
                  e ->
                      e.what().equals("END")
                          && e.attempt() == attempt.path("attempt").asInt()
                          && e.code() == code);
      if (attempt.has("exit_code") && code != 137 && code != 143 && !seen) {
        broken.add("job " + id + ": no such end was seen of " + attempt + ": " + events);
      }
    }
  }

  /** An array's record counts its tasks' records, and has their highest exit code. */
  private static void tasks(
      String id, JsonNode array, Map<String, JsonNode> records, List<String> broken) {
    Map<String, Integer> counts = new TreeMap<>();
    int code = 0;
    int missing = 0;
    for (int task : numbers(array).stream().toArray()) {
      JsonNode result = records.getOrDefault(id + "_" + task, array).path("result");
      if (result.has("tasks")) {
        missing++;
      } else {
        counts.merge(result.path("state").asText(), 1, Integer::sum);
        code = Math.max(code, result.path("exit_code").asInt());
      }
    }
    boolean cancelled = array.path("result").path("state").asText().equals("CANCELLED");
    if (missing > 0) {
      if (!cancelled) {
        broken.add("job " + id + ": " + missing + " of its tasks have no record");
      }
      counts.merge("CANCELLED", missing, Integer::sum);
    }
    Map<String, Integer> counted = new TreeMap<>();
    array
        .path("result")
        .path("tasks")
        .properties()
        .forEach(entry -> counted.put(entry.getKey(), entry.getValue().asInt()));
    if (!counted.equals(counts)) {
      broken.add("job " + id + ": its tasks are counted as " + counted + ", and are " + counts);
    }
    boolean lost = counts.containsKey("LOST");
    if (array.path("result").path("exit_code").asInt() != (lost && !cancelled ? 0 : code)) {
      broken.add("job " + id + ": its tasks' highest exit code is " + code + ": " + array);
    }
  }

  private static TaskNumbers numbers(JsonNode array) {
    return array.has("array")
        ? ((TaskNumbers.Parsed.Valid) TaskNumbers.parse(array.path("array").asText())).numbers()
        : TaskNumbers.upTo(array.path("tasks").asInt());
  }

  /** A recorded exit code is the one that the command ended with. */
  private void ends(String id, JsonNode record, List<Witness.Event> events, List<String> broken) {
    JsonNode result = record.path("result");
    String state = result.path("state").asText();
    attempts(id, record, events, broken);
    List<Integer> attempts = attempts(record);
    int last = attempts.isEmpty() ? 0 : attempts.get(attempts.size() - 1);
    Optional<Witness.Event> end =
        events.stream()
            .filter(e -> e.what().equals("END") && (last == 0 || e.attempt() == last))
            .findAny();
    boolean started = events.stream().anyMatch(e -> e.what().equals("START"));
    if (result.has("exit_code")) {
      int code = result.path("exit_code").asInt();
      boolean signalled = code == 137 || code == 143;
      if (!started && !signalled) {
        broken.add("job " + id + ": exit code " + code + " is recorded, and it never started");
      }
      if (!signalled && (end.isEmpty() || end.get().code() != code)) {
        broken.add("job " + id + ": exit code " + code + " is recorded, seen was " + events);
      }
      if ((code == 0) != state.equals("COMPLETED")
          && !Set.of("CANCELLED", "TIMEOUT").contains(state)) {
        broken.add("job " + id + ": exit code " + code + " does not go with " + state);
      }
    } else if (state.equals("COMPLETED") || state.equals("REJECTED")) {
      broken.add("job " + id + ": " + state + " without an exit code");
    } else if (state.equals("LOST") && !expected.lost()) {
      broken.add("job " + id + ": LOST, and nothing was killed that knew its end: " + events);
    } else if (end.isPresent() && !state.equals("CANCELLED") && !expected.lost()) {
      broken.add("job " + id + ": " + state + " without the exit code that was seen: " + events);
    }
  }
}
