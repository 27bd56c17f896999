package org.localq.cli;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import org.localq.core.Attempted;
import org.localq.core.Claim;
import org.localq.core.Conditions;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Outcome;
import org.localq.core.Printable;
import org.localq.core.Readiness;
import org.localq.core.Reason;
import org.localq.core.Refusal;
import org.localq.core.Result;
import org.localq.core.Retry;
import org.localq.core.Span;
import org.localq.core.State;
import org.localq.core.TaskNumbers;
import org.localq.core.Tasks;
import org.localq.core.TimeLimit;
import org.localq.core.Usage;
import org.localq.core.Workplace;
import org.localq.spool.Entry;
import org.localq.spool.Spool;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code linfo}: everything known about a job. */
final class LinfoCommand extends Command {
  @Override
  CommandSpec spec() {
    CommandSpec spec = CommandSpec.create().name("linfo");
    spec.usageMessage()
        .description("Shows everything that is known about jobs, a field a line.")
        .customSynopsis("linfo [OPTION…] ID…")
        .footer("", IdArguments.OF_TASKS);
    return spec.addOption(IdArguments.option("The jobs; or give the ids as plain words."))
        .addOption(flag("--state", "Print the bare state and nothing else.").build())
        .addOption(flag("--json", "Print the job's file, with id and state, as JSON.").build())
        .addOption(queueOption())
        .addPositional(IdArguments.words());
  }

  @Override
  int run(ParseResult parsed, Door door) throws IOException {
    SortedSet<JobId> ids = IdArguments.of(parsed);
    if (ids.isEmpty()) {
      throw Refusal.usage("no job named; expected ids, as lqueue shows them");
    }
    Queue queue = Queue.of(parsed, door);
    int code = ExitCode.DONE;
    try (Spool spool = queue.open()) {
      boolean first = true;
      for (JobId id : ids) {
        Optional<Entry> entry = spool.find(id);
        if (entry.isEmpty()) {
          door.err().println("linfo: " + queue.noSuchJob(id, spool));
          code = ExitCode.REFUSED;
        } else if (parsed.hasMatchedOption("--state")) {
          door.out().println(entry.get().state());
        } else if (parsed.hasMatchedOption("--json")) {
          door.out().println(document(entry.get(), spool, queue));
        } else {
          door.out().print(first ? "" : "\n");
          print(
              new Sheet(door.clock().getZone(), door.clock().instant())
                  .of(entry.get(), spool, queue),
              door);
          first = false;
        }
      }
    }
    return code;
  }

  private static String document(Entry entry, Spool spool, Queue queue) throws IOException {
    return spool
        .document(entry)
        .orElseThrow(
            () ->
                Refusal.of(
                    "job "
                        + entry.id()
                        + ": its file is no JSON; to see what is known: linfo"
                        + queue.option()
                        + " "
                        + entry.id()));
  }

  private static void print(Map<String, String> fields, Door door) {
    int width = fields.keySet().stream().mapToInt(String::length).max().orElse(0);
    fields.forEach(
        (name, value) ->
            door.out().println(name + ":" + " ".repeat(width - name.length() + 1) + value));
  }

