package org.localq.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.localq.core.ExactText;
import org.localq.core.FilePattern;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Printable;
import org.localq.core.Refusal;
import org.localq.core.Requirements;
import org.localq.core.Submission;
import org.localq.core.TaskNumbers;
import org.localq.core.Trouble;
import org.localq.core.Workplace;
import org.localq.spool.Fault;
import org.localq.spool.Spool;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** {@code lbatch}: submits a job, or an array of them. */
final class LbatchCommand extends Command {
  private static final String EACH_LINE = "--each-line";
  private static final String ARRAY = "--array";

  /** What runs a line: it is one more word. */
  private static final List<String> SHELL = List.of("sh", "-c");

  @Override
  CommandSpec spec() {
    CommandSpec spec = CommandSpec.create().name("lbatch");
    spec.usageMessage()
        .description(
            "Submits a command. It runs in this directory, with this environment, when its cores are free.")
        .customSynopsis(
            "lbatch [OPTION…] COMMAND [WORD…]",
            "       lbatch [OPTION…] -a NUMBERS COMMAND [WORD…]",
            "       lbatch [OPTION…] --each-line FILE")
        .footer(
            "",
            "Everything from the first word that is no option on is the command, untouched. File names are"
                + " relative to the job's directory; in them %%j is the job's id and %%x its name; of a task"
                + " %%A is the array's id and %%a its own number.");
    return spec.addOption(
            option("-n", "--cores", "N", "Cores that the job takes (default: 1).").build())
        .addOption(option("-c", "--cpus-per-task", "N", "Multiplies -n (default: 1).").build())
        .addOption(
            option("-o", "--output", "FILE", "Takes its output (default: localq-ID-TIME.out).")
                .build())
        .addOption(
            option("-e", "--error", "FILE", "Takes its errors (default: where its output goes).")
                .build())
        .addOption(option("-i", "--input", "FILE", "What it reads (default: /dev/null).").build())
        .addOption(
            option("-J", "--job-name", "NAME", "Its name (default: the command's, or FILE's).")
                .build())
        .addOption(option("-D", "--chdir", "DIR", "Its directory (default: this one).").build())
        .addOption(
            option(
                    "-a",
                    ARRAY,
                    "NUMBERS",
                    "Submits an array: a task for each of these numbers, as in 0-99, 1,3,5-7, 0-99:4;"
                        + " 0-99%8: at most eight at a time. $LOCALQ_ARRAY_TASK_ID is a task's number.")
                .build())
        .addOption(
            option(
                    EACH_LINE,
                    "FILE",
                    "Submit each line of FILE (-: of standard input), run by sh -c, as a task of one"
                        + " array; blank lines and those that begin with # are skipped.")
                .build())
        .addOption(NeedsOptions.memory())
        .addOption(NeedsOptions.memoryOfACore())
        .addOption(NeedsOptions.gres())
        .addOption(NeedsOptions.gpus())
        .addOption(NeedsOptions.licenses())
        .addOption(OrderOptions.priority())
        .addOption(OrderOptions.nice())
        .addOption(OrderOptions.begin())
        .addOption(OrderOptions.hold())
        .addOption(OrderOptions.dependency())
        .addOption(RequirementOptions.time())
        .addOption(RequirementOptions.signal())
        .addOption(RequirementOptions.requeue())
        .addOption(RequirementOptions.noRequeue())
        .addOption(RequirementOptions.retry())
        .addOption(RequirementOptions.retryDelay())
        .addOption(queueOption())
        .addOption(flag("--parsable", "Print nothing but the job's id.").build())
        .addOption(flag("-W", "--wait", "Wait for its end, and exit with its exit code.").build())
        .addPositional(
            PositionalParamSpec.builder()
                .type(List.class)
                .auxiliaryTypes(String.class)
                .arity("0..*")
                .paramLabel("COMMAND")
                .description("The command to run, and its words.")
                .hidden(true)
                .build());
  }

  @Override
  void configure(CommandLine line, List<String> words) {
    line.setStopAtPositional(true);
    OrderOptions.parses(line, words);
  }

  @Override
  int run(ParseResult parsed, Door door) throws IOException, InterruptedException {
    List<String> command = command(parsed);
    Requirements requirements = new RequirementOptions(parsed).build(cores(parsed), door.clock());
    Optional<TaskNumbers> numbers = numbers(parsed);
    for (String option : List.of("-i", "-o", "-e")) {
      if (text(parsed, option).filter(String::isEmpty).isPresent()) {
        throw Refusal.usage(option + " '': expected a file's name");
      }
    }
    try (Accepted job = accept(new Wish(parsed, door, command, requirements, numbers))) {
      door.out()
          .println(
              parsed.hasMatchedOption("--parsable")
                  ? job.id()
                  : "Submitted batch job " + job.id() + job.tasks());
      // the id is on its way before anything else can go wrong
      if (door.out().checkError()) {
        throw Refusal.of(
            "job "
                + job.id()
                + " was accepted, but its id could not be written to standard output");
      }
      job.sayIfNobodyWorks(door);
      return parsed.hasMatchedOption("-W") ? job.await(door) : ExitCode.DONE;
    }
  }

