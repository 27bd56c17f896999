package org.localq.worker;

import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.localq.core.Refusal;
import org.localq.core.Trouble;
import org.localq.spool.Fault;

/**
 * What is wrong with this worker at present: said in its log when it comes and when it goes, and
 * shown in its entry for as long as it lasts.
 */
final class Health {
  /** What can go wrong on its own; the more important come first. */
  enum Part {
    /** Claiming and recording. */
    WORK,
    /** What can wait for a poll. */
    TIDYING,
    /** Collecting records. */
    COLLECTING,
    /** Being told of new files. */
    NOTICE
  }

  /** Where it is shown. */
  interface Display {
    /** Shows what is wrong; nothing: that all is well. */
    void show(Optional<Trouble> trouble) throws IOException;
  }

  private final Log log;
  private final Map<Part, Trouble> troubles = new EnumMap<>(Part.class);
  private Display display = trouble -> {};
  private Optional<Trouble> shown = Optional.empty();
  private boolean half;

  Health(Log log) {
    this.log = log;
  }

  /** What {@code failed} tells a person; a bug tells its place too. */
  static Trouble trouble(Exception failed) {
    if (failed instanceof IOException refused) {
      return Fault.of(refused);
    }
    if (failed instanceof Refusal) {
      // it says itself what to do
      return new Trouble(failed.getMessage(), "");
    }
    StackTraceElement[] trace = failed.getStackTrace();
    String place = trace.length > 0 ? " at " + trace[0] : "";
    return new Trouble("internal error: " + failed + place, "please report it, with this line");
  }

  /** From now on what is wrong shows here, where all is well so far. */
  void showOn(Display place) {
    display = place;
    shown = Optional.empty();
    show();
  }

  /**
   * Something goes on being wrong with a part.
   *
   * @param said what the log says of it, once
   */
  void bad(Part part, Trouble trouble, String said) {
    if (!trouble.equals(troubles.put(part, trouble))) {
      log.say(said);
    }
    show();
  }

  /** Nothing is wrong with this part any more. */
  void good(Part part) {
    if (troubles.remove(part) != null) {
      log.say(worst().map(left -> "well again, but: " + left).orElse("all is well again"));
    }
    show();
  }

  private Optional<Trouble> worst() {
    return troubles.values().stream().findFirst();
  }

  private void show() {
    Optional<Trouble> worst = worst();
    if (worst.equals(shown) && !half) {
      return;
    }
    half = true;
    try {
      display.show(worst);
      shown = worst;
      half = false;
    } catch (IOException unshown) {
      // the log has it, and the next word on any part shows it: each tick has one on its work
    }
  }
}
