package org.localq.spool;

import java.nio.file.Path;
import org.localq.core.Printable;

/**
 * One thing in a spool that breaks its format or an invariant.
 *
 * @param place the file or directory that is not as it should be
 * @param fault what is wrong with it, and what was expected
 * @param advice what to do, or what {@code localqd check --repair} does
 */
public record Finding(Path place, String fault, String advice) implements Comparable<Finding> {
  /** One line, fit for a terminal. */
  public String line() {
    return Printable.of(place + ": " + fault + "; " + advice);
  }

  @Override
  public int compareTo(Finding other) {
    return line().compareTo(other.line());
  }
}
