package org.localq.spool;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.localq.core.Attempted;
import org.localq.core.Outcome;
import org.localq.core.State;

/** The attempts that a record tells of. */
final class AttemptFields {
  static final String ATTEMPTS = "attempts";

  private AttemptFields() {}

  static void write(List<Attempted> attempts, JsonGenerator out) throws IOException {
    out.writeArrayFieldStart(ATTEMPTS);
    for (Attempted attempt : attempts) {
      out.writeStartObject();
      out.writeNumberField("attempt", attempt.number());
      out.writeStringField("state", attempt.outcome().state().name());
      if (attempt.outcome().exitCode().isPresent()) {
        out.writeNumberField("exit_code", attempt.outcome().exitCode().getAsInt());
      }
      if (attempt.started().isPresent()) {
        out.writeStringField("started", attempt.started().get().toString());
      }
      if (attempt.ended().isPresent()) {
        out.writeStringField("ended", attempt.ended().get().toString());
      }
      if (!attempt.outcome().reason().isEmpty()) {
        out.writeStringField("reason", attempt.outcome().reason());
      }
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  /** Reads the list at which the parser is. */
  static List<Attempted> read(String field, JsonParser in) throws IOException {
    JsonValue.expect(field, in, JsonToken.START_ARRAY, "a list of objects");
    List<Attempted> attempts = new ArrayList<>();
    while (in.nextToken() != JsonToken.END_ARRAY) {
      JsonValue.expect(field, in, JsonToken.START_OBJECT, "a list of objects");
      attempts.add(readOne(field, in));
    }
    return attempts;
  }

  private static Attempted readOne(String field, JsonParser in) throws IOException {
    int number = 1;
    State state = State.LOST;
    OptionalInt code = OptionalInt.empty();
    Optional<Instant> started = Optional.empty();
    Optional<Instant> ended = Optional.empty();
    String reason = "";
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String full = field + "." + in.currentName();
      switch (in.currentName()) {
        case "attempt" -> number = JsonValue.whole(full, next(in), 1);
        case "state" -> state = JsonValue.finalState(full, next(in));
        case "exit_code" -> code = OptionalInt.of(JsonValue.whole(full, next(in), 0));
        case "started" -> started = Optional.of(JsonValue.instant(full, next(in)));
        case "ended" -> ended = Optional.of(JsonValue.instant(full, next(in)));
        case "reason" -> reason = JsonValue.text(full, next(in));
        default -> next(in).skipChildren();
      }
    }
    return new Attempted(number, new Outcome(state, code, reason), started, ended);
  }

  private static JsonParser next(JsonParser in) throws IOException {
    in.nextToken();
    return in;
  }
}
