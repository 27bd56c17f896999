package org.localq.spool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.localq.core.JobId;

/**
 * Judges the tokens of a claimed job: whether they can have come about.
 *
 * <p>Those of another boot are nobody's fault, whatever they are: a power cut leaves any part of
 * them (R7).
 */
final class TokenCheck {
  private final Layout layout;
  private final RunningDirectory running;
  private final String boot;

  /**
   * Judges what was seen in one look.
   *
   * @param boot the first digits of this boot's id
   */
  TokenCheck(Layout layout, RunningDirectory running, String boot) {
    this.layout = layout;
    this.running = running;
    this.boot = boot;
  }

  /** Why the tokens of a claimed job can't have come about. */
  Optional<String> contradiction(JobId id) throws IOException {
    int current = running.currentAttempt(id);
    if (isOfAnotherBoot(id, current)) {
      return Optional.empty();
    }
    Optional<String> fault = closureFault(id, current);
    if (fault.isEmpty()) {
      fault = exitFault(id);
    }
    return fault.isEmpty() && !hasEnded(id, current) ? startFault(id, current) : fault;
  }

  private boolean isOfAnotherBoot(JobId id, int attempt) {
    return running.of(id).stream()
        .anyMatch(
            name ->
                name instanceof Layout.Name.Run run
                    && run.attempt() == attempt
                    && !run.boot().equals(boot));
  }

  private Optional<String> closureFault(JobId id, int open) {
    return running.of(id).stream()
        .filter(name -> attempt(name) > open)
        .map(name -> name.fileName() + " is there though attempt " + open + " is not closed")
        .findFirst();
  }

  /** The attempt that a name shows to be claimed, begun or over; 0 for other names. */
  private static int attempt(Layout.Name name) {
    if (name instanceof Layout.Name.Started started) {
      return started.attempt();
    }
    if (name instanceof Layout.Name.Exited exited) {
      return exited.attempt();
    }
    return name instanceof Layout.Name.Run run ? run.attempt() : 0;
  }

  private Optional<String> exitFault(JobId id) throws IOException {
    Set<Integer> exits = new HashSet<>();
    for (Layout.Name name : running.of(id)) {
      if (name instanceof Layout.Name.Exited exited) {
        if (!exits.add(exited.attempt())) {
          return Optional.of(
              "attempt " + exited.attempt() + " has two exit tokens, expected at most one");
        }
        if (!Spool.exists(layout.started(id, exited.attempt()))) {
          return Optional.of(name.fileName() + " is there without a start token");
        }
      }
    }
    return Optional.empty();
  }

  private boolean hasEnded(JobId id, int attempt) {
    return running.of(id).stream()
        .anyMatch(name -> name instanceof Layout.Name.Exited exited && exited.attempt() == attempt);
  }

  /** A start token that says neither who began nor that nobody did: the command may have run. */
  private Optional<String> startFault(JobId id, int attempt) throws IOException {
    Path token = layout.started(id, attempt);
    if (isIrregular(token)) {
      return Optional.of(token.getFileName() + " is no regular file, expected a token");
    }
    String text = RunningDirectory.text(token);
    // RACE: the shim may be writing it
    for (int look = 0; look < 2 && !text.equals(RunningDirectory.text(token)); look++) {
      text = RunningDirectory.text(token);
    }
    return text.isEmpty()
            || text.equals(RunningDirectory.VOID)
            || RunningDirectory.shim(text).isPresent()
        ? Optional.empty()
        : Optional.of(token.getFileName() + " is \"" + text + "\", expected PID TICKS or void");
  }

  /** Whether something lies there that is no file, as a token always is. */
  static boolean isIrregular(Path token) throws IOException {
    return Spool.exists(token) && !Files.isRegularFile(token, LinkOption.NOFOLLOW_LINKS);
  }
}
