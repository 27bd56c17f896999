package org.localq.cli;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.localq.core.IdText;
import org.localq.core.JobId;
import org.localq.core.Refusal;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/**
 * Job ids on a command line: {@code -j 1,2} or plain, comma lists allowed in both; tasks of an
 * array as Slurm names them, {@code 17_3} or {@code 17_[1,5-7]}, and as lqueue shows those that
 * wait.
 */
final class IdArguments {
  /** What the help says of tasks. */
  static final String OF_TASKS =
      "Job 17 may be an array: 17_3 is its task 3, 17_[1,5-7] are four of them.";

  /** More ids than that are not named but ranges that were mistyped, or a whole array. */
  private static final int MOST = 100_000;

  private IdArguments() {}

  static OptionSpec option(String help) {
    return Command.option("-j", "--jobs", "ID[,ID…]", help)
        .type(List.class)
        .auxiliaryTypes(String.class)
        .build();
  }

  static PositionalParamSpec words() {
    return PositionalParamSpec.builder()
        .type(List.class)
        .auxiliaryTypes(String.class)
        .arity("0..*")
        .paramLabel("ID")
        .hidden(true)
        .build();
  }

  /** The ids that were named, in order. */
  static SortedSet<JobId> of(ParseResult parsed) {
    SortedSet<JobId> ids = new TreeSet<>();
    addAll(parsed.matchedOptionValue("-j", List.of()), ids);
    addAll(parsed.matchedPositionalValue(0, List.of()), ids);
    return ids;
  }

  /** Adds the ids that these words name. */
  static void addAll(List<String> lists, SortedSet<JobId> ids) {
    for (String list : lists) {
      for (String text : IdText.split(list, ',')) {
        add(text, ids);
      }
    }
  }

  private static void add(String text, SortedSet<JobId> ids) {
    IdText named = IdText.parse(text).orElseThrow(() -> noId(text));
    if (named.tasks().isPresent() && ids.size() + (long) named.count() > MOST) {
      throw Refusal.usage(
          "\""
              + text
              + "\" names too many tasks, expected at most "
              + MOST
              + " ids; the whole array is "
              + named.id());
    }
    named.ids().forEach(ids::add);
  }

  private static Refusal noId(String text) {
    return Refusal.usage(
        "\""
            + text
            + (text.contains("_")
                ? "\" names no tasks, expected some as in 17_3, 17_[1-3] or 17_[1,5-7]"
                : "\" is no job id, expected a whole number of at least 1 as lqueue shows it"));
  }
}
