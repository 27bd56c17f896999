package org.localq.spool;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.SerializableString;
import com.fasterxml.jackson.core.io.CharacterEscapes;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.IOException;
import java.io.OutputStream;

/**
 * JSON that commands print: printable ASCII and line ends alone, so that a terminal has nothing in
 * it to act upon, and a byte that is no UTF-8 its only form.
 */
public final class TerminalJson {
  private static final JsonFactory JSON =
      new JsonFactoryBuilder()
          .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
          .characterEscapes(new WithDelete())
          .build();

  private TerminalJson() {}

  /** A generator of indented JSON; closing it leaves {@code out} open. */
  public static JsonGenerator generator(OutputStream out) throws IOException {
    return JSON.createGenerator(out)
        .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
        .setPrettyPrinter(new DefaultPrettyPrinter());
  }

  /** DEL is ASCII, and the one control character that JSON lets stand in a string. */
  private static final class WithDelete extends CharacterEscapes {
    private static final long serialVersionUID = 1;
    private static final char DELETE = 0x7f;

    @Override
    public int[] getEscapeCodesForAscii() {
      int[] escapes = standardAsciiEscapesForJSON();
      escapes[DELETE] = ESCAPE_STANDARD;
      return escapes;
    }

    @Override
    public SerializableString getEscapeSequence(int c) {
      throw new IllegalStateException("only standard escapes are asked for, not " + c);
    }
  }
}
