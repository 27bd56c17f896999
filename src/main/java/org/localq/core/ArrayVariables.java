package org.localq.core;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * What a task sees of its array in its environment; Slurm's names, with another beginning.
 *
 * <p>The first two are told by the task's id. The others are put into the task's own file when it
 * is claimed, so that each of its attempts sees the same, whatever becomes of the array's file.
 */
public final class ArrayVariables {
  /** The array's id. */
  public static final String JOB_ID = "LOCALQ_ARRAY_JOB_ID";

  /** The task's number. */
  public static final String TASK_ID = "LOCALQ_ARRAY_TASK_ID";

  private static final String COUNT = "LOCALQ_ARRAY_TASK_COUNT";
  private static final String LOWEST = "LOCALQ_ARRAY_TASK_MIN";
  private static final String HIGHEST = "LOCALQ_ARRAY_TASK_MAX";
  private static final String STEP = "LOCALQ_ARRAY_TASK_STEP";

  /** Those that a task's file says. */
  public static final Set<String> KEPT = Set.of(COUNT, LOWEST, HIGHEST, STEP);

  private ArrayVariables() {}

  /** What the file of each task of these numbers says; there is no step where there is no one. */
  static Map<String, String> of(TaskNumbers numbers) {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put(COUNT, Integer.toString(numbers.count()));
    variables.put(LOWEST, Integer.toString(numbers.lowest()));
    variables.put(HIGHEST, Integer.toString(numbers.highest()));
    if (numbers.step().isPresent()) {
      variables.put(STEP, Integer.toString(numbers.step().getAsInt()));
    }
    return variables;
  }
}
