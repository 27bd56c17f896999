package org.localq.core;

import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * When and out of which surroundings a job was submitted; it runs in the same.
 *
 * @param submitted to the millisecond
 * @param directory where the submitter was; absolute
 * @param umask the submitter's; nothing: the worker's
 * @param limits the submitter's resource limits; one that is missing stays the worker's
 * @param environment the submitter's, in its order
 */
public record Submission(
    Instant submitted,
    String directory,
    Optional<Umask> umask,
    Map<Resource, Limit> limits,
    Map<String, String> environment) {
  public Submission {
    limits = Map.copyOf(limits);
    environment = Collections.unmodifiableMap(new LinkedHashMap<>(environment));
  }

  /** That of a task: with these variables about its array, and none about another. */
  Submission ofTask(Map<String, String> variables) {
    Map<String, String> its = new LinkedHashMap<>(environment);
    its.keySet().removeAll(ArrayVariables.KEPT);
    its.putAll(variables);
    return new Submission(submitted, directory, umask, limits, its);
  }

  /** Shows no environment: it holds passwords. */
  @Override
  public String toString() {
    return "Submission[" + submitted + ", " + directory + ", " + environment.size() + " variables]";
  }
}
