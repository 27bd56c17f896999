package org.localq.worker;

import java.io.IOException;
import java.util.Optional;
import org.localq.core.Amounts;
import org.localq.core.Budget;
import org.localq.core.Bytes;
import org.localq.core.Given;
import org.localq.core.Job;
import org.localq.core.Needs;
import org.localq.core.Provision;
import org.localq.core.ResourceVariables;
import org.localq.engine.Engine;
import org.localq.engine.Launch;
import org.localq.spool.RunFile;
import org.localq.spool.Workers;

/**
 * Gives each attempt, at its claim and under the lock, what it takes beside cores. What was given
 * is in its run file, which is there before the claim and goes behind it: so no id is ever given
 * twice, whoever dies in between.
 */
final class Provisioning {
  private final Engine engine;
  private final Judge judge;
  private final Workers workers;
  private final Occupancy occupancy;

  /**
   * Read once: the first of the workers that are alive together sets it, and no other can while
   * this one is.
   */
  private Optional<Budget> budget = Optional.empty();

  Provisioning(Engine engine, Judge judge, Workers workers, Occupancy occupancy) {
    this.engine = engine;
    this.judge = judge;
    this.workers = workers;
    this.occupancy = occupancy;
  }

  /** What all jobs together may take. */
  Amounts limit() throws IOException {
    return budget().limit(workers.limit().orElse(1));
  }

  private Budget budget() throws IOException {
    if (budget.isEmpty()) {
      budget = Optional.of(workers.budget());
    }
    return budget.get();
  }

  /** What this job is to have, of which enough is free. */
  Provision of(Job job) throws IOException {
    Needs needs = job.requirements().needs();
    if (needs.memory() == 0 && needs.resources().isEmpty()) {
      return Provision.NONE;
    }
    Given given =
        budget()
            .give(needs, occupancy.given())
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        needs.resources() + " counted as free, and no ids for it are"));
    String why = needs.memory() == 0 ? "" : engine.whyMemoryIsOnlyCounted().orElse("");
    return new Provision(given, false, why);
  }

  /** What the shim of this attempt executes, with what its claim says. */
  byte[] runFile(Launch launch, Provision provision) throws IOException {
    return RunFile.of(
        engine.script(launch, ResourceVariables.of(provision.given(), budget().resources())),
        judge.suspended(launch.job().requirements().timeLimit()),
        provision);
  }

  /** What the log says behind the cores. */
  static String describe(Job job, Provision provision) {
    long memory = job.requirements().needs().memory();
    return (memory == 0 ? "" : ", memory " + Bytes.show(memory))
        + (provision.given().isNothing() ? "" : ", given " + provision.given());
  }
}
