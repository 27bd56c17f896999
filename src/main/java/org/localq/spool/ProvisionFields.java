package org.localq.spool;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.localq.core.Given;
import org.localq.core.Needs;
import org.localq.core.Provision;

/** The fields of a record that say what its last attempt was provided with. */
final class ProvisionFields {
  private static final String GIVEN = "given";
  private static final String ENFORCED = "memory_enforced";
  private static final String WHY = "memory_counted_because";

  private final SortedMap<String, List<String>> given = new TreeMap<>();
  private boolean enforced;
  private String why = "";

  /** Writes them, as far as a job with these needs has them, into an object that is open. */
  static void write(Provision provision, Needs needs, JsonGenerator out) throws IOException {
    if (!provision.given().isNothing()) {
      out.writeObjectFieldStart(GIVEN);
      for (Map.Entry<String, List<String>> resource : provision.given().ids().entrySet()) {
        out.writeArrayFieldStart(resource.getKey());
        for (String id : resource.getValue()) {
          out.writeString(id);
        }
        out.writeEndArray();
      }
      out.writeEndObject();
    }
    if (needs.memory() > 0) {
      out.writeBooleanField(ENFORCED, provision.enforced());
      if (!provision.why().isEmpty()) {
        out.writeStringField(WHY, provision.why());
      }
    }
  }

  /**
   * Reads the value of {@code field} of a result, at which the parser is.
   *
   * @return false when the field is none of these; then nothing was read
   */
  boolean read(String field, JsonParser in) throws IOException {
    String full = "result." + field;
    switch (field) {
      case GIVEN -> readGiven(full, in);
      case ENFORCED -> enforced = JsonValue.flag(full, in);
      case WHY -> why = JsonValue.text(full, in);
      default -> {
        return false;
      }
    }
    return true;
  }

  private void readGiven(String field, JsonParser in) throws IOException {
    JsonValue.expect(field, in, JsonToken.START_OBJECT, "an object of lists");
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String name = in.currentName();
      in.nextToken();
      given.put(name, JsonValue.texts(field + "." + name, in));
    }
  }

  /** What was read. */
  Provision build() {
    return new Provision(new Given(given), enforced, why);
  }
}
