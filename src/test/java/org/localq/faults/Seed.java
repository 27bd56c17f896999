package org.localq.faults;

import java.util.Random;

/**
 * Chance that can be repeated: each test prints its seed, and {@code -Dlocalq.seed=N} replays it.
 */
public final class Seed {
  private static final String PROPERTY = "localq.seed";

  private Seed() {}

  /** A source of chance for {@code test}; two tests under one seed draw different numbers. */
  public static Random of(Class<?> test) {
    long seed = Long.getLong(PROPERTY, System.nanoTime() & 0xffff_ffffL);
    System.out.println(test.getSimpleName() + ": -D" + PROPERTY + "=" + seed);
    return new Random(seed ^ test.getName().hashCode());
  }
}
