package org.localq.spool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
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

  private final Path seq;
  private final Fsync fsync;

  Ids(Path seq, Fsync fsync) {
    this.seq = seq;
    this.fsync = fsync;
  }

  /**
   * One look at seq/.
   *
   * @param counter -1 where there is none
   * @param collected 0 where nothing was ever collected
   */
  private record Look(long counter, long collected) {
    long last() {
      return Math.max(counter, collected);
    }
  }

  /** The next id, given out for good: on disk when this returns. */
  JobId next() throws IOException {
    while (true) {
      Look look = look();
      long next = look.last() + 1;
      if (count(look.counter(), next)) {
        // against a power cut: an id that is printed must not be given out again
        fsync.directory(seq);
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
    return look().last();
  }

  /** Whether the record of {@code id} may have been collected. */
  boolean isRetired(JobId id) throws IOException {
    return id.number() <= lookOnce().collected();
  }

  /**
   * Sees to it that no id up to {@code highest}, which was given out, is given out again, even if
   * no file of its job is left: on disk when this returns. For who holds the lock.
   */
  void retire(long highest) throws IOException {
    Look look = look();
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
    catchUp();
  }

  /** Sets a counter that is behind what was collected on: a shell client sees nothing else. */
  private void catchUp() throws IOException {
    Look look = look();
    while (look.counter() < look.collected() && !count(look.counter(), look.collected())) {
      look = look();
    }
  }

  private Look look() throws IOException {
    // RACE: a listing that spans another's rename can show neither the old name nor the new one
    for (int i = 0; i < LOOKS; i++) {
      Look look = lookOnce();
      if (look.counter() >= 0) {
        return look;
      }
    }
    throw Refusal.of(
        seq
            + ": no counter, expected one file named after the last job id; localqd check --repair makes it anew");
  }

  private Look lookOnce() throws IOException {
    long counter = -1;
    long collected = 0;
    for (Path name : Names.in(seq)) {
      String text = name.getFileName().toString();
      if (text.startsWith(Layout.COLLECTED)) {
        collected = Math.max(collected, number(text.substring(Layout.COLLECTED.length())));
      } else if (text.equals("0")) {
        counter = Math.max(counter, 0);
      } else {
        counter = Math.max(counter, number(text));
      }
    }
    return new Look(counter, collected);
  }

  private static long number(String text) {
    return JobId.parse(text).map(JobId::number).orElse(-1L);
  }
}
