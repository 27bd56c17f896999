package org.localq.spool;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.localq.core.Budget;
import org.localq.core.Needs;
import org.localq.core.Policy;
import org.localq.core.Pool;
import org.localq.core.Retention;

/**
 * What a worker was started with, as {@code .localq/options} keeps it: a {@code name=value} line
 * each.
 *
 * @param cores the core limit asked for; nothing: the machine's
 * @param interval seconds between two polls; at least 1
 * @param keep which records stay
 * @param budget the memory asked for, nothing: most of the machine's; and the named resources
 */
public record Settings(
    Optional<Integer> cores, int interval, Policy policy, Retention keep, Budget budget) {
  private static final String MEMORY = "memory";

  /** Before a resource's name. */
  private static final String RESOURCE = "resource.";

  /** What holds where nothing else is said. */
  public static final Settings DEFAULT =
      new Settings(Optional.empty(), 10, Policy.FIFO, Retention.DEFAULT);

  /** Those that say nothing of memory and resources. */
  public Settings(Optional<Integer> cores, int interval, Policy policy, Retention keep) {
    this(cores, interval, policy, keep, Budget.NONE);
  }

  /** The same, with this core limit. */
  public Settings withCores(int limit) {
    return new Settings(Optional.of(limit), interval, policy, keep, budget);
  }

  /** The same, with this budget. */
  public Settings with(Budget other) {
    return new Settings(cores, interval, policy, keep, other);
  }

  String toText() {
    StringBuilder text = new StringBuilder();
    cores.ifPresent(n -> text.append("cores=").append(n).append('\n'));
    budget.memory().ifPresent(bytes -> text.append(MEMORY).append('=').append(bytes).append('\n'));
    budget
        .resources()
        .forEach(
            (name, pool) ->
                text.append(RESOURCE).append(name).append('=').append(pool).append('\n'));
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
        keep(values),
        budget(values));
  }

  private static Budget budget(Map<String, String> values) {
    OptionalLong memory =
        Optional.ofNullable(values.get(MEMORY)).filter(text -> text.matches("[0-9]{1,18}")).stream()
            .mapToLong(Long::parseLong)
            .findFirst();
    SortedMap<String, Pool> resources = new TreeMap<>();
    values.forEach(
        (key, value) -> {
          String name = key.startsWith(RESOURCE) ? key.substring(RESOURCE.length()) : "";
          if (Needs.isResource(name) && Pool.parse(value) instanceof Pool.Parsed.Valid valid) {
            resources.put(name, valid.pool());
          }
        });
    return new Budget(memory, resources);
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
