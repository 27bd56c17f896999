package org.localq.spool;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.localq.core.Exit;
import org.localq.core.JobId;

/**
 * The spool's format, version 1: every name in it, and nothing but names. This page is the
 * specification.
 *
 * <pre>
 * ID.json                  a pending job. Complete from the moment the name is there. Clients publish it.
 *                          An array stays here until its last task is claimed: one file with a line for each task,
 *                          or with the numbers of the tasks, which all run one command.
 * NAME.json                NAME no id: a drop by hand; a worker gives it an id or moves it to rejected/.
 *                          Names that begin with a dot or end otherwise are nobody's business.
 * held/ID.json             a job on hold
 * running/ID.json          a claimed job; the core limit counts these. For task T of array A, ID is A_T: made when the
 *                          task is claimed, from then on a job like others (also held/A_T.json, done/A_T.json and so on).
 *                          An array without unclaimed tasks; known by the name that follows, and not counted.
 * running/ID.claimed-N     the array ID: the first N of its tasks, in order, were claimed and are on the disk. There may be
 *                          more. N is a place and no task's number: numbers may begin at 0, and have gaps. With lines they are
 *                          the same, because task K runs line K
 * running/ID.K.run-BOOT    what the shim of attempt K executes; BOOT = first 8 digits of the boot id of the claim.
 *                          First line of a job with a time limit "# suspended N": for so many ms the machine had been
 *                          suspended then, since that boot. "# given NAME=ID,ID NAME=ID" behind it: the ids of named
 *                          resources that are the attempt's as long as the job is in running/. "# counted WHY": why its
 *                          memory is only counted.
 *                          Missing for the current attempt: that attempt was never claimed.
 * running/ID.K.started     the start token: "PID TICKS" by the shim, and a line with the machine's uptime; empty: that shim has not come to the command.
 *                          A hard link of .localq/void: the attempt is closed and never starts. "recorded": the job had
 *                          ended and was put back; what came of the attempt is in the "result" of the job's file.
 * running/ID.K.exit-CODE   the exit token, by the shim: CODE 0 to 255, or directory, stdin, stdout, stderr (what could not
 *                          be opened). Content: the shell's "times" and the machine's uptime, or nothing where the disk was full.
 * running/ID.K.requeued    the attempt is closed, and another is wanted
 * running/ID.K.warned      its processes were sent the signal that comes before the time limit
 * running/ID.K.requeue     somebody wants attempt K to end, and another to follow
 * running/ID.K.timeout     it had reached its time limit, and is to end
 * running/ID.K.enforced    by the shim: the system keeps it to the memory that its job asks for
 * running/ID.K.oom         by the shim, before the exit token: the system ended a process of it for its memory
 * running/ID.K.term        its processes were sent TERM; content: the machine's uptime then, in milliseconds
 * running/ID.cancel        somebody asked for the end of this job; content: the grace in seconds, and in a second line the
 *                          reason where it was no user
 * done/ID.json             the job and its result; the only thing that need survive the worker
 * rejected/ID.json .reason a drop that is no valid job, untouched, and one line that says why
 *
 * .localq/version          "1"
 * .localq/host             machine and pid namespace
 * .localq/limit            the cores that running jobs may take together; missing until the first worker set it
 * .localq/budget           what there is for all jobs beside cores: a line "memory BYTES", or "memory unlimited", then
 *                          a line "resource NAME=COUNT" or "resource NAME=ID,ID" for each. Set with the limit. Missing: memory
 *                          without limit, and no resources
 * .localq/options          NAME=VALUE lines: what the last worker was started with
 * .localq/drain            claim nothing; workers end when running/ is empty
 * .localq/void             constant content of a void start token
 * .localq/lock             FileLock: every transition but submit, shim start and shim exit (R1)
 * .localq/worker.lock      FileLock, held shared by every worker for life
 * .localq/workers/PID      "TICKS BOOTID" of a worker, and a second line: "WHAT TAB ADVICE" while something keeps it from
 *                          its work, else blanks. Written over in place; a first line alone is an entry too.
 * .localq/seq/N            the one number there: N is the last id given out
 * .localq/seq/.collected-M no id up to M is given out again, even where N is lost or set back: their records may be gone.
 *                          Missing until the first record is collected; replaced by a greater one before those go
 * .localq/clock            "BOOT UPTIME WALL": what the clocks said when the first worker of this boot looked. While they
 *                          have moved against each other since then, no record is collected. Missing: none has looked,
 *                          or the disk was full; the next to look notes it
 * .localq/shim-HASH        the shim's text, as the worker that spawns it knows it; HASH = its CRC-32, 8 digits
 * .localq/early/ID         empty: the rank of job ID, its priority less its nice value, is above 0. Made before the job is
 *                          in the root, so that a worker finds it there without reading what waits. Without a job it means nothing
 * .localq/keys/            reserved
 * .localq/aside/PLACE.n    what "localqd check --repair" moved out of the way; PLACE is its name below the root with - for /,
 *                          n the first number that was free. An id in it stays taken.
 * .localq/tmp/PID-TICKS-n  being written by that process
 * </pre>
 *
 * <p>The rules, each of which closes a way to lose a job or to run it twice:
 *
 * <ul>
 *   <li><b>R1</b> Everything but submit, shim start and shim exit holds the lock, and reads the
 *       state again once it has it.
 *   <li><b>R2</b> The current attempt K is the lowest number that is not closed: void or requeued.
 *       Nothing moves back to the root before its current attempt is closed.
 *   <li><b>R3</b> void is one step with its content: a hard link of a constant file.
 *   <li><b>R4</b> After its token the shim looks whether running/ID.json is still there, and goes
 *       away if not.
 *   <li><b>R5</b> Finish, and any clean-up, in this order: record, then running/ID.json, then
 *       tokens and markers.
 *   <li><b>R6</b> To call a job LOST: processes first, exit token second. CANCELLED iff the marker
 *       is there at the record.
 *   <li><b>R7</b> An attempt of another boot without an exit token is LOST: its start token may not
 *       have survived.
 *   <li><b>R8</b> Publish by link. Intake lists the directory first and reads seq/ second. The
 *       spool is built aside and renamed into place.
 *   <li><b>R9</b> Readers look at root, held/, running/, done/ in this order; an id not found is
 *       looked for again.
 * </ul>
 *
 * @param root the spool
 */
