package org.localq.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.localq.core.JobId;
import org.localq.core.Refusal;
import org.localq.core.TaskNumbers;
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
      for (String text : split(list)) {
        add(text, ids);
      }
    }
  }

  /** What stands between commas, but for those in brackets. */
  private static List<String> split(String list) {
    List<String> texts = new ArrayList<>();
    int start = 0;
    boolean inBrackets = false;
    for (int i = 0; i < list.length(); i++) {
      char c = list.charAt(i);
      inBrackets = c == '[' || (inBrackets && c != ']');
      if (c == ',' && !inBrackets) {
        texts.add(list.substring(start, i));
        start = i + 1;
      }
    }
    texts.add(list.substring(start));
    return texts;
  }

  private static void add(String text, SortedSet<JobId> ids) {
    int bracket = text.indexOf("_[");
    if (bracket >= 0 && text.endsWith("]")) {
      addTasks(text, text.substring(0, bracket), ids);
    } else {
      ids.add(JobId.parse(text).orElseThrow(() -> noId(text)));
    }
  }

  /**
   * Adds tasks of one array.
   *
   * @param text what was named, up to its brackets {@code array}
   */
  private static void addTasks(String text, String array, SortedSet<JobId> ids) {
    JobId id = JobId.parse(array).filter(its -> !its.isTask()).orElseThrow(() -> noId(text));
    String list = text.substring(array.length() + 2, text.length() - 1);
    if (!(TaskNumbers.parse(list) instanceof TaskNumbers.Parsed.Valid valid)) {
      throw noId(text);
    }
    TaskNumbers numbers = valid.numbers();
    if (ids.size() + (long) numbers.count() > MOST) {
      throw Refusal.usage(
          "\""
              + text
              + "\" names too many tasks, expected at most "
              + MOST
              + " ids; the whole array is "
              + array);
    }
    numbers.stream().forEach(number -> ids.add(id.ofTask(number)));
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
