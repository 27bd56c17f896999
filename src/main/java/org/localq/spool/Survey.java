package org.localq.spool;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.localq.core.JobId;
import org.localq.core.Printable;

/** What the parts of one check have found so far. */
final class Survey {
  private final List<Damage> damages = new ArrayList<>();
  private final List<String> notes = new ArrayList<>();
  private long highest;
  private long pending;
  private long held;
  private long running;
  private long done;
  private long rejected;
  private long unsettled;

  void add(Damage damage) {
    damages.add(damage);
  }

  /** A name that the format does not know: nobody's business, and nothing is wrong. */
  void addForeign(Path place) {
    notes.add(Printable.of(place + ": is none of localq's names; it is left alone"));
  }

  /** Something that the next worker sets right by itself. */
  void addUnsettled() {
    unsettled++;
  }

  /** This id is in use. */
  void saw(JobId id) {
    highest = id.number() > CounterCheck.MOST ? highest : Math.max(highest, id.number());
  }

  void countPending() {
    pending++;
  }

  void countHeld() {
    held++;
  }

  void countRunning() {
    running++;
  }

  void countDone() {
    done++;
  }

  void countRejected() {
    rejected++;
  }

  /** The highest id that was seen to be in use; 0 where none was. */
  long highest() {
    return highest;
  }

  /** In the order in which they are to be set right. */
  List<Damage> damages() {
    return damages;
  }

  CheckReport report() {
    return new CheckReport(
        damages.stream().map(Damage::finding).sorted().toList(),
        notes.stream().sorted().toList(),
        new CheckReport.Census(pending, held, running, done, rejected),
        unsettled);
  }
}
