package org.localq.cli;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.localq.core.JobId;
import org.localq.core.Refusal;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** Job ids on a command line: {@code -j 1,2} or plain, comma lists allowed in both. */
final class IdArguments {
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

  private static void addAll(List<String> lists, SortedSet<JobId> ids) {
    for (String list : lists) {
      add(list, ids);
    }
  }

  private static void add(String list, SortedSet<JobId> ids) {
    for (String text : list.split(",", -1)) {
      ids.add(
          JobId.parse(text)
              .orElseThrow(
                  () ->
                      Refusal.usage(
                          "\""
                              + text
                              + "\" is no job id, expected a whole number of at least 1 as lqueue shows it")));
    }
  }
}
