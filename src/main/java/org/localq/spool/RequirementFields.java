package org.localq.spool;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.localq.core.Conditions;
import org.localq.core.Dependency;
import org.localq.core.Needs;
import org.localq.core.Requirements;
import org.localq.core.Retry;
import org.localq.core.TimeLimit;
import org.localq.core.Warning;

/**
 * The fields of a job file that say what the job asks of the queue. All but "cores" are left out at
 * their defaults.
 */
final class RequirementFields {
  private static final String CORES = "cores";
  private static final String MEMORY = "memory_bytes";
  private static final String RESOURCES = "resources";
  private static final String BEGIN = "begin";
  private static final String DEPENDENCY = "dependency";
  private static final String PRIORITY = "priority";
  private static final String NICE = "nice";
  private static final String TIME_LIMIT = "time_limit_seconds";
  private static final String SIGNAL = "signal";
  private static final String REQUEUE = "requeue";
  private static final String RETRIES = "retries";
  private static final String RETRY_DELAY = "retry_delay_seconds";

  private int cores = 1;
  private long memory;
  private SortedMap<String, Integer> resources = new TreeMap<>();
  private Optional<Instant> begin = Optional.empty();
  private Optional<Dependency> dependency = Optional.empty();
  private int priority;
  private int nice;
  private Optional<Duration> timeLimit = Optional.empty();
  private Optional<Warning> warning = Optional.empty();
  private boolean requeue;
  private int retries;
  private Duration retryDelay = Duration.ZERO;

  /**
   * Reads the value of {@code field}, at which the parser is.
   *
   * @return false when the field is none of these; then nothing was read
   */
  boolean read(String field, JsonParser in) throws IOException {
    switch (field) {
      case CORES -> cores = JsonValue.whole(field, in, 1);
      case MEMORY -> memory = JsonValue.bytes(field, in);
      case RESOURCES -> resources = readResources(in);
      case BEGIN -> begin = Optional.of(JsonValue.instant(field, in));
      case DEPENDENCY -> dependency = Optional.of(readDependency(in));
      case PRIORITY -> priority = JsonValue.whole(field, in, Integer.MIN_VALUE);
      case NICE -> nice = JsonValue.whole(field, in, Integer.MIN_VALUE);
      case TIME_LIMIT -> timeLimit = Optional.of(seconds(field, in, 1));
      case SIGNAL -> warning = Optional.of(readSignal(in));
      case REQUEUE -> requeue = JsonValue.flag(field, in);
      case RETRIES -> retries = JsonValue.whole(field, in, 0);
      case RETRY_DELAY -> retryDelay = seconds(field, in, 0);
      default -> {
        return false;
      }
    }
    return true;
  }

  private static Duration seconds(String field, JsonParser in, int least) throws IOException {
    return Duration.ofSeconds(JsonValue.whole(field, in, least));
  }

  private static SortedMap<String, Integer> readResources(JsonParser in) throws IOException {
    JsonValue.expect(RESOURCES, in, JsonToken.START_OBJECT, "an object of numbers");
    SortedMap<String, Integer> resources = new TreeMap<>();
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String name = in.currentName();
      if (!Needs.isResource(name)) {
        throw new JsonValue.Mistake(
            "field \""
                + RESOURCES
                + "\" has the name "
                + JsonValue.quoted(name)
                + ", expected letters, digits, _");
      }
      in.nextToken();
      resources.put(name, JsonValue.whole(RESOURCES + "." + name, in, 1));
    }
    return resources;
  }

  private static Dependency readDependency(JsonParser in) throws IOException {
    String text = JsonValue.text(DEPENDENCY, in);
    return Dependency.parse(text)
        .orElseThrow(
            () ->
                new JsonValue.Mistake(
                    DEPENDENCY, JsonValue.quoted(text), "like afterok:17:18,afterany:19"));
  }

  private static Warning readSignal(JsonParser in) throws IOException {
    String text = JsonValue.text(SIGNAL, in);
    return Warning.parse(text)
        .orElseThrow(() -> new JsonValue.Mistake(SIGNAL, JsonValue.quoted(text), "like B:USR1@60"));
  }

  /** What was read, defaults filled in. */
  Requirements build() {
    return new Requirements(
        new Needs(cores, memory, resources),
        new Conditions(begin, dependency, priority, nice),
        new TimeLimit(timeLimit, warning),
        new Retry(requeue, retries, retryDelay));
  }

  /** Writes the fields into an object that is open. */
  static void write(Requirements requirements, JsonGenerator out) throws IOException {
    write(requirements.needs(), out);
    write(requirements.conditions(), out);
    write(requirements.timeLimit(), out);
    write(requirements.retry(), out);
  }

  private static void write(Needs needs, JsonGenerator out) throws IOException {
    out.writeNumberField(CORES, needs.cores());
    if (needs.memory() > 0) {
      out.writeNumberField(MEMORY, needs.memory());
    }
    if (!needs.resources().isEmpty()) {
      out.writeObjectFieldStart(RESOURCES);
      for (Map.Entry<String, Integer> resource : needs.resources().entrySet()) {
        out.writeNumberField(resource.getKey(), resource.getValue());
      }
      out.writeEndObject();
    }
  }

  private static void write(Conditions conditions, JsonGenerator out) throws IOException {
    if (conditions.begin().isPresent()) {
      out.writeStringField(BEGIN, conditions.begin().get().toString());
    }
    if (conditions.dependency().isPresent()) {
      out.writeStringField(DEPENDENCY, conditions.dependency().get().toString());
    }
    if (conditions.priority() != 0) {
      out.writeNumberField(PRIORITY, conditions.priority());
    }
    if (conditions.nice() != 0) {
      out.writeNumberField(NICE, conditions.nice());
    }
  }

  private static void write(TimeLimit limit, JsonGenerator out) throws IOException {
    if (limit.most().isPresent()) {
      out.writeNumberField(TIME_LIMIT, limit.most().get().toSeconds());
    }
    if (limit.warning().isPresent()) {
      out.writeStringField(SIGNAL, limit.warning().get().toString());
    }
  }

  private static void write(Retry retry, JsonGenerator out) throws IOException {
    if (retry.requeue()) {
      out.writeBooleanField(REQUEUE, true);
    }
    if (retry.retries() > 0) {
      out.writeNumberField(RETRIES, retry.retries());
    }
    if (!retry.delay().isZero()) {
      out.writeNumberField(RETRY_DELAY, retry.delay().toSeconds());
    }
  }
}
