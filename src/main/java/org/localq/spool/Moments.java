package org.localq.spool;

import java.time.Instant;

/**
 * Moments that come from a disk, where anybody can have written any: within the years that every
 * format and calendar can show.
 */
final class Moments {
  private static final Instant EARLIEST = Instant.parse("0000-01-01T00:00:00Z");
  private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999999Z");

  private Moments() {}

  /** The same, or the nearest that can be shown. */
  static Instant shown(Instant at) {
    return at.isBefore(EARLIEST) ? EARLIEST : at.isAfter(LATEST) ? LATEST : at;
  }
}
