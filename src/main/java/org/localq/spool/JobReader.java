package org.localq.spool;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.localq.core.ExactText;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Limit;
import org.localq.core.Outcome;
import org.localq.core.Printable;
import org.localq.core.Resource;
import org.localq.core.Result;
import org.localq.core.State;
import org.localq.core.Submission;
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

  /** So many digits always fit into a long. */
  private static final int MOST_DIGITS = 18;

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
    } catch (Mistake mistake) {
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

  /**
   * A field that is JSON, but not what the format wants. Caught where the file is read, never seen
   * outside.
   */
  private static final class Mistake extends RuntimeException {
    private static final long serialVersionUID = 1;

    Mistake(String message) {
      super(message, null, false, false);
    }

    Mistake(String field, String found, String expected) {
      this("field \"" + field + "\" is " + found + ", expected " + expected);
    }
  }

  /** What was found so far. */
  private static final class Fields {
    private final Form form;
    private Optional<String> name = Optional.empty();
    private List<String> command = List.of();
    private int cores = 1;
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
    private Map<State, Integer> endedTasks = Map.of();

    Fields(Form form) {
      this.form = form;
    }

    void readDocument(JsonParser in) throws IOException {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        throw new Mistake(
            in.currentToken() == null ? "is empty, expected a JSON object" : "is no JSON object");
      }
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String field = in.currentName();
        in.nextToken();
        if (lines.isPresent()) {
          // who claims the tasks reads no further
          throw new Mistake("field \"" + field + "\" is behind \"lines\", expected nothing there");
        }
        if (field.equals("result") && form == Form.RECORD) {
          result = Optional.of(readResult(in));
        } else {
          readField(field, in);
        }
      }
      if (in.nextToken() != null) {
        throw new Mistake("has something behind its JSON object");
      }
    }

    private void readField(String field, JsonParser in) throws IOException {
      switch (field) {
        case "format" -> readFormat(in);
        case "name" -> name = Optional.of(text(field, in));
        case "command" -> command = texts(field, in);
        case "cores" -> cores = whole(field, in, 1);
        case "directory" -> directory = Optional.of(absolute(field, in));
        case "submit_directory" -> submitDirectory = Optional.of(absolute(field, in));
        case "stdin" -> stdin = Optional.of(file(field, in));
        case "stdout" -> stdout = Optional.of(file(field, in));
        case "stderr" -> stderr = Optional.of(file(field, in));
        case "open_mode" -> appends = readOpenMode(in);
        case "submitted" -> submitted = Optional.of(instant(field, in));
        case "umask" -> umask = Optional.of(readUmask(in));
        case "limits" -> readLimits(in);
        case "environment" -> environment = Optional.of(readEnvironment(in));
        case ArrayFile.TASKS -> tasks = OptionalInt.of(whole(field, in, 1, Tasks.MOST));
        case ArrayFile.LINES -> lines = OptionalInt.of(countLines(in));
        default -> in.skipChildren();
      }
    }

    private int countLines(JsonParser in) throws IOException {
      expect(ArrayFile.LINES, in, JsonToken.START_ARRAY, "a list with at least one string");
      int count = 0;
      while (in.nextToken() != JsonToken.END_ARRAY) {
        text(ArrayFile.LINES, in);
        count++;
      }
      if (count == 0) {
        throw new Mistake(ArrayFile.LINES, "empty", "a list with at least one string");
      }
      if (tasks.isPresent() && tasks.getAsInt() != count) {
        throw new Mistake(
            ArrayFile.LINES,
            "a list of " + count,
            tasks.getAsInt() + ", as \"" + ArrayFile.TASKS + "\" says");
      }
      return count;
    }

    private static void readFormat(JsonParser in) throws IOException {
      int format = whole("format", in, 1);
      if (format > Layout.VERSION) {
        throw new Mistake(
            "format",
            Integer.toString(format),
            "at most " + Layout.VERSION + "; a newer localq wrote this");
      }
    }

    private static boolean readOpenMode(JsonParser in) throws IOException {
      String text = text("open_mode", in);
      if (!text.equals(JobWriter.APPEND) && !text.equals(JobWriter.TRUNCATE)) {
        throw new Mistake("open_mode", quoted(text), "append or truncate");
      }
      return text.equals(JobWriter.APPEND);
    }

    private static Umask readUmask(JsonParser in) throws IOException {
      String text = text("umask", in);
      return Umask.parse(text)
          .orElseThrow(() -> new Mistake("umask", quoted(text), "one to four octal digits"));
    }

    private void readLimits(JsonParser in) throws IOException {
      for (Map.Entry<String, String> entry : object("limits", in).entrySet()) {
        Optional<Resource> resource = Resource.parse(entry.getKey());
        if (resource.isPresent()) {
          Limit limit =
              Limit.parse(entry.getValue())
                  .orElseThrow(
                      () ->
                          new Mistake(
                              "limits." + entry.getKey(),
                              quoted(entry.getValue()),
                              "\"SOFT:HARD\", numbers or unlimited"));
          limits.put(resource.get(), limit);
        }
      }
    }

    private static Map<String, String> readEnvironment(JsonParser in) throws IOException {
      Map<String, String> variables = object("environment", in);
      for (String variable : variables.keySet()) {
        if (variable.isEmpty() || variable.indexOf('=') >= 0) {
          throw new Mistake(
              "field \"environment\" has the name "
                  + quoted(variable)
                  + ", expected names of at least one byte, without = and NUL");
        }
      }
      return variables;
    }

    private Result readResult(JsonParser in) throws IOException {
      expect("result", in, JsonToken.START_OBJECT, "an object");
      Optional<State> state = Optional.empty();
      OptionalInt code = OptionalInt.empty();
      Optional<Instant> started = Optional.empty();
      Instant ended = Instant.EPOCH;
      OptionalDouble user = OptionalDouble.empty();
      OptionalDouble system = OptionalDouble.empty();
      OptionalLong rss = OptionalLong.empty();
      int restarts = 0;
      String reason = "";
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String field = in.currentName();
        in.nextToken();
        String full = "result." + field;
        switch (field) {
          case "state" -> state = Optional.of(finalState(full, in));
          case "exit_code" -> code = OptionalInt.of(whole(full, in, 0));
          case "started" -> started = Optional.of(instant(full, in));
          case "ended" -> ended = instant(full, in);
          case "user_seconds" -> user = OptionalDouble.of(seconds(full, in));
          case "system_seconds" -> system = OptionalDouble.of(seconds(full, in));
          case "max_rss_bytes" -> rss = OptionalLong.of(bytes(full, in));
          case "restarts" -> restarts = whole(full, in, 0);
          case "reason" -> reason = text(full, in);
          case ArrayFile.TASKS -> endedTasks = readEnded(full, in);
          default -> in.skipChildren();
        }
      }
      State end = state.orElseThrow(() -> new Mistake("result.state", "missing", "a final state"));
      return new Result(
          new Outcome(end, code, reason), started, ended, new Usage(user, system, rss), restarts);
    }

    private static Map<State, Integer> readEnded(String field, JsonParser in) throws IOException {
      expect(field, in, JsonToken.START_OBJECT, "an object of numbers");
      Map<State, Integer> ended = new EnumMap<>(State.class);
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        State state = finalState(field, in.currentName());
        in.nextToken();
        ended.put(state, whole(field + "." + state, in, 1, Tasks.MOST));
      }
      return ended;
    }

    private static State finalState(String field, JsonParser in) throws IOException {
      return finalState(field, text(field, in));
    }

    private static State finalState(String field, String text) {
      return State.parse(text)
          .filter(State::isTerminal)
          .orElseThrow(() -> new Mistake(field, quoted(text), "a final state"));
    }

    JobFile build(JobId id, Instant modified, Account account) {
      if (command.isEmpty()) {
        throw new Mistake("command", "missing", "a list with at least one string");
      }
      if (form == Form.JOB && tasks.isPresent() && lines.isEmpty()) {
        throw new Mistake(ArrayFile.LINES, "missing", "one for each of the " + ArrayFile.TASKS);
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
              cores,
              workplace,
              submission);
      return new JobFile.Valid(job, result, isArray() ? Optional.of(tasks()) : Optional.empty());
    }

    /** A record of an array has no lines: each is in its task's. */
    private boolean isArray() {
      return lines.isPresent()
          || (form == Form.RECORD && !endedTasks.isEmpty())
          || (form == Form.HEADER && tasks.isPresent());
    }

    private Tasks tasks() {
      long counted = 0;
      for (int of : endedTasks.values()) {
        counted += of;
      }
      if (counted > 0 && counted != tasks.orElse(lines.orElse(0))) {
        throw new Mistake(
            "result." + ArrayFile.TASKS, "of " + counted + " tasks", "those of all tasks");
      }
      return new Tasks(tasks.orElse(lines.orElse(1)), endedTasks);
    }

    private String output(JobId id, Instant at, Account account) {
      ZoneId zone = account.zone().get();
      return isArray() ? OutputName.ofTasks(at, zone) : OutputName.of(id, at, zone);
    }

    private static Map<String, String> object(String field, JsonParser in) throws IOException {
      expect(field, in, JsonToken.START_OBJECT, "an object of strings");
      Map<String, String> entries = new LinkedHashMap<>();
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String key = in.currentName();
        if (!ExactText.isExact(key)) {
          throw new Mistake(
              "field \""
                  + field
                  + "\" has a name that stands for no bytes, expected no NUL, no lone surrogate");
        }
        in.nextToken();
        entries.put(key, text(field + "." + shortened(key), in));
      }
      return entries;
    }

    private static List<String> texts(String field, JsonParser in) throws IOException {
      expect(field, in, JsonToken.START_ARRAY, "a list with at least one string");
      List<String> texts = new ArrayList<>();
      while (in.nextToken() != JsonToken.END_ARRAY) {
        texts.add(text(field, in));
      }
      if (texts.isEmpty()) {
        throw new Mistake(field, "empty", "a list with at least one string");
      }
      return texts;
    }

    private static String file(String field, JsonParser in) throws IOException {
      String name = text(field, in);
      if (name.isEmpty()) {
        throw new Mistake(field, "empty", "a file's name");
      }
      return name;
    }

    private static String absolute(String field, JsonParser in) throws IOException {
      String name = text(field, in);
      if (!name.startsWith("/")) {
        throw new Mistake(field, quoted(name), "a path that begins with /");
      }
      return name;
    }

    private static Instant instant(String field, JsonParser in) throws IOException {
      String text = text(field, in);
      try {
        Instant at = Moments.parse(text);
        if (at.equals(Moments.shown(at))) {
          return at;
        }
      } catch (DateTimeException bad) {
        // said below
      }
      throw new Mistake(field, quoted(text), "a time like 2026-11-22T11:00:00.123Z");
    }

    private static int whole(String field, JsonParser in, int least) throws IOException {
      return whole(field, in, least, Integer.MAX_VALUE);
    }

    private static int whole(String field, JsonParser in, int least, int most) throws IOException {
      String expected = "a whole number from " + least + " to " + most;
      expect(field, in, JsonToken.VALUE_NUMBER_INT, expected);
      String digits = in.getText();
      if (digits.length() > 10) {
        throw new Mistake(field, "too large", expected);
      }
      long value = in.getLongValue();
      if (value < least || value > most) {
        throw new Mistake(field, digits, expected);
      }
      return (int) value;
    }

    private static double seconds(String field, JsonParser in) throws IOException {
      String expected = "a number of seconds that is not negative";
      if (in.currentToken() == null || !in.currentToken().isNumeric()) {
        throw new Mistake(field, describe(in), expected);
      }
      double value = in.getDoubleValue();
      if (value < 0 || Double.isInfinite(value)) {
        throw new Mistake(field, shortened(in.getText()), expected);
      }
      return value;
    }

    private static long bytes(String field, JsonParser in) throws IOException {
      String expected = "a number of bytes with at most " + MOST_DIGITS + " digits";
      expect(field, in, JsonToken.VALUE_NUMBER_INT, expected);
      String digits = in.getText();
      if (digits.length() > MOST_DIGITS || in.getLongValue() < 0) {
        throw new Mistake(field, shortened(digits), expected);
      }
      return in.getLongValue();
    }

    private static String text(String field, JsonParser in) throws IOException {
      expect(field, in, JsonToken.VALUE_STRING, "a string");
      String text = in.getText();
      if (!ExactText.isExact(text)) {
        throw new Mistake(field, "a string that stands for no bytes", "no NUL, no lone surrogate");
      }
      return text;
    }

    private static void expect(String field, JsonParser in, JsonToken token, String expected)
        throws IOException {
      if (in.currentToken() != token) {
        throw new Mistake(field, describe(in), expected);
      }
    }

    private static String describe(JsonParser in) throws IOException {
      JsonToken token = in.currentToken();
      if (token == null) {
        return "cut off";
      }
      return switch (token) {
        case START_OBJECT -> "an object";
        case START_ARRAY -> "a list";
        case VALUE_STRING -> quoted(in.getText());
        default -> shortened(in.getText());
      };
    }

    private static String quoted(String text) {
      return '"' + shortened(text) + '"';
    }

    private static String shortened(String text) {
      return text.length() <= 40 ? text : text.substring(0, 40) + "…";
    }
  }
}
