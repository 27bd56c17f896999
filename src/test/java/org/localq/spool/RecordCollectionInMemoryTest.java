package org.localq.spool;

import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;

class RecordCollectionInMemoryTest extends RecordCollectionContract {
  private final FileSystem files = Bench.memory();

  @Override
  Path place() {
    return files.getPath("/work");
  }

  @Override
  Fsync fsync() {
    return Bench.FILES_ONLY;
  }

  @AfterEach
  void closeTheFiles() throws IOException {
    files.close();
  }
}
