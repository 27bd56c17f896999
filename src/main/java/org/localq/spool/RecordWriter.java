package org.localq.spool;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Result;
import org.localq.core.State;
import org.localq.core.Tasks;

/**
 * Writes records and documents: the job file as it was, fields that this version doesn't know
 * included, and what is known by now.
 *
 * <p>Copies token by token: a number keeps its digits, whatever no type of Java can hold.
 */
final class RecordWriter {
  private static final JsonFactory JSON = new JsonFactory();

  /** As few bytes as can be: what is escaped elsewhere is UTF-8 where it has a form in it. */
  private static final JsonFactory DENSE =
      JsonFactory.builder().enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8).build();

  private static final int DEEPEST_INDENT = 3;

  /**
   * Of a task: its array's throttle, which holds for one that waits for another attempt too, also
   * when its array has gone to running/.
   */
  static final String THROTTLE = "array_throttle";

  /** What a task's file says for itself. */
  private static final Set<String> OF_EACH_TASK =
      Set.of(
          ArrayFile.TASKS,
          ArrayFile.NUMBERS,
          THROTTLE,
          "command",
          "directory",
          "stdin",
          "stdout",
          "stderr",
          "open_mode",
          "submitted",
          "environment");

  private RecordWriter() {}

  /**
   * The record of the job that {@code file} holds: indented for people, unless that made it so long
   * that nobody would read it.
   */
  static byte[] record(byte[] file, Job job, Result result) throws IOException {
    return record(file, job, result, Optional.empty());
  }

  /**
   * The record of an array.
   *
   * @param header its fields but for the lines: each is in its task's record
   */
  static byte[] record(byte[] header, Job job, Result result, Tasks tasks) throws IOException {
    return record(header, job, result, Optional.of(tasks));
  }

  private static byte[] record(byte[] file, Job job, Result result, Optional<Tasks> tasks)
      throws IOException {
    ByteArrayOutputStream indented = new ByteArrayOutputStream(8192);
    JsonGenerator out = JSON.createGenerator(indented);
    // no deeper, or a small file of many fields that are nested deep would fill the memory
    out.setPrettyPrinter(new DefaultPrettyPrinter().withObjectIndenter(new ShallowIndenter()));
    record(file, job, new End(result, tasks), out);
    if (indented.size() <= Content.MOST_BYTES) {
      return indented.toByteArray();
    }
    ByteArrayOutputStream dense = new ByteArrayOutputStream(file.length);
    record(file, job, new End(result, tasks), DENSE.createGenerator(dense));
    return dense.toByteArray();
  }

  private static final class ShallowIndenter extends DefaultIndenter {
    private static final long serialVersionUID = 1;

    @Override
    public void writeIndentation(JsonGenerator out, int level) throws IOException {
      super.writeIndentation(out, Math.min(level, DEEPEST_INDENT));
    }
  }

  private record End(Result result, Optional<Tasks> tasks) {}

  private static void record(byte[] file, Job job, End end, JsonGenerator generator)
      throws IOException {
    try (JsonParser in = JsonText.parser(file);
        JsonGenerator out = generator) {
      out.writeStartObject();
      copyFields(in, Set.of("submitted", "stdout", "result"), out);
      // what a dropped file left to the defaults of its moment, kept
      out.writeStringField("submitted", job.submission().submitted().toString());
      out.writeStringField("stdout", job.workplace().stdout());
      out.writeObjectFieldStart("result");
      write(end.result(), out);
      if (end.tasks().isEmpty() && end.result().started().isPresent()) {
        ProvisionFields.write(end.result().provision(), job.requirements().needs(), out);
      }
      if (end.tasks().isPresent()) {
        write(end.tasks().get(), out);
      }
      out.writeEndObject();
      out.writeEndObject();
      out.writeRaw('\n');
    }
  }

  private static void write(Tasks tasks, JsonGenerator out) throws IOException {
    out.writeObjectFieldStart(ArrayFile.TASKS);
    for (Map.Entry<State, Integer> ended : new TreeMap<>(tasks.ended()).entrySet()) {
      out.writeNumberField(ended.getKey().name(), ended.getValue());
    }
    out.writeEndObject();
  }

  private static void write(Result result, JsonGenerator out) throws IOException {
    out.writeStringField("state", result.outcome().state().name());
    if (result.outcome().exitCode().isPresent()) {
      out.writeNumberField("exit_code", result.outcome().exitCode().getAsInt());
    }
    if (result.outcome().signal().isPresent()) {
      out.writeNumberField("signal", result.outcome().signal().getAsInt());
    }
    if (result.started().isPresent()) {
      out.writeStringField("started", result.started().get().toString());
    }
    out.writeStringField("ended", result.ended().toString());
    if (result.usage().userSeconds().isPresent()) {
      out.writeNumberField("user_seconds", result.usage().userSeconds().getAsDouble());
    }
    if (result.usage().systemSeconds().isPresent()) {
      out.writeNumberField("system_seconds", result.usage().systemSeconds().getAsDouble());
    }
    if (result.usage().maxRssBytes().isPresent()) {
      out.writeNumberField("max_rss_bytes", result.usage().maxRssBytes().getAsLong());
    }
    out.writeNumberField("restarts", result.restarts());
    if (!result.attempts().isEmpty()) {
      AttemptFields.write(result.attempts(), out);
    }
    if (!result.outcome().reason().isEmpty()) {
      out.writeStringField("reason", result.outcome().reason());
    }
  }

  /**
   * A job's document for other programs: {@code id}, of a task {@code task}, and {@code state} in
   * front, then the file. What the file says of these is ignored, and of a result too unless it is
   * a record.
   */
  static String document(JobId id, State state, byte[] file, boolean isRecord) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(8192);
    try (JsonParser in = JsonText.parser(file);
        JsonGenerator out = TerminalJson.generator(bytes)) {
      out.writeStartObject();
      Set<String> ignored = new HashSet<>(Set.of("id", "state"));
      out.writeNumberField("id", id.number());
      if (id.isTask()) {
        out.writeNumberField("task", id.task());
        ignored.addAll(Set.of("task", ArrayFile.TASKS, ArrayFile.NUMBERS));
      }
      out.writeStringField("state", state.name());
      if (!isRecord) {
        ignored.add("result");
      }
      copyFields(in, ignored, out);
      out.writeEndObject();
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  /** Copies every field of the one object in {@code in} but those that are {@code left} out. */
  private static void copyFields(JsonParser in, Set<String> left, JsonGenerator out)
      throws IOException {
    if (in.nextToken() != JsonToken.START_OBJECT) {
      throw new JsonParseException(in, "no object");
    }
    while (in.nextToken() == JsonToken.FIELD_NAME) {
      String field = in.currentName();
      in.nextToken();
      if (left.contains(field)) {
        in.skipChildren();
      } else {
        out.writeFieldName(field);
        copyValue(in, out);
      }
    }
    if (in.nextToken() != null) {
      throw new JsonParseException(in, "something behind the object");
    }
  }

  /**
   * The job file of a task.
   *
   * @param header the fields of its array
   * @param throttle the array's
   */
  static byte[] task(byte[] header, Job task, OptionalInt throttle) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(header.length + 1024);
    try (JsonParser in = JsonText.parser(header);
        JsonGenerator out = DENSE.createGenerator(bytes)) {
      out.writeStartObject();
      copyFields(in, OF_EACH_TASK, out);
      JobWriter.writeCommand(task.command(), out);
      JobWriter.write(task.workplace(), out);
      // the array's: a drop that says nothing would be as old as each claim
      out.writeStringField("submitted", task.submission().submitted().toString());
      JobWriter.writeEnvironment(task.submission(), out);
      if (throttle.isPresent()) {
        out.writeNumberField(THROTTLE, throttle.getAsInt());
      }
      out.writeEndObject();
      out.writeRaw('\n');
    }
    return bytes.toByteArray();
  }

  /** A generator that writes what it copies as few bytes as can be. */
  static JsonGenerator generator(OutputStream out) throws IOException {
    return DENSE.createGenerator(out);
  }

  /** Copies the value at which {@code in} is. */
  static void copyValue(JsonParser in, JsonGenerator out) throws IOException {
    int depth = 0;
    do {
      JsonToken token = in.currentToken();
      depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
      if (token.isNumeric()) {
        out.writeNumber(in.getText());
      } else {
        out.copyCurrentEvent(in);
      }
    } while (depth > 0 && in.nextToken() != null);
  }
}
