package org.localq.spool;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.localq.core.JobId;

/**
 * What sets a damage right. Each can be interrupted by kill -9 between any two of its steps: the
 * next check finds what is left to do.
 *
 * @param advice what {@code localqd check} says of it
 */
record Remedy(String advice, Step step) {
  /** What a repair does about a damage, if that still is as it was found. */
  interface Step {
    /**
     * Sets it right.
     *
     * @return what was done; nothing when there was nothing to do, or nothing that may be done now
     */
    Optional<String> apply(Mending mending) throws IOException;
  }

  /** Nothing that a program should decide. */
  static Remedy byHand(String advice) {
    return new Remedy(advice, mending -> Optional.empty());
  }

  /** Out of the way. */
  static Remedy aside(Path place) {
    return new Remedy("--repair moves it to .localq/aside/", mending -> mending.moveAside(place));
  }

  /** A damaged job file that is no claim: to rejected/, where linfo finds it and its id stays. */
  static Remedy reject(Path place, JobId id, String fault) {
    return new Remedy(
        "--repair moves it to rejected/", mending -> mending.reject(place, id, fault));
  }

  /** A drop that was refused gets a reason. */
  static Remedy giveReason(JobId id) {
    return new Remedy("--repair writes one", mending -> mending.giveReason(id));
  }

  /** A directory of the format is missing. */
  static Remedy makeDirectory(Path place) {
    return new Remedy("--repair makes it", mending -> mending.makeDirectory(place));
  }

  /** A file of constant content is missing. */
  static Remedy makeFile(Path place, String content) {
    return new Remedy("--repair makes it", mending -> mending.makeFile(place, content));
  }

  /** Open to others, or closed to its owner. */
  static Remedy makePrivate(Path place, boolean directory) {
    return new Remedy(
        "see that nobody changed it; --repair sets the mode",
        mending -> mending.makePrivate(place, directory));
  }

  /** The counter is gone, or behind ids that are in use. */
  static Remedy setCounter(long last) {
    return new Remedy("--repair sets it to " + last, mending -> mending.setCounter(last));
  }

  /** A waiting job whose current attempt has begun belongs into running/. */
  static Remedy reclaim(JobId id) {
    return new Remedy(
        "--repair moves it back to running/, where the next worker goes by its tokens",
        mending -> mending.reclaim(id));
  }

  /** Tokens that contradict each other: how the job ended can't be known. */
  static Remedy lose(JobId id) {
    return new Remedy(
        "--repair records the job as LOST once its processes are gone (lcancel " + id + ")",
        mending -> mending.lose(id));
  }

  /** A claimed job whose file is damaged: its cores stay taken as long as its processes live. */
  static Remedy rejectClaimed(JobId id, String fault) {
    return new Remedy(
        "--repair moves it to rejected/ once its processes are gone (lcancel " + id + ")",
        mending -> mending.rejectClaimed(id, fault));
  }
}
