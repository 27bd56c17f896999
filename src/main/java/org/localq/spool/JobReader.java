package org.localq.spool;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.localq.core.Attempted;
import org.localq.core.Dependency;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Limit;
import org.localq.core.Outcome;
import org.localq.core.Printable;
import org.localq.core.Requirements;
import org.localq.core.Resource;
import org.localq.core.Result;
import org.localq.core.State;
import org.localq.core.Submission;
import org.localq.core.TaskNumbers;
import org.localq.core.Tasks;
import org.localq.core.Umask;
import org.localq.core.Usage;
import org.localq.core.Workplace;

/**
 * Reads job files and records, strictly: what it accepts a worker can run.
 *
 * <p>Streams, because clients do this on a cold JVM; fields it doesn't know are skipped here and
 * kept by {@link RecordWriter}.
 */
final class JobReader {
  private static final int LONGEST_REASON = 200;

  private final Account account;

  JobReader(Account account) {
    this.account = account;
  }

  /**
   * Reads {@code bytes}, a file that was last written at {@code modified}, as the job {@code id}.
   *
   * @param withResult whether a field "result" means anything; in a file that was dropped by hand
   *     it does not
   */
  JobFile read(JobId id, Content.Whole content, boolean withResult) {
    return read(id, content, withResult ? Form.RECORD : Form.JOB);
  }

  /** Reads the fields of an array that stand before its lines. */
  JobFile readHeader(JobId id, Content.Whole header) {
    return read(id, header, Form.HEADER);
  }

  private enum Form {
    JOB,
    RECORD,
    HEADER
  }

  private JobFile read(JobId id, Content.Whole content, Form form) {
    Fields fields = new Fields(form);
    try (JsonParser parser = JsonText.parser(content.bytes())) {
      fields.readDocument(parser);
      return fields.build(id, content.modified(), account);
    } catch (CharacterCodingException bad) {
      return new JobFile.Invalid("is not UTF-8");
    } catch (JsonValue.Mistake mistake) {
      return invalid(mistake.getMessage());
    } catch (JsonProcessingException bad) {
      return invalid(explain(bad));
    } catch (IOException impossible) {
      throw new IllegalStateException("reading from memory", impossible);
    }
  }

  /** A reason quotes the file, and what is in the file must not break a line or move a terminal. */
  private static JobFile invalid(String reason) {
    return new JobFile.Invalid(Printable.of(reason));
  }

  /** What is wrong with a text that is not JSON, as a phrase behind "it". */
  static String explain(JsonProcessingException bad) {
    String what =
        bad.getOriginalMessage()
            .replaceAll("\\[Source: [^;]*; ([^]]*)]", "$1")
            .replaceAll("\\s+", " ");
    if (what.length() > LONGEST_REASON) {
      what = what.substring(0, LONGEST_REASON) + "…";
    }
    // one that exceeds a limit, as of depth, has no place
    return "is not JSON: "
        + what
        + (bad.getLocation() == null ? "" : " (line " + bad.getLocation().getLineNr() + ")");
  }

  /** What was found so far. */
  private static final class Fields {
    private final Form form;
    private Optional<String> name = Optional.empty();
    private List<String> command = List.of();
    private final RequirementFields requirements = new RequirementFields();
    private Optional<String> directory = Optional.empty();
    private Optional<String> submitDirectory = Optional.empty();
    private Optional<String> stdin = Optional.empty();
    private Optional<String> stdout = Optional.empty();
    private Optional<String> stderr = Optional.empty();
    private boolean appends;
    private Optional<Instant> submitted = Optional.empty();
    private Optional<Umask> umask = Optional.empty();
    private final Map<Resource, Limit> limits = new LinkedHashMap<>();
    private Optional<Map<String, String>> environment = Optional.empty();
    private Optional<Result> result = Optional.empty();
    private OptionalInt tasks = OptionalInt.empty();
    private OptionalInt lines = OptionalInt.empty();
    private Optional<TaskNumbers> numbers = Optional.empty();
    private OptionalInt throttle = OptionalInt.empty();
    private Map<State, Integer> endedTasks = Map.of();

