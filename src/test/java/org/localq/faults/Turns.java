package org.localq.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.localq.core.Dependency;

/**
 * Whether each job started when it might: not on hold, not before its time, not before what it
 * depends on, attempt after attempt, no more tasks of an array than its throttle allows; and ended
 * for its time limit only where it had reached that.
 */
final class Turns {
  /** A token's time is the file system's, which can be a tick of the kernel behind the clock. */
  private static final Duration COARSE = Duration.ofMillis(20);

  private final Map<String, JsonNode> records;
  private final List<Witness.Event> events;

  /** Of each job, at which places it was seen. */
  private final Map<String, List<Integer>> places = new HashMap<>();

  Turns(Map<String, JsonNode> records, List<Witness.Event> events) {
    this.records = records;
    this.events = events;
    for (int place = 0; place < events.size(); place++) {
      places.computeIfAbsent(events.get(place).id(), id -> new ArrayList<>()).add(place);
    }
  }

  /** Adds a line for each rule that this job breaks. */
  void judge(String id, List<String> broken) {
    JsonNode record = records.get(id);
    hold(id, broken);
    attempts(id, broken);
    begin(id, record, broken);
    timeLimit(id, record, broken);
    throttle(id, record, broken);
    Optional<Dependency> dependency = Dependency.parse(record.path("dependency").asText());
    if (dependency.isPresent()) {
      dependency(id, record, dependency.get(), broken);
    }
  }

  private List<Integer> places(String id) {
    return places.getOrDefault(id, List.of());
  }

  private Optional<Integer> first(String id, String what) {
    return places(id).stream().filter(place -> events.get(place).what().equals(what)).findFirst();
  }

  private Optional<Integer> last(String id, String what) {
    return places(id).stream()
        .filter(place -> events.get(place).what().equals(what))
        .reduce((one, other) -> other);
  }

  private boolean wasRequeued(String id) {
    return first(id, "REQUEUE").isPresent()
        || first(id.replaceFirst("_.*", ""), "REQUEUE").isPresent();
  }

  private void hold(String id, List<String> broken) {
    boolean held = false;
    for (int place : places(id)) {
      String what = events.get(place).what();
      // who has it run again after its cancellation lets it go, too
      boolean ends = what.equals("RELEASE") || what.equals("REQUEUE");
      held = what.equals("HOLD") || (held && !ends);
      if (held && what.equals("START")) {
        broken.add("job " + id + ": it started on hold: " + seen(id));
      }
    }
  }

  /** An attempt that was seen to end did so before the next one started. */
  private void attempts(String id, List<String> broken) {
    int started = 0;
    for (int place : places(id)) {
      Witness.Event event = events.get(place);
      if (event.what().equals("END") && event.attempt() < started) {
        broken.add("job " + id + ": two of its attempts ran at once: " + seen(id));
      }
      started = event.what().equals("START") ? event.attempt() : started;
    }
  }

  private void begin(String id, JsonNode record, List<String> broken) {
    Optional<Instant> started = time(record.path("result").path("started"));
    Optional<Instant> begin = time(record.path("begin"));
    boolean first = record.path("result").path("attempts").isEmpty();
    if (begin.isPresent()
        && first
        && started.isPresent()
        && started.get().plus(COARSE).isBefore(begin.get())) {
      broken.add("job " + id + ": it started before its time: " + record);
    }
  }

  private void timeLimit(String id, JsonNode record, List<String> broken) {
    JsonNode result = record.path("result");
    if (!result.path("state").asText().equals("TIMEOUT") || result.has("tasks")) {
      return;
    }
    Duration limit = Duration.ofSeconds(record.path("time_limit_seconds").asLong());
    Optional<Instant> started = time(result.path("started"));
    Optional<Instant> ended = time(result.path("ended"));
    if (limit.isZero()
        || (started.isPresent()
            && ended.isPresent()
            && Duration.between(started.get(), ended.get()).plus(COARSE).compareTo(limit) < 0)) {
      broken.add("job " + id + ": TIMEOUT before its time limit: " + record);
    }
  }

