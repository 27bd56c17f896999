package org.localq.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.localq.core.JobId;
import org.localq.core.Outcome;
import org.localq.core.Printable;
import org.localq.spool.Entry;
import org.localq.spool.Spool;
import org.localq.worker.Watch;

/**
 * Waits for the ends of jobs, arrays and tasks, for one command.
 *
 * <p>One after the other: who waits for all needs the next only when this one has ended, and looks
 * at no other meanwhile.
 */
final class JobWait {
  /** A notice can be missed, and where there are none this is the polling interval. */
  private static final Duration LONGEST_NAP = Duration.ofMillis(500);

  private final Spool spool;
  private final Queue queue;
  private final PrintStream err;
  private final String command;

  /** Begins the names that the end of the one that is waited for now has. */
  private String awaited = "";

  /**
   * A wait in this queue.
   *
   * @param err is told what an exit code can't tell
   * @param command who waits
   */
  JobWait(Spool spool, Queue queue, PrintStream err, String command) {
    this.spool = spool;
    this.queue = queue;
    this.err = err;
    this.command = command;
  }

  /** Returns the exit code in the job's record once there is one; 1 where it has none. */
  int forEnd(JobId id) throws IOException, InterruptedException {
    return forEnds(List.of(id).iterator());
  }

  /**
   * Returns the highest of their exit codes once all have ended.
   *
   * @param ids of jobs that were there
   */
  int forEnds(Iterator<JobId> ids) throws IOException, InterruptedException {
    int highest = ExitCode.DONE;
    List<Path> ends = List.of(spool.layout().doneDirectory(), spool.layout().rejectedDirectory());
    try (Watch watch = Watch.of(ends, Set.of(), (directory, name) -> name.startsWith(awaited))) {
      while (ids.hasNext()) {
        highest = Math.max(highest, forEnd(ids.next(), watch));
      }
    }
    return highest;
  }

  private int forEnd(JobId id, Watch watch) throws IOException, InterruptedException {
    awaited = id + ".";
    while (true) {
      Optional<Entry> entry = spool.find(id);
      if (entry.isEmpty()) {
        say(
            spool.isRetired(id)
                ? queue.noSuchJob(id, spool)
                : "job " + id + ": its file was removed by hand, so its end is not known");
        return ExitCode.REFUSED;
      }
      if (entry.get().state().isTerminal()) {
        return code(entry.get());
      }
      watch.await(LONGEST_NAP);
    }
  }

  private int code(Entry entry) {
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
    say(Text.name(entry) + " is " + entry.state() + why + "; it has no exit code");
    return ExitCode.REFUSED;
  }

  private void say(String what) {
    err.println(command + ": " + what);
    err.flush();
  }
}
