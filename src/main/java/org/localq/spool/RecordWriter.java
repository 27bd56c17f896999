package org.localq.spool;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Optional;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Result;
import org.localq.core.State;

/**
 * Writes records and documents: the job file as it was, fields that this version doesn't know
 * included, and what is known by now.
 */
final class RecordWriter {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .build();

  private RecordWriter() {}

  /** The record of the job that {@code file} holds. */
  static byte[] record(byte[] file, Job job, Result result) throws IOException {
    ObjectNode document = (ObjectNode) JSON.readTree(file);
    // what a dropped file left to the defaults of its moment, kept
    document.put("submitted", job.submission().submitted().toString());
    document.put("stdout", job.workplace().stdout());
    ObjectNode end = document.putObject("result");
    end.put("state", result.outcome().state().name());
    result.outcome().exitCode().ifPresent(code -> end.put("exit_code", code));
    result.outcome().signal().ifPresent(signal -> end.put("signal", signal));
    result.started().ifPresent(at -> end.put("started", at.toString()));
    end.put("ended", result.ended().toString());
    result.usage().userSeconds().ifPresent(seconds -> end.put("user_seconds", seconds));
    result.usage().systemSeconds().ifPresent(seconds -> end.put("system_seconds", seconds));
    result.usage().maxRssBytes().ifPresent(bytes -> end.put("max_rss_bytes", bytes));
    end.put("restarts", result.restarts());
    if (!result.outcome().reason().isEmpty()) {
      end.put("reason", result.outcome().reason());
    }
    return line(document);
  }

  /**
   * A job's document for other programs: {@code id} and {@code state} in front, then the file;
   * nothing when that is no JSON.
   */
  static Optional<String> document(JobId id, State state, byte[] file)
      throws JsonProcessingException {
    ObjectNode document = JSON.createObjectNode();
    document.put("id", id.number());
    document.put("state", state.name());
    try {
      JSON.readTree(file).properties().forEach(e -> document.set(e.getKey(), e.getValue()));
    } catch (JsonProcessingException damaged) {
      return Optional.empty();
    } catch (IOException impossible) {
      throw new IllegalStateException("reading from memory", impossible);
    }
    return Optional.of(
        JSON.writerWithDefaultPrettyPrinter()
            // a byte that is no UTF-8 has no other form, and a terminal nothing to act upon
            .with(JsonWriteFeature.ESCAPE_NON_ASCII)
            .writeValueAsString(document));
  }

  private static byte[] line(ObjectNode document) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(8192);
    bytes.write(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(document));
    bytes.write('\n');
    return bytes.toByteArray();
  }
}