  /** Tasks of which it is certain that they ran together are not more than might. */
  private void throttle(String array, JsonNode record, List<String> broken) {
    String numbers = record.path("array").asText();
    int percent = numbers.indexOf('%');
    if (percent < 0 || array.indexOf('_') >= 0) {
      return;
    }
    int most = Integer.parseInt(numbers.substring(percent + 1));
    for (int place = 0; place < events.size(); place++) {
      int now = place;
      long together =
          places.keySet().stream()
              .filter(id -> id.startsWith(array + "_") && runsAt(id, now))
              .count();
      if (together > most) {
        broken.add("job " + array + ": " + together + " of its tasks ran at once: " + events);
        return;
      }
    }
  }

  private boolean runsAt(String id, int now) {
    Optional<Integer> start = last(id, "START");
    Optional<Integer> end = last(id, "END");
    return start.isPresent() && end.isPresent() && start.get() <= now && now < end.get();
  }

  private void dependency(String id, JsonNode record, Dependency dependency, List<String> broken) {
    Optional<Integer> start = first(id, "START");
    int met = 0;
    int never = 0;
    int terms = dependency.terms().size();
    if (dependency.jobs().stream().anyMatch(other -> wasRequeued(other.toString()))) {
      // what it had come to before, no record says any more
      return;
    }
    for (Dependency.Term term : dependency.terms()) {
      met += isMet(id, term, start) ? 1 : 0;
      never += isNever(term) ? 1 : 0;
    }
    if (start.isPresent() && (dependency.any() ? met == 0 : met < terms)) {
      broken.add("job " + id + ": it started before what it depends on: " + record + seen(id));
    }
    boolean refused =
        record.path("result").path("reason").asText().equals("DependencyNeverSatisfied");
    if (refused && (dependency.any() ? never < terms : never == 0)) {
      broken.add("job " + id + ": what it depends on came to be, or still can: " + record);
    }
  }

  /** Whether a term can have been met when a job started at this place. */
  private boolean isMet(String id, Dependency.Term term, Optional<Integer> start) {
    int at = start.orElse(Integer.MAX_VALUE);
    if (term.job().isEmpty()) {
      return isAlone(id, at);
    }
    String other = term.job().get().toString();
    if (term.kind() == Dependency.Kind.AFTER) {
      // by the tokens: what the witness sees of two starts can be in another order
      Optional<Instant> its = firstStart(other);
      Optional<Instant> own = firstStart(id);
      return its.isEmpty() || own.isEmpty() || !own.get().plus(COARSE).isBefore(its.get());
    }
    boolean over =
        last(other, "START").filter(place -> place > at).isEmpty()
            && last(other, "END").filter(place -> place > at).isEmpty();
    return over && !isNever(term);
  }

  private Optional<Instant> firstStart(String id) {
    JsonNode result = records.getOrDefault(id, MissingNode.getInstance()).path("result");
    JsonNode attempts = result.path("attempts");
    return time((attempts.isEmpty() ? result : attempts.get(0)).path("started"));
  }

  /** Whether no earlier job of its name was seen to run at that place or later. */
  private boolean isAlone(String id, int at) {
    String name = records.get(id).path("name").asText();
    return records.keySet().stream()
        .filter(other -> other.indexOf('_') < 0 && id.indexOf('_') < 0)
        .filter(other -> Long.parseLong(other) < Long.parseLong(id))
        .filter(other -> records.get(other).path("name").asText().equals(name))
        .filter(other -> !wasRequeued(other))
        .noneMatch(other -> last(other, "END").filter(place -> place > at).isPresent());
  }

  /** Whether a job that has ended as it did meets a term never. */
  private boolean isNever(Dependency.Term term) {
    if (term.job().isEmpty()) {
      return false;
    }
    JsonNode other = records.get(term.job().get().toString());
    boolean ok = other != null && other.path("result").path("state").asText().equals("COMPLETED");
    return switch (term.kind()) {
      case AFTEROK -> !ok;
      case AFTERNOTOK -> ok;
      default -> false;
    };
  }

  private static Optional<Instant> time(JsonNode text) {
    return text.isTextual() ? Optional.of(Instant.parse(text.asText())) : Optional.empty();
  }

  private String seen(String id) {
    return places(id).stream().map(events::get).toList().toString();
  }
}
