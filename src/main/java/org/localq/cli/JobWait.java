package org.localq.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.localq.core.JobId;
import org.localq.core.Outcome;
import org.localq.core.Printable;
import org.localq.core.Refusal;
import org.localq.spool.Entry;
import org.localq.spool.Spool;
import org.localq.worker.Watch;

/** Waits for a job's end. */
final class JobWait {
  /** A notice can be missed, and where there are none this is the polling interval. */
  private static final Duration LONGEST_NAP = Duration.ofMillis(500);

  private JobWait() {}

  /** Returns the exit code in the job's record once there is one; 1 where it has none. */
  static int forEnd(Spool spool, JobId id, Queue queue, PrintStream err)
      throws IOException, InterruptedException {
    List<Path> ends = List.of(spool.layout().doneDirectory(), spool.layout().rejectedDirectory());
    try (Watch watch = Watch.of(ends, Set.of(), (directory, name) -> name.startsWith(id + "."))) {
      while (true) {
        Optional<Entry> entry = spool.find(id);
        if (entry.isEmpty()) {
          throw Refusal.of(
              spool.isRetired(id)
                  ? queue.noSuchJob(id, spool)
                  : "job " + id + ": its file was removed by hand, so its end is not known");
        }
        if (entry.get().state().isTerminal()) {
          return code(entry.get(), err);
        }
        watch.await(LONGEST_NAP);
      }
    }
  }

  private static int code(Entry entry, PrintStream err) {
    String reason = "";
    if (entry instanceof Entry.Finished finished) {
      Outcome outcome = finished.result().outcome();
      if (outcome.exitCode().isPresent()) {
        return outcome.exitCode().getAsInt();
      }
      reason = outcome.reason();
    } else if (entry instanceof Entry.Rejected rejected) {
      reason = rejected.reason();
    } else if (entry instanceof Entry.Damaged damaged) {
      reason = damaged.reason();
    }
    // a script that sees 1 would take it for the command's
    String why = reason.isEmpty() ? "" : ", " + Printable.of(reason);
    err.println(
        "lbatch: " + Text.name(entry) + " is " + entry.state() + why + "; it has no exit code");
    return ExitCode.REFUSED;
  }
}
