package org.localq.spool;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.localq.core.JobId;

/**
 * What sets a damage right. Each can be interrupted by kill -9 between any two of its steps: the
 * next check finds what is left to do.
 */
sealed interface Remedy {
  /** What {@code localqd check} says of it. */
  String advice();

  /**
   * Sets it right, if it still is as it was found.
   *
   * @return what was done; nothing when there was nothing to do, or nothing that may be done now
   */
  Optional<String> apply(Mending mending) throws IOException;

  /** Nothing that a program should decide. */
  record ByHand(String advice) implements Remedy {
    @Override
    public Optional<String> apply(Mending mending) {
      return Optional.empty();
    }
  }

  /** Out of the way. */
  record Aside(Path place) implements Remedy {
    @Override
    public String advice() {
      return "--repair moves it to .localq/aside/";
    }

    @Override
    public Optional<String> apply(Mending mending) throws IOException {
      return mending.moveAside(place);
    }
  }

  /** A damaged job file that is no claim: to rejected/, where linfo finds it and its id stays. */
  record Reject(Path place, JobId id, String fault) implements Remedy {
    @Override
    public String advice() {
      return "--repair moves it to rejected/";
    }

    @Override
    public Optional<String> apply(Mending mending) throws IOException {
      return mending.reject(place, id, fault);
    }
  }

  /** A drop that was refused gets a reason. */
  record GiveReason(JobId id) implements Remedy {
    @Override
    public String advice() {
      return "--repair writes one";
    }

    @Override
    public Optional<String> apply(Mending mending) throws IOException {
      return mending.giveReason(id);
    }
  }

  /** A directory of the format is missing. */
  record MakeDirectory(Path place) implements Remedy {
    @Override
    public String advice() {
      return "--repair makes it";
    }

    @Override
    public Optional<String> apply(Mending mending) throws IOException {
      return mending.makeDirectory(place);
    }
  }

  /** A file of constant content is missing. */
  record MakeFile(Path place, String content) implements Remedy {
    @Override
    public String advice() {
      return "--repair makes it";
    }

    @Override
    public Optional<String> apply(Mending mending) throws IOException {
      return mending.makeFile(place, content);
    }
  }

  /** Open to others, or closed to its owner. */
  record MakePrivate(Path place, boolean directory) implements Remedy {
    @Override
    public String advice() {
      return "see that nobody changed it; --repair sets the mode";
    }

    @Override
    public Optional<String> apply(Mending mending) throws IOException {
      return mending.makePrivate(place, directory);
    }
  }

  /** The counter is gone, or behind ids that are in use. */
  record SetCounter(long last) implements Remedy {
    @Override
    public String advice() {
      return "--repair sets it to " + last;
    }

    @Override
    public Optional<String> apply(Mending mending) throws IOException {
      return mending.setCounter(last);
    }
  }

  /** A waiting job whose current attempt has begun belongs into running/. */
  record Reclaim(JobId id) implements Remedy {
    @Override
    public String advice() {
      return "--repair moves it back to running/, where the next worker goes by its tokens";
    }

    @Override
    public Optional<String> apply(Mending mending) throws IOException {
      return mending.reclaim(id);
    }
  }

  /** Tokens that contradict each other: how the job ended can't be known. */
  record Lose(JobId id) implements Remedy {
    @Override
    public String advice() {
      return "--repair records the job as LOST once its processes are gone (lcancel " + id + ")";
    }

    @Override
    public Optional<String> apply(Mending mending) throws IOException {
      return mending.lose(id);
    }
  }

  /** A claimed job whose file is damaged: its cores stay taken as long as its processes live. */
  record RejectClaimed(JobId id, String fault) implements Remedy {
    @Override
    public String advice() {
      return "--repair moves it to rejected/ once its processes are gone (lcancel " + id + ")";
    }

    @Override
    public Optional<String> apply(Mending mending) throws IOException {
      return mending.rejectClaimed(id, fault);
    }
  }
}
