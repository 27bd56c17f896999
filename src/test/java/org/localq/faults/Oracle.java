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

/**
 * Compares what a witness saw with what a settled spool says and what clients were told, and names
 * every invariant that is broken.
 */
record Oracle(Path spool, Witness witness, Expected expected) {
  private static final JsonMapper JSON = new JsonMapper();

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
    ids(records, seen.keySet(), broken);
    refusals(broken);
    seen.forEach((id, events) -> starts(id, events, broken));
    records.forEach(
        (id, record) -> {
          if (record.path("result").has("tasks")) {
            tasks(id, record, records, broken);
          } else {
            ends(id, record, seen.getOrDefault(id, List.of()), broken);
          }
        });
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
  private void ids(Map<String, JsonNode> records, Set<String> seen, List<String> broken) {
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
    for (String id : seen) {
      if (!records.containsKey(id)) {
        broken.add("job " + id + ": it ran, and has no record");
      }
    }
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
   * At most one start an attempt, another attempt only of what never started, and never too wide.
   */
  private static void starts(String id, List<Witness.Event> events, List<String> broken) {
    List<Integer> attempts = new ArrayList<>();
    for (Witness.Event event : events) {
      if (event.what().equals("START")) {
        attempts.add(event.attempt());
      } else if (event.what().equals("OVER")) {
        broken.add("job " + id + ": it ran beyond the core limit");
      }
    }
    if (attempts.size() > 1) {
      broken.add("job " + id + ": its command started " + attempts.size() + " times: " + attempts);
    }
  }

  /** An array's record counts its tasks' records, and has their highest exit code. */
  private static void tasks(
      String id, JsonNode array, Map<String, JsonNode> records, List<String> broken) {
    Map<String, Integer> counts = new TreeMap<>();
    int code = 0;
    int missing = 0;
    for (int task = 1; task <= array.path("tasks").asInt(); task++) {
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

  /** A recorded exit code is the one that the command ended with. */
  private void ends(String id, JsonNode record, List<Witness.Event> events, List<String> broken) {
    JsonNode result = record.path("result");
    String state = result.path("state").asText();
    Optional<Witness.Event> end = events.stream().filter(e -> e.what().equals("END")).findAny();
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
      if ((code == 0) != state.equals("COMPLETED") && !state.equals("CANCELLED")) {
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
