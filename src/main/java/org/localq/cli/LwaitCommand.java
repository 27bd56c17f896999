package org.localq.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import org.localq.core.JobId;
import org.localq.core.Refusal;
import org.localq.spool.Entry;
import org.localq.spool.Spool;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code lwait}: waits until jobs have ended. */
final class LwaitCommand extends Command {
  @Override
  CommandSpec spec() {
    CommandSpec spec = CommandSpec.create().name("lwait");
    spec.usageMessage()
        .description(
            "Waits until all of these jobs have ended; the highest of their exit codes is its own.")
        .customSynopsis("lwait [OPTION…] ID…", "       lwait [OPTION…] --all")
        .footer("", IdArguments.OF_TASKS);
    return spec.addOption(IdArguments.option("The jobs; or give the ids as plain words."))
        .addOption(flag("--all", "Every job that is pending or running now.").build())
        .addOption(queueOption())
        .addPositional(IdArguments.words());
  }

  @Override
  int run(ParseResult parsed, Door door) throws IOException, InterruptedException {
    SortedSet<JobId> ids = IdArguments.of(parsed);
    boolean all = parsed.hasMatchedOption("--all");
    if (ids.isEmpty() != all) {
      throw Refusal.usage(
          all
              ? "--all and ids exclude each other; expected one of them"
              : "no job named; expected ids, as lqueue shows them, or --all");
    }
    Queue queue = Queue.of(parsed, door);
    try (Spool spool = queue.open()) {
      JobWait wait = new JobWait(spool, queue, door.err(), "lwait");
      if (all) {
        List<JobId> there = new ArrayList<>();
        Unended.of(spool).forEach(there::add);
        sayIfNobodyWorks(!there.isEmpty(), spool, queue, door);
        return wait.forEnds(there.iterator());
      }
      Known known = known(ids, spool, queue, door);
      sayIfNobodyWorks(known.anyLives(), spool, queue, door);
      return Math.max(known.code(), wait.forEnds(known.ids().iterator()));
    }
  }

  /**
   * Those of the ids that are there.
   *
   * @param code what is to be said of the others
   * @param anyLives whether one of them has not ended
   */
  private record Known(List<JobId> ids, int code, boolean anyLives) {}

  /** Who mistyped an id hears of it at once, and not when all others have ended. */
  private static Known known(SortedSet<JobId> ids, Spool spool, Queue queue, Door door)
      throws IOException {
    List<JobId> known = new ArrayList<>();
    int code = ExitCode.DONE;
    boolean anyLives = false;
    for (JobId id : ids) {
      Optional<Entry> entry = spool.find(id);
      if (entry.isPresent()) {
        known.add(id);
        anyLives |= !entry.get().state().isTerminal();
      } else {
        door.err().println("lwait: " + queue.noSuchJob(id, spool));
        code = ExitCode.REFUSED;
      }
    }
    door.err().flush();
    return new Known(known, code, anyLives);
  }

  private static void sayIfNobodyWorks(boolean anyLives, Spool spool, Queue queue, Door door)
      throws IOException {
    if (anyLives && queue.workers(spool).isEmpty()) {
      door.err()
          .println(
              "lwait: no worker is alive: nothing starts, and no end is recorded, before localqd"
                  + queue.option()
                  + " start");
      door.err().flush();
    }
  }
}
