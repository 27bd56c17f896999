package org.localq.worker;

import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import org.localq.core.Trouble;
import org.localq.spool.Workers;

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
    /** Being told of new files. */
    NOTICE
  }

  private final Log log;
  private final Map<Part, Trouble> troubles = new EnumMap<>(Part.class);
  private Optional<Workers.Membership> membership = Optional.empty();

  Health(Log log) {
    this.log = log;
  }

  /** From now on what is wrong shows in this entry. */
  void showIn(Workers.Membership entry) {
    membership = Optional.of(entry);
  }

  /**
   * Something goes on being wrong with a part.
   *
   * @param said what the log says of it, once
   */
  void bad(Part part, Trouble trouble, String said) {
    if (!trouble.equals(troubles.put(part, trouble))) {
      log.say(said);
      show();
    }
  }

  /** Nothing is wrong with this part any more. */
  void good(Part part) {
    if (troubles.remove(part) != null) {
      log.say(troubles.isEmpty() ? "all is well again" : "well again, but: " + worst());
      show();
    }
  }

  private Trouble worst() {
    return troubles.values().iterator().next();
  }

  private void show() {
    try {
      if (membership.isPresent()) {
        membership.get().show(troubles.isEmpty() ? Optional.empty() : Optional.of(worst()));
      }
    } catch (IOException unshown) {
      // the log has it
    }
  }
}
