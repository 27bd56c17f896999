package org.localq.spool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.localq.core.JobId;
import org.localq.core.Refusal;

/**
 * Gives out ids, each once: the name of the one file in seq/ is the last that was given.
 *
 * <p>Needs no lock: of two that rename the same file, one finds it gone and tries again with what
 * the other left. A shell does the same with {@code mv}.
 */
final class Ids {
  private static final int LOOKS = 1000;

  private final Path seq;
  private final Fsync fsync;

  Ids(Path seq, Fsync fsync) {
    this.seq = seq;
    this.fsync = fsync;
  }

  /** The next id, given out for good: on disk when this returns. */
  JobId next() throws IOException {
    while (true) {
      long last = last();
      try {
        Files.move(
            seq.resolve(Long.toString(last)),
            seq.resolve(Long.toString(last + 1)),
            StandardCopyOption.ATOMIC_MOVE);
        // against a power cut: an id that is printed must not be given out again
        fsync.directory(seq);
        return new JobId(last + 1);
      } catch (NoSuchFileException lost) {
        // RACE: another client took this number first
      }
    }
  }

  /** The last id that was given out; 0 when none was. */
  long last() throws IOException {
    // RACE: a listing that spans another's rename can show neither the old name nor the new one
    for (int look = 0; look < LOOKS; look++) {
      long last = listed();
      if (last >= 0) {
        return last;
      }
    }
    throw Refusal.of(
        seq
            + ": no counter, expected one file named after the last job id; create it under the highest id in this spool");
  }

  private long listed() throws IOException {
    long last = -1;
    for (Path name : Names.in(seq)) {
      String text = name.getFileName().toString();
      if (text.equals("0") || JobId.parse(text).isPresent()) {
        last = Math.max(last, Long.parseLong(text));
      }
    }
    return last;
  }
}
