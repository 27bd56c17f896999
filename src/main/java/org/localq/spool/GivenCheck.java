package org.localq.spool;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.localq.core.Given;
import org.localq.core.JobId;
import org.localq.core.Needs;

/** Judges what the claimed jobs were given: no two of them the same id of a resource. */
final class GivenCheck {
  private final RunningDirectory running;
  private final String boot;
  private final Survey survey;

  /** By the resource's name and the id: who has it. */
  private final Map<String, JobId> holders = new HashMap<>();

  /**
   * Judges what was seen in one look.
   *
   * @param boot the first digits of this boot's id
   */
  GivenCheck(RunningDirectory running, String boot, Survey survey) {
    this.running = running;
    this.boot = boot;
    this.survey = survey;
  }

  /** Judges one more claimed job. */
  void judge(JobId id, Needs needs) throws IOException {
    if (needs.resources().isEmpty() || isOfAnotherBoot(id)) {
      return;
    }
    Optional<Given> given = running.given(id, needs);
    if (given.isEmpty()) {
      add(
          id,
          "doesn't say which ids of "
              + String.join(", ", needs.resources().keySet())
              + " it was given, expected them in its run file; it takes all of them");
      return;
    }
    for (Map.Entry<String, List<String>> resource : given.get().ids().entrySet()) {
      for (String one : resource.getValue()) {
        JobId other = holders.putIfAbsent(resource.getKey() + " " + one, id);
        if (other != null) {
          add(
              id,
              "was given "
                  + resource.getKey()
                  + " "
                  + one
                  + ", which job "
                  + other
                  + " has, expected one at a time");
        }
      }
    }
  }

  /** What was claimed before a reboot runs no more, and may be on the disk in part. */
  private boolean isOfAnotherBoot(JobId id) throws IOException {
    int current = running.currentAttempt(id);
    for (Layout.Name name : running.of(id)) {
      if (name instanceof Layout.Name.Run run
          && run.attempt() == current
          && !run.boot().equals(boot)) {
        return true;
      }
    }
    return false;
  }

  private void add(JobId id, String what) {
    Path file = running.path().resolve(id + Layout.JSON);
    survey.add(new Damage(file, what, Remedy.byHand("let it end, or: lcancel " + id)));
  }
}
