package org.localq.spool;

import java.nio.file.Path;

/** A finding, and what would set it right. */
record Damage(Path place, String fault, Remedy remedy) {
  Finding finding() {
    return new Finding(place, fault, remedy.advice());
  }
}
