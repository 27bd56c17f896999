package org.localq.system;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever a job can ask for, together: every two values of two options come up in one job, all of
 * them wait in one queue, and the worker is killed in the middle.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class CombinationsIT {
  private static final Map<String, List<String>> FACTORS = factors();

  @TempDir Path scratch;
  @AutoClose private Installation localq;

  private static Map<String, List<String>> factors() {
    Map<String, List<String>> factors = new LinkedHashMap<>();
    factors.put("shape", List.of("job", "numbers", "lines"));
    factors.put("code", List.of("0", "3"));
    factors.put("time", List.of("", "-t 1:00", "-t 0:01"));
    factors.put("signal", List.of("", "--signal=CONT@59"));
    factors.put(
        "dependency",
        List.of(
            "",
            "-d afterok:GOOD",
            "-d afternotok:GOOD",
            "-d afterany:GOOD:BAD",
            "-d afterok:BAD?afternotok:BAD",
            "-d after:GOOD,afternotok:BAD"));
    factors.put("begin", List.of("", "-b now+1"));
    factors.put("hold", List.of("", "-H"));
    factors.put("order", List.of("", "--priority=7", "--nice"));
    factors.put("retry", List.of("", "--retry=1", "--retry=1 --retry-delay=1"));
    factors.put("requeue", List.of("", "--requeue"));
    factors.put("cores", List.of("", "-n 2"));
    factors.put("memory", List.of("", "--mem=40", "--mem-per-cpu=30"));
    factors.put("resources", List.of("", "--gres=tape:1", "--gres=tape:2 --licenses=seat:1"));
    return factors;
  }

  private static boolean isPossible(Map<String, String> row) {
    return row.get("signal").isEmpty() || !row.get("time").isEmpty();
  }

  /** What has to be recorded of such a job: its state, its exit code, and how many attempts. */
  private static String expected(Map<String, String> row) {
    if (row.get("dependency").equals("-d afternotok:GOOD")) {
      return "CANCELLED - 0";
    }
    if (row.get("time").equals("-t 0:01")) {
      return "TIMEOUT 143 1";
    }
    return row.get("code").equals("0")
        ? "COMPLETED 0 1"
        : "FAILED 3 " + (row.get("retry").isEmpty() ? 1 : 2);
  }

  private void start() {
    localq
        .run(
            "localqd",
            "-n",
            "4",
            "-i",
            "1",
            "--mem",
            "100",
            "--resource",
            "tape=a,b",
            "--resource",
            "seat=1",
            "start")
        .exits(0);
  }

  private String submit(Map<String, String> row, String good, String bad) throws IOException {
    List<String> line = new ArrayList<>(List.of("lbatch", "--parsable", "-o", "out-%j"));
    for (String factor : FACTORS.keySet()) {
      if (!List.of("shape", "code").contains(factor) && !row.get(factor).isEmpty()) {
        String words = row.get(factor).replace("GOOD", good).replace("BAD", bad);
        line.addAll(List.of(words.split(" ")));
      }
    }
    String nap = row.get("time").equals("-t 0:01") ? "exec sleep 60" : "sleep 0.05";
    String command =
        "echo attempt >>\"attempts-$LOCALQ_JOB_ID\"; " + nap + "; exit " + row.get("code");
    switch (row.get("shape")) {
      case "job" -> line.addAll(List.of("sh", "-c", command));
      case "numbers" -> line.addAll(List.of("-a", "3-5:2%1", "sh", "-c", command));
      default -> {
        Path lines = localq.home().resolve("lines");
        Files.writeString(lines, command + "\n" + command + "\n");
        line.addAll(List.of("--each-line", lines.toString()));
      }
    }
    return localq.run(line.toArray(new String[0])).exits(0).text();
  }

  /** What is recorded of a job that was submitted under this id. */
  private String found(String id) {
    String record = localq.record(id).replaceAll("\\s", "");
    String result = record.substring(record.lastIndexOf("\"result\":"));
    String code = result.replaceFirst(".*\"exit_code\":(\\d+).*", "$1");
    String state = result.replaceFirst(".*?\"state\":\"(\\w+)\".*", "$1");
    Path attempts = localq.home().resolve("attempts-" + id);
    long count = Files.exists(attempts) ? Installation.read(attempts).lines().count() : 0;
    return state + " " + (code.equals(result) ? "-" : code) + " " + count;
  }

  /** The ids that have a record of their own: of an array those of its tasks. */
  private static List<String> parts(String id, Map<String, String> row) {
    if (row.get("shape").equals("job") || expected(row).startsWith("CANCELLED")) {
      return List.of(id);
    }
    return row.get("shape").equals("numbers")
        ? List.of(id + "_3", id + "_5")
        : List.of(id + "_1", id + "_2");
  }

  @Test
  void of_all_that_a_job_can_ask_for_come_to_what_each_asks_for() throws IOException {
    localq = new Installation(scratch);
    start();
    String good = localq.submit("sh", "-c", "sleep 2");
    String bad = localq.submit("sh", "-c", "sleep 1; exit 9");
    long seed = Long.getLong("localq.seed", System.nanoTime());
    System.out.println("CombinationsIT: -Dlocalq.seed=" + seed);
    List<Map<String, String>> rows =
        new Pairwise(FACTORS, CombinationsIT::isPossible, new Random(seed)).rows();
    List<String> ids = new ArrayList<>();
    List<String> held = new ArrayList<>();
    for (Map<String, String> row : rows) {
      ids.add(submit(row, good, bad));
      if (!row.get("hold").isEmpty()) {
        held.add(ids.get(ids.size() - 1));
      }
    }
    localq.killWorker();
    start();
    localq.run("lctl", "release", String.join(",", held)).exits(0);
    localq.record(good);
    localq.killWorker();
    start();
    List<String> wrong = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      for (String part : parts(ids.get(i), rows.get(i))) {
        String found = found(part);
        if (!found.equals(expected(rows.get(i)))) {
          wrong.add(
              part + " " + rows.get(i) + ": " + found + ", expected " + expected(rows.get(i)));
        }
      }
      localq.record(ids.get(i));
    }
    assertEquals("", String.join("\n", wrong), localq::evidence);
    assertEquals(0, localq.run("localqd", "check").code(), localq::evidence);
  }
}
