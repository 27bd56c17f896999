package org.localq.worker;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import org.apache.commons.io.file.PathUtils;
import org.localq.core.JobId;

/**
 * How long a worker's tick takes with very many pending jobs that depend on others, have priorities
 * and times: {@code OrderBench [JOBS]}. No test: it prints.
 */
final class OrderBench {
  private static final Set<PosixFilePermission> OWN = PosixFilePermissions.fromString("rw-------");

  private final Rig rig;
  private final int jobs;
  private final PrintStream out;

  private OrderBench(Rig rig, int jobs, PrintStream out) {
    this.rig = rig;
    this.jobs = jobs;
    this.out = out;
  }

  public static void main(String[] words) throws IOException {
    int jobs = words.length == 0 ? 100_000 : Integer.parseInt(words[0]);
    Path place = Files.createTempDirectory("order-bench-");
    try (Rig rig = new Rig(place.resolve("spool"), 4)) {
      new OrderBench(rig, jobs, System.out).run();
    } finally {
      PathUtils.deleteDirectory(place);
    }
  }

  private void run() throws IOException {
    JobId[] first = new JobId[4];
    for (int i = 0; i < first.length; i++) {
      first[i] = rig.submitStarted(1);
    }
    put(first);
    ticks("all are read", News.POLL);
    ticks("nothing happened", News.POLL);
    ticks("nothing happened, no poll", News.NONE);
    rig.shimEnds(first[0], 1, "0");
    ticks("a job ends for which one in ten waits", News.NONE);
    for (int round = 0; round < 5; round++) {
      JobId runs = rig.claimed().last();
      rig.shimStarts(runs, 1);
      rig.shimEnds(runs, 1, "0");
      ticks("a job ends for which one waits", News.NONE);
    }
    rig.shimEnds(first[1], 1, "0");
    ticks("a job ends for which six in ten wait", News.NONE);
    ticks("nothing happened, no poll", News.NONE);
  }

  /**
   * One in ten waits for the first job, six for the second, one for the one before it, one begins.
   */
  private void put(JobId[] first) throws IOException {
    long next = first[3].number() + 1;
    for (int i = 0; i < jobs; i++) {
      long id = next + i;
      String dependency =
          switch (i % 10) {
            case 0 -> "\"dependency\": \"afterok:" + first[0] + "\", ";
            case 1 -> "\"dependency\": \"afterany:" + (id - 1) + "\", ";
            case 2 -> "\"begin\": \"2027-01-01T00:00:00Z\", ";
            case 3 -> "\"dependency\": \"after:" + first[2] + "+60,afterok:" + first[3] + "\", ";
            default -> "\"dependency\": \"afterok:" + first[1] + "\", ";
          };
      Path file = rig.path(id + ".json");
      Files.writeString(
          file,
          "{\"format\": 1, \"command\": [\"true\"], "
              + dependency
              + "\"priority\": "
              + i % 7
              + ", \"stdout\": \"/dev/null\"}");
      Files.setPosixFilePermissions(file, OWN);
    }
    Path seq = rig.path(".localq/seq");
    Files.move(seq.resolve(first[3].toString()), seq.resolve(Long.toString(next + jobs - 1)));
  }

  /** Ticks until there is nothing more to do at once, and says how long each took. */
  private void ticks(String what, News news) throws IOException {
    double[] took = new double[10_000];
    int count = 0;
    boolean more = true;
    News its = news;
    while (more && count < took.length) {
      long begun = System.nanoTime();
      Worker.Tick tick = rig.worker().tick(Duration.ofHours(5), its);
      took[count++] = (System.nanoTime() - begun) / 1e6;
      more = tick.due().filter(Duration.ZERO::equals).isPresent();
      its = News.NONE;
    }
    double[] sorted = Arrays.copyOf(took, count);
    Arrays.sort(sorted);
    out.printf(
        "%-45s %5d ticks, median %7.2f ms, highest %7.2f ms, sum %9.2f ms%n",
        what, count, sorted[count / 2], sorted[count - 1], Arrays.stream(sorted).sum());
  }
}
