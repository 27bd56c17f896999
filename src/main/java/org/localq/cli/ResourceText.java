package org.localq.cli;

import java.util.List;
import java.util.Map;
import org.localq.core.Budget;
import org.localq.core.Given;
import org.localq.core.Needs;
import org.localq.core.Pool;
import org.localq.core.ResourceVariables;

/** Named resources as a word: those that a job asks for, and the ids that it was given. */
final class ResourceText {
  private ResourceText() {}

  /**
   * As Slurm has it, {@code gpu:2(IDX:0,3),licence:1}; empty for a job that asks for none.
   *
   * @param budget of what there is only a count of, ids tell nothing, but for GPUs
   */
  static String of(Needs needs, Given given, Budget budget) {
    StringBuilder text = new StringBuilder();
    for (Map.Entry<String, Integer> resource : needs.resources().entrySet()) {
      String name = resource.getKey();
      List<String> ids = given.of(name);
      Pool pool = budget.resources().get(name);
      boolean isCount = pool != null && pool.counted() && !name.equals(ResourceVariables.GPU);
      text.append(text.isEmpty() ? "" : ",").append(name).append(':').append(resource.getValue());
      if (!ids.isEmpty() && !isCount) {
        text.append("(IDX:").append(String.join(",", ids)).append(')');
      }
    }
    return text.toString();
  }
}
