package org.localq.spool;

import java.time.ZoneId;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * The user whose queue this is, as far as a job file leaves it to the defaults.
 *
 * @param home {@code $HOME}, absolute
 * @param zone in which an output file's name tells the time; not asked for without need: a cold JVM
 *     takes 8 ms to find out
 * @param environment the few variables that a job without an environment gets
 */
public record Account(String home, Supplier<ZoneId> zone, Map<String, String> environment) {
  public Account {
    environment = Collections.unmodifiableMap(new LinkedHashMap<>(environment));
  }

  public Account(String home, ZoneId zone, Map<String, String> environment) {
    this(home, () -> zone, environment);
  }
}