    Fields(Form form) {
      this.form = form;
    }

    void readDocument(JsonParser in) throws IOException {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        throw new JsonValue.Mistake(
            in.currentToken() == null ? "is empty, expected a JSON object" : "is no JSON object");
      }
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String field = in.currentName();
        in.nextToken();
        if (lines.isPresent()) {
          // who claims the tasks reads no further
          throw new JsonValue.Mistake(
              "field \"" + field + "\" is behind \"lines\", expected nothing there");
        }
        if (field.equals("result") && form == Form.RECORD) {
          result = Optional.of(readResult(in));
        } else {
          readField(field, in);
        }
      }
      if (in.nextToken() != null) {
        throw new JsonValue.Mistake("has something behind its JSON object");
      }
    }

    private void readField(String field, JsonParser in) throws IOException {
      switch (field) {
        case "format" -> readFormat(in);
        case "name" -> name = Optional.of(JsonValue.text(field, in));
        case "command" -> command = JsonValue.texts(field, in);
        case "directory" -> directory = Optional.of(JsonValue.absolute(field, in));
        case "submit_directory" -> submitDirectory = Optional.of(JsonValue.absolute(field, in));
        case "stdin" -> stdin = Optional.of(JsonValue.file(field, in));
        case "stdout" -> stdout = Optional.of(JsonValue.file(field, in));
        case "stderr" -> stderr = Optional.of(JsonValue.file(field, in));
        case "open_mode" -> appends = readOpenMode(in);
        case "submitted" -> submitted = Optional.of(JsonValue.instant(field, in));
        case "umask" -> umask = Optional.of(readUmask(in));
        case "limits" -> readLimits(in);
        case "environment" -> environment = Optional.of(readEnvironment(in));
        case ArrayFile.TASKS -> tasks = OptionalInt.of(JsonValue.whole(field, in, 1, Tasks.MOST));
        case ArrayFile.LINES -> lines = OptionalInt.of(countLines(in));
        case ArrayFile.NUMBERS -> numbers = Optional.of(readNumbers(in));
        case RecordWriter.THROTTLE ->
            throttle = OptionalInt.of(JsonValue.whole(field, in, 1, TaskNumbers.HIGHEST));
        default -> {
          if (!requirements.read(field, in)) {
            in.skipChildren();
          }
        }
      }
    }

    private int countLines(JsonParser in) throws IOException {
      JsonValue.expect(
          ArrayFile.LINES, in, JsonToken.START_ARRAY, "a list with at least one string");
      int count = 0;
      while (in.nextToken() != JsonToken.END_ARRAY) {
        JsonValue.text(ArrayFile.LINES, in);
        count++;
      }
      if (count == 0) {
        throw new JsonValue.Mistake(ArrayFile.LINES, "empty", "a list with at least one string");
      }
      if (tasks.isPresent() && tasks.getAsInt() != count) {
        throw new JsonValue.Mistake(
            ArrayFile.LINES,
            "a list of " + count,
            tasks.getAsInt() + ", as \"" + ArrayFile.TASKS + "\" says");
      }
      return count;
    }

    private static TaskNumbers readNumbers(JsonParser in) throws IOException {
      TaskNumbers.Parsed parsed = TaskNumbers.parse(JsonValue.text(ArrayFile.NUMBERS, in));
      if (parsed instanceof TaskNumbers.Parsed.Valid valid) {
        return valid.numbers();
      }
      String reason = ((TaskNumbers.Parsed.Invalid) parsed).reason();
      throw new JsonValue.Mistake("field \"" + ArrayFile.NUMBERS + "\": " + reason);
    }

    private static void readFormat(JsonParser in) throws IOException {
      int format = JsonValue.whole("format", in, 1);
      if (format > Layout.VERSION) {
        throw new JsonValue.Mistake(
            "format",
            Integer.toString(format),
            "at most " + Layout.VERSION + "; a newer localq wrote this");
      }
    }

    private static boolean readOpenMode(JsonParser in) throws IOException {
      String text = JsonValue.text("open_mode", in);
      if (!text.equals(JobWriter.APPEND) && !text.equals(JobWriter.TRUNCATE)) {
        throw new JsonValue.Mistake("open_mode", JsonValue.quoted(text), "append or truncate");
      }
      return text.equals(JobWriter.APPEND);
    }

    private static Umask readUmask(JsonParser in) throws IOException {
      String text = JsonValue.text("umask", in);
      return Umask.parse(text)
          .orElseThrow(
              () ->
                  new JsonValue.Mistake(
                      "umask", JsonValue.quoted(text), "one to four octal digits"));
    }

    private void readLimits(JsonParser in) throws IOException {
      for (Map.Entry<String, String> entry : JsonValue.object("limits", in).entrySet()) {
        Optional<Resource> resource = Resource.parse(entry.getKey());
        if (resource.isPresent()) {
          Limit limit =
              Limit.parse(entry.getValue())
                  .orElseThrow(
                      () ->
                          new JsonValue.Mistake(
                              "limits." + entry.getKey(),
                              JsonValue.quoted(entry.getValue()),
                              "\"SOFT:HARD\", numbers or unlimited"));
          limits.put(resource.get(), limit);
        }
      }
    }

    private static Map<String, String> readEnvironment(JsonParser in) throws IOException {
      Map<String, String> variables = JsonValue.object("environment", in);
      for (String variable : variables.keySet()) {
        if (variable.isEmpty() || variable.indexOf('=') >= 0) {
          throw new JsonValue.Mistake(
              "field \"environment\" has the name "
                  + JsonValue.quoted(variable)
                  + ", expected names of at least one byte, without = and NUL");
        }
      }
      return variables;
    }

    private Result readResult(JsonParser in) throws IOException {
      JsonValue.expect("result", in, JsonToken.START_OBJECT, "an object");
      Optional<State> state = Optional.empty();
      OptionalInt code = OptionalInt.empty();
      Optional<Instant> started = Optional.empty();
      Instant ended = Instant.EPOCH;
      OptionalDouble user = OptionalDouble.empty();
      OptionalDouble system = OptionalDouble.empty();
      OptionalLong rss = OptionalLong.empty();
      int restarts = 0;
      String reason = "";
      List<Attempted> attempts = List.of();
      ProvisionFields provision = new ProvisionFields();
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String field = in.currentName();
        in.nextToken();
        String full = "result." + field;
        switch (field) {
          case "state" -> state = Optional.of(JsonValue.finalState(full, in));
          case "exit_code" -> code = OptionalInt.of(JsonValue.whole(full, in, 0));
          case "started" -> started = Optional.of(JsonValue.instant(full, in));
          case "ended" -> ended = JsonValue.instant(full, in);
          case "user_seconds" -> user = OptionalDouble.of(JsonValue.seconds(full, in));
          case "system_seconds" -> system = OptionalDouble.of(JsonValue.seconds(full, in));
          case "max_rss_bytes" -> rss = OptionalLong.of(JsonValue.bytes(full, in));
          case "restarts" -> restarts = JsonValue.whole(full, in, 0);
          case "reason" -> reason = JsonValue.text(full, in);
          case AttemptFields.ATTEMPTS -> attempts = AttemptFields.read(full, in);
          case ArrayFile.TASKS -> endedTasks = readEnded(full, in);
          default -> {
            if (!provision.read(field, in)) {
              in.skipChildren();
            }
          }
        }
      }
      State end =
          state.orElseThrow(
              () -> new JsonValue.Mistake("result.state", "missing", "a final state"));
      Usage usage = new Usage(user, system, rss);
      return new Result(
          new Outcome(end, code, reason),
          started,
          ended,
          usage,
          restarts,
          attempts,
          provision.build());
    }

    private static Map<State, Integer> readEnded(String field, JsonParser in) throws IOException {
      JsonValue.expect(field, in, JsonToken.START_OBJECT, "an object of numbers");
      Map<State, Integer> ended = new EnumMap<>(State.class);
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        State state = JsonValue.finalState(field, in.currentName());
        in.nextToken();
        ended.put(state, JsonValue.whole(field + "." + state, in, 1, Tasks.MOST));
      }
      return ended;
    }

    JobFile build(JobId id, Instant modified, Account account) {
      if (command.isEmpty()) {
        throw new JsonValue.Mistake("command", "missing", "a list with at least one string");
      }
      refuseWhatIsNoOneArray(id);
      Requirements required = requirements.build();
      if (form != Form.RECORD) {
        refuseCircle(id, required);
      }
      Instant at =
          submitted.orElseGet(() -> Moments.shown(modified).truncatedTo(ChronoUnit.MILLIS));
      String place = directory.orElse(account.home());
      Workplace workplace =
          new Workplace(
              place,
              stdin.orElse(Workplace.NO_INPUT),
              stdout.orElseGet(() -> output(id, at, account)),
              stderr,
              appends);
      Submission submission =
          new Submission(
              at,
              submitDirectory.orElse(place),
              umask,
              limits,
              environment.orElse(account.environment()));
      Job job =
          new Job(
              name.orElseGet(() -> Job.defaultName(command)),
              command,
              required,
              workplace,
              submission);
      return isArray()
          ? new JobFile.Valid(job, result, Optional.of(tasks()))
          : new JobFile.Valid(
              job, result, Optional.empty(), id.isTask() ? throttle : OptionalInt.empty());
    }

    private void refuseWhatIsNoOneArray(JobId id) {
      if (numbers.isPresent() && (tasks.isPresent() || lines.isPresent())) {
        throw new JsonValue.Mistake(
            "has the field \""
                + ArrayFile.NUMBERS
                + "\" and \""
                + (lines.isPresent() ? ArrayFile.LINES : ArrayFile.TASKS)
                + "\", expected one of them: its tasks have either numbers or lines");
      }
      if (form == Form.JOB && tasks.isPresent() && lines.isEmpty()) {
        throw new JsonValue.Mistake(
            ArrayFile.LINES, "missing", "one for each of the " + ArrayFile.TASKS);
      }
      if (id.isTask() && (numbers.isPresent() || lines.isPresent())) {
        throw new JsonValue.Mistake(
            "is an array, and " + id + " a task, expected no array in its place");
      }
    }

    private static void refuseCircle(JobId id, Requirements required) {
      Optional<Dependency> dependency = required.conditions().dependency();
      if (dependency.isPresent() && dependency.get().fault(id).isPresent()) {
        throw new JsonValue.Mistake(dependency.get().fault(id).get());
      }
    }

    /** A record of an array has no lines: each is in its task's. */
    private boolean isArray() {
      return lines.isPresent()
          || numbers.isPresent()
          || (form == Form.RECORD && !endedTasks.isEmpty())
          || (form == Form.HEADER && tasks.isPresent());
    }

    private Tasks tasks() {
      long counted = 0;
      for (int of : endedTasks.values()) {
        counted += of;
      }
      int count = numbers.isPresent() ? numbers.get().count() : tasks.orElse(lines.orElse(0));
      if (counted > 0 && counted != count) {
        throw new JsonValue.Mistake(
            "result." + ArrayFile.TASKS, "of " + counted + " tasks", "those of all tasks");
      }
      return new Tasks(Math.max(1, count), endedTasks, numbers);
    }

    private String output(JobId id, Instant at, Account account) {
      ZoneId zone = account.zone().get();
      return isArray() ? OutputName.ofTasks(at, zone) : OutputName.of(id, at, zone);
    }
  }
}
