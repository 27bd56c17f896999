package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.localq.core.JobId;
import org.localq.core.Policy;
import org.localq.core.Retention;

/**
 * Races, on the real file system, with threads in the place of processes: none lost, none twice.
 *
 * <p>Each thread has a Spool of its own, because one object serves one process; but all have one
 * process id, so that they compete for the names of drafts too. Only what needs no lock can race
 * within one JVM: of two threads that lock, the second gets an exception.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class RaceTest {
  private static final int THREADS = 8;

  @TempDir private Path directory;
  private Bench bench;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  @BeforeEach
  void makeTheSpool() throws IOException {
    bench = new Bench(directory, Bench.FILES_ONLY);
  }

  @AfterEach
  void close() throws IOException {
    threads.shutdownNow();
    bench.close();
  }

  @Test
  void eight_times_a_hundred_submits_give_eight_hundred_jobs() throws Exception {
    List<List<JobId>> given =
        race(
            THREADS,
            number -> {
              List<JobId> ids = new ArrayList<>();
              try (Spool spool = own()) {
                for (int i = 0; i < 100; i++) {
                  String word = number + "." + i;
                  ids.add(spool.submit(id -> Bench.job("echo", word)));
                }
              }
              return ids;
            });
    Set<JobId> all = new TreeSet<>();
    for (int number = 0; number < THREADS; number++) {
      List<JobId> ids = given.get(number);
      assertEquals(new ArrayList<>(new TreeSet<>(ids)), ids, "a client's ids go up");
      all.addAll(ids);
      for (int i = 0; i < ids.size(); i++) {
        Entry.Waiting found = (Entry.Waiting) bench.entry(ids.get(i));
        assertEquals(List.of("echo", number + "." + i), found.job().command());
      }
    }
    assertEquals(800, all.size(), "an id was given twice");
    assertEquals(all, bench.spool.pending());
    bench.assertNames(".localq/seq", "800");
    bench.assertNames(".localq/tmp");
  }

  @Test
  void every_id_is_given_once_and_none_is_left_out() throws Exception {
    List<List<JobId>> given =
        race(
            THREADS,
            number -> {
              Ids ids = new Ids(bench.layout.seq(), Bench.FILES_ONLY);
              List<JobId> mine = new ArrayList<>();
              for (int i = 0; i < 300; i++) {
                mine.add(ids.next(id -> false));
              }
              return mine;
            });
    Set<JobId> all = new TreeSet<>();
    given.forEach(all::addAll);
    assertEquals(THREADS * 300, all.size(), "an id was given twice");
    assertEquals(new JobId(THREADS * 300), ((TreeSet<JobId>) all).last());
  }

  @Test
  void who_takes_ids_with_mv_takes_no_others() throws Exception {
    List<List<JobId>> given =
        race(
            4,
            number -> {
              List<JobId> mine = new ArrayList<>();
              Ids ids = new Ids(bench.layout.seq(), Bench.FILES_ONLY);
              while (mine.size() < 200) {
                if (number % 2 == 0) {
                  mine.add(ids.next(id -> false));
                } else {
                  takeTen(mine);
                }
              }
              return mine;
            });
    Set<JobId> all = new TreeSet<>();
    given.forEach(all::addAll);
    assertEquals(800, all.size(), "an id was given twice");
  }

  @Test
  void fifty_submitters_beside_a_collector_are_given_no_id_twice() throws Exception {
    Set<JobId> finished = ConcurrentHashMap.newKeySet();
    CountDownLatch submitting = new CountDownLatch(50);
    List<List<JobId>> given =
        race(
            51,
            number -> {
              List<JobId> mine = new ArrayList<>();
              if (number == 50) {
                try (Spool spool = own()) {
                  collectUntil(submitting, spool);
                }
                return mine;
              }
              try (Spool spool = own()) {
                for (int i = 0; i < 20; i++) {
                  JobId id = spool.submit(to -> Bench.job("a"));
                  mine.add(id);
                  // it ends at once, and leaves nothing but its record
                  Files.move(spool.layout().pending(id), spool.layout().record(id));
                  finished.add(id);
                }
              } finally {
                submitting.countDown();
              }
              return mine;
            });
    Set<JobId> all = new TreeSet<>();
    given.forEach(all::addAll);
    assertEquals(1000, all.size(), "an id was given twice");
    assertEquals(finished, all);
    // whatever the counter says
    // an id that a later one was collected before is passed over, so it may be more than 1000
    long last = bench.spool.ids().last();
    Files.move(bench.layout.seq().resolve(Long.toString(last)), bench.layout.seq().resolve("0"));
    assertTrue(bench.submit("a").number() > Collections.max(all).number());
  }

  private static void collectUntil(CountDownLatch ended, Spool spool) throws IOException {
    Instant later = Instant.now().plus(Duration.ofDays(1));
    Retention.Bounded nothing = (Retention.Bounded) Retention.parse("0s,0").orElseThrow();
    boolean last = false;
    while (!last) {
      // once more behind the last submitter, so that no record is left
      last = ended.getCount() == 0;
      try (RecordCollection collection = spool.collection(nothing, later)) {
        while (collection.step()) {
          // on to the next
        }
      }
    }
  }

  /** As a shell does it: {@code mv seq/N seq/N+10} gives ten at once. */
  private void takeTen(List<JobId> ids) throws IOException {
    for (String name : bench.names(".localq/seq")) {
      long last = Long.parseLong(name);
      try {
        Files.move(
            bench.layout.seq().resolve(name),
            bench.layout.seq().resolve(Long.toString(last + 10)),
            StandardCopyOption.ATOMIC_MOVE);
        for (int i = 1; i <= 10; i++) {
          ids.add(new JobId(last + i));
        }
      } catch (NoSuchFileException lost) {
        // RACE: another took it first
      }
    }
  }

  @Test
  void submits_and_drops_that_meet_the_intake_all_become_jobs() throws Exception {
    int each = 60;
    Set<String> words = ConcurrentHashMap.newKeySet();
    List<Future<?>> clients = new ArrayList<>();
    for (int number = 0; number < 4; number++) {
      String client = "c" + number;
      boolean submits = number % 2 == 0;
      clients.add(
          threads.submit(
              () -> {
                try (Spool spool = own()) {
                  for (int i = 0; i < each; i++) {
                    String word = client + "." + i;
                    words.add(word);
                    if (submits) {
                      spool.submit(id -> Bench.job("echo", word));
                    } else {
                      drop(word);
                    }
                  }
                }
                return null;
              }));
    }
    Intake intake = new Intake(Policy.FIFO);
    List<Intake.Event> events = new ArrayList<>();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
    try (Spool worker = own()) {
      while (intake.candidates().size() < 4 * each) {
        assertTrue(System.nanoTime() < deadline, () -> events + bench.evidence());
        for (Future<?> client : clients) {
          if (client.isDone()) {
            client.get();
          }
        }
        intake.list(bench.layout);
        try (Locked locked = worker.lock()) {
          events.addAll(intake.look(locked, Duration.ZERO));
        }
      }
    }
    for (Future<?> client : clients) {
      client.get(60, TimeUnit.SECONDS);
    }
    TreeMap<String, JobId> found = new TreeMap<>();
    for (JobId id : bench.spool.pending()) {
      found.put(((Entry.Waiting) bench.entry(id)).job().command().get(1), id);
    }
    assertEquals(new TreeSet<>(words), found.navigableKeySet(), bench.evidence());
    assertEquals(4 * each, bench.spool.pending().size());
    assertEquals(Set.of(), bench.spool.rejected(), () -> events.toString());
    assertEquals(2 * each, events.size(), () -> events.toString());
  }

  /** Written under a name that nobody looks at, then renamed. */
  private void drop(String word) throws IOException {
    Path draft = bench.layout.root().resolve("." + word + ".tmp");
    Files.write(
        draft, ("{\"command\": [\"echo\", \"" + word + "\"]}").getBytes(StandardCharsets.UTF_8));
    Files.move(draft, bench.layout.root().resolve(word + ".json"), StandardCopyOption.ATOMIC_MOVE);
  }

  /** R9: a reader that holds no lock never finds a job nowhere. */
  @Test
  void a_job_that_moves_is_always_found() throws Exception {
    JobId id = bench.submit("a");
    Future<Integer> looks =
        threads.submit(
            () -> {
              int count = 0;
              try (Spool spool = own()) {
                while (!spool.isDone(id)) {
                  assertTrue(spool.find(id).isPresent(), "after " + count + " looks");
                  count++;
                }
              }
              return count;
            });
    try (Spool worker = own();
        Locked locked = worker.lock()) {
      for (int attempt = 1; attempt <= 200; attempt++) {
        assertTrue(locked.claim(id, attempt, new byte[0]));
        assertTrue(locked.voidAttempt(id, attempt));
        locked.putBack(id);
        Files.move(bench.layout.pending(id), bench.layout.held(id));
        Files.move(bench.layout.held(id), bench.layout.pending(id));
      }
      assertTrue(locked.claim(id, 201, new byte[0]));
      locked.finish(id, Bench.job("a"), Bench.result(0));
    }
    assertTrue(looks.get(60, TimeUnit.SECONDS) > 0);
  }

  private Spool own() throws IOException {
    return new SpoolGate(bench.identity, Bench.ACCOUNT, Bench.FILES_ONLY).open(bench.layout.root());
  }

  private interface Runner<T> {
    T run(int number) throws Exception;
  }

  /** Runs it in so many threads that start together; what each came to. */
  private <T> List<T> race(int count, Runner<T> runner) throws Exception {
    CyclicBarrier start = new CyclicBarrier(count);
    List<Future<T>> futures = new ArrayList<>();
    for (int number = 0; number < count; number++) {
      int its = number;
      Callable<T> task =
          () -> {
            start.await(20, TimeUnit.SECONDS);
            return runner.run(its);
          };
      futures.add(threads.submit(task));
    }
    List<T> results = new ArrayList<>();
    for (Future<T> future : futures) {
      results.add(future.get(60, TimeUnit.SECONDS));
    }
    return results;
  }
}
