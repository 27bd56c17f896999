package org.localq.engine;

import java.nio.file.Path;
import java.util.Map;

/** By what jobs are kept to the memory that they ask for. */
public sealed interface Confinement {
  /**
   * Cgroups that shims make in this one, which is the user's own and has no processes itself.
   *
   * @param cgroup its directory
   */
  record Below(Path cgroup) implements Confinement {}

  /**
   * Cgroups that a shim makes in the scope in which the user's service manager starts it.
   *
   * @param mount where cgroup v2 is mounted
   * @param variables with which systemd-run finds the manager
   */
  record Scope(Path mount, Map<String, String> variables) implements Confinement {}

  /**
   * Nothing: their memory is only counted.
   *
   * @param why in one line
   */
  record None(String why) implements Confinement {}

  /** Finds out. */
  interface Source {
    /** What is to be had now. May take a second. */
    Confinement find();
  }
}
