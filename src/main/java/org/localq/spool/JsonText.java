package org.localq.spool;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
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
