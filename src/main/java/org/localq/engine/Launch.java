package org.localq.engine;

import java.nio.file.Path;
import org.localq.core.Job;

/**
 * An attempt that is to be started.
 *
 * @param directory running/, where the shim puts its tokens
 * @param runFile the name in it of the script that {@link Engine#script} made
 * @param restarts how many earlier attempts came to their command
 */
public record Launch(Mark mark, Job job, Path directory, String runFile, int restarts) {
  /**
   * Whether an earlier attempt has written to the output files: they are appended to, not
   * truncated.
   */
  public boolean again() {
    return restarts > 0;
  }
}
