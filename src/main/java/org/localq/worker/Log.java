package org.localq.worker;

import java.io.OutputStream;
import java.io.PrintStream;
import java.time.Clock;
import java.time.format.DateTimeFormatter;
import org.localq.core.JobId;
import org.localq.core.Printable;

/** What a worker says it did: a line each, with the local time in front. */
public final class Log {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss");

  private final PrintStream out;
  private final Clock clock;
  private String lastTrouble = "";

  public Log(PrintStream out, Clock clock) {
    this.out = out;
    this.clock = clock;
  }

  /** A log that nobody reads: for commands that say in their own words what they did. */
  public static Log silent(Clock clock) {
    return new Log(new PrintStream(OutputStream.nullOutputStream()), clock);
  }

  /** Something that concerns the worker as a whole. */
  public void say(String text) {
    out.println(TIME.format(clock.instant().atZone(clock.getZone())) + " " + Printable.of(text));
    out.flush();
  }

  /** Something that happened to a job. */
  public void say(JobId id, String text) {
    say("job " + id + ": " + text);
  }

  /**
   * Something that goes on being wrong: said once, until {@link #well} or until something else is
   * wrong.
   */
  public void trouble(String text) {
    if (!text.equals(lastTrouble)) {
      say(text);
      lastTrouble = text;
    }
  }

  /** What was wrong is not any more. */
  public void well() {
    if (!lastTrouble.isEmpty()) {
      say("all is well again");
      lastTrouble = "";
    }
  }
}
