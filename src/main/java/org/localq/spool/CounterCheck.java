package org.localq.spool;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.localq.core.JobId;

/** Judges seq/: one counter, and no id in use above it. */
final class CounterCheck {
  /**
   * Above this no counter ever comes by counting. A counter is not set to such an id, which leaves
   * no room behind it: the file that bears it is moved away instead.
   */
  static final long MOST = 1_000_000_000_000_000L;

  private static final Pattern ASIDE =
      Pattern.compile(
          "(?:(?:held|running|done|rejected)-)?([1-9][0-9]{0,17})(?:_[0-9]{1,9})?\\..*");

  private final Layout layout;
  private final Survey survey;
  private final Ids.Look ids;

  /** Looks at the counter: after the directories of jobs were listed (R8). */
  CounterCheck(Spool spool, Survey survey) throws IOException {
    this.layout = spool.layout();
    this.survey = survey;
    this.ids = spool.ids().look();
  }

  /** Whether nobody was given this id. Without a counter nobody knows that of any. */
  boolean isNeverGiven(JobId id) {
    return ids.counter().isPresent() && id.number() > ids.last();
  }

  /** Whether there is no counter at all. */
  boolean isLost() {
    return ids.counter().isEmpty();
  }

  /** Compares the counter with the ids that are in use. */
  void judge() throws IOException {
    Names.each(layout.seq(), this::foreign);
    long used = Math.max(survey.highest(), highestAside());
    if (isLost()) {
      survey.add(
          new Damage(
              layout.seq(),
              "has no counter, expected one file named after the last job id",
              Remedy.setCounter(Math.max(used, ids.collected()))));
      return;
    }
    long counter = ids.counters().last();
    if (ids.last() < used) {
      survey.add(
          new Damage(
              layout.seq().resolve(Long.toString(counter)),
              "is behind job " + used + ", expected the last job id",
              Remedy.setCounter(used)));
    }
    for (long lower : ids.counters().headSet(counter)) {
      Path second = layout.seq().resolve(Long.toString(lower));
      // RACE: of a client's rename a listing can show both names; the lower one is gone then
      if (Spool.exists(second)) {
        survey.add(
            new Damage(
                second,
                "is a second counter beside " + counter + ", expected one",
                Remedy.aside(second)));
      }
    }
  }

  private void foreign(Path path) {
    if (!Ids.isOurs(path.getFileName().toString())) {
      survey.addForeign(path);
    }
  }

  private long highestAside() throws IOException {
    long[] highest = new long[1];
    try {
      Names.each(
          layout.aside(),
          path -> {
            Matcher matcher = ASIDE.matcher(path.getFileName().toString());
            if (matcher.matches()) {
              JobId.parse(matcher.group(1))
                  .filter(id -> id.number() < MOST)
                  .ifPresent(id -> highest[0] = Math.max(highest[0], id.number()));
            }
          });
    } catch (NoSuchFileException none) {
      return 0;
    }
    return highest[0];
  }
}
