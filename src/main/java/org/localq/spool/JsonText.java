package org.localq.spool;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * The one way in which JSON is read here. What a job's reader lets through, the writer of its
 * record can read too, or the job would never come to its end.
 */
final class JsonText {
  private static final int DEEPEST = 100;

  /** A name can be a variable's: a string that execve(2) takes. */
  private static final int LONGEST_NAME = 1 << 17;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEEPEST)
                  .maxNameLength(LONGEST_NAME)
                  .maxStringLength(Content.MOST_BYTES)
                  .build())
          .build();

  private JsonText() {}

  /**
   * A parser of {@code bytes}.
   *
   * @throws CharacterCodingException when they are not UTF-8: the parser alone would let surrogates
   *     through that were written as bytes
   */
  static JsonParser parser(byte[] bytes) throws IOException {
    String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    return JSON.createParser(text.contains("\\u") ? withLoneSurrogates(text) : text);
  }

  /**
   * A parser of what is read from {@code in}, however long it is; closing it closes that.
   *
   * <p>It throws a {@link CharacterCodingException} where it comes upon bytes that are not UTF-8.
   */
  static JsonParser parser(InputStream in) throws IOException {
    return JSON.createParser(new PlainReader(in));
  }

  /** Reads UTF-8, and shows the escapes of lone surrogates as what they stand for. */
  private static final class PlainReader extends Reader {
    private static final int CHUNK = 1 << 16;

    /** The longest has so many characters. */
    private static final int ESCAPE = 6;

    private final Reader in;
    private final char[] chunk = new char[CHUNK];

    /** Read and not looked at: it may be the beginning of an escape. */
    private String rest = "";

    /** To be handed out. */
    private String plain = "";

    private int next;
    private boolean isOver;

    PlainReader(InputStream in) {
      this.in = new InputStreamReader(in, StandardCharsets.UTF_8.newDecoder());
    }

    @Override
    public int read(char[] to, int start, int most) throws IOException {
      while (next == plain.length()) {
        if (isOver) {
          return -1;
        }
        fill();
      }
      int count = Math.min(most, plain.length() - next);
      plain.getChars(next, next + count, to, start);
      next += count;
      return count;
    }

    private void fill() throws IOException {
      int count = in.read(chunk, 0, chunk.length);
      isOver = count < 0;
      String text = isOver ? rest : rest + new String(chunk, 0, count);
      int end = isOver ? text.length() : safeEnd(text);
      rest = text.substring(end);
      String whole = text.substring(0, end);
      plain = whole.contains("\\u") ? withLoneSurrogates(whole) : whole;
      next = 0;
    }

    /** Where no escape is cut. The text begins outside of any. */
    private static int safeEnd(String text) {
      int escape = text.indexOf('\\');
      while (escape >= 0 && escape + ESCAPE <= text.length()) {
        // the one behind it may be a backslash that escapes nothing
        escape = text.indexOf('\\', escape + 2);
      }
      return escape < 0 ? text.length() : escape;
    }

    @Override
    public void close() throws IOException {
      in.close();
    }
  }

  /**
   * Replaces the escapes of lone surrogates by what they stand for. Jackson takes such an escape in
   * a string, but not in a field's name, and a variable's name can be any bytes.
   */
  private static String withLoneSurrogates(String text) {
    StringBuilder plain = new StringBuilder(text.length());
    int i = 0;
    while (i < text.length()) {
      int unit = escapeAt(text, i);
      if (unit >= Character.MIN_SURROGATE && unit <= Character.MAX_SURROGATE) {
        int next = escapeAt(text, i + 6);
        boolean pair =
            unit <= Character.MAX_HIGH_SURROGATE
                && next >= Character.MIN_LOW_SURROGATE
                && next <= Character.MAX_LOW_SURROGATE;
        plain.append((char) unit);
        if (pair) {
          plain.append((char) next);
        }
        i += pair ? 12 : 6;
      } else {
        // two at a time behind a backslash, which may escape another one
        int end = Math.min(text.length(), text.charAt(i) == '\\' ? i + 2 : i + 1);
        plain.append(text, i, end);
        i = end;
      }
    }
    return plain.toString();
  }

  /** The number behind {@code \}{@code u} at {@code i}, or -1 where there is no such escape. */
  private static int escapeAt(String text, int i) {
    if (i + 6 > text.length() || text.charAt(i) != '\\' || text.charAt(i + 1) != 'u') {
      return -1;
    }
    int unit = 0;
    for (int digit = i + 2; digit < i + 6; digit++) {
      int value = text.charAt(digit) < 128 ? Character.digit(text.charAt(digit), 16) : -1;
      if (value < 0) {
        return -1;
      }
      unit = unit * 16 + value;
    }
    return unit;
  }
}
