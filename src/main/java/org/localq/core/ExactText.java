package org.localq.core;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * The exact bytes that a user gave, as a string: valid UTF-8 as such, any other byte b as the lone
 * surrogate {@code U+DC00 + b}.
 *
 * <p>Unix names, arguments and environments are bytes, not text, so a decoding that replaces what
 * it can't read would change the job. This one is loss-free: {@code encode(decode(b))} equals
 * {@code b} for all b. Python's "surrogateescape" (PEP 383) is the same rule.
 */
public final class ExactText {
  private static final char ESCAPE = '\udc00';
  private static final char FIRST_ESCAPE = '\udc80';
  private static final char LAST_ESCAPE = '\udcff';

  private ExactText() {}

  /** The string that stands for {@code bytes}. */
  public static String decode(byte[] bytes) {
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    while (true) {
      CoderResult result = decoder.decode(in, out, true);
      if (!result.isError()) {
        return out.flip().toString();
      }
      for (int i = 0; i < result.length(); i++) {
        out.put((char) (ESCAPE + (in.get() & 0xff)));
      }
    }
  }

  /**
   * The bytes that {@code text} stands for.
   *
   * @throws IllegalArgumentException when it stands for none, see {@link #isExact}
   */
  public static byte[] encode(String text) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(text.length() + 16);
    int plain = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (isPairAt(text, i)) {
        i++;
      } else if (Character.isSurrogate(c)) {
        if (!isEscape(c)) {
          throw new IllegalArgumentException("a lone surrogate stands for no byte");
        }
        out.writeBytes(text.substring(plain, i).getBytes(StandardCharsets.UTF_8));
        out.write(c - ESCAPE);
        plain = i + 1;
      }
    }
    out.writeBytes(text.substring(plain).getBytes(StandardCharsets.UTF_8));
    return out.toByteArray();
  }

  /**
   * Whether {@code text} stands for bytes that a Unix argument can hold: no NUL, no lone surrogate
   * but the escapes.
   */
  public static boolean isExact(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (isPairAt(text, i)) {
        i++;
      } else if (c == 0 || (Character.isSurrogate(c) && !isEscape(c))) {
        return false;
      }
    }
    return true;
  }

  /** Whether {@code text} holds a byte that is not UTF-8. */
  public static boolean hasEscape(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (isPairAt(text, i)) {
        i++;
      } else if (isEscape(text.charAt(i))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isPairAt(String text, int i) {
    return Character.isHighSurrogate(text.charAt(i))
        && i + 1 < text.length()
        && Character.isLowSurrogate(text.charAt(i + 1));
  }

  private static boolean isEscape(char c) {
    return c >= FIRST_ESCAPE && c <= LAST_ESCAPE;
  }
}
