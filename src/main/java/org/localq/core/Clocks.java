package org.localq.core;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * What a machine's clocks said at one moment.
 *
 * <p>Text form: {@code BOOT UPTIME WALL}, with the uptime in milliseconds and the wall clock's time
 * as in {@code 2026-11-22T12:00:00Z}.
 *
 * @param boot the id of the boot
 * @param uptime since that boot, suspended time included: nobody sets this clock
 * @param wall the time of day, which somebody may have set
 */
public record Clocks(String boot, Duration uptime, Instant wall) {
  /** By how much the wall clock may be corrected before its word on ages counts for nothing. */
  public static final Duration TOLERANCE = Duration.ofHours(1);

  /** What {@link #toString} wrote, or nothing. */
  public static Optional<Clocks> parse(String text) {
    String[] words = text.split(" ", -1);
    if (words.length != 3 || !words[1].matches("[0-9]{1,15}")) {
      return Optional.empty();
    }
    try {
      Duration uptime = Duration.ofMillis(Long.parseLong(words[1]));
      return Optional.of(new Clocks(words[0], uptime, Instant.parse(words[2])));
    } catch (DateTimeException noTime) {
      return Optional.empty();
    }
  }

  /** Whether both are of one boot, so that they can be compared. */
  public boolean isOfBoot(String other) {
    return boot.equals(other);
  }

  /**
   * By how much the wall clock has moved against the uptime since {@code earlier}, a moment of the
   * same boot; nothing when that is within {@link #TOLERANCE}. Negative: it was set back.
   */
  public Optional<Duration> jumpSince(Clocks earlier) {
    Duration byWall = Duration.between(earlier.wall, wall);
    Duration moved = byWall.minus(uptime.minus(earlier.uptime));
    return moved.abs().compareTo(TOLERANCE) > 0 ? Optional.of(moved) : Optional.empty();
  }

  @Override
  public String toString() {
    return boot + " " + uptime.toMillis() + " " + wall;
  }
}
