package org.localq.cli;

import java.util.Optional;

/**
 * Options that Slurm's commands have and ours lack. Who comes from there types them; each is
 * answered with what serves instead.
 */
final class SlurmOption {
  private static final String ONE_MACHINE = "leave it out: a queue is one machine's and one user's";
  private static final String NOTHING = "nothing serves instead; see --help for what there is";

  private SlurmOption() {}

  /**
   * What to say to {@code word}; nothing where it is no such option.
   *
   * @param command ours, which was given the word
   * @param word as it was typed, with a value or without
   */
  static Optional<String> answer(String command, String word) {
    String name = word.startsWith("--") ? word.split("=", 2)[0] : firstLetter(word);
    String instead =
        switch (command) {
          case "lbatch" -> sbatch(name);
          case "lqueue" -> squeue(name);
          case "lcancel" -> scancel(name);
          default -> "";
        };
    return instead.isEmpty()
        ? Optional.empty()
        : Optional.of(word + ": Slurm's option, which localq lacks; " + instead);
  }

  /** The letter's value may follow at once. */
  private static String firstLetter(String word) {
    return word.substring(0, Math.min(2, word.length()));
  }

  private static String sbatch(String name) {
    return switch (name) {
      case "--ntasks" -> "instead: -n N";
      case "--wrap" -> "instead: lbatch sh -c 'COMMAND'";
      case "--mem-per-gpu" -> "instead: --mem";
      case "--gpus-per-node", "--gpus-per-task" -> "instead: -G N, for all of the job";
      case "--exclusive" -> "instead: -n with all the cores that lqueue shows";
      case "--export" ->
          "leave it out, the whole environment goes along; or: env NAME=VALUE lbatch COMMAND";
      case "--mail-type", "--mail-user" ->
          "instead: lbatch sh -c 'COMMAND; mail -s ended USER </dev/null'";
      case "--kill-on-invalid-dep" ->
          "leave it out: a job whose -d can never be met is always CANCELLED";
      case "--time-min" -> "instead: -t";
      case "--deadline" -> "instead: -t, counted from its start";
      case "--test-only" -> "instead: lqueue --start, once it is submitted";
      case "--comment" -> "instead: -J NAME";
      case "-Q", "--quiet" -> "instead: --parsable, or >/dev/null";
      case "-p", "--partition", "-A", "--account", "-q", "--qos", "--reservation" -> ONE_MACHINE;
      case "-x", "--exclude" -> ONE_MACHINE;
      case "-N", "--nodes", "--ntasks-per-node", "-C", "--constraint", "-w", "--nodelist" ->
          ONE_MACHINE;
      default -> "";
    };
  }

  private static String squeue(String name) {
    return switch (name) {
      case "--me", "--user", "-p", "--partition", "-A", "--account" -> ONE_MACHINE;
      case "-o", "--format", "-O", "--Format", "-l", "--long" ->
          "instead: lqueue --json, or linfo ID";
      case "--noheader" -> "instead: lqueue --json";
      case "-i", "--iterate" -> "instead: watch lqueue";
      default -> "";
    };
  }

  private static String scancel(String name) {
    return switch (name) {
      case "--me", "--user" -> "instead: lcancel --all";
      case "-n", "--name", "--jobname", "-t", "--state" ->
          "instead: lcancel with the ids that lqueue shows";
      case "-p", "--partition", "-A", "--account" -> ONE_MACHINE;
      case "-s", "--signal" -> NOTHING;
      default -> "";
    };
  }
}