  /** The fields of one job, in the order in which they are shown. */
  private record Sheet(ZoneId zone, Instant now) {
    Map<String, String> of(Entry entry, Spool spool, Queue queue) throws IOException {
      Map<String, String> fields = new LinkedHashMap<>();
      fields.put("Job", entry.id().toString());
      fields.put("State", entry.state().name());
      if (entry instanceof Entry.Waiting waiting) {
        fields.put("Reason", reason(waiting, spool, queue));
        attempts(fields, spool.earlierAttempts(entry.id(), waiting.job()));
        job(fields, waiting.job());
      } else if (entry instanceof Entry.Array array) {
        if (array.unclaimed() > 0) {
          fields.put("Reason", reason(array, spool, queue));
        }
        fields.put("Tasks", tasks(array));
        array(fields, array.job(), array.all());
      } else if (entry instanceof Entry.Running running) {
        claim(fields, running.claim());
        if (running.claim().restarts() > 0) {
          attempts(fields, spool.earlierAttempts(entry.id(), running.job()));
        }
        job(fields, running.job());
        NeedsText.put(fields, running, spool.workers().budget());
      } else if (entry instanceof Entry.Finished finished) {
        result(fields, finished.result());
        if (finished.tasks().isPresent()) {
          fields.put("Tasks", tasks(finished.tasks().get()));
          array(fields, finished.job(), finished.tasks().get());
        } else {
          job(fields, finished.job());
          NeedsText.put(fields, finished, spool.workers().budget());
        }
      } else if (entry instanceof Entry.Rejected rejected) {
        fields.put("Reason", Printable.of(rejected.reason()));
        fields.put("Rejected", Times.whole(rejected.at(), zone));
        fields.put(
            "File",
            Printable.of(
                spool.layout().rejectedDirectory().resolve(entry.id() + ".json").toString()));
      } else if (entry instanceof Entry.Damaged damaged) {
        fields.put(
            "Reason",
            "its file "
                + Printable.of(damaged.reason())
                + "; to see what to do: localqd"
                + queue.option()
                + " check");
      }
      return fields;
    }

    /** Why it waits, and what that means for this job. */
    private String reason(Entry.Waiting waiting, Spool spool, Queue queue) throws IOException {
      Eligible eligible = new Eligible(spool, now);
      boolean held = waiting.held();
      Optional<String> own = held ? Optional.empty() : own(waiting.id(), waiting.job(), eligible);
      if (own.isPresent()) {
        return own.get();
      }
      Load load = load(spool, queue);
      Optional<Reason> reason = load.reason(held);
      if (reason.isEmpty()) {
        reason = new Turn(spool, load.situation(), eligible).reason(waiting);
      }
      return reason
          .map(why -> why + ", " + explain(why, waiting, load, queue.option()))
          .orElse("None, it starts at any moment");
    }

    /** The same for the tasks of an array that were not claimed. */
    private String reason(Entry.Array array, Spool spool, Queue queue) throws IOException {
      Eligible eligible = new Eligible(spool, now);
      boolean held = array.held();
      Optional<String> own = held ? Optional.empty() : own(array.id(), array.job(), eligible);
      if (own.isPresent()) {
        return own.get();
      }
      Load load = load(spool, queue);
      Optional<Reason> reason = load.reason(held);
      if (reason.isEmpty()) {
        reason = new Turn(spool, load.situation(), eligible).reason(array);
      }
      Entry.Waiting tasks = new Entry.Waiting(array.id(), array.job(), held);
      return reason
          .map(why -> why + ", " + explain(why, tasks, load, queue.option()))
          .orElse("None, its next task starts at any moment");
    }

    /** What a job waits for, whoever works on the queue; nothing where it takes its turn. */
    private Optional<String> own(JobId id, Job job, Eligible eligible) throws IOException {
      Readiness readiness = eligible.of(id, job);
      if (readiness instanceof Readiness.Never) {
        return Optional.of(
            Reason.DEPENDENCY_NEVER_SATISFIED
                + ", what it waits for can never be any more; the next worker cancels it");
      }
      if (!(readiness instanceof Readiness.Waiting waiting)) {
        return Optional.empty();
      }
      StringBuilder text = new StringBuilder(waiting.reason().toString());
      String before = ", it waits for ";
      for (JobId other : waiting.awaited()) {
        text.append(before).append(other);
        before = ", ";
      }
      if (waiting.due().isPresent()) {
        text.append(", its time comes at ").append(Times.whole(waiting.due().get(), zone));
      } else if (waiting.awaited().isEmpty()) {
        text.append(", an earlier job of its name is there");
      }
      return Optional.of(text.toString());
    }

    private static Load load(Spool spool, Queue queue) throws IOException {
      List<Entry> claimed = new ArrayList<>();
      for (JobId id : spool.claimed()) {
        spool.find(id).ifPresent(claimed::add);
      }
      return Load.of(claimed, spool, queue);
    }

