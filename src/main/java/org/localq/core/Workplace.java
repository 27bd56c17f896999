package org.localq.core;

import java.util.Optional;

/**
 * Where a job runs and where its streams go.
 *
 * @param directory absolute; the command's working directory
 * @param stdin what the command reads; relative to the directory, like the next two
 * @param stdout where its output goes
 * @param stderr where its errors go; nothing: where its output goes
 * @param appends whether what it writes is put behind what the files hold; else they are emptied
 */
public record Workplace(
    String directory, String stdin, String stdout, Optional<String> stderr, boolean appends) {
  /** One where the files are emptied. */
  public Workplace(String directory, String stdin, String stdout, Optional<String> stderr) {
    this(directory, stdin, stdout, stderr, false);
  }

  /** What a job reads that was not told otherwise. */
  public static final String NO_INPUT = "/dev/null";

  /**
   * The same for an array, whose names are {@linkplain FilePattern#reduce reduced patterns}: what
   * all tasks write to one file is put behind each other's.
   */
  public Workplace ofTasks() {
    boolean shared =
        !FilePattern.differsByTask(stdout)
            || stderr.filter(pattern -> !FilePattern.differsByTask(pattern)).isPresent();
    return new Workplace(directory, stdin, stdout, stderr, shared);
  }

  /** The absolute form of one of the names above. */
  public String resolve(String name) {
    return name.startsWith("/") ? name : (directory.equals("/") ? "" : directory) + "/" + name;
  }
}
