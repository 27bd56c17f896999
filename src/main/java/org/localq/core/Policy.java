package org.localq.core;

import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/**
 * In which order pending jobs start. Either way nothing passes the first one that fits the limit.
 */
public enum Policy {
  /** First in, first out: by id. */
  FIFO(Comparator.comparing(Candidate::id)),
  /** Most cores first, then by id. */
  MCF(Comparator.comparingInt(Candidate::cores).reversed().thenComparing(Candidate::id));

  private final Comparator<Candidate> order;

  Policy(Comparator<Candidate> order) {
    this.order = order;
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

  Comparator<Candidate> order() {
    return order;
  }
}