public record Layout(Path root) {
  /** The version of this format. */
  public static final int VERSION = 1;

  static final String JSON = ".json";
  static final String REASON = ".reason";

  /** Begins the name of the note of what was collected. */
  static final String COLLECTED = ".collected-";

  /** What a name in running/ says. */
  sealed interface Name {
    /** The job. */
    JobId id();

    /** The name itself. */
    String fileName();

    /** The claimed job itself. */
    record Claimed(JobId id) implements Name {
      @Override
      public String fileName() {
        return id + JSON;
      }
    }

    /** How many of an array's tasks, the first ones, are known to be claimed. */
    record TasksClaimed(JobId id, int last) implements Name {
      @Override
      public String fileName() {
        return id + CLAIMED + last;
      }
    }

    /** The cancel marker. */
    record Cancel(JobId id) implements Name {
      @Override
      public String fileName() {
        return id + CANCEL;
      }
    }

    /** What an attempt executes, and the boot of its claim. */
    record Run(JobId id, int attempt, String boot) implements Name {
      @Override
      public String fileName() {
        return runName(id, attempt, boot);
      }
    }

    /** A start token. */
    record Started(JobId id, int attempt) implements Name {
      @Override
      public String fileName() {
        return attemptName(id, attempt, STARTED);
      }
    }

    /** An exit token. */
    record Exited(JobId id, int attempt, Exit exit) implements Name {
      @Override
      public String fileName() {
        return attemptName(id, attempt, EXIT + word(exit));
      }
    }

    /** An attempt that is to be followed by another. */
    record Requeued(JobId id, int attempt) implements Name {
      @Override
      public String fileName() {
        return attemptName(id, attempt, REQUEUED);
      }
    }

    /** The signal before the time limit was sent. */
    record Warned(JobId id, int attempt) implements Name {
      @Override
      public String fileName() {
        return attemptName(id, attempt, WARNED);
      }
    }

    /** It is to end, and another attempt to follow. */
    record ToRequeue(JobId id, int attempt) implements Name {
      @Override
      public String fileName() {
        return attemptName(id, attempt, REQUEUE);
      }
    }

    /** The time limit was reached. */
    record TimedOut(JobId id, int attempt) implements Name {
      @Override
      public String fileName() {
        return attemptName(id, attempt, TIMEOUT);
      }
    }

    /** Its memory limit is enforced. */
    record Enforced(JobId id, int attempt) implements Name {
      @Override
      public String fileName() {
        return attemptName(id, attempt, ENFORCED);
      }
    }

    /** Its memory did not suffice. */
    record OutOfMemory(JobId id, int attempt) implements Name {
      @Override
      public String fileName() {
        return attemptName(id, attempt, OOM);
      }
    }

    /** TERM was sent. */
    record Terminated(JobId id, int attempt) implements Name {
      @Override
      public String fileName() {
        return attemptName(id, attempt, TERM);
      }
    }

