package org.localq.spool;

/**
 * On which terms a process works on a spool.
 *
 * @param overdue hears of a lock that somebody else holds for long
 * @param mostBytes the longest job file that is read
 */
public record Terms(Overdue overdue, int mostBytes) {
  /**
   * Of the heap, what a job file may have: while one is read, its bytes, its text, the text without
   * escapes and a string of it are there at once, up to two bytes a character, and half of a heap
   * is not for large things.
   */
  private static final int SHARE = 24;

  /** Nobody listens, and memory is no matter. */
  public static final Terms FREE = new Terms(Overdue.UNHEARD, Content.MOST_BYTES);

  /** The terms of a process that has at most {@code heap} bytes of memory for its objects. */
  public static Terms of(long heap, Overdue overdue) {
    return new Terms(overdue, (int) Math.min(Content.MOST_BYTES, heap / SHARE));
  }
}
