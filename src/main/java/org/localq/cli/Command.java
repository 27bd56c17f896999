package org.localq.cli;

import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.localq.core.Refusal;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * What all commands share: help, version, the queue, and how a wrong word is answered.
 *
 * <p>Built with picocli's programmatic API: annotations are read by reflection, which costs a cold
 * JVM more than all the rest.
 */
abstract class Command {
  static final String NAMES = "lbatch, lqueue, linfo, lcancel, lctl, lwait and localqd";
  private static final int WIDTH = 100;
  private static final int MOST_DIGITS = 18;
  static final String VERSION = "0.1.0";

  /** The command of this name. */
  static Optional<Command> named(String name) {
    // a switch and not a table: only the one class is loaded
    return switch (name) {
      case "lbatch" -> Optional.of(new LbatchCommand());
      case "lqueue" -> Optional.of(new LqueueCommand());
      case "linfo" -> Optional.of(new LinfoCommand());
      case "lcancel" -> Optional.of(new LcancelCommand());
      case "lctl" -> Optional.of(new LctlCommand());
      case "lwait" -> Optional.of(new LwaitCommand());
      case "localqd" -> Optional.of(new LocalqdCommand());
      case "warm-up" -> Optional.of(new WarmUpCommand());
      default -> Optional.empty();
    };
  }

  /** Its name, its options, its help. */
  abstract CommandSpec spec();

  /** Does it. */
  abstract int run(ParseResult parsed, Door door) throws IOException, InterruptedException;

  /** Parses the words and does it. */
  final int run(List<String> words, Door door) throws IOException, InterruptedException {
    CommandSpec spec =
        spec()
            .addOption(flag("-h", "--help", "Show this help.").usageHelp(true).build())
            .addOption(flag("-V", "--version", "Show the version.").versionHelp(true).build());
    CommandLine line =
        new CommandLine(spec)
            .setExpandAtFiles(false)
            .setInterpolateVariables(false)
            // as getopt, and so Slurm: what follows an option that wants a value is its value
            .setAllowOptionsAsOptionParameters(true);
    spec.usageMessage().width(WIDTH).synopsisHeading("Usage: ");
    configure(line, words);
    ParseResult parsed = parse(line, words);
    if (parsed.isUsageHelpRequested()) {
      line.usage(door.out(), CommandLine.Help.Ansi.OFF);
      return ExitCode.DONE;
    }
    if (parsed.isVersionHelpRequested()) {
      door.out().println("localq " + VERSION);
      return ExitCode.DONE;
    }
    return run(parsed, door);
  }

  /**
   * What a command wants of the parser beyond the usual.
   *
   * @param words that are to be parsed
   */
  void configure(CommandLine line, List<String> words) {}

  private static ParseResult parse(CommandLine line, List<String> words) {
    try {
      return line.parseArgs(words.toArray(new String[0]));
    } catch (CommandLine.ParameterException bad) {
      throw Refusal.usage(
          slurms(bad, line.getCommandName())
              .orElseGet(() -> wrong(bad.getMessage(), line.getCommandName())));
    }
  }

  private static String wrong(String message, String command) {
    return message.substring(0, 1).toLowerCase(Locale.ROOT)
        + message.substring(1)
        + "; see "
        + command
        + " --help";
  }

  private static Optional<String> slurms(CommandLine.ParameterException bad, String command) {
    return bad instanceof CommandLine.UnmatchedArgumentException unmatched
            && unmatched.isUnknownOption()
        ? SlurmOption.answer(command, unmatched.getUnmatched().get(0))
        : Optional.empty();
  }

  static OptionSpec.Builder flag(String letter, String word, String help) {
    return OptionSpec.builder(letter, word).description(help);
  }

  /** A flag without a letter. */
  static OptionSpec.Builder flag(String word, String help) {
    return OptionSpec.builder(word).description(help);
  }

  /** An option without a letter. */
  static OptionSpec.Builder option(String word, String label, String help) {
    return flag(word, help).type(String.class).arity("1").paramLabel(label);
  }

  static OptionSpec.Builder option(String letter, String word, String label, String help) {
    return flag(letter, word, help).type(String.class).arity("1").paramLabel(label);
  }

  static OptionSpec queueOption() {
    return option(
            "-u",
            "--uri",
            "URIFILE",
            "The queue, named by its URI file (default: $LOCALQ_URI, else ~/.localq/localqd).")
        .build();
  }

  /** The whole number of at least {@code least} that {@code option} was given, or a refusal. */
  static Optional<Integer> number(ParseResult parsed, String option, int least) {
    return text(parsed, option).map(text -> number(option, text, least));
  }

  /** The same of what it was given. */
  static int number(String option, String text, int least) {
    if (!text.matches("[+-]?[0-9]+")) {
      throw Refusal.usage(
          option
              + " "
              + (text.isEmpty() ? "''" : text)
              + ": not a number, expected a whole number of at least "
              + least);
    }
    // so many digits are out of range, whatever they are
    long value = text.length() > MOST_DIGITS ? Long.MAX_VALUE : Long.parseLong(text);
    if (value < least || value > Integer.MAX_VALUE) {
      throw Refusal.usage(
          option
              + " "
              + text
              + ": expected a whole number from "
              + least
              + " to "
              + Integer.MAX_VALUE);
    }
    return (int) value;
  }

  /** What {@code option} was given. */
  static Optional<String> text(ParseResult parsed, String option) {
    return Optional.ofNullable(parsed.matchedOptionValue(option, null));
  }
}
