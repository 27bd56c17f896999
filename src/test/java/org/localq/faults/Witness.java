package org.localq.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sees from outside the spool what really runs: each job appends a line when it starts and one when
 * it ends, and holds a kernel lock for each of its cores, for each 10 MiB that it asks for, and for
 * each tape that it was given, which it can't get if more is taken than there is.
 */
final class Witness {
  /**
   * Arguments: directory, exit code, seconds or the word gate. A line is one write with O_APPEND,
   * so lines are whole and in the order of the events. The locks' descriptors are inherited, so
   * that a core is taken until the last process of the job is gone.
   */
  private static final String SCRIPT =
      """
      directory=$1 code=$2 nap=$3
      say() { echo "$LOCALQ_JOB_ID $LOCALQ_ATTEMPT $1 $code $$" >>"$directory/events"; }
      descriptor=3 over=
      take() {
        left=$1
        shift
        for thing; do
          [ "$left" -eq 0 ] && break
          eval "exec $descriptor>>\\"\\$thing\\""
          if flock -n "$descriptor"; then
            left=$((left - 1)) descriptor=$((descriptor + 1))
          else
            eval "exec $descriptor>&-"
          fi
        done
        [ "$left" -eq 0 ] || over=yes
      }
      if [ "${4-}" != free ]; then
        take "$LOCALQ_CORES" "$directory"/core.*
        take $((${LOCALQ_MEM_PER_NODE:-0} / 10)) "$directory"/memory.*
        for tape in $(echo "${LOCALQ_RESOURCE_TAPE-}" | tr , ' '); do take 1 "$directory/tape.$tape"; done
      fi
      if [ -z "$over" ]; then say START; else say OVER; fi
      case $nap in
        0) ;;
        gate*) until [ -e "$directory/$nap" ]; do sleep 0.05; done ;;
        *) sleep "$nap" ;;
      esac
      say END
      exit "$code"
      """;

  /**
   * The most cores of one job, and what else it takes with them. Descriptors 3 to 9: dash knows
   * only those of one digit.
   */
  static final int WIDEST = 7;

  /** What there is for those that ask for more than cores: the options of their worker. */
  static final List<String> BUDGET = List.of("--mem", "20", "--resource", "tape=a,b");

  private final Path directory;

  /**
   * What was seen of an attempt: {@code START}, {@code END}, or {@code OVER}: more is taken than
   * there is. Or what was done with a job: {@code HOLD}, {@code RELEASE}, {@code REQUEUE}.
   */
  record Event(String id, int attempt, String what, int code) {
    private static Event parse(String line) {
      String[] words = line.split(" ");
      return new Event(words[0], Integer.parseInt(words[1]), words[2], Integer.parseInt(words[3]));
    }
  }

  /**
   * A witness.
   *
   * @param cores how many jobs may take together
   */
  Witness(Path directory, int cores) throws IOException {
    this.directory = Files.createDirectory(directory);
    Files.writeString(directory.resolve("job.sh"), SCRIPT);
    Files.createFile(directory.resolve("events"));
    for (int core : IntStream.range(0, cores).toArray()) {
      Files.createFile(directory.resolve("core." + core));
    }
    for (String name : List.of("memory.0", "memory.1", "tape.a", "tape.b")) {
      Files.createFile(directory.resolve(name));
    }
  }

  /**
   * Notes what is done with a job among what is seen of it: a hold behind its success, what undoes
   * it before it is tried.
   */
  void note(String id, String what) {
    try {
      Files.writeString(
          directory.resolve("events"), id + " 0 " + what + " 0 0\n", StandardOpenOption.APPEND);
    } catch (IOException failed) {
      throw new IllegalStateException(failed);
    }
  }

  /** The nap of a job that waits for {@link #openGate()}. */
  static final String GATE = "gate";

  /** The nap of a job that waits for {@link #openSideGate()}. */
  static final String SIDE_GATE = "gate.side";

  /** The command of a job that takes {@code nap} seconds and ends with {@code code}. */
  List<String> command(int code, String nap) {
    String script = directory.resolve("job.sh").toString();
    return List.of("sh", script, directory.toString(), Integer.toString(code), nap);
  }

  /**
   * The same of one that takes no locks: each core that it tried in vain would be a fork more, and
   * how many these are is chance.
   */
  List<String> freeCommand(int code, String nap) {
    List<String> words = new ArrayList<>(command(code, nap));
    words.add("free");
    return words;
  }

  /** A file beside what was seen. */
  Path file(String name) {
    return directory.resolve(name);
  }

  /** Lets the jobs end that take until then. */
  void openGate() throws IOException {
    Files.createFile(directory.resolve(GATE));
  }

  /** Lets the others end. */
  void openSideGate() throws IOException {
    Files.createFile(directory.resolve(SIDE_GATE));
  }

  /** Everything that was seen, in its order. */
  List<Event> events() throws IOException {
    List<Event> events = new ArrayList<>();
    for (String line : Files.readAllLines(directory.resolve("events"))) {
      events.add(Event.parse(line));
    }
    return events;
  }

  /** Whether {@code what} was seen of a job. */
  boolean saw(String id, String what) {
    try {
      return events().stream().anyMatch(e -> e.id().equals(id) && e.what().equals(what));
    } catch (IOException failed) {
      throw new IllegalStateException(failed);
    }
  }
}
