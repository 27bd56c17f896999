package org.localq.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * How long a tick decides with 100,000 pending jobs that have time limits, behind one that waits.
 *
 * <p>{@code java -cp target/classes:target/test-classes org.localq.core.ScheduleBench}
 */
final class ScheduleBench {
  private static final int PENDING = 100_000;
  private static final int ROUNDS = 300;

  private ScheduleBench() {}

  /** Prints a line for each case. */
  public static void main(String[] args) {
    for (Policy policy : Policy.values()) {
      report(policy + ", none can pass", queue(policy, 3, 1000), running(62, 10));
      report(policy + ", a few pass", queue(policy, 3, 1000), running(60, 1000));
      report(policy + ", with memory and resources", rich(policy), running(60, 1000));
      report(policy + ", 64 start", queue(policy, 1, 1), List.of());
      report(policy + ", one without a limit runs", queue(policy, 3, 1000), endless());
    }
  }

  private static void report(String what, TreeSet<Candidate> queue, List<Occupant> running) {
    Situation situation = new Situation(Amounts.limit(64), running);
    long[] nanos = new long[ROUNDS];
    int starts = 0;
    for (int round = 0; round < ROUNDS; round++) {
      long begun = System.nanoTime();
      starts = Schedule.starts(queue.iterator(), situation).size();
      nanos[round] = System.nanoTime() - begun;
    }
    long cold = nanos[0];
    Arrays.sort(nanos);
    System.out.printf(
        "%-36s %3d start: first %.3f ms, median %.3f ms, 95 %% %.3f ms%n",
        what, starts, cold / 1e6, nanos[ROUNDS / 2] / 1e6, nanos[ROUNDS * 95 / 100] / 1e6);
  }

  /** A job that wants everything, and behind it 100,000 that want a part for up to so long. */
  private static TreeSet<Candidate> queue(Policy policy, int cores, int seconds) {
    Random random = new Random(1);
    TreeSet<Candidate> queue = new TreeSet<>(policy.order());
    if (cores > 1) {
      queue.add(candidate(1, Needs.cores(64), 10));
    }
    for (int id = 2; id <= PENDING; id++) {
      Needs needs = Needs.cores(cores + random.nextInt(3 * cores));
      queue.add(candidate(id, needs, seconds + random.nextInt(10_000)));
    }
    return queue;
  }

  private static TreeSet<Candidate> rich(Policy policy) {
    Random random = new Random(1);
    TreeSet<Candidate> queue = new TreeSet<>(policy.order());
    queue.add(candidate(1, Needs.cores(64), 10));
    for (int id = 2; id <= PENDING; id++) {
      TreeMap<String, Integer> gpus = new TreeMap<>();
      gpus.put("gpu", 1 + random.nextInt(4));
      Needs needs = new Needs(1 + random.nextInt(8), random.nextInt(1 << 30), gpus);
      queue.add(candidate(id, needs, 1000 + random.nextInt(10_000)));
    }
    return queue;
  }

  private static Candidate candidate(int id, Needs needs, int seconds) {
    return new Candidate(
        new JobId(id), needs, Optional.of(Duration.ofSeconds(seconds)), 0, OptionalInt.empty());
  }

  /** So many jobs of one core. */
  private static List<Occupant> running(int count, int seconds) {
    List<Occupant> running = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      running.add(
          new Occupant(Amounts.cores(1), Optional.of(Duration.ofSeconds(seconds + 30L * i))));
    }
    return running;
  }

  private static List<Occupant> endless() {
    return List.of(new Occupant(Amounts.cores(60), Optional.empty()));
  }
}
