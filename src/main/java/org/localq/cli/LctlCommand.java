package org.localq.cli;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.localq.core.JobId;
import org.localq.core.Printable;
import org.localq.core.Refusal;
import org.localq.spool.Entry;
import org.localq.spool.Holding;
import org.localq.spool.Spool;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code lctl}: changes what becomes of jobs. Silent where it is done. */
final class LctlCommand extends Command {
  private static final String VERBS = "hold, release or requeue";

  @Override
  CommandSpec spec() {
    CommandSpec spec = CommandSpec.create().name("lctl");
    spec.usageMessage()
        .description(
            "hold: keeps pending jobs from starting, and the tasks of arrays that have not started."
                + " release: lets them start when it is their turn. requeue: has jobs run again"
                + " from the top, those that have ended and those that run, which get TERM first,"
                + " KILL 30 s later.")
        .customSynopsis(
            "lctl [OPTION…] hold ID…",
            "       lctl [OPTION…] release ID…",
            "       lctl [OPTION…] requeue ID…")
        .footer("", "Prints nothing where it is done, or was before.");
    return spec.addOption(IdArguments.option("The jobs; or give the ids as plain words."))
        .addOption(queueOption())
        .addPositional(IdArguments.words());
  }

  @Override
  int run(ParseResult parsed, Door door) throws IOException, InterruptedException {
    List<String> words = parsed.matchedPositionalValue(0, List.of());
    if (words.isEmpty()) {
      throw Refusal.usage("no verb; expected " + VERBS + " and ids");
    }
    String verb = words.get(0);
    SortedSet<JobId> ids = new TreeSet<>();
    IdArguments.addAll(parsed.matchedOptionValue("-j", List.of()), ids);
    IdArguments.addAll(words.subList(1, words.size()), ids);
    return switch (verb) {
      case "hold", "release" -> hold(verb, ids, Queue.of(parsed, door), door);
      case "requeue" -> {
        refuseNone(verb, ids);
        yield Requeue.of(ids, Queue.of(parsed, door), door);
      }
      default -> throw Refusal.usage(Text.word(verb) + ": no such verb, expected " + VERBS);
    };
  }

  private static void refuseNone(String verb, SortedSet<JobId> ids) {
    if (ids.isEmpty()) {
      throw Refusal.usage(verb + ": no job named; expected ids, as lqueue shows them");
    }
  }

  private static int hold(String verb, SortedSet<JobId> ids, Queue queue, Door door)
      throws IOException {
    refuseNone(verb, ids);
    int code = ExitCode.DONE;
    try (Spool spool = queue.open()) {
      Holding holding = new Holding(spool);
      for (JobId id : ids) {
        Holding.Answer answer = verb.equals("hold") ? holding.hold(id) : holding.release(id);
        Optional<String> refusal = refusal(answer, id, spool, queue);
        if (refusal.isPresent()) {
          door.err().println("lctl: " + Printable.of(refusal.get()));
          code = ExitCode.REFUSED;
        }
      }
    }
    return code;
  }

  /** Why it was not done, and what can be. */
  private static Optional<String> refusal(Holding.Answer answer, JobId id, Spool spool, Queue queue)
      throws IOException {
    String job = "job " + id;
    return switch (answer) {
      case DONE -> Optional.empty();
      case RUNNING ->
          Optional.of(
              job
                  + " runs, and only what is pending can be held; to end it: lcancel"
                  + queue.option()
                  + " "
                  + id);
      case ENDED -> Optional.of(job + " has ended, " + ended(id, spool.find(id), queue));
      case PART_OF_ARRAY ->
          Optional.of(
              job
                  + " is one of the tasks that have not started, which wait together; expected the"
                  + " array: lctl"
                  + queue.option()
                  + " hold "
                  + id.number());
      case UNKNOWN -> Optional.of(queue.noSuchJob(id, spool));
    };
  }

  /** How, and how it can be run again. */
  private static String ended(JobId id, Optional<Entry> end, Queue queue) {
    String how = end.map(Entry::state).map(Enum::name).orElse("its record is gone");
    boolean hasRecordOfItsOwn =
        !id.isTask()
            && end.isPresent()
            && end.get() instanceof Entry.Finished record
            && record.tasks().isEmpty();
    return hasRecordOfItsOwn
        ? how + "; to run it again: lctl" + queue.option() + " requeue " + id
        : how + "; to run its command again: lbatch";
  }
}
