package org.localq.worker;

import java.io.IOException;
import java.util.Optional;
import org.localq.core.Job;
import org.localq.engine.Launch;
import org.localq.engine.Mark;
import org.localq.spool.JobFile;
import org.localq.spool.Layout;
import org.localq.spool.RunningDirectory;

/**
 * Deals with claimed attempts for which no shim has shown up: spawns one again, or closes the
 * attempt to any. It owns whether this machine could spawn a shim when last it was tried.
 */
final class Spawning {
  private final Judge.Tools tools;
  private final Recording recording;
  private boolean possible = true;

  Spawning(Judge.Tools tools, Recording recording) {
    this.tools = tools;
    this.recording = recording;
  }

  /** Whether a shim can be spawned, as far as is known. */
  boolean isPossible() {
    return possible;
  }

  /** Spawns the same attempt again, which does no harm where its shim is only slow. */
  Judge.Next respawn(Case its) throws IOException {
    Optional<JobFile> file = its.locked().readClaimed(its.id());
    if (file.isPresent() && file.get() instanceof JobFile.Invalid invalid) {
      return giveUpDamaged(its, invalid.reason());
    }
    if (file.isPresent() && file.get() instanceof JobFile.Valid valid) {
      spawn(its, valid.job());
    }
    return Judge.Next.LATER;
  }

  private void spawn(Case its, Job job) throws IOException {
    Launch launch = launch(its.locked().look(), its.mark(), job, tools.identity().shortBoot());
    possible = false;
    // whoever claimed it may have died in the middle of that
    its.locked().secureClaims();
    tools.engine().start(launch);
    possible = true;
    its.memory().spawned();
    its.memory().limit(job.requirements().timeLimit());
    tools
        .log()
        .say(
            its.id(),
            "attempt " + its.attempt() + " was spawned again: no shim had shown up for it");
  }

  /** What starts the attempt {@code mark} of a job in this boot of the machine. */
  static Launch launch(RunningDirectory running, Mark mark, Job job, String shortBoot)
      throws IOException {
    return new Launch(
        mark,
        job,
        running.path(),
        Layout.runName(mark.id(), mark.attempt(), shortBoot),
        running.earlier(mark.id()).size());
  }

  /** Closes an attempt that is cancelled to its shim. */
  Judge.Next giveUp(Case its) throws IOException {
    // RACE: a shim that was first is met as a started one at the next look
    if (its.locked().voidAttempt(its.id(), its.attempt())) {
      tools
          .log()
          .say(
              its.id(),
              "attempt "
                  + its.attempt()
                  + " is given up before its shim came, because it is cancelled");
    }
    return Judge.Next.SOON;
  }

  /** Nobody can spawn a shim for a file that can't be read, and its cores are taken meanwhile. */
  private Judge.Next giveUpDamaged(Case its, String reason) throws IOException {
    // RACE: a shim that was first is met as a started one at the next look
    if (its.locked().voidAttempt(its.id(), its.attempt())) {
      recording.reject(its, reason);
    }
    return Judge.Next.SOON;
  }
}
