package org.localq.engine;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.localq.core.JobId;

/**
 * The shims of one worker: each executes attempts one after the other, so that a job costs no more
 * than the fork of a small shell and its own command.
 *
 * <p>Who is told nothing more ends by itself, behind the attempt that it is at: nothing here is
 * ever killed, and all of it can be lost with the worker.
 */
final class Shims {
  /** Makes a shim, which reads its attempts from its standard input. */
  interface Spawner {
    Process spawn() throws IOException;
  }

  private final Deque<Shim> idle = new ArrayDeque<>();
  private final Map<Mark, Shim> busy = new HashMap<>();

  private static final class Shim {
    private final OutputStream in;
    private final boolean confining;
    private boolean rested;
    private Optional<Listing> before = Optional.empty();

    Shim(Process process, boolean confining) {
      in = process.getOutputStream();
      this.confining = confining;
    }

    void tell(Launch launch) throws IOException {
      String line =
          launch.mark().id() + " " + launch.mark().attempt() + " " + launch.runFile() + "\n";
      in.write(line.getBytes(StandardCharsets.US_ASCII));
      in.flush();
    }

    void dismiss() {
      try {
        in.close();
      } catch (IOException dead) {
        // it has gone already
      }
    }
  }

  /**
   * Has an attempt executed, by a shim that is idle or by a new one.
   *
   * @param confining whether it takes one that was spawned to keep attempts to their memory
   * @param before some processes that were there before it
   * @throws IOException when there is none and this machine can't spawn one
   */
  void execute(Launch launch, boolean confining, Spawner spawner, Optional<Listing> before)
      throws IOException {
    Shim silent = busy.remove(launch.mark());
    if (silent != null) {
      // it was told and did not come: whatever keeps it, another may get through
      silent.dismiss();
    }
    Shim shim = silent == null ? idle(confining) : null;
    if (shim == null || !isTold(shim, launch)) {
      shim = new Shim(spawner.spawn(), confining);
      shim.tell(launch);
    }
    shim.rested = false;
    shim.before = before;
    busy.put(launch.mark(), shim);
  }

  /** Whether a shim was told of this attempt, which is not known to have ended. */
  boolean isTold(Mark mark) {
    return busy.containsKey(mark);
  }

  private Shim idle(boolean confining) {
    for (Shim shim : idle) {
      if (shim.confining == confining) {
        idle.remove(shim);
        return shim;
      }
    }
    return null;
  }

  private static boolean isTold(Shim shim, Launch launch) {
    try {
      shim.tell(launch);
      return true;
    } catch (IOException dead) {
      // somebody killed it while it was idle
      shim.dismiss();
      return false;
    }
  }

  /**
   * The processes that were there before any of these attempts; nothing where that is not known of
   * one of them, or too long ago.
   */
  Optional<Listing> before(Set<Mark> attempts, long now) {
    Optional<Listing> oldest = Optional.empty();
    for (Mark mark : attempts) {
      Optional<Listing> its = Optional.ofNullable(busy.get(mark)).flatMap(shim -> shim.before);
      if (its.filter(listing -> listing.isFresh(now)).isEmpty()) {
        return Optional.empty();
      }
      if (oldest.isEmpty() || its.get().nanos() < oldest.get().nanos()) {
        oldest = its;
      }
    }
    return oldest;
  }

  /** An attempt has its exit token: its shim is done with it. */
  void ended(Mark mark) {
    Shim shim = busy.remove(mark);
    if (shim != null) {
      idle.push(shim);
    }
  }

  /** Nobody knows what the shim of an attempt is at: neither it nor one that is idle is needed. */
  void abandon(Mark mark) {
    Shim shim = busy.remove(mark);
    if (shim != null) {
      shim.dismiss();
    }
    idle.forEach(Shim::dismiss);
    idle.clear();
  }

  /** Abandons the shims of all jobs but these. */
  void retain(Set<JobId> jobs) {
    busy.entrySet()
        .removeIf(
            entry -> {
              boolean gone = !jobs.contains(entry.getKey().id());
              if (gone) {
                entry.getValue().dismiss();
              }
              return gone;
            });
  }

  /** Dismisses the shims that were idle since the last call, but for one that can start at once. */
  void rest() {
    while (idle.size() > 1 && idle.peekLast().rested) {
      idle.removeLast().dismiss();
    }
    idle.forEach(shim -> shim.rested = true);
  }
}
