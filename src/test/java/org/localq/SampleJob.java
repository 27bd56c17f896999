package org.localq;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.localq.core.Conditions;
import org.localq.core.Dependency;
import org.localq.core.Job;
import org.localq.core.Limit;
import org.localq.core.Needs;
import org.localq.core.Requirements;
import org.localq.core.Resource;
import org.localq.core.Retry;
import org.localq.core.Submission;
import org.localq.core.TimeLimit;
import org.localq.core.Umask;
import org.localq.core.Workplace;

/** A job for a test: says only what the test is about. */
public final class SampleJob {
  private final List<String> command;
  private final Map<Resource, Limit> limits = new LinkedHashMap<>();
  private final Map<String, String> environment = new LinkedHashMap<>();
  private String name;
  private Requirements requirements = Requirements.cores(1);
  private String directory = "/";
  private String stdin = Workplace.NO_INPUT;
  private String stdout = "/dev/null";
  private Optional<String> stderr = Optional.empty();
  private Optional<Umask> umask = Optional.empty();

  private SampleJob(List<String> command) {
    this.command = command;
    this.name = Job.defaultName(command);
  }

  public static SampleJob of(String... command) {
    return new SampleJob(List.of(command));
  }

  public SampleJob named(String name) {
    this.name = name;
    return this;
  }

  public SampleJob cores(int cores) {
    requirements = Requirements.cores(cores);
    return this;
  }

  /** Takes so many bytes, beside its cores. */
  public SampleJob memory(long bytes) {
    Needs now = requirements.needs();
    requirements = requirements.with(new Needs(now.cores(), bytes, now.resources()));
    return this;
  }

  /** Takes so many of a named resource, beside all else. */
  public SampleJob takes(String resource, int count) {
    Needs now = requirements.needs();
    SortedMap<String, Integer> resources = new TreeMap<>(now.resources());
    resources.put(resource, count);
    requirements = requirements.with(new Needs(now.cores(), now.memory(), resources));
    return this;
  }

  public SampleJob timeLimit(TimeLimit limit) {
    requirements =
        new Requirements(
            requirements.needs(), requirements.conditions(), limit, requirements.retry());
    return this;
  }

  public SampleJob conditions(Conditions conditions) {
    requirements =
        new Requirements(
            requirements.needs(), conditions, requirements.timeLimit(), requirements.retry());
    return this;
  }

  /** What it depends on, as {@code lbatch -d} takes it. */
  public SampleJob after(String dependency) {
    return conditions(new Conditions(Optional.empty(), Dependency.parse(dependency), 0, 0));
  }

  public SampleJob priority(int priority) {
    return conditions(new Conditions(Optional.empty(), Optional.empty(), priority, 0));
  }

  public SampleJob begin(Instant begin) {
    return conditions(new Conditions(Optional.of(begin), Optional.empty(), 0, 0));
  }

  public SampleJob retry(Retry retry) {
    requirements =
        new Requirements(
            requirements.needs(), requirements.conditions(), requirements.timeLimit(), retry);
    return this;
  }

  public SampleJob in(String directory) {
    this.directory = directory;
    return this;
  }

  public SampleJob stdin(String stdin) {
    this.stdin = stdin;
    return this;
  }

  public SampleJob stdout(String stdout) {
    this.stdout = stdout;
    return this;
  }

  public SampleJob stderr(String stderr) {
    this.stderr = Optional.of(stderr);
    return this;
  }

  public SampleJob umask(String umask) {
    this.umask = Umask.parse(umask);
    return this;
  }

  public SampleJob limit(Resource resource, long soft, long hard) {
    limits.put(resource, new Limit(soft, hard));
    return this;
  }

  public SampleJob variable(String name, String value) {
    environment.put(name, value);
    return this;
  }

  public Job build() {
    return new Job(
        name,
        command,
        requirements,
        new Workplace(directory, stdin, stdout, stderr),
        new Submission(
            Instant.parse("2026-11-22T11:00:00.123Z"), directory, umask, limits, environment));
  }
}
