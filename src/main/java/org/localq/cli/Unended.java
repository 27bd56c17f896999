package org.localq.cli;

import java.io.IOException;
import java.util.stream.IntStream;
import org.localq.core.IdSet;
import org.localq.core.JobId;
import org.localq.spool.Listing;
import org.localq.spool.Spool;

/** The jobs and arrays that wait or run, for {@code --all}. A task comes with its array. */
final class Unended {
  private Unended() {}

  /**
   * Those that there are now. What waits comes first: when that is cancelled later, it would start
   * in the place of what runs.
   */
  static Iterable<JobId> of(Spool spool) throws IOException {
    Listing listing = spool.listing();
    IdSet waiting = listing.pending().with(listing.held());
    IdSet running = listing.running().without(waiting);
    return () ->
        IntStream.range(0, waiting.size() + running.size())
            .mapToObj(i -> i < waiting.size() ? waiting.get(i) : running.get(i - waiting.size()))
            .filter(id -> !id.isTask() || !isOneOf(id.array(), waiting, running))
            .iterator();
  }

  private static boolean isOneOf(JobId id, IdSet waiting, IdSet running) {
    return waiting.contains(id) || running.contains(id);
  }
}
