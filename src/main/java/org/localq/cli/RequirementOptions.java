package org.localq.cli;

import java.time.Duration;
import java.util.Optional;
import java.util.TreeMap;
import org.localq.core.Conditions;
import org.localq.core.Needs;
import org.localq.core.Refusal;
import org.localq.core.Requirements;
import org.localq.core.Retry;
import org.localq.core.Span;
import org.localq.core.TimeLimit;
import org.localq.core.Warning;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The options of {@code lbatch} that say what a job asks of the queue, but for its cores. */
final class RequirementOptions {
  private final ParseResult parsed;

  RequirementOptions(ParseResult parsed) {
    this.parsed = parsed;
  }

  static OptionSpec time() {
    return Command.option(
            "-t",
            "--time",
            "TIME",
            "Ends it after so long: minutes, M:S, H:M:S, D-H, D-H:M or D-H:M:S (default: never).")
        .build();
  }

  static OptionSpec signal() {
    return Command.option(
            "--signal",
            "SIGNAL",
            "What it is sent before -t is over: [B:]NAME[@SECONDS], 60 s before unless told"
                + " otherwise; with B: the command alone is.")
        .build();
  }

  /** What is asked for, with so many cores. */
  Requirements build(int cores) {
    return new Requirements(
        new Needs(cores, 0, new TreeMap<>()), Conditions.NONE, timeLimit(), Retry.NEVER);
  }

  private TimeLimit timeLimit() {
    Optional<String> time = Command.text(parsed, "-t");
    Optional<String> signal = Command.text(parsed, "--signal");
    Optional<Duration> most = time.map(RequirementOptions::time).filter(t -> !t.isZero());
    if (signal.isPresent() && most.isEmpty()) {
      throw Refusal.usage(
          "--signal "
              + Text.word(signal.get())
              + " without a time limit: it is sent before one; expected -t TIME beside it");
    }
    return new TimeLimit(most, signal.map(RequirementOptions::warning));
  }

  private static Duration time(String text) {
    return Span.parse(text)
        .orElseThrow(
            () ->
                Refusal.usage(
                    "-t "
                        + Text.word(text)
                        + ": expected minutes, M:S, H:M:S, D-H, D-H:M or D-H:M:S; 0 for no limit"));
  }

  private static Warning warning(String text) {
    return Warning.parse(text)
        .orElseThrow(
            () ->
                Refusal.usage(
                    "--signal "
                        + Text.word(text)
                        + ": expected [B:]NAME[@SECONDS] with the name of a signal, as B:USR1@60"));
  }
}
