package org.localq.faults;

import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;

/** The faults that localq has to stand, by number; each is injected by the tests that name it. */
final class Catalogue {
  /** Every fault, in a line. */
  static final Map<Integer, String> FAULTS = Collections.unmodifiableMap(faults());

  private Catalogue() {}

  private static Map<Integer, String> faults() {
    String[] lines = {
      "a worker is killed in any of its system calls",
      "a client is killed in any of its system calls",
      "a shim is killed at any step",
      "a worker is killed over running jobs, again and again, or for good",
      "a worker is killed together with all shims",
      "the holder of the lock is stopped",
      "the power is cut behind any step",
      "the power is cut, and one fsync is missing",
      "an fsync fails",
      "the disk is full: of data, of inodes",
      "a job fills the disk, and ends",
      "a directory can't be written or read, or the whole disk",
      "no descriptors are left, or no process can be forked",
      "the JDK's spawn helper is broken",
      "several workers on one spool, some of which are killed",
      "the same, with drops and cancels",
      "a job is there twice: dropped, copied, restored from a backup",
      "a job file has two names",
      "a drop is no valid job",
      "a drop is huge",
      "a drop grows slowly",
      "a drop is a link, a pipe, a device, a directory",
      "a drop belongs to somebody else, or others can write it",
      "the spool is open to others, or the umask strange",
      "names with anything in them",
      "a process has the number of one that is gone",
      "the machine was started anew",
      "another machine's spool, or another pid namespace",
      "a clock jumps",
      "a hundred thousand jobs and as many records",
      "more notices than the system keeps",
      "no notices are to be had",
      "a watched directory is replaced, the spool goes",
      "the lock file is read, removed, locked by others",
      "the lock file is opened twice in one process",
      "a terminal is closed, a worker is sent a signal",
      "a job ignores TERM, forks, daemonises, stops or kills itself",
      "a job is cancelled at any step",
      "the limit is lowered under running jobs, or there are two",
      "another version's spool",
      "the counter is gone or set back, records are collected",
      "all of it, at random",
    };
    Map<Integer, String> faults = new TreeMap<>();
    for (String line : lines) {
      faults.put(faults.size() + 1, line);
    }
    return faults;
  }
}