  /** The command that is wanted; with {@code --each-line} what each line is a word of. */
  private static List<String> command(ParseResult parsed) {
    List<String> command = parsed.matchedPositionalValue(0, List.of());
    Optional<String> file = text(parsed, EACH_LINE);
    if (file.isPresent()) {
      if (!command.isEmpty()) {
        throw Refusal.usage(
            EACH_LINE
                + " "
                + Text.word(file.get())
                + " and a command, "
                + Text.word(command.get(0))
                + ": expected one of them, because each line is a command; see lbatch --help");
      }
      return SHELL;
    }
    if (command.isEmpty() || command.get(0).isEmpty()) {
      throw Refusal.usage(
          "no command; expected: lbatch [OPTION…] COMMAND [WORD…], see lbatch --help");
    }
    return command;
  }

  /** The numbers of the tasks of an array; nothing where none is wanted, or one of lines. */
  private static Optional<TaskNumbers> numbers(ParseResult parsed) {
    Optional<String> given = text(parsed, ARRAY);
    if (given.isEmpty()) {
      return Optional.empty();
    }
    String option = "-a " + Text.word(given.get());
    if (parsed.hasMatchedOption(EACH_LINE)) {
      throw Refusal.usage(
          option
              + " and "
              + EACH_LINE
              + ": expected one of them, because the tasks of an array have either numbers or lines");
    }
    TaskNumbers.Parsed parsedNumbers = TaskNumbers.parse(given.get());
    if (parsedNumbers instanceof TaskNumbers.Parsed.Invalid invalid) {
      throw Refusal.usage(option + ": " + invalid.reason());
    }
    return Optional.of(((TaskNumbers.Parsed.Valid) parsedNumbers).numbers());
  }

  /**
   * A job that is on the disk: nothing that goes wrong from here on may read as if it were not.
   *
   * @param tasks how many it has, to be said behind its id; empty for one that is no array
   */
  private record Accepted(JobId id, String tasks, Spool spool, Queue queue)
      implements AutoCloseable {
    void sayIfNobodyWorks(Door door) {
      try {
        if (queue.workers(spool).isEmpty()) {
          say(
              door,
              "no worker is alive: job " + id + " waits for localqd" + queue.option() + " start");
        }
      } catch (IOException failed) {
        // who sees an exit code other than 0 may submit it again
        say(door, but("whether a worker is alive can't be seen", failed));
      }
    }

    private void say(Door door, String what) {
      door.err().println("lbatch: " + Printable.of(what));
      door.err().flush();
    }

    int await(Door door) throws InterruptedException {
      try {
        JobWait wait = new JobWait(spool, queue, door.err(), "lbatch");
        return wait.forEnd(id);
      } catch (IOException failed) {
        throw Refusal.of(but("its end can't be waited for", failed), failed);
      }
    }

    private String but(String what, IOException failed) {
      return "job " + id + " was accepted, but " + what + ": " + Fault.of(failed);
    }

    @Override
    public void close() throws IOException {
      spool.close();
    }
  }

  private static Accepted accept(Wish wish) {
    Optional<String> file = text(wish.parsed(), EACH_LINE);
    if (wish.numbers().isPresent()) {
      TaskNumbers numbers = wish.numbers().get();
      return accept(
          wish,
          (request, spool) ->
              new Accepted(
                  spool.submitArray(request.array(), numbers, OrderOptions.into(wish.parsed())),
                  tasks(numbers.count()),
                  spool,
                  request.queue()));
    }
    if (file.isEmpty()) {
      return accept(
          wish,
          (request, spool) ->
              new Accepted(
                  spool.submit(request.job(), OrderOptions.into(wish.parsed())),
                  "",
                  spool,
                  request.queue()));
    }
    // opened first: a queue is not made for a file that isn't there
    try (EachLine lines = EachLine.open(file.get(), wish.door())) {
      return accept(
          wish,
          (request, spool) -> {
            JobId id = spool.submitArray(request.array(), lines, OrderOptions.into(wish.parsed()));
            return new Accepted(id, tasks(lines.count()), spool, request.queue());
          });
    }
  }

  private static String tasks(int count) {
    return ", " + Text.count(count, "task");
  }

  /** How a request gets into a spool. */
  private interface Way {
    Accepted submit(Request request, Spool spool) throws IOException;
  }

