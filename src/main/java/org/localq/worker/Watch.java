package org.localq.worker;

import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.BiPredicate;

/**
 * Sleeps until a name appears in one of some directories, or a time is over.
 *
 * <p>What it notices are hints: names can be missed (the JDK forgets them all after 512 unread
 * ones) or be late, so whoever wakes looks at everything now and then. Where the system has no
 * watches left it only sleeps, which is slower and loses nothing.
 */
public final class Watch implements AutoCloseable {
  private static final WatchEvent.Kind<?>[] NEW_NAMES = {StandardWatchEventKinds.ENTRY_CREATE};
  private static final WatchEvent.Kind<?>[] ANY_CHANGE = {
    StandardWatchEventKinds.ENTRY_CREATE, StandardWatchEventKinds.ENTRY_MODIFY
  };

  private final Optional<WatchService> service;
  private final BiPredicate<Path, String> matters;
  private final Map<Path, Object> watched;
  private Optional<String> trouble = Optional.empty();

  /**
   * A watch with notices.
   *
   * @param watched each directory, and what tells it from another under the same name
   */
  Watch(WatchService service, BiPredicate<Path, String> matters, Map<Path, Object> watched) {
    this.service = Optional.of(service);
    this.matters = matters;
    this.watched = Map.copyOf(watched);
  }

  /** A watch without. */
  private Watch(String trouble) {
    this.service = Optional.empty();
    this.matters = (directory, name) -> false;
    this.watched = Map.of();
    this.trouble = Optional.of(trouble);
  }

  /**
   * Watches {@code directories}.
   *
   * @param changing of these, the ones in which a file comes before it is whole
   * @param matters whether a name in a directory is worth waking for
   */
  public static Watch of(
      Iterable<Path> directories, Set<Path> changing, BiPredicate<Path, String> matters) {
    try {
      // A service wants a thread, and leaves its descriptors open where the system has none. So
      // that is tried first: it is made anew at each poll.
      new Thread(() -> {}).start();
      WatchService service = directories.iterator().next().getFileSystem().newWatchService();
      try {
        Map<Path, Object> watched = new HashMap<>();
        for (Path directory : directories) {
          // first: one that is replaced in between is found to be another
          watched.put(directory, key(directory));
          directory.register(service, changing.contains(directory) ? ANY_CHANGE : NEW_NAMES);
        }
        return new Watch(service, matters, watched);
      } catch (IOException | RuntimeException | OutOfMemoryError failed) {
        // it has a thread and three descriptors
        close(service);
        throw failed;
      }
    } catch (IOException | RuntimeException | OutOfMemoryError failed) {
      return new Watch(failed.getMessage() == null ? failed.toString() : failed.getMessage());
    }
  }

  private static Object key(Path directory) throws IOException {
    return Files.readAttributes(directory, BasicFileAttributes.class).fileKey();
  }

  /** Why it can only sleep, or misses what happens in one of the directories, if so. */
  public Optional<String> trouble() {
    return trouble.or(
        () -> watched.keySet().stream().filter(this::isReplaced).findAny().map(Watch::describe));
  }

  /**
   * Whether another directory is there under the name, or none: the system goes on to tell what
   * happens in the one that was moved away.
   */
  private boolean isReplaced(Path directory) {
    try {
      return !watched.get(directory).equals(key(directory));
    } catch (IOException gone) {
      return true;
    }
  }

  private static String describe(Object directory) {
    return directory + " is not what it was";
  }

  /** Waits until something that matters happened, at the latest for {@code most}. */
  public News await(Duration most) throws InterruptedException {
    if (service.isEmpty()) {
      TimeUnit.NANOSECONDS.sleep(most.toNanos());
      return News.NONE;
    }
    News news = new News(false, new HashSet<>(), new HashSet<>());
    long deadline = System.nanoTime() + most.toNanos();
    try {
      while (true) {
        // once there is something, what else there is already and no more
        long left = news.isEmpty() ? deadline - System.nanoTime() : 0;
        WatchKey key = service.get().poll(left, TimeUnit.NANOSECONDS);
        if (key == null) {
          return news;
        }
        drain(key, news);
      }
    } catch (ClosedWatchServiceException closed) {
      // the process is going down
      return news;
    }
  }

  private void drain(WatchKey key, News news) {
    Path directory = (Path) key.watchable();
    for (WatchEvent<?> event : key.pollEvents()) {
      if (event.kind() == StandardWatchEventKinds.OVERFLOW) {
        news.directories().add(directory);
      } else if (matters.test(directory, event.context().toString())) {
        news.files().add(directory.resolve((Path) event.context()));
      }
    }
    if (!key.reset()) {
      trouble = Optional.of(describe(directory));
      news.directories().add(directory);
    }
  }

  /** Notices nothing from now on. */
  @Override
  public void close() {
    service.ifPresent(Watch::close);
  }

  private static void close(WatchService service) {
    try {
      service.close();
    } catch (IOException held) {
      // nothing more can be done for what it holds, and the next watch needs none of it
    }
  }
}
