package org.localq.worker;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.localq.core.Candidate;
import org.localq.core.Identity;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Provision;
import org.localq.core.Schedule;
import org.localq.engine.Engine;
import org.localq.engine.Launch;
import org.localq.engine.Mark;
import org.localq.spool.Intake;
import org.localq.spool.JobFile;
import org.localq.spool.Locked;
import org.localq.spool.RunningDirectory;
import org.localq.spool.TaskQueue;

/**
 * Claims and starts the jobs whose turn it is, and the tasks of arrays.
 *
 * <p>It owns what is remembered of the arrays that are being claimed, which only saves work.
 */
final class Claiming {
  private final Engine engine;
  private final Judge judge;
  private final Log log;
  private final Identity identity;
  private final Intake intake;
  private final Eligibility eligibility;
  private final Occupancy occupancy;
  private final Provisioning provisioning;
  private final OpenArrays arrays = new OpenArrays();

  Claiming(Worker.Tools tools, Identity identity, Intake intake, Eligibility eligibility) {
    this.engine = tools.engine();
    this.judge = tools.judge();
    this.log = tools.log();
    this.occupancy = new Occupancy(tools.judge());
    this.identity = identity;
    this.intake = intake;
    this.eligibility = eligibility;
    this.provisioning = new Provisioning(engine, judge, tools.spool().workers(), occupancy);
  }

  /** Forgets all running jobs but these. */
  void retain(Set<JobId> jobs) {
    occupancy.retain(jobs);
  }

  /**
   * Claims and starts the pending jobs whose turn it is.
   *
   * @return whether one was no longer what was decided upon, so that it is to be decided again
   */
  boolean claimWhatFits(Locked locked) throws IOException {
    if (intake.isBlind()) {
      // one that is not read yet may come first
      return false;
    }
    arrays.leaveThoseThatMoved(locked);
    RunningDirectory running = locked.look();
    Iterator<Candidate> queue = intake.candidates().iterator();
    List<Candidate> starts =
        Schedule.starts(queue, occupancy.situation(locked, running, provisioning.limit()));
    if (!queue.hasNext() && intake.hasUnread()) {
      // all that are known start now or never will
      intake.readOn();
    }
    List<Launch> claimed = new ArrayList<>();
    try {
      for (Candidate next : starts) {
        Optional<Launch> launch =
            next.isArray() ? claimTask(locked, running, next) : claimJob(locked, running, next);
        if (launch.isEmpty()) {
          return true;
        }
        claimed.add(launch.get());
      }
    } finally {
      // also where it went wrong with one of them
      start(locked, claimed);
    }
    for (TaskQueue over : arrays.over()) {
      // it does not wait for a free core to be closed
      claimNext(locked, running, over);
    }
    return false;
  }

  /**
   * Claims one job.
   *
   * @return nothing when the job is gone or no longer what was decided upon
   */
  private Optional<Launch> claimJob(Locked locked, RunningDirectory running, Candidate chosen)
      throws IOException {
    intake.reread(chosen.id());
    Optional<Launch> launch = claim(locked, running, chosen);
    if (launch.isPresent()) {
      intake.forget(chosen.id());
    }
    return launch;
  }

  private Optional<Launch> claim(Locked locked, RunningDirectory running, Candidate chosen)
      throws IOException {
    Optional<JobFile> file = locked.readPending(chosen.id());
    if (file.isEmpty()
        || !(file.get() instanceof JobFile.Valid valid)
        || valid.tasks().isPresent()
        || !chosen.asksFor(valid.job().requirements(), valid.throttle())
        || !eligibility.isReady(locked, running, chosen.id(), valid.job())) {
      return Optional.empty();
    }
    int attempt = running.currentAttempt(chosen.id());
    Launch launch = launch(locked, running, chosen.id(), valid.job(), attempt);
    Provision provision = provisioning.of(valid.job());
    byte[] runFile = provisioning.runFile(launch, provision);
    if (!locked.claim(running, chosen.id(), attempt, runFile)) {
      return Optional.empty();
    }
    noteClaimed(launch, provision);
    return Optional.of(launch);
  }

  private Launch launch(Locked locked, RunningDirectory running, JobId id, Job job, int attempt)
      throws IOException {
    Mark mark = new Mark(locked.root().toString(), id, attempt);
    return Spawning.launch(running, mark, job, identity.shortBoot());
  }

  private void noteClaimed(Launch launch, Provision provision) {
    JobId id = launch.mark().id();
    int attempt = launch.mark().attempt();
    occupancy.add(id, launch.job(), attempt, provision.given());
    log.say(
        id,
        "claimed, attempt "
            + attempt
            + ", cores "
            + launch.job().cores()
            + Provisioning.describe(launch.job(), provision));
  }

  /**
   * Claims the next task of an array.
   *
   * @return nothing when there is none, or it is no longer the array that was decided upon
   */
  private Optional<Launch> claimTask(Locked locked, RunningDirectory running, Candidate chosen)
      throws IOException {
    Optional<TaskQueue> queue = arrays.open(locked, running, chosen.id());
    if (queue.isEmpty() || !queue.get().isAs(chosen)) {
      arrays.leave(chosen.id());
      intake.reread(chosen.id());
      return Optional.empty();
    }
    return claimNext(locked, running, queue.get());
  }

  /** The same, of an array of which nothing was decided but that its tasks are wanted. */
  private Optional<Launch> claimNext(Locked locked, RunningDirectory running, TaskQueue queue)
      throws IOException {
    TaskQueue.Claimed claimed;
    List<Provision> provided = new ArrayList<>();
    try {
      claimed =
          queue.claim(
              locked,
              running,
              (id, job, attempt) -> {
                Provision provision = provisioning.of(job);
                provided.add(provision);
                return provisioning.runFile(launch(locked, running, id, job, attempt), provision);
              });
    } catch (IOException | RuntimeException failed) {
      // what was read of its file may not be what comes next: it is opened anew
      arrays.leave(queue.array());
      throw failed;
    }
    if (claimed instanceof TaskQueue.Claimed.One one) {
      Launch launch = launch(locked, running, one.id(), one.job(), one.attempt());
      noteClaimed(launch, provided.get(0));
      return Optional.of(launch);
    }
    arrays.leave(queue.array());
    intake.reread(queue.array());
    if (claimed instanceof TaskQueue.Claimed.All) {
      log.say(queue.array(), "its last task is claimed");
    } else if (claimed instanceof TaskQueue.Claimed.Rejected rejected) {
      log.say(queue.array(), "REJECTED, its file " + rejected.reason());
    }
    return Optional.empty();
  }

  /** Starts what was claimed, once all of it is on the disk. */
  private void start(Locked locked, List<Launch> claimed) throws IOException {
    if (claimed.isEmpty()) {
      return;
    }
    locked.secureClaims();
    arrays.secured();
    Iterator<Launch> launches = claimed.iterator();
    while (launches.hasNext()) {
      Launch launch = launches.next();
      try {
        engine.start(launch);
        judge.spawned(launch.mark(), launch.job().requirements().timeLimit());
      } catch (IOException machine) {
        // a fault of the machine, not of the job: the claims stay, and nothing else is claimed
        // until their shims are spawned
        judge.spawnAgain(launch.mark());
        while (launches.hasNext()) {
          judge.spawnAgain(launches.next().mark());
        }
        throw machine;
      }
    }
  }
}