  private static Accepted accept(Wish wish, Way way) {
    try {
      Queue queue = Queue.of(wish.parsed(), wish.door());
      Spool spool = queue.openToSubmit();
      try {
        Requirements fit = new Fitting(spool, queue).fit(wish.requirements());
        new OrderOptions(wish.parsed()).refuseUnknown(fit.conditions(), spool, queue);
        return way.submit(new Request(wish.with(fit), queue), spool);
      } catch (IOException | RuntimeException failed) {
        spool.close();
        throw failed;
      }
    } catch (IOException failed) {
      Trouble trouble = Fault.of(failed);
      throw Refusal.of(
          trouble.what()
              + "; nothing was accepted"
              + (trouble.advice().isEmpty() ? "" : ": " + trouble.advice() + ", and try again"),
          failed);
    }
  }

  /** What the command line says. */
  private record Wish(
      ParseResult parsed,
      Door door,
      List<String> command,
      Requirements requirements,
      Optional<TaskNumbers> numbers) {
    Wish with(Requirements other) {
      return new Wish(parsed, door, command, other, numbers);
    }
  }

  private static int cores(ParseResult parsed) {
    long cores = (long) number(parsed, "-n", 1).orElse(1) * number(parsed, "-c", 1).orElse(1);
    if (cores > Integer.MAX_VALUE) {
      throw Refusal.usage("-n times -c is " + cores + ", expected at most " + Integer.MAX_VALUE);
    }
    return (int) cores;
  }

  /** A job that was asked for, made once its id is known. */
  private record Request(Wish wish, Queue queue) {
    Function<JobId, Job> job() throws IOException {
      String name = name();
      String host = wish.door().machine().hostName();
      String directory = directory();
      Submission submission = submission();
      return id -> {
        FilePattern.Values values = new FilePattern.Values(id, name, user(), host);
        Workplace workplace =
            workplace(
                directory,
                pattern -> FilePattern.expand(pattern, values),
                () -> Spool.defaultOutput(id, submission.submitted(), zone()));
        return new Job(name, wish.command(), wish.requirements(), workplace, submission);
      };
    }

    /** What the tasks of an array have in common; its files' names are reduced patterns. */
    Job array() throws IOException {
      String name = name();
      Submission submission = submission();
      // no id is replaced yet
      FilePattern.Values values =
          new FilePattern.Values(new JobId(1), name, user(), wish.door().machine().hostName());
      Workplace workplace =
          workplace(
              directory(),
              pattern -> FilePattern.reduce(pattern, values),
              () -> Spool.defaultOutputOfTasks(submission.submitted(), zone()));
      return new Job(name, wish.command(), wish.requirements(), workplace.ofTasks(), submission);
    }

    private String name() {
      Optional<String> given = text(wish.parsed(), "-J");
      if (given.isPresent()) {
        return given.get();
      }
      Optional<String> file = text(wish.parsed(), EACH_LINE);
      return Job.defaultName(
          file.isPresent() && !file.get().equals(EachLine.STANDARD_INPUT)
              ? List.of(file.get())
              : wish.command());
    }

    private Submission submission() throws IOException {
      return new Submission(
          wish.door().clock().instant().truncatedTo(ChronoUnit.MILLIS),
          wish.door().surroundings().directory(),
          wish.door().machine().umask(),
          wish.door().machine().limits(),
          environment());
    }

    private ZoneId zone() {
      return wish.door().clock().getZone();
    }

    /**
     * Where it runs.
     *
     * @param names makes names out of patterns
     * @param output the name of what takes its output by default
     */
    private Workplace workplace(
        String directory, UnaryOperator<String> names, Supplier<String> output) {
      return new Workplace(
          directory,
          text(wish.parsed(), "-i").map(names).orElse(Workplace.NO_INPUT),
          text(wish.parsed(), "-o").map(names).orElseGet(output),
          text(wish.parsed(), "-e").map(names));
    }

    private Map<String, String> environment() {
      Map<String, String> environment = new LinkedHashMap<>(wish.door().surroundings().submitter());
      environment.put("LOCALQ_URI", queue.uriFile().path().toString());
      return environment;
    }

    private String user() {
      return wish.door()
          .variable("USER")
          .or(() -> wish.door().variable("LOGNAME"))
          .orElse("nobody");
    }

    /** Where the job runs: {@code -D} from here on, by its bytes. */
    private String directory() {
      String here = wish.door().surroundings().directory();
      Optional<String> wanted = text(wish.parsed(), "-D");
      if (wanted.isEmpty()) {
        return here;
      }
      String given = wanted.get();
      if (given.isEmpty()) {
        throw Refusal.usage("-D '': expected a directory's name");
      }
      String directory =
          given.startsWith("/") ? given : (here.equals("/") ? "" : here) + "/" + given;
      // a name that isn't UTF-8 is no path to the JVM: such a directory is looked for when the job
      // starts
      if (!ExactText.hasEscape(directory)) {
        Path path = wish.door().surroundings().files().getPath(directory);
        if (!Files.isDirectory(path)) {
          throw Refusal.of(
              "-D "
                  + given
                  + ": "
                  + (Files.exists(path) ? "is no directory" : "no such directory")
                  + "; expected the directory in which the job is to run");
        }
        return path.normalize().toString();
      }
      return directory;
    }
  }
}
