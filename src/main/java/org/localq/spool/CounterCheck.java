package org.localq.spool;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.NavigableSet;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.localq.core.JobId;

/** Judges seq/: one counter, and no id in use above it. */
final class CounterCheck {
  /** RACE: a listing that spans a client's rename can show neither the old name nor the new one. */
  private static final int LOOKS = 1000;

  /**
   * Above this no counter ever comes by counting. A counter is not set to such an id, which leaves
   * no room behind it: the file that bears it is moved away instead.
   */
  static final long MOST = 1_000_000_000_000_000L;

  private static final Pattern COUNTER = Pattern.compile("0|[1-9][0-9]{0,17}");
  private static final Pattern COLLECTED =
      Pattern.compile(Pattern.quote(Layout.COLLECTED) + "([1-9][0-9]{0,17})");
  private static final Pattern ASIDE =
      Pattern.compile("(?:(?:held|running|done|rejected)-)?([1-9][0-9]{0,17})\\..*");

  private final Layout layout;
  private final Survey survey;
  private final NavigableSet<Long> counters = new TreeSet<>();
  private long collected;

  CounterCheck(Layout layout, Survey survey) {
    this.layout = layout;
    this.survey = survey;
  }

  /** Looks at the counter. After the directories of jobs were listed (R8). */
  void look() throws IOException {
    for (int look = 0; look < LOOKS && counters.isEmpty(); look++) {
      Names.each(layout.seq(), this::name);
    }
    Names.each(layout.seq(), this::foreign);
  }

  private void name(Path path) {
    String name = path.getFileName().toString();
    Matcher mark = COLLECTED.matcher(name);
    if (COUNTER.matcher(name).matches()) {
      counters.add(Long.parseLong(name));
    } else if (mark.matches()) {
      collected = Math.max(collected, Long.parseLong(mark.group(1)));
    }
  }

  private void foreign(Path path) {
    String name = path.getFileName().toString();
    if (!COUNTER.matcher(name).matches() && !COLLECTED.matcher(name).matches()) {
      survey.addForeign(path);
    }
  }

  /** The last id that was given out, as far as seq/ tells. */
  long last() {
    return counters.isEmpty() ? collected : Math.max(counters.last(), collected);
  }

  /** The highest counter; nothing where there is none. */
  OptionalLong counter() {
    return counters.isEmpty() ? OptionalLong.empty() : OptionalLong.of(counters.last());
  }

  /** Compares the counter with the ids that are in use. */
  void judge() throws IOException {
    long used = Math.max(survey.highest(), highestAside());
    if (counters.isEmpty()) {
      survey.add(
          new Damage(
              layout.seq(),
              "has no counter, expected one file named after the last job id",
              new Remedy.SetCounter(Math.max(used, collected))));
      return;
    }
    if (last() < used) {
      survey.add(
          new Damage(
              layout.seq().resolve(Long.toString(counters.last())),
              "is behind job " + used + ", expected the last job id",
              new Remedy.SetCounter(used)));
    }
    for (long lower : counters.headSet(counters.last())) {
      Path counter = layout.seq().resolve(Long.toString(lower));
      // RACE: a listing that spans a client's rename can show both names; the lower one is gone
      // then
      if (Spool.exists(counter)) {
        survey.add(
            new Damage(
                counter,
                "is a second counter beside " + counters.last() + ", expected one",
                new Remedy.Aside(counter)));
      }
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
