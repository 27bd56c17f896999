package org.localq.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.concurrent.TimeUnit;
import org.localq.core.JobId;
import org.localq.core.Printable;
import org.localq.spool.Entry;
import org.localq.spool.Spool;
import org.localq.worker.Requeueing;

/** {@code lctl requeue}: has jobs run again that run, or have ended. */
final class Requeue {
  private static final Duration NAP = Duration.ofMillis(50);

  private Requeue() {}

  /** Does so with each of these; the exit code. */
  static int of(SortedSet<JobId> ids, Queue queue, Door door)
      throws IOException, InterruptedException {
    int code = ExitCode.DONE;
    try (Spool spool = queue.open()) {
      Requeueing requeueing =
          new Requeueing(
              spool, Machinery.judge(door, queue, spool, Machinery.log(door, queue, "lctl")));
      List<JobId> ending = new ArrayList<>();
      for (JobId id : ids) {
        Requeueing.Answer answer = requeueing.requeue(id);
        if (answer == Requeueing.Answer.ENDING) {
          ending.add(id);
        } else if (answer != Requeueing.Answer.REOPENED) {
          door.err().println("lctl: " + Printable.of(refusal(answer, id, spool, queue)));
          code = ExitCode.REFUSED;
        }
      }
      if (queue.workers(spool).isEmpty()) {
        pursue(requeueing, ending);
      }
    }
    return code;
  }

  /** No worker ends them: somebody has to see to it that KILL follows. */
  private static void pursue(Requeueing requeueing, List<JobId> ending)
      throws IOException, InterruptedException {
    List<JobId> left = new ArrayList<>(ending);
    while (!left.isEmpty()) {
      for (JobId id : List.copyOf(left)) {
        if (requeueing.pursue(id)) {
          left.remove(id);
        }
      }
      if (!left.isEmpty()) {
        TimeUnit.MILLISECONDS.sleep(NAP.toMillis());
      }
    }
  }

  private static String refusal(Requeueing.Answer answer, JobId id, Spool spool, Queue queue)
      throws IOException {
    return switch (answer) {
      case WAITING -> "job " + id + " does not run: it starts when it is its turn";
      case CLOSING ->
          "job "
              + id
              + " is being cancelled, or about to end; once it has: lctl"
              + queue.option()
              + " requeue "
              + id;
      case ENDED_ARRAY ->
          "job "
              + id
              + (id.isTask() ? " has ended as a task of an array" : " is an array that has ended")
              + ", and only whole jobs are run again; to run its command again: lbatch";
      case ENDED ->
          "job "
              + id
              + " has ended, "
              + spool.find(id).map(Entry::state).map(Enum::name).orElse("its record is gone")
              + "; to run its command again: lbatch";
      default -> queue.noSuchJob(id, spool);
    };
  }
}
