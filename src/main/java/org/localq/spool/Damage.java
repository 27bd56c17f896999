package org.localq.spool;

import java.nio.file.Path;

/** A finding, and what would set it right. */
record Damage(Path place, String fault, Remedy remedy) {
  /** What was found, with what was expected where it doesn't say so itself. */
  static String expecting(String fault, String expected) {
    return fault.contains(", expected ") ? fault : fault + ", expected " + expected;
  }

  Finding finding() {
    return new Finding(place, fault, remedy.advice());
  }
}