    /** The meaning of {@code name}, or nothing: then it is not ours and left alone. */
    static Optional<Name> parse(String name) {
      int dot = name.indexOf('.');
      if (dot < 0) {
        return Optional.empty();
      }
      Optional<JobId> id = JobId.parse(name.substring(0, dot));
      return id.isEmpty() ? Optional.empty() : parse(id.get(), name.substring(dot + 1));
    }

    private static Optional<Name> parse(JobId id, String rest) {
      if (rest.equals("json")) {
        return Optional.of(new Claimed(id));
      }
      if (rest.equals("cancel")) {
        return Optional.of(new Cancel(id));
      }
      if (rest.startsWith(CLAIMED.substring(1))) {
        return parseClaimed(id, rest.substring(CLAIMED.length() - 1));
      }
      int dot = rest.indexOf('.');
      if (dot < 0 || !rest.substring(0, dot).matches("[1-9][0-9]{0,8}")) {
        return Optional.empty();
      }
      return parse(id, Integer.parseInt(rest.substring(0, dot)), rest.substring(dot + 1));
    }

    private static Optional<Name> parseClaimed(JobId id, String last) {
      return !id.isTask() && last.matches("0|[1-9][0-9]{0,8}")
          ? Optional.of(new TasksClaimed(id, Integer.parseInt(last)))
          : Optional.empty();
    }

    private static Optional<Name> parse(JobId id, int attempt, String kind) {
      if (kind.startsWith(RUN)) {
        return Optional.of(new Run(id, attempt, kind.substring(RUN.length())));
      }
      if (kind.startsWith(EXIT)) {
        return Exit.parse(kind.substring(EXIT.length())).map(e -> new Exited(id, attempt, e));
      }
      return switch (kind) {
        case STARTED -> Optional.of(new Started(id, attempt));
        case REQUEUED -> Optional.of(new Requeued(id, attempt));
        case REQUEUE -> Optional.of(new ToRequeue(id, attempt));
        case WARNED -> Optional.of(new Warned(id, attempt));
        case ENFORCED -> Optional.of(new Enforced(id, attempt));
        case OOM -> Optional.of(new OutOfMemory(id, attempt));
        case TIMEOUT -> Optional.of(new TimedOut(id, attempt));
        case TERM -> Optional.of(new Terminated(id, attempt));
        default -> Optional.empty();
      };
    }
  }

  private static final String CANCEL = ".cancel";
  private static final String CLAIMED = ".claimed-";
  private static final String RUN = "run-";
  private static final String EXIT = "exit-";
  private static final String STARTED = "started";
  private static final String REQUEUED = "requeued";
  private static final String REQUEUE = "requeue";
  private static final String WARNED = "warned";
  private static final String TIMEOUT = "timeout";
  private static final String ENFORCED = "enforced";
  private static final String OOM = "oom";
  private static final String TERM = "term";

  /** The id that the file name {@code ID.json} names. */
  static Optional<JobId> idOf(String name) {
    return name.endsWith(JSON)
        ? JobId.parse(name.substring(0, name.length() - JSON.length()))
        : Optional.empty();
  }

  /**
   * The number of the job that the file {@code ID.json} is named after; nothing for a task's. For
   * long listings: makes no name and no id of each path.
   */
  static OptionalLong numberOf(Path file) {
    String path = file.toString();
    return path.endsWith(JSON)
        ? JobId.numberIn(path, path.lastIndexOf('/') + 1, path.length() - JSON.length())
        : OptionalLong.empty();
  }

  /**
   * Whether a new name in a directory is one that a worker waits for: in the root a job, in
   * running/ an end or a wish for one, in .localq/ the wish that it drains.
   */
  public boolean isNews(Path directory, String name) {
    if (directory.equals(runningDirectory())) {
      Optional<Name> parsed = Name.parse(name);
      return parsed.isPresent()
          && (parsed.get() instanceof Name.Exited
              || parsed.get() instanceof Name.Cancel
              || parsed.get() instanceof Name.ToRequeue);
    }
    return directory.equals(own()) ? drain().endsWith(name) : isJobFile(name);
  }

  /** The job of which a file in running/ tells; nothing for any other file. */
  public Optional<JobId> jobOf(Path file) {
    return runningDirectory().equals(file.getParent())
        ? Name.parse(file.getFileName().toString()).map(Name::id)
        : Optional.empty();
  }

  /** Whether a name in the root is a job, or wants to become one. */
  static boolean isJobFile(String name) {
    return name.endsWith(JSON) && !name.startsWith(".");
  }

  Path pending(JobId id) {
    return root.resolve(id + JSON);
  }

  Path heldDirectory() {
    return root.resolve("held");
  }

