package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.core.Attempted;
import org.localq.core.Conditions;
import org.localq.core.Dependency;
import org.localq.core.JobId;
import org.localq.core.Needs;
import org.localq.core.Outcome;
import org.localq.core.Reason;
import org.localq.core.Requirements;
import org.localq.core.Result;
import org.localq.core.Retry;
import org.localq.core.Signal;
import org.localq.core.State;
import org.localq.core.TimeLimit;
import org.localq.core.Warning;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class RequirementFieldsTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/v1/requirements.json");

  private static final Requirements ALL =
      new Requirements(
          new Needs(4, 4L << 30, new TreeMap<>(Map.of("gpu", 2, "licence", 1))),
          new Conditions(
              Optional.of(Instant.parse("2026-11-23T22:00:00Z")),
              Dependency.parse("afterok:12:13_4,after:14+10,singleton"),
              7,
              -100),
          new TimeLimit(
              Optional.of(Duration.ofMinutes(90)),
              Optional.of(new Warning(Signal.USR1, true, Duration.ofSeconds(90)))),
          new Retry(true, 3, Duration.ofSeconds(60)));

  private static JobFile read(byte[] bytes) {
    return new JobReader(Bench.ACCOUNT)
        .read(new JobId(17), new Content.Whole(bytes, Instant.EPOCH), true);
  }

  private static JobFile.Valid valid(byte[] bytes) {
    return assertInstanceOf(JobFile.Valid.class, read(bytes));
  }

  @Test
  void are_read_as_version_1_wrote_them() throws IOException {
    assertEquals(ALL, valid(Files.readAllBytes(GOLDEN)).job().requirements());
  }

  @Test
  void are_written_as_they_are_read() throws IOException {
    JobFile.Valid file = valid(Files.readAllBytes(GOLDEN));
    assertEquals(ALL, valid(JobWriter.write(file.job())).job().requirements());
  }

  @Test
  void at_their_defaults_are_the_cores_alone() {
    String file =
        new String(JobWriter.write(Bench.job("x")), StandardCharsets.UTF_8).replaceAll("\\s", "");
    assertTrue(file.contains("\"cores\":2,\"directory\""), file);
  }

  @Test
  void of_attempts_survive_in_a_record() throws IOException {
    Result result = valid(Files.readAllBytes(GOLDEN)).result().orElseThrow();
    Instant started = Instant.parse("2026-11-23T22:00:05Z");
    Outcome failed = new Outcome(State.FAILED, OptionalInt.of(4), "NonZeroExitCode");
    assertEquals(
        List.of(
            new Attempted(
                1,
                Outcome.lost(Reason.NODE_FAIL),
                Optional.of(Instant.parse("2026-11-23T22:00:00Z")),
                Optional.empty()),
            new Attempted(2, failed, Optional.of(started), Optional.of(started.plusSeconds(1)))),
        result.attempts());
    byte[] again =
        RecordWriter.record(
            Files.readAllBytes(GOLDEN), valid(Files.readAllBytes(GOLDEN)).job(), result);
    assertEquals(Optional.of(result), valid(again).result());
  }

  @ParameterizedTest
  @CsvSource(
      delimiterString = " | ",
      quoteCharacter = '`',
      value = {
        "\"memory_bytes\": -1 | \"memory_bytes\" is -1, expected a number of bytes with at most 18 digits",
        "\"memory_bytes\": \"4G\" | \"memory_bytes\" is \"4G\", expected a number of bytes",
        "\"resources\": [] | \"resources\" is a list, expected an object of numbers",
        "\"resources\": {\"gpu\": 0} | \"resources.gpu\" is 0, expected a whole number from 1",
        "\"resources\": {\"a b\": 1} | \"resources\" has the name \"a b\", expected letters, digits",
        "\"resources\": {\"\": 1} | \"resources\" has the name \"\", expected letters, digits",
        "\"begin\": \"tomorrow\" | \"begin\" is \"tomorrow\", expected a time like",
        "\"dependency\": \"17\" | ",
        "\"dependency\": \"afterok\" | \"dependency\" is \"afterok\", expected like afterok:17",
        "\"dependency\": \"afterok:1,x:2\" | \"dependency\" is \"afterok:1,x:2\", expected like",
        "\"dependency\": \"afterok:1?after:2,after:3\" | \"dependency\" is",
        "\"priority\": 2147483648 | \"priority\" is 2147483648, expected a whole number from -2147483648",
        "\"priority\": -2147483648 | ",
        "\"priority\": -99999999999 | \"priority\" is too large",
        "\"nice\": 1.5 | \"nice\" is 1.5, expected a whole number",
        "\"time_limit_seconds\": 0 | \"time_limit_seconds\" is 0, expected a whole number from 1",
        "\"time_limit_seconds\": \"1:00\" | \"time_limit_seconds\" is \"1:00\", expected a whole number",
        "\"signal\": \"FOO\" | \"signal\" is \"FOO\", expected like B:USR1@60",
        "\"signal\": 10 | \"signal\" is 10, expected a string",
        "\"requeue\": 1 | \"requeue\" is 1, expected true or false",
        "\"requeue\": false | ",
        "\"retries\": -1 | \"retries\" is -1, expected a whole number from 0",
        "\"retry_delay_seconds\": -1 | \"retry_delay_seconds\" is -1, expected a whole number from 0",
      })
  void that_say_what_can_not_be_are_refused(String field, String reason) {
    JobFile file = read(("{\"command\": [\"x\"], " + field + "}").getBytes(StandardCharsets.UTF_8));
    if (reason == null) {
      assertInstanceOf(JobFile.Valid.class, file, field);
    } else {
      String said = assertInstanceOf(JobFile.Invalid.class, file, field).reason();
      assertTrue(said.startsWith("field " + reason), said);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "afterok:1",
        "afterok:1:2,afterany:3",
        "after:5+60?afternotok:6",
        "singleton",
        "7:8_3"
      })
  void of_a_dependency_keep_what_they_mean(String text) {
    Dependency dependency = Dependency.parse(text).orElseThrow();
    assertEquals(Optional.of(dependency), Dependency.parse(dependency.toString()), text);
  }

  @Test
  void never_make_the_reader_fail() throws IOException {
    long seed = System.nanoTime();
    Random random = new Random(seed);
    byte[] whole = Files.readAllBytes(GOLDEN);
    for (int round = 0; round < 20_000; round++) {
      byte[] bytes = whole.clone();
      for (int change = random.nextInt(4); change >= 0; change--) {
        bytes[random.nextInt(bytes.length)] =
            random.nextBoolean() ? (byte) random.nextInt(256) : whole[random.nextInt(whole.length)];
      }
      try {
        if (read(bytes) instanceof JobFile.Valid valid) {
          valid(JobWriter.write(valid.job()));
        }
      } catch (RuntimeException | AssertionError failed) {
        throw new AssertionError(
            "seed " + seed + ": " + new String(bytes, StandardCharsets.ISO_8859_1), failed);
      }
    }
  }
}
