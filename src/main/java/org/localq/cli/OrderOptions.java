package org.localq.cli;

import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Optional;
import java.util.Stack;
import org.localq.core.Begin;
import org.localq.core.Conditions;
import org.localq.core.Dependency;
import org.localq.core.Refusal;
import org.localq.spool.Spool;
import picocli.CommandLine;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The options of {@code lbatch} that say when a job may start, and before which others. */
final class OrderOptions {
  private static final String PRIORITY = "--priority";
  private static final String NICE = "--nice";
  private static final String BEGIN = "-b";
  private static final String HOLD = "-H";
  private static final String DEPENDENCY = "-d";

  /** Slurm's, where the option has no value. */
  private static final String DEFAULT_NICE = "100";

  private final ParseResult parsed;

  OrderOptions(ParseResult parsed) {
    this.parsed = parsed;
  }

  static OptionSpec priority() {
    return Command.option(PRIORITY, "N", "Start before jobs of a lower priority (default: 0).")
        .build();
  }

  static OptionSpec nice() {
    return Command.flag(NICE, "Take N off its priority (default: 0; without a number 100).")
        .type(String.class)
        .arity("0..1")
        .paramLabel("N")
        .parameterConsumer(new AttachedNumber())
        .build();
  }

  static OptionSpec begin() {
    return Command.option(BEGIN, "--begin", "WHEN", "Start no earlier: " + Begin.FORMS + ".")
        .build();
  }

  static OptionSpec hold() {
    return Command.flag(HOLD, "--hold", "Do not start until lctl release.").build();
  }

  static OptionSpec dependency() {
    return Command.option(
            DEPENDENCY,
            "--dependency",
            "LIST",
            "Start when this became of other jobs: TYPE:ID[:ID…][,TYPE:ID…], any of it with ? for the"
                + " commas. The types are after (also ID+MINUTES), afterany, afterok and"
                + " afternotok; singleton stands alone.")
        .build();
  }

  /**
   * Takes the number that is attached to {@code --nice}, and never the next word: that may be the
   * command.
   */
  private static final class AttachedNumber implements CommandLine.IParameterConsumer {
    private List<String> words = List.of();

    /**
     * The words that are not parsed yet are the last of all, what is attached in its word's place.
     */
    @Override
    public void consumeParameters(Stack<String> left, ArgSpec option, CommandSpec command) {
      boolean attached =
          !left.isEmpty() && !left.peek().equals(words.get(words.size() - left.size()));
      option.setValue(attached ? left.pop() : DEFAULT_NICE);
    }
  }

  /** Says which words are parsed. */
  static void parses(CommandLine line, List<String> words) {
    OptionSpec nice = line.getCommandSpec().findOption(NICE);
    ((AttachedNumber) nice.parameterConsumer()).words = words;
  }

  /** Where the job goes. */
  static Spool.Into into(ParseResult parsed) {
    return parsed.hasMatchedOption(HOLD) ? Spool.Into.HELD : Spool.Into.QUEUE;
  }

  /** What is asked for. */
  Conditions build(Clock clock) {
    if (niceValue().isEmpty()
        && !parsed.hasMatchedOption(BEGIN)
        && !parsed.hasMatchedOption(DEPENDENCY)
        && !parsed.hasMatchedOption(PRIORITY)) {
      return Conditions.NONE;
    }
    return new Conditions(
        Command.text(parsed, BEGIN).map(text -> begin(text, clock)),
        Command.text(parsed, DEPENDENCY).map(OrderOptions::dependency),
        Command.number(parsed, PRIORITY, -Integer.MAX_VALUE).orElse(0),
        niceValue().map(text -> Command.number(NICE, text, -Integer.MAX_VALUE)).orElse(0));
  }

  /** What {@link AttachedNumber} took: the parser does not call that a match. */
  private Optional<String> niceValue() {
    return Optional.ofNullable(parsed.commandSpec().findOption(NICE).getValue());
  }

  private static Instant begin(String text, Clock clock) {
    return Begin.parse(text, ZonedDateTime.now(clock))
        .map(at -> at.truncatedTo(ChronoUnit.MILLIS))
        .orElseThrow(() -> Refusal.usage("-b " + Text.word(text) + ": expected " + Begin.FORMS));
  }

  private static Dependency dependency(String text) {
    return Dependency.parse(text).orElseThrow(() -> noDependency(text));
  }

  private static Refusal noDependency(String text) {
    for (String part : text.split("[,?]")) {
      String type = part.split(":", 2)[0];
      if (type.matches("aftercorr|afterburstbuffer|expand")) {
        return Refusal.usage(
            "-d "
                + Text.word(text)
                + ": Slurm's type "
                + type
                + ", which localq lacks; expected after, afterany, afterok, afternotok or singleton");
      }
    }
    return Refusal.usage(
        "-d "
            + Text.word(text)
            + ": expected TYPE:ID[:ID…] with after, afterany, afterok or afternotok, or singleton;"
            + " more of them behind a , for all or a ? for any, as in afterok:17:18,afterany:19_3"
            + (text.contains("_[")
                ? "; in brackets at most " + Dependency.MOST_TASKS + " tasks, as in 19_[1,5-7]"
                : ""));
  }

  /** Refuses a dependency on what is not there: the job would never start, or at once. */
  void refuseUnknown(Conditions conditions, Spool spool, Queue queue) throws IOException {
    Optional<String> text = Command.text(parsed, DEPENDENCY);
    if (text.isEmpty()) {
      return;
    }
    Optional<String> refusal = spool.fates().refusal(conditions);
    if (refusal.isPresent()) {
      throw Refusal.of(
          "-d "
              + Text.word(text.get())
              + ": it "
              + refusal.get()
              + "; nothing was accepted; lqueue"
              + queue.option()
              + " shows the jobs that are there");
    }
  }
}
