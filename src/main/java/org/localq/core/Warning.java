package org.localq.core;

import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The signal that a job is sent some time before its time limit is reached; Slurm's {@code
 * --signal=[B:]SIG[@SECONDS]}.
 *
 * @param commandOnly whether the command alone is sent it; else every process of the job is
 * @param before how long before the limit; whole seconds
 */
public record Warning(Signal signal, boolean commandOnly, Duration before) {
  /** How long before the limit unless it is said; Slurm's. */
  public static final Duration DEFAULT = Duration.ofSeconds(60);

  private static final Pattern FORM = Pattern.compile("(B:)?([A-Za-z0-9]+)(?:@([0-9]{1,5}))?");

  /** The warning that {@code text} asks for; nothing where it is no such form. */
  public static Optional<Warning> parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      return Optional.empty();
    }
    Duration before =
        form.group(3) == null ? DEFAULT : Duration.ofSeconds(Integer.parseInt(form.group(3)));
    return Signal.parse(form.group(2))
        .map(signal -> new Warning(signal, form.group(1) != null, before));
  }

  /** What {@link #parse} reads. */
  @Override
  public String toString() {
    return (commandOnly ? "B:" : "") + signal + "@" + before.toSeconds();
  }
}
