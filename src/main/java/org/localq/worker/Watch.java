package org.localq.worker;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;

/**
 * Sleeps until a name appears in one of some directories, or a time is over.
 *
 * <p>What it notices are hints: names can be missed (the JDK forgets them all after 512 unread
 * ones) or be late, so whoever wakes looks at everything. Where the system has no watches left it
 * only sleeps, which is slower and loses nothing.
 */
public final class Watch implements AutoCloseable {
  private final Optional<WatchService> service;
  private final BiPredicate<Path, String> matters;
  private Optional<String> trouble;

  private Watch(
      Optional<WatchService> service, BiPredicate<Path, String> matters, Optional<String> trouble) {
    this.service = service;
    this.matters = matters;
    this.trouble = trouble;
  }

  /**
   * Watches {@code directories}.
   *
   * @param matters whether a name in a directory is worth waking for
   */
  public static Watch of(Iterable<Path> directories, BiPredicate<Path, String> matters) {
    try {
      WatchService service = directories.iterator().next().getFileSystem().newWatchService();
      try {
        for (Path directory : directories) {
          // a modification, because a file that is dropped by hand appears before it is whole
          directory.register(
              service, StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY);
        }
        return new Watch(Optional.of(service), matters, Optional.empty());
      } catch (IOException failed) {
        service.close();
        throw failed;
      }
    } catch (IOException | UnsupportedOperationException failed) {
      return new Watch(Optional.empty(), matters, Optional.of(String.valueOf(failed.getMessage())));
    }
  }

  /** Why it can only sleep, if so. */
  public Optional<String> trouble() {
    return trouble;
  }

  /** Returns when something that matters happened, at the latest after {@code most}. */
  public void await(Duration most) throws InterruptedException {
    if (service.isEmpty()) {
      TimeUnit.NANOSECONDS.sleep(most.toNanos());
      return;
    }
    long deadline = System.nanoTime() + most.toNanos();
    try {
      while (true) {
        WatchKey key = service.get().poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        if (key == null || drain(key)) {
          return;
        }
      }
    } catch (ClosedWatchServiceException closed) {
      // the process is going down
    }
  }

  private boolean drain(WatchKey key) {
    boolean matter = false;
    for (WatchEvent<?> event : key.pollEvents()) {
      matter |=
          event.kind() == StandardWatchEventKinds.OVERFLOW
              || matters.test((Path) key.watchable(), event.context().toString());
    }
    if (!key.reset()) {
      trouble = Optional.of(key.watchable() + " is not what it was");
      return true;
    }
    return matter;
  }

  @Override
  public void close() throws IOException {
    if (service.isPresent()) {
      service.get().close();
    }
  }
}
