package org.localq.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.localq.core.ExactText;
import org.localq.core.FilePattern;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Refusal;
import org.localq.core.Submission;
import org.localq.core.Workplace;
import org.localq.spool.Spool;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** {@code lbatch}: submits a job. */
final class LbatchCommand extends Command {
  @Override
  CommandSpec spec() {
    CommandSpec spec = CommandSpec.create().name("lbatch");
    spec.usageMessage()
        .description(
            "Submits a command. It runs in this directory, with this environment, when its cores are free.")
        .customSynopsis("lbatch [OPTION…] COMMAND [WORD…]")
        .footer(
            "",
            "Everything from the first word that is no option on is the command, untouched. File names are"
                + " relative to the job's directory; in them %%j is the job's id and %%x its name.");
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
        .addOption(option("-J", "--job-name", "NAME", "Its name (default: the command's).").build())
        .addOption(option("-D", "--chdir", "DIR", "Its directory (default: this one).").build())
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
  void configure(CommandLine line) {
    line.setStopAtPositional(true);
  }

  @Override
  int run(ParseResult parsed, Door door) throws IOException, InterruptedException {
    List<String> command = parsed.matchedPositionalValue(0, List.of());
    if (command.isEmpty() || command.get(0).isEmpty()) {
      throw Refusal.usage(
          "no command; expected: lbatch [OPTION…] COMMAND [WORD…], see lbatch --help");
    }
    int cores = cores(parsed);
    for (String option : List.of("-i", "-o", "-e")) {
      if (text(parsed, option).filter(String::isEmpty).isPresent()) {
        throw Refusal.usage(option + " '': expected a file's name");
      }
    }
    Queue queue = Queue.of(parsed, door);
    try (Spool spool = queue.openToSubmit()) {
      refuseTooWide(cores, spool, queue);
      Request request = new Request(parsed, door, queue, command, cores);
      JobId id = spool.submit(request.job());
      door.out().println(parsed.hasMatchedOption("--parsable") ? id : "Submitted batch job " + id);
      // the id is on its way before anything else can go wrong
      if (door.out().checkError()) {
        throw Refusal.of(
            "job " + id + " was accepted, but its id could not be written to standard output");
      }
      if (queue.workers(spool).isEmpty()) {
        door.err()
            .println(
                "lbatch: no worker is alive: job "
                    + id
                    + " waits for localqd"
                    + queue.option()
                    + " start");
        door.err().flush();
      }
      return parsed.hasMatchedOption("-W")
          ? JobWait.forEnd(spool, id, queue, door.err())
          : ExitCode.DONE;
    }
  }

  private static int cores(ParseResult parsed) {
    long cores = (long) number(parsed, "-n", 1).orElse(1) * number(parsed, "-c", 1).orElse(1);
    if (cores > Integer.MAX_VALUE) {
      throw Refusal.usage("-n times -c is " + cores + ", expected at most " + Integer.MAX_VALUE);
    }
    return (int) cores;
  }

  private static void refuseTooWide(int cores, Spool spool, Queue queue) throws IOException {
    OptionalInt limit = spool.limit();
    if (limit.isPresent() && cores > limit.getAsInt()) {
      throw Refusal.of(
          Text.count(cores, "core")
              + " wanted: the queue "
              + queue.uriFile().path()
              + " has "
              + limit.getAsInt()
              + "; ask for no more with -n, or raise its limit: localqd"
              + queue.option()
              + " -n "
              + cores
              + " restart");
    }
  }

  /** A job that was asked for, made once its id is known. */
  private record Request(
      ParseResult parsed, Door door, Queue queue, List<String> command, int cores) {
    Function<JobId, Job> job() throws IOException {
      String directory = directory();
      String name = text(parsed, "-J").orElseGet(() -> Job.defaultName(command));
      Instant now = door.clock().instant().truncatedTo(ChronoUnit.MILLIS);
      Submission submission =
          new Submission(
              now,
              door.surroundings().directory(),
              door.machine().umask(),
              door.machine().limits(),
              environment());
      String host = door.machine().hostName();
      return id -> {
        FilePattern.Values values = new FilePattern.Values(id, name, user(), host);
        return new Job(name, command, cores, workplace(directory, now, values), submission);
      };
    }

    private Workplace workplace(String directory, Instant now, FilePattern.Values values) {
      return new Workplace(
          directory,
          file("-i", values).orElse(Workplace.NO_INPUT),
          file("-o", values)
              .orElseGet(() -> Spool.defaultOutput(values.id(), now, door.clock().getZone())),
          file("-e", values));
    }

    private Optional<String> file(String option, FilePattern.Values values) {
      return text(parsed, option).map(pattern -> FilePattern.expand(pattern, values));
    }

    private Map<String, String> environment() {
      Map<String, String> environment = new LinkedHashMap<>(door.surroundings().submitter());
      environment.put("LOCALQ_URI", queue.uriFile().path().toString());
      return environment;
    }

    private String user() {
      return door.variable("USER").or(() -> door.variable("LOGNAME")).orElse("nobody");
    }

    /** Where the job runs: {@code -D} from here on, by its bytes. */
    private String directory() {
      String here = door.surroundings().directory();
      Optional<String> wanted = text(parsed, "-D");
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
        Path path = door.surroundings().files().getPath(directory);
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
