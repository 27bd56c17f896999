package org.localq.spool;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.localq.core.ExactText;
import org.localq.core.State;

/**
 * The kinds of values that fields of a job file have: each method reads the one at which a parser
 * is, or throws a {@link Mistake} that says what is there and what was expected.
 */
final class JsonValue {
  /** So many digits always fit into a long. */
  private static final int MOST_DIGITS = 18;

  private JsonValue() {}

  /**
   * A field that is JSON, but not what the format wants. Caught where the file is read, never seen
   * outside.
   */
  static final class Mistake extends RuntimeException {
    private static final long serialVersionUID = 1;

    Mistake(String message) {
      super(message, null, false, false);
    }

    Mistake(String field, String found, String expected) {
      this("field \"" + field + "\" is " + found + ", expected " + expected);
    }
  }

  static Map<String, String> object(String field, JsonParser in) throws IOException {
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

  static List<String> texts(String field, JsonParser in) throws IOException {
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

  static String file(String field, JsonParser in) throws IOException {
    String name = text(field, in);
    if (name.isEmpty()) {
      throw new Mistake(field, "empty", "a file's name");
    }
    return name;
  }

  static String absolute(String field, JsonParser in) throws IOException {
    String name = text(field, in);
    if (!name.startsWith("/")) {
      throw new Mistake(field, quoted(name), "a path that begins with /");
    }
    return name;
  }

  static Instant instant(String field, JsonParser in) throws IOException {
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

  static int whole(String field, JsonParser in, int least) throws IOException {
    return whole(field, in, least, Integer.MAX_VALUE);
  }

  static int whole(String field, JsonParser in, int least, int most) throws IOException {
    String expected = "a whole number from " + least + " to " + most;
    expect(field, in, JsonToken.VALUE_NUMBER_INT, expected);
    String digits = in.getText();
    if (digits.length() > (digits.startsWith("-") ? 11 : 10)) {
      throw new Mistake(field, "too large", expected);
    }
    long value = in.getLongValue();
    if (value < least || value > most) {
      throw new Mistake(field, digits, expected);
    }
    return (int) value;
  }

  static boolean flag(String field, JsonParser in) throws IOException {
    if (in.currentToken() != JsonToken.VALUE_TRUE && in.currentToken() != JsonToken.VALUE_FALSE) {
      throw new Mistake(field, describe(in), "true or false");
    }
    return in.getBooleanValue();
  }

  static double seconds(String field, JsonParser in) throws IOException {
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

  static long bytes(String field, JsonParser in) throws IOException {
    String expected = "a number of bytes with at most " + MOST_DIGITS + " digits";
    expect(field, in, JsonToken.VALUE_NUMBER_INT, expected);
    String digits = in.getText();
    if (digits.length() > MOST_DIGITS || in.getLongValue() < 0) {
      throw new Mistake(field, shortened(digits), expected);
    }
    return in.getLongValue();
  }

  static String text(String field, JsonParser in) throws IOException {
    expect(field, in, JsonToken.VALUE_STRING, "a string");
    String text = in.getText();
    if (!ExactText.isExact(text)) {
      throw new Mistake(field, "a string that stands for no bytes", "no NUL, no lone surrogate");
    }
    return text;
  }

  static State finalState(String field, JsonParser in) throws IOException {
    return finalState(field, text(field, in));
  }

  static State finalState(String field, String text) {
    return State.parse(text)
        .filter(State::isTerminal)
        .orElseThrow(() -> new Mistake(field, quoted(text), "a final state"));
  }

  static void expect(String field, JsonParser in, JsonToken token, String expected)
      throws IOException {
    if (in.currentToken() != token) {
      throw new Mistake(field, describe(in), expected);
    }
  }

  static String describe(JsonParser in) throws IOException {
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

  static String quoted(String text) {
    return '"' + shortened(text) + '"';
  }

  static String shortened(String text) {
    return text.length() <= 40 ? text : text.substring(0, 40) + "…";
  }
}
