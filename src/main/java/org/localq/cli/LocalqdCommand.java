package org.localq.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.localq.core.Policy;
import org.localq.core.Refusal;
import org.localq.core.Retention;
import org.localq.spool.Settings;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** {@code localqd}: starts, stops and is the worker. */
final class LocalqdCommand extends Command {
  /** For {@code start}: be a worker in the background of nobody's terminal. */
  static final String BACKGROUND = "--background";

  private static final String REPAIR = "--repair";

  private static final List<String> FOR_A_WORKER =
      List.of("-n", "-i", "-p", "--mem", "--resource", "--keep", "--spool", "--take-over");
  private static final List<String> FOR_STOP = List.of("--wait", "--cancel");

  /** What localqd is told to do. */
  private enum Verb {
    START,
    STOP,
    RESTART,
    STATUS,
    RUN,
    CHECK;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Override
  CommandSpec spec() {
    CommandSpec spec = CommandSpec.create().name("localqd");
    spec.usageMessage()
        .description(
            "Runs the jobs of a queue.",
            "",
            "  start    in the background; returns once the worker claims jobs",
            "  stop     ends the workers; running jobs go on, the next worker records their ends",
            "  restart  both, with the same options unless given anew; start takes over only --keep",
            "  status   says whether a worker is alive; exit code 3 when none is",
            "  run      in the foreground, logging to standard error: for systemd and containers",
            "  check    says what is wrong with the spool, a line each; exit code 1 when something is",
            "")
        .customSynopsis("localqd [OPTION…] start|stop|restart|status|run|check");
    return spec.addOption(
            option(
                    "-n",
                    "--cores",
                    "N",
                    "Cores that running jobs may take together (default: the machine's).")
                .build())
        .addOption(
            option(
                    "-i",
                    "--interval",
                    "SECONDS",
                    "Polling interval (default: 10); what the system notices is acted upon at once.")
                .build())
        .addOption(
            option(
                    "-p",
                    "--policy",
                    "POLICY",
                    "fifo: in order of submission (default); mcf: most cores first.")
                .build())
        .addOption(
            option(
                    "--keep",
                    "AGE,COUNT|all",
                    "Keep each record until it is older than AGE (a number and one of s m h d w) and not among the newest COUNT (default: as before, else "
                        + Retention.DEFAULT
                        + "); all: keep every record.")
                .build())
        .addOption(BudgetOptions.memory())
        .addOption(BudgetOptions.resource())
        .addOption(queueOption())
        .addOption(
            option(
                    "--spool",
                    "DIR",
                    "Where a new queue's spool is made (default: beside its URI file).")
                .build())
        .addOption(
            flag("--wait", "stop: claim nothing new, and let the running jobs end first.").build())
        .addOption(flag("--cancel", "stop: cancel the running jobs first.").build())
        .addOption(
            flag(
                    "--take-over",
                    "start, run: make another machine's spool this machine's; what ran there is LOST.")
                .build())
        .addOption(
            flag(
                    REPAIR,
                    "check: move aside what is damaged, make anew what is missing; deletes nothing.")
                .build())
        .addOption(flag(BACKGROUND, "").hidden(true).build())
        .addPositional(
            PositionalParamSpec.builder()
                .type(List.class)
                .auxiliaryTypes(String.class)
                .arity("0..*")
                .paramLabel("VERB")
                .hidden(true)
                .build());
  }

  @Override
  int run(ParseResult parsed, Door door) throws IOException, InterruptedException {
    UnaryOperator<Settings> asked = before -> asked(parsed, before);
    // a wrong command line is refused before anything is made; and before the verb is looked for,
    // which an option without its value has swallowed
    asked.apply(Settings.DEFAULT);
    Verb verb = verb(parsed);
    refuseStrayOptions(parsed, verb);
    Queue queue = Queue.of(parsed, door);
    Crew crew = new Crew(queue, door);
    return switch (verb) {
      case START -> crew.start(asked, place(parsed, door));
      case RESTART -> crew.restart(asked, place(parsed, door));
      case STOP -> crew.stop(parting(parsed));
      case STATUS -> crew.status();
      case CHECK -> new Inspection(queue, door).run(parsed.hasMatchedOption(REPAIR));
      case RUN ->
          new Foreground(queue, door)
              .run(asked, place(parsed, door), parsed.hasMatchedOption(BACKGROUND));
    };
  }

