package org.localq.faults;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.localq.core.JobId;

/**
 * What localq has told people by some moment of a trace, and what it did that can't be undone.
 *
 * <p>{@link #version} grows with each promise, so that equal disks under equal promises need to be
 * looked at only once.
 */
final class Promises {
  /** Files that are published whole, by a rename or link; of others parts may be seen. */
  private static final Pattern PUBLISHED =
      Pattern.compile(
          "\\.localq/(localqd|queue/((held/|running/|done/)?\\d+(_\\d+)?\\.json|running/\\d+(_\\d+)?\\.cancel"
              + "|rejected/\\d+\\.reason|\\.localq/(version|host|limit|budget|options|void|drain|shim-.*)))");

  private static final Pattern SUBMITTED = Pattern.compile("Submitted batch job (\\d+)");
  private static final Pattern ACCEPTED = Pattern.compile("job (\\d+): accepted from");
  private static final Pattern REFUSED =
      Pattern.compile("job (\\d+(?:_\\d+)?): (?:REJECTED|its file was damaged)");
  private static final Pattern CANCELLED =
      Pattern.compile("job (\\d+(?:_\\d+)?) (?:cancelled|ended, CANCELLED)");
  private static final Pattern ENDING = Pattern.compile("job (\\d+(?:_\\d+)?) was told to end");
  private static final Pattern RECORDED =
      Pattern.compile("job (\\d+(?:_\\d+)?): (COMPLETED|FAILED|CANCELLED|TIMEOUT|LOST)");
  private static final Pattern TIMED_OUT =
      Pattern.compile("job (\\d+(?:_\\d+)?): has reached its time limit");
  private static final Pattern RAN = Pattern.compile("^ran (\\d+(?:_\\d+)?)");
  private static final Pattern ATTEMPT = Pattern.compile("^ran (\\d+(?:_\\d+)? \\d+)");
  private static final Pattern HELD = Pattern.compile("(?m)^held (\\d+)");
  private static final Pattern RELEASING = Pattern.compile("(?m)^releasing (\\d+)");
  private static final Pattern RELEASED = Pattern.compile("(?m)^released (\\d+)");
  private static final Pattern REQUEUEING = Pattern.compile("(?m)^requeueing (\\d+)");
  private static final Pattern REQUEUED = Pattern.compile("(?m)^requeued (\\d+)");
  private static final Pattern TOKEN =
      Pattern.compile("running/(\\d+(?:_\\d+)?)\\.\\d+\\.exit-(\\d+)$");

  private static final Pattern RECORD =
      Pattern.compile("\\.localq/queue/done/(\\d+(?:_\\d+)?)\\.json");
  private static final Pattern RESULT =
      Pattern.compile("\"state\"\\s*:\\s*\"(\\w+)\",\\s*\"exit_code\"\\s*:\\s*(\\d+)");

  /** Ids that were given to somebody as those of jobs. */
  final Set<JobId> accepted = new TreeSet<>();

  /** Ids that were said to be refused drops. */
  final Set<JobId> refused = new TreeSet<>();

  /** Ids of jobs whose end was promised. */
  final Set<JobId> cancelled = new TreeSet<>();

  /** Ids of jobs whose command ran. */
  final Set<JobId> ran = new TreeSet<>();

  /** The same with the attempts, where the command said which it was: {@code ID ATTEMPT}. */
  final Set<String> attempts = new TreeSet<>();

  /** Ids of jobs that were said to have reached their time limits. */
  final Set<JobId> timedOut = new TreeSet<>();

  /** Ids of jobs that are on hold, and that nobody began to release. */
  final Set<JobId> held = new TreeSet<>();

  /** Ids of jobs that were on hold, and are not any more. */
  final Set<JobId> released = new TreeSet<>();

  /** Ids of jobs that had ended, and are run again. */
  final Set<JobId> requeued = new TreeSet<>();

  /** What the log called a job's end. */
  final Map<JobId, String> recorded = new TreeMap<>();

  /** The exit codes for which there were tokens, {@code ID:CODE}. */
  final Set<String> codes = new HashSet<>();

  /** Whether a worker of this machine was at work on the spool. */
  boolean ours;

  private final Map<String, Set<String>> published = new HashMap<>();
  private int version;

