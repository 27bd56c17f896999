package org.localq;

import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.localq.spool.Fsync;

/** Forces nothing to the disk, for tests in which the power is never cut. */
public final class ForcesNothing implements Fsync {
  @Override
  public void file(FileChannel file) {}

  @Override
  public void directory(Path directory) {}
}