  private static Verb verb(ParseResult parsed) {
    List<String> words = parsed.matchedPositionalValue(0, List.of());
    if (words.size() == 1) {
      for (Verb verb : Verb.values()) {
        if (verb.word().equals(words.get(0))) {
          return verb;
        }
      }
    }
    String expected =
        "expected one of start, stop, restart, status, run, check; see localqd --help";
    throw Refusal.usage(
        words.isEmpty() ? "nothing to do; " + expected : Text.command(words) + ": " + expected);
  }

  private static void refuseStrayOptions(ParseResult parsed, Verb verb) {
    boolean works = EnumSet.of(Verb.START, Verb.RESTART, Verb.RUN).contains(verb);
    if (!works) {
      refuse(parsed, FOR_A_WORKER, verb);
    }
    if (verb != Verb.STOP) {
      refuse(parsed, FOR_STOP, verb);
    }
    if (verb != Verb.CHECK) {
      refuse(parsed, List.of(REPAIR), verb);
    }
    if (parsed.hasMatchedOption("--wait") && parsed.hasMatchedOption("--cancel")) {
      throw Refusal.usage("--wait and --cancel exclude each other; expected one of them");
    }
  }

  private static void refuse(ParseResult parsed, List<String> options, Verb verb) {
    for (String option : options) {
      // ignored in silence, "localqd -n 2 stop" would look as if it had done something else
      if (parsed.hasMatchedOption(option)) {
        throw Refusal.usage(option + ": is no option of " + verb.word() + "; see localqd --help");
      }
    }
  }

  private static Settings asked(ParseResult parsed, Settings otherwise) {
    Optional<Integer> cores = number(parsed, "-n", 1).or(otherwise::cores);
    int interval = number(parsed, "-i", 1).orElse(otherwise.interval());
    return new Settings(
        cores,
        interval,
        policy(parsed).orElse(otherwise.policy()),
        keep(parsed).orElse(otherwise.keep()),
        BudgetOptions.asked(parsed, otherwise.budget()));
  }

  private static Optional<Policy> policy(ParseResult parsed) {
    return text(parsed, "-p")
        .map(
            word ->
                Policy.parse(word)
                    .orElseThrow(
                        () ->
                            Refusal.usage(
                                "-p " + word + ": no such policy, expected fifo or mcf")));
  }

  private static Optional<Retention> keep(ParseResult parsed) {
    return text(parsed, "--keep")
        .map(
            word ->
                Retention.parse(word)
                    .orElseThrow(
                        () -> Refusal.usage("--keep " + word + ": " + Retention.mistake(word))));
  }

  private static Crew.Place place(ParseResult parsed, Door door) {
    return new Crew.Place(
        text(parsed, "--spool").map(door::path), parsed.hasMatchedOption("--take-over"));
  }

  private static Crew.Parting parting(ParseResult parsed) {
    if (parsed.hasMatchedOption("--wait")) {
      return Crew.Parting.WAIT;
    }
    return parsed.hasMatchedOption("--cancel") ? Crew.Parting.CANCEL : Crew.Parting.NOW;
  }

  /** An option with its value. */
  record Given(String option, String value) {}

  /** The options that make a worker of these settings, in order. */
  static List<Given> options(Settings settings) {
    List<Given> options = new ArrayList<>();
    settings.cores().ifPresent(n -> options.add(new Given("-n", Integer.toString(n))));
    options.add(new Given("-i", Integer.toString(settings.interval())));
    options.add(new Given("-p", settings.policy().word()));
    options.add(new Given("--keep", settings.keep().toString()));
    options.addAll(BudgetOptions.options(settings.budget()));
    return options;
  }
}
