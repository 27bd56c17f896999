package org.localq.spool;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.localq.core.ExactText;
import org.localq.core.Job;
import org.localq.core.Tasks;

/**
 * Writes the file of an array: the fields of a job file, then {@code "tasks"}, how many lines there
 * are, and at last {@code "lines"}.
 *
 * <p>No more than a line of it is ever in memory. The number stands before what it counts, so that
 * a reader knows it soon: blanks keep its place until the last line was read.
 */
final class ArrayWriter {
  private static final String PLACE = " ".repeat(Integer.toString(Tasks.MOST).length());

  private ArrayWriter() {}

  /** Writes an array of the tasks that {@code lines} has, into an empty file. */
  static void write(Job job, Lines lines, FileChannel file) throws IOException {
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
    long place;
    int count;
    try (JsonGenerator out = JobWriter.generator(Channels.newOutputStream(file))) {
      // the file is forced to the disk before it is closed
      out.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
      out.setPrettyPrinter(printer);
      out.writeStartObject();
      JobWriter.writeFields(job, out);
      out.writeFieldName(ArrayFile.TASKS);
      out.writeRawValue(PLACE);
      out.flush();
      place = file.position() - PLACE.length();
      printer.indentArraysWith(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE);
      out.writeArrayFieldStart(ArrayFile.LINES);
      count = write(lines, out);
      out.writeEndArray();
      out.writeEndObject();
      out.writeRaw('\n');
    }
    fill(place, count, file);
  }

  private static int write(Lines lines, JsonGenerator out) throws IOException {
    int count = 0;
    for (Optional<ByteBuffer> line = lines.next(); line.isPresent(); line = lines.next()) {
      write(line.get(), out);
      count++;
    }
    return count;
  }

  private static void write(ByteBuffer line, JsonGenerator out) throws IOException {
    if (isAscii(line)) {
      // most lines of most files: no string is made of it
      out.writeUTF8String(line.array(), line.arrayOffset() + line.position(), line.remaining());
    } else {
      byte[] bytes = new byte[line.remaining()];
      line.get(bytes);
      out.writeString(ExactText.decode(bytes));
    }
  }

  private static boolean isAscii(ByteBuffer line) {
    byte[] bytes = line.array();
    int start = line.arrayOffset() + line.position();
    int end = start + line.remaining();
    for (int i = start; i < end; i++) {
      if (bytes[i] < 0) {
        return false;
      }
    }
    return true;
  }

  private static void fill(long place, int count, FileChannel file) throws IOException {
    String digits = Integer.toString(count);
    ByteBuffer rest = ByteBuffer.wrap(digits.getBytes(StandardCharsets.US_ASCII));
    long at = place + PLACE.length() - digits.length();
    while (rest.hasRemaining()) {
      at += file.write(rest, at);
    }
  }
}
