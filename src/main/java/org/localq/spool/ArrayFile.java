package org.localq.spool;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.Optional;
import org.localq.core.ExactText;

/**
 * An array's file, read no further than is asked for: its fields at once, then its lines one after
 * the other. So an array of a million lines takes no more memory than one of ten.
 *
 * <p>The format has either {@value #LINES}, a list of strings, as the last field, and {@value
 * #TASKS}, how many they are, before it; or {@value #NUMBERS}, the numbers of its tasks as {@link
 * org.localq.core.TaskNumbers} has them, anywhere.
 */
final class ArrayFile implements AutoCloseable {
  static final String TASKS = "tasks";
  static final String LINES = "lines";
  static final String NUMBERS = "array";

  /** Up to so many bytes a file is read whole: nobody notices. */
  static final int LONG = 1 << 20;

  private final Content.Facts facts;
  private final Stretch stretch;
  private final JsonParser in;
  private final byte[] header;
  private int read;
  private Optional<Line> end = Optional.empty();

  private ArrayFile(Content.Facts facts, Stretch stretch, JsonParser in, byte[] header) {
    this.facts = facts;
    this.stretch = stretch;
    this.in = in;
    this.header = header;
  }

  /** A line of an array, or why there is none. */
  sealed interface Line {
    /** The line. */
    record Text(String text) implements Line {}

    /** There are fewer. */
    record None() implements Line {}

    /** What is there is no line: in a phrase behind "it", why. */
    record Damaged(String reason) implements Line {}
  }

  /**
   * Opens the array that {@code file} is.
   *
   * @param uid whose file it has to be
   * @return nothing where it is none of this user's, or is gone
   */
  static Optional<ArrayFile> open(Path file, int uid) throws IOException {
    return openLonger(file, uid, -1);
  }

  /** The same for a file that is too long to be read for its fields alone; nothing for others. */
  static Optional<ArrayFile> openLong(Path file, int uid) throws IOException {
    return openLonger(file, uid, LONG);
  }

  private static Optional<ArrayFile> openLonger(Path file, int uid, long size) throws IOException {
    try {
      Content.Facts facts = Content.Facts.of(file);
      return facts.size() > size && facts.unfit(uid).isEmpty()
          ? open(file, facts)
          : Optional.empty();
    } catch (NoSuchFileException gone) {
      return Optional.empty();
    }
  }

  private static Optional<ArrayFile> open(Path file, Content.Facts facts) throws IOException {
    Stretch stretch = new Stretch(bytes(file));
    JsonParser in = JsonText.parser(stretch);
    try {
      Optional<byte[]> header = readHeader(in, file);
      if (header.isPresent()) {
        if (in.currentToken() != JsonToken.START_ARRAY) {
          // it has no lines, and who keeps many of them open wants no descriptor for each
          in.close();
        }
        return Optional.of(new ArrayFile(facts, stretch, in, header.get()));
      }
    } catch (JsonProcessingException | CharacterCodingException | Stretch.Over other) {
      // who reads it whole says what is wrong with it
    } catch (IOException failed) {
      in.close();
      throw failed;
    }
    in.close();
    return Optional.empty();
  }

