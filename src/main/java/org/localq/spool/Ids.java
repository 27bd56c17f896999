package org.localq.spool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.NavigableSet;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.localq.core.JobId;
import org.localq.core.Refusal;

/**
 * Gives out ids, each once: the name of the one number in seq/ is the last that was given.
 *
 * <p>Needs no lock: of two that rename the same file, one finds it gone and tries again with what
 * the other left. A shell does the same with {@code mv}.
 *
 * <p>As long as a job has a file somewhere, a counter that was lost or came out of an old backup
 * does no harm: an id that is taken is passed over. Of a job whose record was collected nothing is
 * left but {@code seq/.collected-M}, M being the highest id that ever was; no id up to M is given
 * out again, whatever the counter says. Its name begins with a dot, so that a shell's {@code seq/*}
 * and {@code ls} don't see it.
 */
final class Ids {
  private static final int LOOKS = 1000;
  private static final int NOTE_LOOKS = 3;

  private final Path seq;
  private final Fsync fsync;

  Ids(Path seq, Fsync fsync) {
    this.seq = seq;
    this.fsync = fsync;
  }

  /**
   * One look at seq/.
   *
   * @param counters one, but for what a person did and for a rename that the look spanned; none
   *     where it was lost
   * @param collected 0 where nothing was ever collected
   */
  record Look(NavigableSet<Long> counters, long collected) {
    /** The highest counter; nothing where there is none. */
    OptionalLong counter() {
      return counters.isEmpty() ? OptionalLong.empty() : OptionalLong.of(counters.last());
    }

    /** The last id that was given out, as far as seq/ tells. */
    long last() {
      return Math.max(counter().orElse(0), collected);
    }

    private boolean isBehind(long last) {
      return counter().isEmpty() || counter().getAsLong() < last;
    }
  }

  /** Which ids a job of this spool has or had. */
  interface Taken {
    boolean test(JobId id) throws IOException;
  }

  /** The next id that is not taken, given out for good: on disk when this returns. */
  JobId next(Taken taken) throws IOException {
    JobId id = count();
    // a spool restored from a backup can have a counter that is behind its jobs
    while (taken.test(id)) {
      id = count();
    }
    // against a power cut: an id that is printed must not be given out again
    fsync.directory(seq);
    return id;
  }

  private JobId count() throws IOException {
    while (true) {
      Look look = wholeLook();
      long next = look.last() + 1;
      if (count(look.counters().last(), next)) {
        return new JobId(next);
      }
    }
  }

  private boolean count(long from, long to) throws IOException {
    try {
      move(Long.toString(from), Long.toString(to));
      return true;
    } catch (NoSuchFileException lost) {
      // RACE: another client took this number first
      return false;
    }
  }

  private void move(String from, String to) throws IOException {
    Files.move(seq.resolve(from), seq.resolve(to), StandardCopyOption.ATOMIC_MOVE);
  }

  /** The last id that was given out; 0 when none was. */
  long last() throws IOException {
    return wholeLook().last();
  }

  /** Whether the record of {@code id} may have been collected. */
  boolean isRetired(JobId id) throws IOException {
    Look look = list();
    // RACE: a listing that spans a collector's rename can show neither the old note nor the new one
    for (int i = 1; i < NOTE_LOOKS && look.collected() == 0; i++) {
      look = list();
    }
    return id.number() <= look.collected();
  }

  /**
   * Sees to it that no id up to {@code highest}, which was given out, is given out again, even if
   * no file of its job is left: on disk when this returns. For who holds the lock.
   */
  void retire(long highest) throws IOException {
    Look look = wholeLook();
    if (look.collected() < highest) {
      if (look.collected() > 0) {
        // a rename, because on a full disk there may be no block for another name
        move(Layout.COLLECTED + look.collected(), Layout.COLLECTED + highest);
      } else {
        Private.createEmpty(seq.resolve(Layout.COLLECTED + highest));
      }
    }
    // against a power cut: the records that go next are all that holds their ids; whoever made the
    // note may have died before this
    fsync.directory(seq);
    // a shell client sees nothing but the counter
    raise(Math.max(highest, look.collected()));
  }

  /**
   * Sets a counter that is behind {@code last} to it, or makes one where it was lost, beside
   * clients that count on. For who holds the lock.
   *
   * @return whether there was anything to do
   */
  boolean raise(long last) throws IOException {
    Look look = look();
    if (!look.isBehind(last)) {
      return false;
    }
    // RACE: where a client was first its number is looked at next; each such time it is another
    while (look.isBehind(last) && !set(look.counter(), last)) {
      look = look();
    }
    fsync.directory(seq);
    return true;
  }

  private boolean set(OptionalLong from, long to) throws IOException {
    if (from.isPresent()) {
      return count(from.getAsLong(), to);
    }
    Private.createEmpty(seq.resolve(Long.toString(to)));
    return true;
  }

  private Look wholeLook() throws IOException {
    Look look = look();
    if (look.counters().isEmpty()) {
      throw Refusal.of(
          seq
              + ": no counter, expected one file named after the last job id; localqd check"
              + " --repair makes it anew");
    }
    return look;
  }

  /** Looks at seq/, until there is a counter or hope is lost. */
  Look look() throws IOException {
    Look look = list();
    // RACE: a listing that spans another's rename can show neither the old name nor the new one
    for (int i = 1; i < LOOKS && look.counters().isEmpty(); i++) {
      look = list();
    }
    return look;
  }

  private Look list() throws IOException {
    NavigableSet<Long> counters = new TreeSet<>();
    long collected = 0;
    for (Path path : Names.in(seq)) {
      String name = path.getFileName().toString();
      counter(name).ifPresent(counters::add);
      collected = Math.max(collected, collected(name).orElse(0));
    }
    return new Look(counters, collected);
  }

  /** Whether a name in seq/ is one of localq's. */
  static boolean isOurs(String name) {
    return counter(name).isPresent() || collected(name).isPresent();
  }

  private static OptionalLong counter(String name) {
    return name.equals("0") ? OptionalLong.of(0) : number(name);
  }

  private static OptionalLong collected(String name) {
    return name.startsWith(Layout.COLLECTED)
        ? number(name.substring(Layout.COLLECTED.length()))
        : OptionalLong.empty();
  }

  private static OptionalLong number(String text) {
    return JobId.numberIn(text, 0, text.length());
  }
}
