package org.localq.core;

import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/**
 * In which order pending jobs start. Either way nothing passes the first one that fits the limit.
 */
public enum Policy {
  /** First in, first out: by id. */
  FIFO(Comparator.comparing(Candidate::id), true),
  /** Most cores first, then by id. */
  MCF(Comparator.comparingInt(Candidate::cores).reversed().thenComparing(Candidate::id), false);

  private final Comparator<Candidate> order;
  private final boolean byId;

  Policy(Comparator<Candidate> order, boolean byId) {
    this.order = order;
    this.byId = byId;
  }

  /** The policy that {@code word} names, in small letters. */
  public static Optional<Policy> parse(String word) {
    for (Policy policy : values()) {
      if (policy.word().equals(word)) {
        return Optional.of(policy);
      }
    }
    return Optional.empty();
  }

  /** Its name in an option and in a file. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Whether the order is that of the ids, so that nothing needs be known of who comes later. */
  public boolean isById() {
    return byId;
  }

  /** Who starts first comes first; no two jobs are equal. */
  public Comparator<Candidate> order() {
    return order;
  }
}
