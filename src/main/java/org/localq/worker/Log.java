package org.localq.worker;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import org.localq.core.JobId;
import org.localq.core.Printable;

/**
 * What a worker says it did: a line each, with the local time in front.
 *
 * <p>A line that can't be written is dropped and counted: the log of a full disk must not stop the
 * worker. The next line that can be written follows one that says how many are missing.
 */
public final class Log {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss");

  private final Sink sink;
  private final Clock clock;
  private final String speaker;
  private long missing;

  /** Where lines go. */
  public interface Sink {
    /** Writes a line, which comes without its end, whole or not at all as far as it can. */
    void append(String line) throws IOException;
  }

  private Log(Sink sink, Clock clock, String speaker) {
    this.sink = sink;
    this.clock = clock;
    this.speaker = speaker;
  }

  /** A worker's log. */
  public Log(Sink sink, Clock clock) {
    this(sink, clock, "");
  }

  /** The log of a worker in the foreground. */
  public Log(PrintStream out, Clock clock) {
    this(
        line -> {
          out.println(line);
          out.flush();
        },
        clock);
  }

  /**
   * The log of a command that does a worker's work: what it did goes to the worker's log, under its
   * own name.
   *
   * @param speaker who it is, as in {@code lcancel, pid 4711}
   */
  public static Log of(String speaker, Sink sink, Clock clock) {
    return new Log(sink, clock, speaker + ": ");
  }

  /** A log that nobody reads. */
  public static Log silent(Clock clock) {
    return new Log(line -> {}, clock);
  }

  /** Something that concerns the worker as a whole. */
  public synchronized void say(String text) {
    try {
      if (missing > 0) {
        sink.append(stamped(missing + " lines are missing here: they could not be written"));
        missing = 0;
      }
      sink.append(stamped(speaker + Printable.of(text)));
    } catch (IOException unwritten) {
      missing++;
    }
  }

  private String stamped(String text) {
    return time(clock.instant()) + " " + text;
  }

  /** Something that was done to a job. */
  public void say(JobId id, String text) {
    say("job " + id + ": " + text);
  }

  /** Something that was seen of a job and that others did: only workers tell it. */
  public void saw(JobId id, String text) {
    if (speaker.isEmpty()) {
      say(id, text);
    }
  }

  /** A moment as this log writes it. */
  String time(Instant moment) {
    return TIME.format(moment.atZone(clock.getZone()));
  }
}