  /** What holds from the beginning: what is on the disk was promised. */
  Promises(SortedMap<String, String> tree) {
    publish(tree);
    tree.forEach(
        (name, bytes) -> {
          Matcher job =
              Pattern.compile("\\.localq/queue/(?:.*/)?(\\d+(?:_\\d+)?)\\.json").matcher(name);
          if (job.matches() && bytes.contains("\"command\"")) {
            accepted.add(id(job));
          }
          token(name);
          record(name, bytes);
        });
  }

  private void record(String name, String bytes) {
    Matcher record = RECORD.matcher(name);
    Matcher result = RESULT.matcher(bytes);
    if (record.matches() && result.find()) {
      JobId id = id(record);
      recorded.put(id, result.group(1));
      ran.add(id);
      attempts.add(id + " 1");
      codes.add(id + ":" + result.group(2));
    }
  }

  /** Something happened, and this is what programs see then. */
  void note(TraceEvent event, SortedMap<String, String> tree) {
    if (event instanceof TraceEvent.Wrote wrote) {
      said(wrote.bytes());
    } else if (event instanceof TraceEvent.Created created) {
      token(created.file().toString());
    } else if (event instanceof TraceEvent.Renamed || event instanceof TraceEvent.Linked) {
      publish(tree);
    }
  }

  private void token(String name) {
    Matcher token = TOKEN.matcher(name);
    if (token.find() && codes.add(token.group(1) + ":" + token.group(2))) {
      version++;
    }
  }

  private void said(String text) {
    int before = size();
    each(SUBMITTED, text, accepted::add);
    each(ACCEPTED, text, accepted::add);
    each(REFUSED, text, refused::add);
    each(CANCELLED, text, cancelled::add);
    each(ENDING, text, cancelled::add);
    each(RAN, text, ran::add);
    Matcher attempt = ATTEMPT.matcher(text);
    while (attempt.find()) {
      attempts.add(attempt.group(1));
    }
    each(TIMED_OUT, text, timedOut::add);
    Set<JobId> onHold = Set.copyOf(held);
    each(HELD, text, held::add);
    each(RELEASING, text, held::remove);
    each(RELEASED, text, released::add);
    version += onHold.equals(held) ? 0 : 1;
    int ends = recorded.size();
    each(REQUEUEING, text, recorded::remove);
    version += 2 * (ends - recorded.size());
    each(REQUEUED, text, requeued::add);
    Matcher end = RECORDED.matcher(text);
    while (end.find()) {
      recorded.put(id(end), end.group(2));
    }
    ours |= text.contains("localqd works on");
    version += size() - before;
  }

  private int size() {
    return accepted.size()
        + refused.size()
        + cancelled.size()
        + ran.size()
        + attempts.size()
        + timedOut.size()
        + recorded.size()
        + released.size()
        + requeued.size()
        + (ours ? 1 : 0);
  }

  private static JobId id(Matcher matcher) {
    return JobId.parse(matcher.group(1)).orElseThrow();
  }

  private static void each(Pattern pattern, String text, Consumer<JobId> found) {
    Matcher matcher = pattern.matcher(text);
    while (matcher.find()) {
      found.accept(id(matcher));
    }
  }

  private void publish(SortedMap<String, String> tree) {
    tree.forEach(
        (name, bytes) -> {
          if (PUBLISHED.matcher(name).matches()) {
            published
                .computeIfAbsent(name, n -> new HashSet<>())
                .add(tree.get(CrashDisk.first(tree, name)));
          }
        });
  }

  /** The files that hold what was never to be seen under their names. */
  List<String> torn(SortedMap<String, String> tree) {
    List<String> torn = new ArrayList<>();
    for (String name : tree.keySet()) {
      String bytes = tree.get(CrashDisk.first(tree, name));
      if (PUBLISHED.matcher(name).matches()
          && !published.getOrDefault(name, Set.of()).contains(bytes)) {
        torn.add(name + " is torn: " + bytes.length() + " bytes");
      }
    }
    return torn;
  }

  /** Grows with each promise. */
  int version() {
    return version;
  }

  /** Whether {@code path} is part of a queue: its spool, one that is being made, its URI file. */
  static boolean concerns(Path home, Path path) {
    if (!path.startsWith(home)) {
      return false;
    }
    String name = home.relativize(path).toString();
    return name.isEmpty()
        || name.equals(".localq")
        || name.matches("(?s)\\.localq/(queue(\\.new-.*)?(/.*)?|localqd(\\.new-.*)?)");
  }
}
