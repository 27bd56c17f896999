package org.localq.worker;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.common.jimfs.Configuration;
import com.google.common.jimfs.Jimfs;
import java.io.IOException;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(20)
class WatchTest {
  /** Longer than the timeout of these tests: who awaits this was woken. */
  private static final Duration LONG = Duration.ofMinutes(5);

  private static final Duration SHORT = Duration.ofMillis(150);

  @TempDir Path base;

  private Watch watch() {
    return Watch.of(List.of(base), Set.of(base), (directory, name) -> name.endsWith(".json"));
  }

  private static Duration measure(Watch watch, Duration most) throws InterruptedException {
    long before = System.nanoTime();
    watch.await(most);
    return Duration.ofNanos(System.nanoTime() - before);
  }

  @Nested
  class Await {
    @Test
    void wakes_for_a_name_that_came_before_it_slept() throws Exception {
      try (Watch watch = watch()) {
        Files.createFile(base.resolve("1.json"));
        watch.await(LONG);
      }
    }

    @Test
    void wakes_for_a_name_that_comes_while_it_sleeps() throws Exception {
      try (Watch watch = watch()) {
        Thread sleeper = new Thread(() -> quietly(watch));
        sleeper.start();
        org.localq.Eventually.eventually(
            () -> sleeper.getState() == Thread.State.TIMED_WAITING, () -> "" + sleeper.getState());
        Files.createFile(base.resolve("1.json"));
        sleeper.join();
      }
    }

    private void quietly(Watch watch) {
      try {
        watch.await(LONG);
      } catch (InterruptedException ended) {
        Thread.currentThread().interrupt();
      }
    }

    @Test
    void wakes_for_a_rename_into_the_directory_and_for_a_link() throws Exception {
      try (Watch watch = watch()) {
        Path draft = Files.createFile(base.resolve("draft"));
        Files.createLink(base.resolve("1.json"), draft);
        watch.await(LONG);
        Files.move(draft, base.resolve("2.json"));
      }
      try (Watch watch = watch()) {
        Path draft = Files.createFile(base.resolve("draft"));
        Files.move(draft, base.resolve("3.json"));
        watch.await(LONG);
      }
    }

    @Test
    void sleeps_on_when_the_name_does_not_matter() throws Exception {
      try (Watch watch = watch()) {
        Files.createFile(base.resolve("1.run"));
        assertTrue(measure(watch, SHORT).compareTo(SHORT) >= 0);
      }
    }

    @Test
    void tells_what_came_and_what_has_changed() throws Exception {
      Path one = base.resolve("1.json");
      try (Watch watch = watch()) {
        Files.createFile(one);
        assertEquals(Set.of(one), watch.await(LONG).files());
        Files.writeString(one, "more");
        assertEquals(Set.of(one), watch.await(LONG).files());
      }
    }

    @Test
    void sleeps_on_when_a_file_changes_where_names_alone_matter() throws Exception {
      Path one = Files.createFile(base.resolve("1.json"));
      try (Watch watch = Watch.of(List.of(base), Set.of(), (directory, name) -> true)) {
        Files.writeString(one, "more");
        assertTrue(measure(watch, SHORT).compareTo(SHORT) >= 0);
      }
    }

    @Test
    void tells_of_which_directory_it_knows_no_more_than_that_much_has_happened() throws Exception {
      try (Watch watch = watch()) {
        for (int i = 0; i < 700; i++) {
          Files.createFile(base.resolve(i + ".json"));
        }
        Files.createFile(base.resolve("last"));
        News news = watch.await(LONG);
        while (!news.isOf(base) && !news.isEmpty()) {
          news = watch.await(SHORT);
        }
        assertTrue(news.isOf(base));
      }
    }

    @Test
    void wakes_for_one_name_that_matters_among_more_than_the_system_remembers() throws Exception {
      try (Watch watch = watch()) {
        for (int i = 0; i < 700; i++) {
          Files.createFile(base.resolve(i + ".run"));
        }
        Files.createFile(base.resolve("1.json"));
        watch.await(LONG);
      }
    }
  }

  @Nested
  class Without_notices {
    @Test
    void it_says_why_and_only_sleeps() throws Exception {
      Path missing = base.resolve("missing");
      try (Watch watch = Watch.of(List.of(base, missing), Set.of(), (directory, name) -> true)) {
        assertEquals(Optional.of(missing.toString()), watch.trouble());
        Files.createFile(base.resolve("1.json"));
        assertTrue(measure(watch, SHORT).compareTo(SHORT) >= 0);
      }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void it_holds_no_descriptor_where_it_came_half_way(boolean foreseen) throws Exception {
      long before = descriptors();
      try (FileSystem other = Jimfs.newFileSystem(Configuration.unix());
          Watch watch =
              Watch.of(
                  List.of(base, foreseen ? base.resolve("missing") : other.getPath("/")),
                  Set.of(),
                  (directory, name) -> true)) {
        assertTrue(watch.trouble().isPresent());
        assertEquals(before, descriptors());
      }
    }

    /** How many services of this process the system sends notices to. */
    private long descriptors() throws Exception {
      try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
        return open.filter(this::isOfNotices).count();
      }
    }

    private boolean isOfNotices(Path descriptor) {
      try {
        return Files.readSymbolicLink(descriptor).toString().contains("inotify");
      } catch (IOException closed) {
        return false;
      }
    }

    @Test
    void one_that_can_not_be_closed_is_let_go() {
      Watch watch = new Watch(new Unclosable(), (directory, name) -> true, Map.of());
      assertDoesNotThrow(watch::close);
    }

    @Test
    void of_a_directory_that_was_replaced_it_says_so() throws Exception {
      Path watched = Files.createDirectory(base.resolve("watched"));
      try (Watch watch = Watch.of(List.of(base, watched), Set.of(), (directory, name) -> true)) {
        assertEquals(Optional.empty(), watch.trouble());
        Files.move(watched, base.resolve("away"));
        assertEquals(Optional.of(watched + " is not what it was"), watch.trouble());
        Files.createDirectory(watched);
        assertEquals(Optional.of(watched + " is not what it was"), watch.trouble());
        Files.delete(watched);
        Files.move(base.resolve("away"), watched);
        assertEquals(Optional.empty(), watch.trouble());
      }
    }

    @Test
    void there_is_no_trouble_where_there_are_some() throws Exception {
      try (Watch watch = watch()) {
        assertEquals(Optional.empty(), watch.trouble());
      }
    }
  }

  private static final class Unclosable implements WatchService {
    @Override
    public void close() throws IOException {
      throw new IOException("no descriptor to wake the thread through");
    }

    @Override
    public WatchKey poll() {
      throw new UnsupportedOperationException();
    }

    @Override
    public WatchKey poll(long timeout, TimeUnit unit) {
      throw new UnsupportedOperationException();
    }

    @Override
    public WatchKey take() {
      throw new UnsupportedOperationException();
    }
  }
}
