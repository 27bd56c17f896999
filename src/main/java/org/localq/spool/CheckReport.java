package org.localq.spool;

import java.util.List;

/**
 * What a check of a spool came to.
 *
 * @param findings what breaks the format or an invariant, sorted
 * @param notes lines about names that localq does not know and leaves alone, sorted
 * @param census how many jobs are where
 * @param unsettled how many things wait for the next worker, which sets them right by itself:
 *     drops, and what a killed process left between two steps
 */
public record CheckReport(
    List<Finding> findings, List<String> notes, Census census, long unsettled) {
  public CheckReport {
    findings = List.copyOf(findings);
    notes = List.copyOf(notes);
  }

  /** How many jobs are where, at about the time of the check. */
  public record Census(long pending, long held, long running, long done, long rejected) {}

  /** Whether the spool is as it should be. */
  public boolean isClean() {
    return findings.isEmpty();
  }
}