    private static String explain(Reason reason, Entry.Waiting waiting, Load load, String option) {
      Job job = waiting.job();
      String wants = Text.count(job.cores(), "core");
      String has = Text.count(load.situation().limit().cores(), "core");
      return switch (reason) {
        case RESOURCES ->
            "it is next and waits for " + NeedsText.missing(job, load, wants + " of " + has);
        case PRIORITY -> "other jobs start before it";
        case CORE_LIMIT ->
            "it wants "
                + wants
                + " and the queue has "
                + has
                + "; raise it: localqd"
                + option
                + " -n "
                + job.cores()
                + " restart";
        case MAX_MEM_PER_LIMIT, BAD_CONSTRAINTS -> NeedsText.never(job, load, option);
        case JOB_ARRAY_TASK_LIMIT -> "as many tasks of its array run as may at a time";
        case JOB_HELD_USER -> "it is on hold; lctl" + option + " release " + waiting.id();
        case WORKER_DOWN -> "no worker is alive; localqd" + option + " start";
        case WORKER_DRAINING ->
            "the workers end when the running jobs have; then localqd" + option + " start";
        default -> reason.toString();
      };
    }

    private void claim(Map<String, String> fields, Claim claim) {
      fields.put("Attempt", Integer.toString(claim.attempt().number()));
      claim
          .attempt()
          .start()
          .ifPresent(start -> fields.put("Started", Times.whole(start.at(), zone)));
      claim.attempt().start().ifPresent(start -> fields.put("Elapsed", elapsed(start.at(), now)));
      claim
          .attempt()
          .start()
          .flatMap(Claim.Start::shim)
          .ifPresent(shim -> fields.put("Session", Long.toString(shim.pid())));
      if (claim.attempt().told().requeued()) {
        fields.put("Reason", Reason.REQUEUEING + ", it was told to end, and is run again then");
      } else if (claim.attempt().told().timedOut()) {
        fields.put(
            "Reason", Reason.TIME_LIMIT + ", it has reached its time limit and was told to end");
      }
      claim
          .cancel()
          .ifPresent(
              cancel ->
                  fields.put(
                      "Cancelled",
                      "it was told to end; KILL " + cancel.grace().toSeconds() + " s after TERM"));
    }

    private void result(Map<String, String> fields, Result result) {
      Outcome outcome = result.outcome();
      if (!outcome.reason().isEmpty()) {
        fields.put("Reason", Printable.of(outcome.reason()));
      }
      if (outcome.exitCode().isPresent()) {
        fields.put("Exit code", Integer.toString(outcome.exitCode().getAsInt()));
      }
      outcome.signal().ifPresent(signal -> fields.put("Signal", Integer.toString(signal)));
      result.started().ifPresent(at -> fields.put("Started", Times.whole(at, zone)));
      fields.put("Ended", Times.whole(result.ended(), zone));
      result.started().ifPresent(at -> fields.put("Elapsed", elapsed(at, result.ended())));
      usage(fields, result.usage());
      if (result.restarts() > 0) {
        fields.put("Restarts", Integer.toString(result.restarts()));
      }
      attempts(fields, result.attempts());
    }

    private static void usage(Map<String, String> fields, Usage usage) {
      usage.userSeconds().ifPresent(s -> fields.put("User time", String.format("%.3f s", s)));
      usage.systemSeconds().ifPresent(s -> fields.put("System time", String.format("%.3f s", s)));
      usage
          .maxRssBytes()
          .ifPresent(b -> fields.put("Largest RSS", String.format("%.1f MiB", b / 1048576.0)));
    }

    private static String tasks(Entry.Array array) {
      return array.tasks()
          + ": "
          + array.running()
          + " running, "
          + array.unclaimed()
          + " to start, "
          + (array.claimed() - array.running())
          + " ended";
    }

