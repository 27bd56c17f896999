package org.localq.faults;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.localq.system.Pairwise;

/**
 * Jobs that ask for whatever a job can ask for, in combinations in which every two values of two
 * options come together; one after the other, in the order of a seed. For trials whose workers have
 * {@link Witness#BUDGET}.
 */
final class Demands {
  /** Stands for the id of a job that was submitted before. */
  private static final String EARLIER = "EARLIER";

  private static final Map<String, List<String>> FACTORS = factors();

  private final Random random;
  private final List<Map<String, String>> rows;
  private int next;

  /**
   * What one job asks for.
   *
   * @param options of lbatch
   * @param code its exit code
   * @param nap for how long its command takes
   */
  record Demand(List<String> options, int code, String nap) {
    /** Whether it is not to start before it is released. */
    boolean isHeld() {
      return options.contains("-H");
    }
  }

  private static Map<String, List<String>> factors() {
    Map<String, List<String>> factors = new LinkedHashMap<>();
    factors.put("code", List.of("0", "3"));
    factors.put("nap", List.of("0", "0.3", "9"));
    factors.put("time", List.of("", "-t 1:00", "-t 0:01"));
    factors.put("signal", List.of("", "--signal=CONT@59"));
    factors.put(
        "dependency",
        List.of(
            "",
            "-d afterany:EARLIER",
            "-d afterok:EARLIER",
            "-d afternotok:EARLIER",
            "-d after:EARLIER,afterany:EARLIER",
            "-d afterok:EARLIER?afternotok:EARLIER",
            "-d singleton"));
    factors.put("name", List.of("", "-J same"));
    factors.put("begin", List.of("", "-b now+1"));
    factors.put("hold", List.of("", "", "-H"));
    factors.put("order", List.of("", "--priority=7", "--nice"));
    factors.put("retry", List.of("", "--retry=1", "--retry=2 --retry-delay=1"));
    factors.put("requeue", List.of("", "--requeue"));
    factors.put("cores", List.of("", "-n 2"));
    factors.put("memory", List.of("", "--mem=20", "--mem-per-cpu=10"));
    factors.put("resources", List.of("", "--gres=tape:1", "--licenses=tape:2"));
    return factors;
  }

  Demands(Random random) {
    this.random = random;
    this.rows = new Pairwise(FACTORS, Demands::isPossible, random).rows();
  }

  /**
   * A job that naps for long has a limit that ends it, a signal wants a limit, and a singleton is
   * not to wait for all the others.
   */
  private static boolean isPossible(Map<String, String> row) {
    return (row.get("nap").equals("9") == row.get("time").equals("-t 0:01"))
        && (row.get("signal").isEmpty() || row.get("time").equals("-t 1:00"))
        && (!row.get("dependency").equals("-d singleton") || !row.get("name").isEmpty());
  }

  /**
   * What the next job asks for.
   *
   * @param earlier the ids of which it may depend; at least one
   */
  synchronized Demand next(List<String> earlier) {
    Map<String, String> row = rows.get(next++ % rows.size());
    List<String> options = new ArrayList<>();
    for (String factor : FACTORS.keySet()) {
      String words = row.get(factor);
      if (!List.of("code", "nap").contains(factor) && !words.isEmpty()) {
        while (words.contains(EARLIER)) {
          // one of the latest: the others have ended
          int last = Math.min(earlier.size(), 8);
          String id = earlier.get(earlier.size() - 1 - random.nextInt(last));
          words = words.replaceFirst(EARLIER, id);
        }
        options.addAll(Arrays.asList(words.split(" ")));
      }
    }
    return new Demand(options, Integer.parseInt(row.get("code")), row.get("nap"));
  }
}
