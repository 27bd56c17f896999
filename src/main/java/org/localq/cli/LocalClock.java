package org.localq.cli;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;

/**
 * The machine's clock in the user's time zone.
 *
 * <p>Which zone that is, is found out when it is first asked for: the JDK opens every jar to look
 * for more zones, and a command that prints no time does without.
 */
final class LocalClock extends Clock {
  private final Clock clock = Clock.systemUTC();

  @Override
  public ZoneId getZone() {
    return ZoneId.systemDefault();
  }

  @Override
  public Clock withZone(ZoneId zone) {
    return clock.withZone(zone);
  }

  @Override
  public Instant instant() {
    return clock.instant();
  }
}
