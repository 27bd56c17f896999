package org.localq.cli;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.concurrent.TimeUnit;
import org.localq.core.JobId;
import org.localq.core.Refusal;
import org.localq.spool.Entry;
import org.localq.spool.Spool;
import org.localq.worker.Cancellation;
import org.localq.worker.Log;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code lcancel}: ends jobs. */
final class LcancelCommand extends Command {
  private static final Duration NAP = Duration.ofMillis(50);

  @Override
  CommandSpec spec() {
    CommandSpec spec = CommandSpec.create().name("lcancel");
    spec.usageMessage()
        .description(
            "Cancels jobs: a pending one at once; the processes of a running one get TERM and, after a grace, KILL.")
        .customSynopsis("lcancel [OPTION…] ID…", "       lcancel [OPTION…] --all")
        .footer("", IdArguments.OF_TASKS);
    return spec.addOption(IdArguments.option("The jobs; or give the ids as plain words."))
        .addOption(flag("--all", "Every job that has not ended.").build())
        .addOption(option("--grace", "SECONDS", "From TERM to KILL (default: 30).").build())
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
    Duration grace =
        number(parsed, "--grace", 0).map(Duration::ofSeconds).orElse(Cancellation.GRACE);
    Queue queue = Queue.of(parsed, door);
    try (Spool spool = queue.open()) {
      Log log = Machinery.log(door, queue, "lcancel");
      Cancellation cancellation = new Cancellation(spool, Machinery.judge(door, queue, spool, log));
      return cancel(
          new Round(door, queue, spool, cancellation), all ? Unended.of(spool) : ids, grace);
    }
  }

  private record Round(Door door, Queue queue, Spool spool, Cancellation cancellation) {}

  private static int cancel(Round round, Iterable<JobId> ids, Duration grace)
      throws IOException, InterruptedException {
    int code = ExitCode.DONE;
    List<JobId> ending = new ArrayList<>();
    for (JobId id : ids) {
      switch (round.cancellation().cancel(id, grace)) {
        case CANCELLED -> say(round, id, "cancelled");
        case ENDING -> ending.add(id);
        case ENDED -> say(round, id, "had already ended, " + state(round.spool(), id));
        case UNKNOWN -> {
          round.door().err().println("lcancel: " + round.queue().noSuchJob(id, round.spool()));
          code = ExitCode.REFUSED;
        }
      }
    }
    boolean workerAlive = !round.queue().workers(round.spool()).isEmpty();
    for (JobId id : ending) {
      say(
          round,
          id,
          "was told to end; KILL follows in "
              + grace.toSeconds()
              + " s if need be"
              + (workerAlive ? "" : ", waiting for that, because no worker is alive"));
      round.door().out().flush();
    }
    if (!workerAlive) {
      pursue(round, ending);
    }
    return code;
  }

  private static void pursue(Round round, List<JobId> ending)
      throws IOException, InterruptedException {
    List<JobId> left = new ArrayList<>(ending);
    while (!left.isEmpty()) {
      for (JobId id : List.copyOf(left)) {
        if (round.cancellation().pursue(id)) {
          say(round, id, "ended, " + state(round.spool(), id));
          left.remove(id);
        }
      }
      if (!left.isEmpty()) {
        TimeUnit.MILLISECONDS.sleep(NAP.toMillis());
      }
    }
  }

  private static String state(Spool spool, JobId id) throws IOException {
    Optional<Entry> entry = spool.find(id);
    // an exit token is there and its record is being written
    return entry
        .map(e -> e.state().isTerminal() ? e.state().name() : "its record follows")
        .orElse("its record was removed");
  }

  private static void say(Round round, JobId id, String what) throws IOException {
    String job = "job " + id;
    // only its file tells an array
    String name = id.isTask() ? job : round.spool().find(id).map(Text::name).orElse(job);
    round.door().out().println(name + " " + what);
  }
}
