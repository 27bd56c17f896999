package org.localq;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Waits for a condition, with a deadline: for what other threads and processes do. */
public final class Eventually {
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final Duration NAP = Duration.ofMillis(2);

  private Eventually() {}

  /** Something that comes true by itself. */
  public interface Condition {
    boolean holds() throws Exception;
  }

  /** Returns once {@code condition} holds; fails with {@code evidence} when it does not in time. */
  public static void eventually(Condition condition, Supplier<String> evidence) throws Exception {
    long deadline = System.nanoTime() + DEADLINE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("not within " + DEADLINE + ": " + evidence.get());
      }
      LockSupport.parkNanos(NAP.toNanos());
    }
  }
}
