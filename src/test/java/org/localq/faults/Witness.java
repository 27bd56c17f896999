package org.localq.faults;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Sees from outside the spool what really runs: each job appends a line when it starts and one when
 * it ends, and holds a kernel lock for each of its cores, which it can't get if more run than may.
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
      left=$LOCALQ_CORES descriptor=3
      [ "${4-}" = free ] && left=0
      for core in "$directory"/core.*; do
        [ "$left" -eq 0 ] && break
        eval "exec $descriptor>>\\"\\$core\\""
        if flock -n "$descriptor"; then
          left=$((left - 1)) descriptor=$((descriptor + 1))
        else
          eval "exec $descriptor>&-"
        fi
      done
      if [ "$left" -eq 0 ]; then say START; else say OVER; fi
      case $nap in
        0) ;;
        gate*) until [ -e "$directory/$nap" ]; do sleep 0.05; done ;;
        *) sleep "$nap" ;;
      esac
      say END
      exit "$code"
      """;

  /** The most cores of one job. Descriptors 3 to 9: dash knows only those of one digit. */
  static final int WIDEST = 7;

  private final Path directory;

  /** What was seen of an attempt: {@code START}, {@code END}, or {@code OVER}: too few cores. */
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
