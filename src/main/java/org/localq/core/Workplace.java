package org.localq.core;

import java.util.Optional;

/**
 * Where a job runs and where its streams go.
 *
 * @param directory absolute; the command's working directory
 * @param stdin what the command reads; relative to the directory, like the next two
 * @param stdout where its output goes
 * @param stderr where its errors go; nothing: where its output goes
 */
public record Workplace(String directory, String stdin, String stdout, Optional<String> stderr) {
  /** What a job reads that was not told otherwise. */
  public static final String NO_INPUT = "/dev/null";

  /** The absolute form of one of the names above. */
  public String resolve(String name) {
    return name.startsWith("/") ? name : (directory.equals("/") ? "" : directory) + "/" + name;
  }
}
