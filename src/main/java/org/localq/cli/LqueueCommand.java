package org.localq.cli;

import java.io.IOException;
import java.io.PrintStream;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.localq.core.JobId;
import org.localq.core.Refusal;
import org.localq.core.State;
import org.localq.spool.Spool;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code lqueue}: shows the queue. */
final class LqueueCommand extends Command {
  /** How many ended jobs a terminal is shown. */
  private static final int LATEST = 20;

  @Override
  CommandSpec spec() {
    CommandSpec spec = CommandSpec.create().name("lqueue");
    spec.usageMessage()
        .description("Shows the jobs of the queue, in the order of their ids.")
        .customSynopsis("lqueue [OPTION…] [ID…]")
        .footer(
            "",
            "PRIO is a pending job's place in the order of start; - is empty. On a terminal only the"
                + " latest 20 jobs that have ended are shown, piped all of them. "
                + IdArguments.OF_TASKS
                + " Those that wait are one row.");
    return spec.addOption(IdArguments.option("Only these jobs; or give the ids as plain words."))
        .addOption(
            option(
                    "-t",
                    "--states",
                    "STATE[,STATE…]",
                    "Only jobs in these states, as in -t pending,running.")
                .build())
        .addOption(flag("-a", "--all", "Show all jobs that have ended, on a terminal too.").build())
        .addOption(
            flag(
                    "--start",
                    "Only pending jobs, with the time at which each is expected to start, the"
                        + " first one first.")
                .build())
        .addOption(flag("--json", "Print JSON.").build())
        .addOption(queueOption())
        .addPositional(IdArguments.words());
  }

  @Override
  int run(ParseResult parsed, Door door) throws IOException {
    boolean wantsStarts = parsed.hasMatchedOption("--start");
    Set<State> states = wantsStarts ? pendingOnly(parsed) : states(parsed);
    Queue queue = Queue.of(parsed, door);
    try (Spool spool = queue.open()) {
      boolean latestOnly =
          door.console().terminal()
              && !parsed.hasMatchedOption("-a")
              && !parsed.hasMatchedOption("--json");
      QueueView view =
          QueueView.of(
              new QueueView.Wish(
                  IdArguments.of(parsed),
                  states,
                  latestOnly ? Optional.of(LATEST) : Optional.empty()),
              spool,
              queue);
      if (wantsStarts) {
        StartTable starts = StartTable.of(view, view.starts(spool, queue), queue.now());
        printStarts(starts, parsed, door);
        return missing(view, queue, spool, door);
      }
      Table table = new Table(view);
      if (parsed.hasMatchedOption("--json")) {
        table.printJson(door.out());
      } else {
        table.print(door.out(), door.clock(), columns(door));
        // not among the rows when another program reads them
        PrintStream aside = door.console().terminal() ? door.out() : door.err();
        table.remarks(queue.option()).forEach(aside::println);
      }
      return missing(view, queue, spool, door);
    }
  }

  private static int missing(QueueView view, Queue queue, Spool spool, Door door)
      throws IOException {
    for (JobId id : view.missing()) {
      door.err().println("lqueue: " + queue.noSuchJob(id, spool));
    }
    return view.missing().isEmpty() ? ExitCode.DONE : ExitCode.REFUSED;
  }

  private static void printStarts(StartTable table, ParseResult parsed, Door door)
      throws IOException {
    if (parsed.hasMatchedOption("--json")) {
      table.printJson(door.out());
    } else {
      table.print(door.out(), door.clock().getZone(), columns(door));
      PrintStream aside = door.console().terminal() ? door.out() : door.err();
      table.remarks().forEach(aside::println);
    }
  }

  private static Set<State> pendingOnly(ParseResult parsed) {
    if (parsed.hasMatchedOption("-t")) {
      throw Refusal.usage(
          "--start shows pending jobs alone; leave out -t " + text(parsed, "-t").orElse(""));
    }
    return EnumSet.of(State.PENDING);
  }

  private static Set<State> states(ParseResult parsed) {
    Optional<String> list = text(parsed, "-t");
    Set<State> states = EnumSet.noneOf(State.class);
    for (String word : list.map(l -> List.of(l.split(",", -1))).orElse(List.of())) {
      if (word.equalsIgnoreCase("all")) {
        return EnumSet.allOf(State.class);
      }
      states.add(
          State.parse(word)
              .orElseThrow(
                  () ->
                      Refusal.usage(
                          "-t "
                              + word
                              + ": no such state, expected some of "
                              + EnumSet.allOf(State.class))));
    }
    return states.isEmpty() ? EnumSet.allOf(State.class) : states;
  }

  /** The terminal's width; nothing when the rows go elsewhere. The launcher measures it. */
  private static Optional<Integer> columns(Door door) {
    return door.variable("COLUMNS")
        .filter(c -> door.console().terminal() && c.matches("[1-9][0-9]{0,4}"))
        .map(Integer::parseInt);
  }
}