    private static String tasks(Tasks tasks) {
      List<String> ends = new ArrayList<>();
      for (State state : State.values()) {
        int ended = tasks.ended().getOrDefault(state, 0);
        if (ended > 0) {
          ends.add(ended + " " + state);
        }
      }
      return tasks.count() + (ends.isEmpty() ? "" : ": " + String.join(", ", ends));
    }

    /** What the tasks of an array have in common. */
    private void array(Map<String, String> fields, Job job, Tasks tasks) {
      if (tasks.given().isPresent()) {
        TaskNumbers numbers = tasks.given().get();
        int most = numbers.throttle().orElse(0);
        fields.put("Array", numbers.list() + (most == 0 ? "" : ", at most " + most + " at a time"));
      }
      job(fields, job);
      fields.put("Command", Text.command(job.command()) + (tasks.areLines() ? " …" : ""));
    }

    private void job(Map<String, String> fields, Job job) {
      Workplace workplace = job.workplace();
      fields.put("Name", Printable.of(job.name()));
      fields.put("Command", Text.command(job.command()));
      fields.put("Cores", Integer.toString(job.cores()));
      NeedsText.put(fields, job.requirements().needs());
      conditions(fields, job.requirements().conditions());
      timeLimit(fields, job.requirements().timeLimit());
      retry(fields, job.requirements().retry());
      fields.put("Directory", Printable.of(workplace.directory()));
      fields.put("Input", Printable.of(workplace.resolve(workplace.stdin())));
      fields.put("Output", Printable.of(workplace.resolve(workplace.stdout())));
      fields.put(
          "Errors", Printable.of(workplace.resolve(workplace.stderr().orElse(workplace.stdout()))));
      fields.put("Submitted", Times.whole(job.submission().submitted(), zone));
      fields.put("Submitted in", Printable.of(job.submission().directory()));
      job.submission().umask().ifPresent(umask -> fields.put("Umask", umask.toString()));
      fields.put(
          "Environment",
          Text.count(job.submission().environment().size(), "variable") + ", see --json");
    }

    private void conditions(Map<String, String> fields, Conditions conditions) {
      if (conditions.rank() != 0) {
        fields.put("Priority", Long.toString(conditions.rank()));
      }
      conditions.begin().ifPresent(at -> fields.put("Begin", Times.whole(at, zone)));
      conditions.dependency().ifPresent(its -> fields.put("Dependency", its.toString()));
    }

    private static void timeLimit(Map<String, String> fields, TimeLimit limit) {
      limit.most().ifPresent(most -> fields.put("Time limit", Span.show(most)));
      limit
          .warning()
          .ifPresent(
              warning ->
                  fields.put(
                      "Warning",
                      warning.signal()
                          + (warning.commandOnly() ? " to the command, " : ", ")
                          + warning.before().toSeconds()
                          + " s before the time limit"));
    }

    private static void retry(Map<String, String> fields, Retry retry) {
      if (retry.retries() > 0) {
        fields.put(
            "Retry",
            "up to " + Text.count(retry.retries(), "time") + delay(retry.delay()) + " a failure");
      }
      if (retry.requeue()) {
        fields.put("Requeue", "where its end is not known");
      }
    }

    private static String delay(Duration delay) {
      return delay.isZero() ? ", at once behind" : ", " + delay.toSeconds() + " s behind";
    }

    private void attempts(Map<String, String> fields, List<Attempted> attempts) {
      for (Attempted attempt : attempts) {
        Outcome outcome = attempt.outcome();
        StringBuilder text = new StringBuilder(outcome.state().name());
        outcome.exitCode().ifPresent(code -> text.append(", exit code ").append(code));
        text.append(outcome.reason().isEmpty() ? "" : ", " + Printable.of(outcome.reason()));
        attempt.started().ifPresent(at -> text.append(", from ").append(Times.whole(at, zone)));
        attempt.ended().ifPresent(at -> text.append(" to ").append(Times.whole(at, zone)));
        fields.put("Attempt " + attempt.number(), text.toString());
      }
    }

    private static String elapsed(Instant from, Instant to) {
      return Span.show(Duration.between(from, to));
    }
  }
}
