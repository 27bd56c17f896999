package org.localq.cli;

import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.localq.core.Refusal;
import org.localq.core.Requirements;
import org.localq.core.Retry;
import org.localq.core.Span;
import org.localq.core.TimeLimit;
import org.localq.core.Warning;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The options of {@code lbatch} that say what a job asks of the queue, but for what it takes. */
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

  static OptionSpec requeue() {
    return Command.flag(
            "--requeue",
            "Run it again where its end is not known: after a reboot, or where its shim was killed"
                + " (at most 5 times).")
        .build();
  }

  static OptionSpec noRequeue() {
    return Command.flag("--no-requeue", "Never do that (the default).").build();
  }

  static OptionSpec retry() {
    return Command.option(
            "--retry", "N", "Run it again where it FAILED, up to N times (default: 0).")
        .build();
  }

  static OptionSpec retryDelay() {
    return Command.option("--retry-delay", "SECONDS", "How long after the failure (default: 0).")
        .build();
  }

  /** What is asked for, with so many cores. */
  Requirements build(int cores, Clock clock) {
    return new Requirements(
        new NeedsOptions(parsed).build(cores),
        new OrderOptions(parsed).build(clock),
        timeLimit(),
        retryWish());
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

  private Retry retryWish() {
    boolean requeue = parsed.hasMatchedOption("--requeue");
    if (requeue && parsed.hasMatchedOption("--no-requeue")) {
      throw Refusal.usage("--requeue and --no-requeue: expected one of them");
    }
    int retries = Command.number(parsed, "--retry", 0).orElse(0);
    Optional<Integer> delay = Command.number(parsed, "--retry-delay", 0);
    if (delay.isPresent() && retries == 0) {
      throw Refusal.usage(
          "--retry-delay " + delay.get() + " without a retry: expected --retry N beside it");
    }
    return new Retry(requeue, retries, Duration.ofSeconds(delay.orElse(0)));
  }

  private static Duration time(String text) {
    return Span.parse(text)
        .filter(length -> length.toSeconds() <= TimeLimit.MOST_SECONDS)
        .orElseThrow(
            () ->
                Refusal.usage(
                    "-t "
                        + Text.word(text)
                        + ": expected minutes, M:S, H:M:S, D-H, D-H:M or D-H:M:S, of at most 24855 days;"
                        + " 0 for no limit"));
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