  Path held(JobId id) {
    return heldDirectory().resolve(id + JSON);
  }

  public Path runningDirectory() {
    return root.resolve("running");
  }

  Path running(JobId id) {
    return runningDirectory().resolve(id + JSON);
  }

  Path tasksClaimed(JobId array, int last) {
    return runningDirectory().resolve(array + CLAIMED + last);
  }

  Path cancel(JobId id) {
    return runningDirectory().resolve(id + CANCEL);
  }

  Path run(JobId id, int attempt, String boot) {
    return runningDirectory().resolve(runName(id, attempt, boot));
  }

  /** The name of the file that the shim of an attempt executes. */
  public static String runName(JobId id, int attempt, String boot) {
    return attemptName(id, attempt, RUN + boot);
  }

  Path started(JobId id, int attempt) {
    return attemptFile(id, attempt, STARTED);
  }

  Path requeued(JobId id, int attempt) {
    return attemptFile(id, attempt, REQUEUED);
  }

  Path toRequeue(JobId id, int attempt) {
    return attemptFile(id, attempt, REQUEUE);
  }

  Path warned(JobId id, int attempt) {
    return attemptFile(id, attempt, WARNED);
  }

  Path timedOut(JobId id, int attempt) {
    return attemptFile(id, attempt, TIMEOUT);
  }

  Path terminated(JobId id, int attempt) {
    return attemptFile(id, attempt, TERM);
  }

  Path exited(JobId id, int attempt, Exit exit) {
    return attemptFile(id, attempt, EXIT + word(exit));
  }

  private static String word(Exit exit) {
    return exit instanceof Exit.Code code
        ? Integer.toString(code.value())
        : ((Exit.NotLaunched) exit).word();
  }

  private static String attemptName(JobId id, int attempt, String kind) {
    return id + "." + attempt + "." + kind;
  }

  private Path attemptFile(JobId id, int attempt, String kind) {
    return runningDirectory().resolve(attemptName(id, attempt, kind));
  }

  public Path doneDirectory() {
    return root.resolve("done");
  }

  Path record(JobId id) {
    return doneDirectory().resolve(id + JSON);
  }

  public Path rejectedDirectory() {
    return root.resolve("rejected");
  }

  Path rejected(JobId id) {
    return rejectedDirectory().resolve(id + JSON);
  }

  Path reason(JobId id) {
    return rejectedDirectory().resolve(id + REASON);
  }

  /** What is localq's own business. */
  public Path own() {
    return root.resolve(".localq");
  }

  Path version() {
    return own().resolve("version");
  }

  Path host() {
    return own().resolve("host");
  }

  Path limit() {
    return own().resolve("limit");
  }

  Path budget() {
    return own().resolve("budget");
  }

  Path options() {
    return own().resolve("options");
  }

  Path drain() {
    return own().resolve("drain");
  }

  Path voidToken() {
    return own().resolve("void");
  }

  Path lock() {
    return own().resolve("lock");
  }

  Path workerLock() {
    return own().resolve("worker.lock");
  }

  Path workers() {
    return own().resolve("workers");
  }

  Path seq() {
    return own().resolve("seq");
  }

  public Path clock() {
    return own().resolve("clock");
  }

  Path shim(String hash) {
    return own().resolve("shim-" + hash);
  }

  /** The marks of jobs that are to be read first. */
  Path early() {
    return own().resolve("early");
  }

  Path early(JobId id) {
    return early().resolve(id.toString());
  }

  Path keys() {
    return own().resolve("keys");
  }

  Path tmp() {
    return own().resolve("tmp");
  }

  /** The directories of the format, each before those in it. */
  List<Path> directories() {
    return List.of(
        root,
        heldDirectory(),
        runningDirectory(),
        doneDirectory(),
        rejectedDirectory(),
        own(),
        workers(),
        seq(),
        early(),
        keys(),
        tmp());
  }

  /** Whether something directly in .localq/ has a name of the format, but for a shim's text. */
  boolean isOwn(Path path) {
    return directories().contains(path)
        || SpoolLock.files(this).contains(path)
        || free().contains(path)
        || Set.of(version(), host(), limit(), budget(), voidToken(), aside()).contains(path);
  }

  /** The files of .localq/ whose content is nobody's business but theirs who read it. */
  Set<Path> free() {
    return Set.of(options(), drain(), clock());
  }

  /** Where a repair puts what is damaged. */
  Path aside() {
    return own().resolve("aside");
  }

  /** The name under {@link #aside()} of what lies at {@code place}; {@code n} makes it unique. */
  Path aside(Path place, int n) {
    String name = root.relativize(place).toString().replace('/', '-');
    return aside().resolve(name + "." + n);
  }
}
