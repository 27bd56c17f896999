package org.localq.spool;

import java.nio.file.FileSystem;
import java.nio.file.Path;
import org.junit.jupiter.api.AutoClose;

class OrderInMemoryTest extends OrderContract {
  @AutoClose private final FileSystem files = Bench.memory();

  @Override
  Path place() {
    return files.getPath("/work");
  }

  @Override
  Fsync fsync() {
    return Bench.FILES_ONLY;
  }
}
