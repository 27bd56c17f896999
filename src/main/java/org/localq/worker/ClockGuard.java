package org.localq.worker;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.localq.core.Clocks;
import org.localq.core.Identity;
import org.localq.spool.Locked;

/**
 * Notices that the wall clock has moved against the machine's uptime, so that no record's age can
 * be trusted.
 *
 * <p>What it compares with is what the clocks said when the first worker of this boot looked. That
 * is noted in the spool, so that a restart hides no jump. A note that can't be written holds up
 * nothing: on a full disk it is collecting that makes room. Until it can, it is remembered here, so
 * that a jump while this worker runs is seen, and noted as what it was then; only a worker that
 * follows before that takes the clocks as it finds them, as the first of a boot always does.
 */
public final class ClockGuard {
  private final String boot;
  private final Judge.Times times;
  private Optional<Clocks> unnoted = Optional.empty();

  public ClockGuard(Identity identity, Judge.Times times) {
    this.boot = identity.boot();
    this.times = times;
  }

  /**
   * A jump of the wall clock.
   *
   * @param length how far; negative: it was set back
   * @param noted whether the spool has what it is measured by, so that later workers see it too
   */
  record Jump(Duration length, boolean noted) {}

  /** What the clocks say. */
  Clocks now() throws IOException {
    return new Clocks(boot, times.uptime().now(), times.clock().instant());
  }

  /** By how much the wall clock has jumped until {@code now}; nothing where it hasn't. */
  Optional<Jump> jump(Locked locked, Clocks now) throws IOException {
    Optional<Clocks> noted = locked.notedClocks();
    Clocks first = noted.or(() -> unnoted).orElse(now);
    unnoted = noted.isPresent() || note(locked, first) ? Optional.empty() : Optional.of(first);
    boolean isNoted = unnoted.isEmpty();
    return now.jumpSince(first).map(length -> new Jump(length, isNoted));
  }

  private static boolean note(Locked locked, Clocks first) {
    try {
      locked.noteClocks(first);
      return true;
    } catch (IOException full) {
      return false;
    }
  }
}
