package org.localq.spool;

import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

class OrderOnDiskTest extends OrderContract {
  @TempDir private Path directory;

  @Override
  Path place() {
    return directory;
  }

  @Override
  Fsync fsync() {
    return Fsync.DISK;
  }
}
