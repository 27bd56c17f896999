package org.localq.spool;

import java.nio.file.Path;

/** Hears of a wait for a lock that takes longer than it should; the wait goes on. */
@FunctionalInterface
public interface Overdue {
  /** Nobody who listens. */
  Overdue UNHEARD = lock -> {};

  /** The lock on this file has been waited for, for seconds. */
  void at(Path lock);
}