  private static InputStream bytes(Path file) throws IOException {
    return Files.newInputStream(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
  }

  /**
   * A file of which no part takes more memory than a whole job file may: the fields before the
   * lines, and each line.
   */
  private static final class Stretch extends FilterInputStream {
    private long left = Content.MOST_BYTES;

    Stretch(InputStream in) {
      super(in);
    }

    /** Another part begins. What was read ahead of it is not counted. */
    void renew() {
      left = Content.MOST_BYTES;
    }

    @Override
    public int read(byte[] bytes, int start, int most) throws IOException {
      if (left <= 0) {
        throw new Over();
      }
      int count = super.read(bytes, start, most);
      left -= Math.max(count, 0);
      return count;
    }

    /** A part is too long. */
    private static final class Over extends IOException {
      private static final long serialVersionUID = 1;
    }
  }

  private static Optional<byte[]> readHeader(JsonParser in, Path file) throws IOException {
    ByteArrayOutputStream header = new ByteArrayOutputStream(8192);
    try (JsonGenerator out = RecordWriter.generator(header)) {
      if (in.nextToken() != JsonToken.START_OBJECT) {
        return Optional.empty();
      }
      boolean counted = false;
      boolean numbered = false;
      out.writeStartObject();
      while (in.nextToken() == JsonToken.FIELD_NAME) {
        String field = in.currentName();
        JsonToken value = in.nextToken();
        if (field.equals(LINES)) {
          if (value != JsonToken.START_ARRAY) {
            break;
          }
          if (!counted) {
            out.writeNumberField(TASKS, count(file));
          }
          out.writeEndObject();
          out.flush();
          return Optional.of(header.toByteArray());
        }
        counted |= field.equals(TASKS);
        numbered |= field.equals(NUMBERS) && value == JsonToken.VALUE_STRING;
        out.writeFieldName(field);
        RecordWriter.copyValue(in, out);
      }
      if (numbered && in.currentToken() == JsonToken.END_OBJECT && in.nextToken() == null) {
        out.writeEndObject();
        out.flush();
        return Optional.of(header.toByteArray());
      }
    }
    return Optional.empty();
  }

  /** How many lines a file has that does not say so, as a person may have dropped it. */
  private static int count(Path file) throws IOException {
    try (JsonParser in = JsonText.parser(bytes(file))) {
      in.nextToken();
      while (in.nextToken() == JsonToken.FIELD_NAME && !in.currentName().equals(LINES)) {
        in.nextToken();
        in.skipChildren();
      }
      in.nextToken();
      int count = 0;
      while (in.nextToken() != JsonToken.END_ARRAY) {
        in.skipChildren();
        count++;
      }
      return count;
    }
  }

  /** Whether what was opened is what lies at {@code file}. */
  boolean isStill(Path file) throws IOException {
    try {
      return facts.equals(Content.Facts.of(file));
    } catch (NoSuchFileException gone) {
      return false;
    }
  }

  /** When the file was written last. */
  Instant modified() {
    return facts.modified();
  }

  /** The fields before the lines, as a JSON object. */
  byte[] header() {
    return header;
  }

  /**
   * The line of this number, of an array that has lines. Behind one that is damaged, or the last,
   * there is nothing else.
   *
   * @param number from 1; higher than at the last call
   */
  Line line(int number) throws IOException {
    if (number <= read) {
      throw new IllegalArgumentException("line " + number + " was read before line " + read);
    }
    if (end.isEmpty()) {
      Line line = readTo(number);
      if (line instanceof Line.Text) {
        return line;
      }
      end = Optional.of(line);
    }
    return end.get();
  }

  private Line readTo(int number) throws IOException {
    try {
      while (read < number) {
        stretch.renew();
        if (in.nextToken() == JsonToken.END_ARRAY) {
          return in.nextToken() == JsonToken.END_OBJECT && in.nextToken() == null
              ? new Line.None()
              : new Line.Damaged("has something behind its lines");
        }
        read++;
        if (in.currentToken() != JsonToken.VALUE_STRING) {
          return new Line.Damaged("has a line " + read + " that is no string");
        }
      }
      return exact(in.getText());
    } catch (JsonProcessingException bad) {
      return new Line.Damaged(JobReader.explain(bad) + " in or behind line " + read);
    } catch (CharacterCodingException bad) {
      return new Line.Damaged("is not UTF-8 in or behind line " + read);
    } catch (Stretch.Over bad) {
      return new Line.Damaged(
          "has more than " + Content.MOST_BYTES + " bytes in or behind line " + read);
    }
  }

  private Line exact(String text) {
    return ExactText.isExact(text)
        ? new Line.Text(text)
        : new Line.Damaged("has a line " + read + " that stands for no bytes");
  }

  @Override
  public void close() throws IOException {
    in.close();
  }
}
