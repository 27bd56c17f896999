package org.localq.spool;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.localq.core.Job;
import org.localq.core.Limit;
import org.localq.core.Resource;
import org.localq.core.Submission;
import org.localq.core.TaskNumbers;
import org.localq.core.Workplace;

/**
 * Writes job files: what is not at its default.
 *
 * <p>Streams, because lbatch does this on a cold JVM. Jackson writes every surrogate as an escape,
 * paired or not, which is just what {@link org.localq.core.ExactText} wants.
 */
final class JobWriter {
  private static final JsonFactory JSON = new JsonFactory();

  /** Of "open_mode": Slurm's words. */
  static final String APPEND = "append";

  static final String TRUNCATE = "truncate";

  private JobWriter() {}

  /** The job file of {@code job}. */
  static byte[] write(Job job) {
    return write(job, Optional.empty());
  }

  /** The job file of an array whose tasks have these numbers and are {@code job}. */
  static byte[] write(Job job, TaskNumbers numbers) {
    return write(job, Optional.of(numbers));
  }

  private static byte[] write(Job job, Optional<TaskNumbers> numbers) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(8192);
    try (JsonGenerator out = generator(bytes)) {
      out.setPrettyPrinter(new DefaultPrettyPrinter());
      out.writeStartObject();
      writeFields(job, out);
      if (numbers.isPresent()) {
        out.writeStringField(ArrayFile.NUMBERS, numbers.get().toString());
      }
      out.writeEndObject();
      out.writeRaw('\n');
    } catch (IOException impossible) {
      throw new IllegalStateException("writing to memory", impossible);
    }
    return bytes.toByteArray();
  }

  /** What writes JSON as it is written here. */
  static JsonGenerator generator(OutputStream out) throws IOException {
    return JSON.createGenerator(out);
  }

  /** The fields of the job file of {@code job}, into an object that is open. */
  static void writeFields(Job job, JsonGenerator out) throws IOException {
    out.writeNumberField("format", Layout.VERSION);
    out.writeStringField("name", job.name());
    writeCommand(job.command(), out);
    RequirementFields.write(job.requirements(), out);
    write(job.workplace(), out);
    write(job.submission(), out);
  }

  static void writeCommand(List<String> command, JsonGenerator out) throws IOException {
    out.writeArrayFieldStart("command");
    for (String word : command) {
      out.writeString(word);
    }
    out.writeEndArray();
  }

  static void write(Workplace workplace, JsonGenerator out) throws IOException {
    out.writeStringField("directory", workplace.directory());
    if (!workplace.stdin().equals(Workplace.NO_INPUT)) {
      out.writeStringField("stdin", workplace.stdin());
    }
    out.writeStringField("stdout", workplace.stdout());
    if (workplace.stderr().isPresent()) {
      out.writeStringField("stderr", workplace.stderr().get());
    }
    if (workplace.appends()) {
      out.writeStringField("open_mode", APPEND);
    }
  }

  private static void write(Submission submission, JsonGenerator out) throws IOException {
    out.writeStringField("submit_directory", submission.directory());
    out.writeStringField("submitted", submission.submitted().toString());
    if (submission.umask().isPresent()) {
      out.writeStringField("umask", submission.umask().get().toString());
    }
    out.writeObjectFieldStart("limits");
    for (Map.Entry<Resource, Limit> limit : new TreeMap<>(submission.limits()).entrySet()) {
      out.writeStringField(limit.getKey().word(), limit.getValue().toString());
    }
    out.writeEndObject();
    writeEnvironment(submission, out);
  }

  static void writeEnvironment(Submission submission, JsonGenerator out) throws IOException {
    out.writeObjectFieldStart("environment");
    for (Map.Entry<String, String> variable : submission.environment().entrySet()) {
      out.writeStringField(variable.getKey(), variable.getValue());
    }
    out.writeEndObject();
  }
}
