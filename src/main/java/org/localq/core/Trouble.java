package org.localq.core;

import java.util.List;

/**
 * Something that keeps localq from its work, for a person: what is wrong, and what to do.
 *
 * @param what one line, with the place where there is one
 * @param advice one line; empty where nobody knows
 */
public record Trouble(String what, String advice) {
  /**
   * A line of the table.
   *
   * @param machine whether that is never the fault of one file
   */
  private record Known(String words, String advice, boolean machine) {
    static Known ofMachine(String words, String advice) {
      return new Known(words, advice, true);
    }

    static Known of(String words, String advice) {
      return new Known(words, advice, false);
    }
  }

  /**
   * What Linux and the JDK say, with what helps: the only such table. The first line whose words
   * are found is taken, so the longer ones come first.
   */
  private static final List<Known> KNOWN =
      List.of(
          Known.ofMachine(
              "No space left on device", "free some space (df -h) or file names (df -i)"),
          Known.ofMachine(
              "Disk quota exceeded", "free some space, or have the quota raised (quota -s)"),
          Known.ofMachine(
              "Read-only file system", "see dmesg for why, then remount it for writing"),
          Known.ofMachine(
              "Input/output error",
              "the disk may be failing: see dmesg, and save a copy of the spool first"),
          Known.ofMachine(
              "Structure needs cleaning", "unmount the file system, and check it with fsck"),
          Known.of("File too large", "raise the limit of a file's size (ulimit -f)"),
          Known.of(
              "permission denied",
              "expected this user's own spool, see ls -ld of the path and chmod"),
          Known.of(
              "Operation not permitted", "see lsattr and ls -ld: it may be immutable or another's"),
          Known.of(
              "inotify instances",
              "raise the limit: sysctl -w fs.inotify.max_user_instances=1024; or end what watches"
                  + " files"),
          Known.of(
              "inotify watches",
              "raise the limit: sysctl -w fs.inotify.max_user_watches=524288; or end what watches"
                  + " files"),
          Known.ofMachine("Too many open files in system", "raise the limit: sysctl fs.file-max"),
          Known.ofMachine(
              "Too many open files",
              "raise the limit of open files (ulimit -n); for a worker, then: localqd restart"),
          Known.of(
              "Resource temporarily unavailable",
              "end some of this user's processes, or raise their limit (ulimit -u, or pids.max of"
                  + " the cgroup)"),
          Known.ofMachine(
              "Cannot allocate memory", "end what takes the memory (free -h), or add swap"),
          Known.of("No locks available", "put the spool on a local disk"),
          Known.of(
              "not found on the worker's PATH",
              "install it, or start the worker with a PATH that has it: localqd restart"),
          Known.of(
              "Cannot run program",
              "see that setsid (util-linux) and sh can be executed; then: localqd restart"),
          Known.of(
              "no such file or directory",
              "see whether the spool is where it was; if it was removed: localqd restart"),
          Known.of("Too many links", "the file system has no more names for a file; see df -i"));

  /** The trouble of which the system says {@code what}. */
  public static Trouble of(String what) {
    return new Trouble(
        what,
        KNOWN.stream()
            .filter(known -> what.contains(known.words()))
            .map(Known::advice)
            .findFirst()
            .orElse(""));
  }

  /** Whether the system says {@code what} of a disk or a process at its end, and not of a file. */
  public static boolean isOfTheMachine(String what) {
    return KNOWN.stream().anyMatch(known -> known.machine() && what.contains(known.words()));
  }

  /** Both in one line. */
  @Override
  public String toString() {
    return what + (advice.isEmpty() ? "" : "; " + advice);
  }
}
