package org.localq.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.localq.core.Amounts;
import org.localq.core.Budget;
import org.localq.core.Bytes;
import org.localq.core.Needs;
import org.localq.core.Pool;
import org.localq.core.Refusal;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** What {@code localqd} is told that a queue has beside cores, and how that is said. */
final class BudgetOptions {
  private static final String MEMORY = "--mem";
  private static final String RESOURCE = "--resource";

  private BudgetOptions() {}

  static OptionSpec memory() {
    return Command.option(
            MEMORY,
            "SIZE",
            "Memory that running jobs may ask for together, as in 60G (default: the machine's"
                + " less a tenth).")
        .build();
  }

  static OptionSpec resource() {
    return Command.option(
            RESOURCE,
            "NAME=COUNT|NAME=ID,ID…",
            "A resource of which each job is given as many as it asks for, as gpu=0,1,2,3 or"
                + " licence=2; can be given several times.")
        .type(List.class)
        .auxiliaryTypes(String.class)
        .build();
  }

  /** What the command line asks for, and where it doesn't say, what there was before. */
  static Budget asked(ParseResult parsed, Budget before) {
    OptionalLong memory =
        Command.text(parsed, MEMORY)
            .map(text -> OptionalLong.of(memory(text)))
            .orElse(before.memory());
    List<String> given = parsed.matchedOptionValue(RESOURCE, List.of());
    SortedMap<String, Pool> named = new TreeMap<>();
    for (String text : given) {
      add(text, named);
    }
    Budget budget = new Budget(memory, before.resources()).with(named);
    Budget.clash(budget.resources().keySet())
        .ifPresent(
            name -> {
              throw Refusal.usage(
                  RESOURCE
                      + " "
                      + name
                      + ": there is another that differs in the case of letters alone; expected one"
                      + " of them");
            });
    return budget;
  }

  private static long memory(String text) {
    OptionalLong bytes = Bytes.parse(text);
    if (bytes.isEmpty() || bytes.getAsLong() == 0) {
      throw Refusal.usage(
          MEMORY
              + " "
              + Text.word(text)
              + ": expected a number of MiB, or one with K, M, G or T behind it, as 60G");
    }
    return bytes.getAsLong();
  }

  private static void add(String text, Map<String, Pool> named) {
    int equals = text.indexOf('=');
    String name = equals < 0 ? "" : text.substring(0, equals);
    if (!Needs.isResource(name)) {
      throw Refusal.usage(
          RESOURCE
              + " "
              + Text.word(text)
              + ": expected NAME=COUNT or NAME=ID,ID with a name of letters, digits and _, as"
              + " gpu=0,1");
    }
    Pool.Parsed parsed = Pool.parse(text.substring(equals + 1));
    if (parsed instanceof Pool.Parsed.Invalid invalid) {
      throw Refusal.usage(RESOURCE + " " + Text.word(text) + ": " + invalid.reason());
    }
    if (named.put(name, ((Pool.Parsed.Valid) parsed).pool()) != null) {
      throw Refusal.usage(
          RESOURCE + " " + Text.word(text) + ": " + name + " is named twice, expected it once");
    }
  }

  /** The options that ask for this. */
  static List<LocalqdCommand.Given> options(Budget budget) {
    List<LocalqdCommand.Given> options = new ArrayList<>();
    if (budget.memory().isPresent()) {
      options.add(new LocalqdCommand.Given(MEMORY, Bytes.show(budget.memory().getAsLong())));
    }
    for (Map.Entry<String, Pool> resource : budget.resources().entrySet()) {
      options.add(
          new LocalqdCommand.Given(RESOURCE, resource.getKey() + "=" + resource.getValue()));
    }
    return options;
  }

  /** What there is, to be said behind the cores; empty where that is all. */
  static String describe(Budget budget) {
    StringBuilder text = new StringBuilder();
    if (budget.memory().isPresent()) {
      text.append(", ").append(Bytes.show(budget.memory().getAsLong())).append(" of memory");
    }
    for (Map.Entry<String, Pool> resource : budget.resources().entrySet()) {
      text.append(", ").append(resource.getKey()).append(' ').append(resource.getValue());
    }
    return text.toString();
  }

  /** How much of it is taken, to be said behind the cores. */
  static String describe(Budget budget, Amounts busy) {
    StringBuilder text = new StringBuilder();
    if (budget.memory().isPresent()) {
      text.append(", ")
          .append(busy.memory() == 0 ? "0" : Bytes.show(busy.memory()))
          .append(" of ")
          .append(Bytes.show(budget.memory().getAsLong()))
          .append(" of memory");
    }
    for (Map.Entry<String, Pool> resource : budget.resources().entrySet()) {
      text.append(", ")
          .append(busy.resource(resource.getKey()))
          .append(" of ")
          .append(resource.getValue().count())
          .append(' ')
          .append(resource.getKey());
    }
    return text.toString();
  }
}
