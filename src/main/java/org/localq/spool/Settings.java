package org.localq.spool;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.localq.core.Policy;
import org.localq.core.Retention;

/**
 * What a worker was started with, as {@code .localq/options} keeps it: a {@code name=value} line
 * each.
 *
 * @param cores the core limit asked for; nothing: the machine's
 * @param interval seconds between two polls; at least 1
 * @param keep which records stay
 */
public record Settings(Optional<Integer> cores, int interval, Policy policy, Retention keep) {
  /** What holds where nothing else is said. */
  public static final Settings DEFAULT =
      new Settings(Optional.empty(), 10, Policy.FIFO, Retention.DEFAULT);

  String toText() {
    StringBuilder text = new StringBuilder();
    cores.ifPresent(n -> text.append("cores=").append(n).append('\n'));
    return text.append("interval=")
        .append(interval)
        .append('\n')
        .append("policy=")
        .append(policy.word())
        .append('\n')
        .append("keep=")
        .append(keep)
        .append('\n')
        .toString();
  }

  /**
   * Reads what {@link #toText} wrote; a line that is missing or damaged counts as the default. But
   * where nobody knows what records were to be kept, all are: nothing is lost by that.
   */
  static Settings parse(String text) {
    Map<String, String> values = new LinkedHashMap<>();
    for (String line : text.split("\n")) {
      int equals = line.indexOf('=');
      if (equals > 0) {
        values.put(line.substring(0, equals), line.substring(equals + 1));
      }
    }
    return new Settings(
        positive(values, "cores"),
        positive(values, "interval").orElse(DEFAULT.interval),
        Optional.ofNullable(values.get("policy")).flatMap(Policy::parse).orElse(DEFAULT.policy),
        keep(values));
  }

  private static Retention keep(Map<String, String> values) {
    if (values.isEmpty()) {
      return new Retention.All();
    }
    // localq 0.1.0 wrote no such line, and kept as by default
    return Optional.ofNullable(values.get("keep"))
        .map(text -> Retention.parse(text).orElseGet(Retention.All::new))
        .orElse(DEFAULT.keep);
  }

  private static Optional<Integer> positive(Map<String, String> values, String name) {
    return Optional.ofNullable(values.get(name))
        .filter(text -> text.matches("[1-9][0-9]{0,8}"))
        .map(Integer::valueOf);
  }
}
