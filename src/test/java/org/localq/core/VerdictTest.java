package org.localq.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;

/**
 * The decision table, whole: every combination of what can be found is in exactly one row.
 *
 * <p>Columns: the boot of the claim (none, other, this) · start token (none, empty, shim) · exit
 * token (none, exit) · wish to cancel (no; late: the time limit is reached; again: another attempt
 * is wanted; yes) · processes (gone, shim, alive) · without a start token for (short, long) ·
 * verdict. A {@code *} stands for every value.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class VerdictTest {
  private static final String BOOT = "0123abcd";

  private static final List<List<String>> VALUES =
      List.of(
          List.of("none", "other", "this"),
          List.of("none", "empty", "shim", "odd"),
          List.of("none", "exit"),
          List.of("no", "late", "again", "yes"),
          List.of("gone", "shim", "alive"),
          List.of("short", "long"));

  private static final List<String> TABLE =
      List.of(
          // R2: without a run file the current attempt was never claimed: the one before it was
          // closed, or a canceller took the job out of reach
          "none  none  *    no|late|again *     *     PUT_BACK",
          "none  none  *    yes *     *     RECORD_CANCELLED",
          // R6: CANCELLED iff the marker is there at the record, also after a reboot
          "other *     *    yes *     *     RECORD_CANCELLED",
          // R7: an attempt of another boot; its exit token is the truth
          "other *     exit no  *     *     RECORD_EXIT",
          // R7: without one it is LOST, also where the start token did not survive
          "other *     none no  *     *     RECORD_NODE_FAIL",
          // but for what was told to end because its time was over
          "other *     *    late *     *     RECORD_TIMEOUT",
          "other *     *    again *     *     REQUEUE",
          // R3: to end, and no shim has come: the door is closed before anything else
          "this  none  *    yes *     *     VOID",
          // no shim yet: patience first, then the same attempt again
          "this  none  *    no|late|again *     short WAIT",
          "this  none  *    no|late|again *     long  RESPAWN",
          // a run file that is gone does not mean that nothing runs, where a start token says so
          // R6: the processes are gone; the marker, then the exit token, then unknown
          "this|none empty *    yes gone  *     RECORD_CANCELLED",
          "this|none shim|odd *    yes gone  *     RECORD_CANCELLED",
          "this|none empty exit no  gone  *     RECORD_EXIT",
          "this|none shim|odd exit no  gone  *     RECORD_EXIT",
          "this|none empty|shim|odd *    late gone  *     RECORD_TIMEOUT",
          "this|none empty|shim|odd *    again gone  *     REQUEUE",
          // R6: it may have run, and left no exit token
          "this|none shim|odd none no  gone  *     RECORD_SHIM_LOST",
          // R4: a shim names itself before it executes the command; this one never came so far
          "this|none empty none no  gone  long  CLOSE",
          // but a machine that can't fork now is not asked again and again
          "this|none empty none no  gone  short WAIT",
          // the command ended and something of it is left, or it is to end: R5 only once all is
          // gone
          "this|none empty exit *   alive *     TERMINATE",
          "this|none shim|odd exit *   alive *     TERMINATE",
          "this|none empty none yes|late|again alive *     TERMINATE",
          "this|none shim|odd none yes|late|again alive *     TERMINATE",
          // the shim alone: between two of its steps
          "this|none empty exit *   shim  *     LOOK_AGAIN",
          "this|none shim|odd exit *   shim  *     LOOK_AGAIN",
          "this|none empty none yes|late|again shim  *     LOOK_AGAIN",
          "this|none shim|odd none yes|late|again shim  *     LOOK_AGAIN",
          // it runs
          "this|none empty none no  shim  *     WAIT",
          "this|none shim|odd none no  shim  *     WAIT",
          "this|none empty none no  alive *     WAIT",
          "this|none shim|odd none no  alive *     WAIT");

  @Test
  void every_row_of_the_table_holds() {
    List<String> wrong = new ArrayList<>();
    table()
        .forEach(
            (found, expected) -> {
              Verdict verdict = decide(found);
              if (!verdict.name().equals(expected)) {
                wrong.add(found + ": expected " + expected + ", got " + verdict);
              }
            });
    assertEquals(List.of(), wrong);
  }

  @Test
  void the_table_has_a_row_for_every_combination() {
    assertEquals(
        VALUES.stream().mapToInt(List::size).reduce(1, Math::multiplyExact), table().size());
  }

  @Test
  void patience_ends_after_ten_seconds() {
    List<String> unstarted = List.of("this", "none", "none", "no", "gone");
    assertEquals(Verdict.WAIT, decide(unstarted, Duration.ofMillis(9_999)));
    assertEquals(Verdict.RESPAWN, decide(unstarted, Duration.ofSeconds(10)));
  }

  @Test
  void a_shim_that_has_said_everything_is_done_with_the_attempt() {
    Map<String, Verdict> expected =
        Map.of(
            "no", Verdict.RECORD_EXIT,
            "late", Verdict.RECORD_TIMEOUT,
            "again", Verdict.REQUEUE,
            "yes", Verdict.RECORD_CANCELLED);
    expected.forEach(
        (wish, verdict) -> {
          List<String> found = List.of("this", "shim", "whole", wish, "shim");
          assertEquals(verdict, decide(found, Duration.ZERO), wish);
        });
    List<String> accompanied = List.of("this", "shim", "whole", "no", "alive");
    assertEquals(Verdict.TERMINATE, decide(accompanied, Duration.ZERO));
  }

  private static Map<List<String>, String> table() {
    Map<List<String>, String> table = new LinkedHashMap<>();
    for (String row : TABLE) {
      String[] cells = row.split(" +");
      for (List<String> found : expand(cells)) {
        String twice = table.put(found, cells[VALUES.size()]);
        assertEquals(null, twice, found + " is in two rows");
      }
    }
    return table;
  }

  private static List<List<String>> expand(String[] cells) {
    List<List<String>> combinations = List.of(List.of());
    for (int column = 0; column < VALUES.size(); column++) {
      List<String> values =
          cells[column].equals("*") ? VALUES.get(column) : List.of(cells[column].split("[|]"));
      List<List<String>> longer = new ArrayList<>();
      for (List<String> combination : combinations) {
        for (String value : values) {
          List<String> next = new ArrayList<>(combination);
          next.add(value);
          longer.add(next);
        }
      }
      combinations = longer;
    }
    return combinations;
  }

  private static Verdict decide(List<String> found) {
    return decide(found, found.get(5).equals("short") ? Duration.ZERO : Duration.ofDays(1));
  }

  private static Verdict decide(List<String> found, Duration unstarted) {
    Optional<String> boot =
        switch (found.get(0)) {
          case "none" -> Optional.empty();
          case "other" -> Optional.of("99999999");
          default -> Optional.of(BOOT);
        };
    Optional<Claim.Start> start =
        switch (found.get(1)) {
          case "none" -> Optional.empty();
          case "empty" ->
              Optional.of(
                  new Claim.Start(
                      Optional.empty(), false, Instant.EPOCH, Optional.empty(), Optional.empty()));
          case "odd" ->
              Optional.of(
                  new Claim.Start(
                      Optional.empty(), true, Instant.EPOCH, Optional.empty(), Optional.empty()));
          default ->
              Optional.of(
                  new Claim.Start(
                      Optional.of(new ProcessId(7, 7)),
                      true,
                      Instant.EPOCH,
                      Optional.empty(),
                      Optional.empty()));
        };
    Usage usage =
        found.get(2).equals("whole")
            ? new Usage(OptionalDouble.of(1), OptionalDouble.of(2), OptionalLong.empty())
            : Usage.UNKNOWN;
    Optional<Claim.End> end =
        found.get(2).equals("none")
            ? Optional.empty()
            : Optional.of(new Claim.End(new Exit.Code(3), Instant.EPOCH, usage));
    Optional<Claim.Cancel> cancel =
        found.get(3).equals("yes")
            ? Optional.of(new Claim.Cancel(Duration.ofSeconds(30)))
            : Optional.empty();
    Presence presence =
        switch (found.get(4)) {
          case "gone" -> Presence.GONE;
          case "shim" -> Presence.SHIM_ONLY;
          default -> Presence.ALIVE;
        };
    Claim claim =
        new Claim(
            new JobId(1),
            new Claim.Attempt(
                1,
                boot,
                start,
                end,
                new Claim.Told(
                    false,
                    found.get(3).equals("late"),
                    found.get(3).equals("again"),
                    Optional.empty())),
            cancel,
            List.of());
    return Verdict.of(claim, BOOT, presence, unstarted);
  }
}
