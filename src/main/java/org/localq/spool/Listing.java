package org.localq.spool;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.localq.core.IdSet;
import org.localq.core.JobId;

/**
 * One look over the directories: which jobs are where. Their files are not opened.
 *
 * <p>Taken in the order of a job's life, so that a move during the look can't hide it (R9); one
 * that moves is in two of the places.
 *
 * <p>Tasks of arrays are among them only as long as they have not ended: no more of those are files
 * than can run at a time, while an array can have a million records.
 */
public final class Listing {
  private final Layout layout;
  private final IdSet pending;
  private final IdSet held;
  private final IdSet running;

  private Listing(Layout layout) throws IOException {
    this.layout = layout;
    this.pending = ids(layout.root());
    this.held = ids(layout.heldDirectory());
    this.running = ids(layout.runningDirectory());
  }

  static Listing of(Layout layout) throws IOException {
    return new Listing(layout);
  }

  /** Those that can be claimed. */
  public IdSet pending() {
    return pending;
  }

  /** Those on hold. */
  public IdSet held() {
    return held;
  }

  /** Those that are claimed. */
  public IdSet running() {
    return running;
  }

  /**
   * Those that have a record, or were refused, but for tasks; looked for only now, behind all
   * others.
   */
  public IdSet ended() throws IOException {
    IdSet done = numbers(layout.doneDirectory());
    return done.with(numbers(layout.rejectedDirectory()));
  }

  private static IdSet numbers(Path directory) throws IOException {
    IdList ids = new IdList();
    Names.each(directory, path -> Layout.numberOf(path).ifPresent(ids::add));
    return IdSet.of(ids.toArray());
  }

  private static IdSet ids(Path directory) throws IOException {
    IdList ids = new IdList();
    List<JobId> tasks = new ArrayList<>();
    Names.each(
        directory,
        path -> {
          OptionalLong number = Layout.numberOf(path);
          if (number.isPresent()) {
            ids.add(number.getAsLong());
          } else {
            Optional<JobId> task = Layout.idOf(path.getFileName().toString());
            task.ifPresent(tasks::add);
          }
        });
    return IdSet.of(ids.toArray()).with(IdSet.of(tasks));
  }
}
