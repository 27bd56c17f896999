package org.localq.cli;

import java.util.Optional;
import java.util.OptionalLong;
import java.util.SortedMap;
import java.util.TreeMap;
import org.localq.core.Bytes;
import org.localq.core.Needs;
import org.localq.core.Refusal;
import org.localq.core.ResourceVariables;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The options of {@code lbatch} that say what a job takes beside cores. */
final class NeedsOptions {
  /** Stands for all that the queue has, which {@link Fitting} knows. */
  static final long ALL_MEMORY = Long.MAX_VALUE;

  private static final String MEMORY = "--mem";
  private static final String MEMORY_OF_A_CORE = "--mem-per-cpu";
  private static final String GRES = "--gres";
  private static final String GPUS = "--gpus";
  private static final String LICENSES = "--licenses";

  private final ParseResult parsed;

  NeedsOptions(ParseResult parsed) {
    this.parsed = parsed;
  }

  static OptionSpec memory() {
    return Command.option(
            MEMORY,
            "SIZE",
            "Memory that it takes, in MiB or with K, M, G or T behind it (default: it is not"
                + " counted); 0: all that the queue has.")
        .build();
  }

  static OptionSpec memoryOfACore() {
    return Command.option(MEMORY_OF_A_CORE, "SIZE", "The same for each of its cores.").build();
  }

  static OptionSpec gres() {
    return Command.option(
            GRES,
            "NAME[:N][,…]",
            "Named resources that it takes, as gpu:2; it finds the ids that it was given in"
                + " $CUDA_VISIBLE_DEVICES and $LOCALQ_RESOURCE_NAME.")
        .build();
  }

  static OptionSpec gpus() {
    return Command.option("-G", GPUS, "N", "The same as --gres gpu:N.").build();
  }

  static OptionSpec licenses() {
    return Command.option("-L", LICENSES, "NAME[:N][,…]", "The same as --gres.").build();
  }

  /** What a job with so many cores takes. */
  Needs build(int cores) {
    SortedMap<String, Integer> resources = new TreeMap<>();
    addList(GRES, resources);
    Optional<String> gpus = Command.text(parsed, GPUS);
    if (gpus.isPresent()) {
      refuseTypes(GPUS, gpus.get(), gpus.get().split(":", -1).length > 1);
      int count = Command.number(parsed, GPUS, 1).orElseThrow();
      add(GPUS + " " + count, ResourceVariables.GPU, count, resources);
    }
    addList(LICENSES, resources);
    return new Needs(cores, memory(cores), resources);
  }

  private long memory(int cores) {
    Optional<String> whole = Command.text(parsed, MEMORY);
    Optional<String> ofACore = Command.text(parsed, MEMORY_OF_A_CORE);
    if (whole.isPresent() && ofACore.isPresent()) {
      throw Refusal.usage(
          MEMORY
              + " and "
              + MEMORY_OF_A_CORE
              + ": expected one of them; the latter is for each core");
    }
    if (whole.isPresent()) {
      long bytes = bytes(MEMORY, whole.get());
      return bytes == 0 ? ALL_MEMORY : bytes;
    }
    long bytes = ofACore.isPresent() ? bytes(MEMORY_OF_A_CORE, ofACore.get()) : 0;
    if (bytes > ALL_MEMORY / cores) {
      throw Refusal.usage(
          MEMORY_OF_A_CORE + " " + ofACore.orElse("") + ": is too much for " + cores + " cores");
    }
    return bytes * cores;
  }

  private static long bytes(String option, String text) {
    OptionalLong bytes = Bytes.parse(text);
    if (bytes.isEmpty()) {
      throw Refusal.usage(
          option
              + " "
              + Text.word(text)
              + ": expected a number of MiB, or one with K, M, G or T behind it, as 4G");
    }
    return bytes.getAsLong();
  }

  private void addList(String option, SortedMap<String, Integer> resources) {
    Optional<String> list = Command.text(parsed, option);
    if (list.isEmpty()) {
      return;
    }
    String given = option + " " + Text.word(list.get());
    for (String item : list.get().split(",", -1)) {
      String[] parts = item.split(":", -1);
      refuseTypes(option, list.get(), parts.length > 2);
      if (!Needs.isResource(parts[0])
          || (parts.length == 2 && !parts[1].matches("0*[1-9][0-9]{0,8}"))) {
        refuseTypes(option, list.get(), parts.length == 2 && parts[1].matches("[A-Za-z]\\w*"));
        throw Refusal.usage(
            given + ": expected NAME or NAME:N with N of at least 1, and commas between, as gpu:2");
      }
      add(given, parts[0], parts.length == 2 ? Integer.parseInt(parts[1]) : 1, resources);
    }
  }

  /** Slurm knows types of a resource; a queue of one machine names each kind by itself. */
  private static void refuseTypes(String option, String text, boolean typed) {
    if (typed) {
      throw Refusal.usage(
          option
              + " "
              + Text.word(text)
              + ": a resource has no types here; name each kind by itself: localqd --resource"
              + " gpu_a100=0,1 restart, lbatch --gres gpu_a100:1");
    }
  }

  private static void add(
      String given, String name, int count, SortedMap<String, Integer> resources) {
    if (resources.put(name, count) != null) {
      throw Refusal.usage(given + ": " + name + " is asked for twice, expected it once");
    }
  }
}
