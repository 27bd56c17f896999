package org.localq.core;

import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/**
 * In which order pending jobs start. Either way nothing passes the first one that fits the limit.
 */
public enum Policy {
  /** First in, first out: by id. */
  FIFO {
    @Override
    int compare(Candidate a, Candidate b) {
      return a.id().compareTo(b.id());
    }
  },
  /** Most cores first, then by id. */
  MCF {
    @Override
    int compare(Candidate a, Candidate b) {
      int wider = Integer.compare(b.cores(), a.cores());
      return wider == 0 ? a.id().compareTo(b.id()) : wider;
    }
  };

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

  /** Whether its order is that of the ids: then a job's turn is known from those before it. */
  public boolean isById() {
    return this == FIFO;
  }

  /** Who starts first comes first; no two jobs are equal. */
  public Comparator<Candidate> order() {
    return this::compare;
  }

  /**
   * Which of the two starts first. Methods, because comparators put together out of functions are
   * made anew in each JVM, which takes a cold one 3 ms.
   */
  abstract int compare(Candidate a, Candidate b);
}
