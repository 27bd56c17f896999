package org.localq.core;

import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/**
 * In which order pending jobs start: by their rank, and those of one rank by the policy. Either way
 * nothing delays the first one that has to wait: see {@link Schedule}.
 */
public enum Policy {
  /** First in, first out: by id. */
  FIFO {
    @Override
    int compareEqual(Candidate a, Candidate b) {
      return a.id().compareTo(b.id());
    }
  },
  /** Most cores first, then by id. */
  MCF {
    @Override
    int compareEqual(Candidate a, Candidate b) {
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

  /**
   * Whether its order among jobs of one rank is that of the ids: then a job's turn is known from
   * those before it.
   */
  public boolean isById() {
    return this == FIFO;
  }

  /** Who starts first comes first; no two jobs are equal. */
  public Comparator<Candidate> order() {
    return this::compare;
  }

  /** Which of the two starts first. */
  private int compare(Candidate a, Candidate b) {
    int higher = Long.compare(b.rank(), a.rank());
    return higher == 0 ? compareEqual(a, b) : higher;
  }

  /**
   * Which of two of the same rank starts first. Methods, because comparators put together out of
   * functions are made anew in each JVM, which takes a cold one 3 ms.
   */
  abstract int compareEqual(Candidate a, Candidate b);
}
