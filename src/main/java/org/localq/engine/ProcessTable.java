package org.localq.engine;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.localq.core.Claim;
import org.localq.core.Presence;
import org.localq.core.ProcessId;
import org.localq.core.Signal;
import org.localq.core.Warning;

/**
 * All processes at one moment, and which of them are an attempt's: those of the shim's session, and
 * those whose environment carries the attempt's {@link Mark}.
 *
 * <p>A process that left the session <em>and</em> cleared its environment is not found.
 */
final class ProcessTable implements Engine.Look {
  private static final String HIGH_WATER = "VmHWM:";

  /**
   * PROC SIGNAL PID:TICKS…: sends the signal to each that is still the one that is meant. Of what
   * follows a process's name in its stat, the 20th word is when it began.
   */
  private static final String KILL =
      "proc=$1 signal=$2; shift 2\n"
          + "send() { [ \"${20}\" = \"$ticks\" ] && kill -s \"$signal\" \"$pid\"; }\n"
          + "for process; do pid=${process%:*} ticks=${process#*:}\n"
          + "read -r stat <\"$proc/$pid/stat\" && send ${stat##*\") \"}; done";

  /** USER_HZ is 100 on every architecture that a JVM runs on. */
  private static final long MILLIS_PER_TICK = 10;

  private final Path proc;
  private final long self;
  private final List<ProcessStat> rows;

  /** Those that are led by a shim of which a token says what it is at. */
  private final Set<Long> namedSessions;

  private boolean conclusive;

  /** Read at most once a look, however many jobs ask. */
  private final Map<ProcessId, String> environs = new HashMap<>();

  private ProcessTable(
      Path proc, List<ProcessStat> rows, Set<ProcessId> named, boolean conclusive) {
    this.proc = proc;
    this.namedSessions =
        rows.stream()
            .map(ProcessStat::id)
            .filter(named::contains)
            .map(ProcessId::pid)
            .collect(Collectors.toSet());
    this.self = ProcessHandle.current().pid();
    this.rows = rows;
    this.conclusive = conclusive;
  }

  static ProcessTable read(Path proc, Set<ProcessId> named) throws IOException {
    return read(proc, Listing.of(proc).pids(), named);
  }

  /** Reads these processes, and none of the others. */
  static ProcessTable read(Path proc, long[] pids, Set<ProcessId> named) throws IOException {
    List<ProcessStat> rows = new ArrayList<>(pids.length);
    for (long pid : pids) {
      ProcessStat.read(proc.resolve(Long.toString(pid)))
          .filter(ProcessStat::isAlive)
          .ifPresent(rows::add);
    }
    return new ProcessTable(proc, rows, named, rows.size() == pids.length);
  }

  /**
   * {@inheritDoc}
   *
   * <p>Who was not listed was forked later by a process that was; and that one is still there when
   * its turn comes, or is missed then, or a zombie.
   */
  @Override
  public boolean isConclusive() {
    return conclusive;
  }

  /**
   * A process of an attempt.
   *
   * @param certain whether it may be signalled: false for one of a session whose leader is gone,
   *     and that carries no mark: after a reuse of the pid it might be somebody else's
   */
  private record Member(ProcessStat stat, boolean shim, boolean certain) {
    Member asCertain() {
      return new Member(stat, shim, true);
    }
  }

  private List<Member> members(Mark mark, Optional<Claim.Start> start) throws IOException {
    Optional<ProcessId> shim = start.flatMap(Claim.Start::shim);
    long notBefore = shim.map(ProcessId::ticks).orElse(0L);
    boolean leaderAlive =
        shim.isPresent() && rows.stream().anyMatch(r -> r.id().equals(shim.get()));
    boolean usurped = shim.isPresent() && !leaderAlive && hasPid(shim.get().pid());
    List<Member> members = new ArrayList<>();
    for (ProcessStat row : rows) {
      // a job's processes are younger than its shim; lcancel may be one of them and must not end
      // itself
      if (row.id().ticks() < notBefore || row.id().pid() == self || row.kernel()) {
        continue;
      }
      boolean session = shim.isPresent() && !usurped && row.session() == shim.get().pid();
      boolean marked = !(session && leaderAlive) && isMarked(row, mark);
      if (session || marked) {
        boolean isShim = shim.isPresent() ? row.id().equals(shim.get()) : isLeader(row);
        members.add(new Member(row, isShim, marked || leaderAlive || isOlder(row, start)));
      } else if (start.isPresent() && shim.isEmpty() && isOfUnnamedShim(row, mark)) {
        members.add(new Member(row, true, false));
      }
    }
    // a session's number is not used again while the session has members: one that is certain makes
    // all certain
    boolean certain =
        members.stream().anyMatch(m -> m.certain() && m.stat().session() == session(shim));
    return certain ? members.stream().map(Member::asCertain).toList() : members;
  }

  private static long session(Optional<ProcessId> shim) {
    return shim.map(ProcessId::pid).orElse(-1L);
  }

  /**
   * Whether a process of the session began before its leader, the shim, saw the command end: so it
   * is of our session.
   */
  private static boolean isOlder(ProcessStat row, Optional<Claim.Start> start) {
    Optional<Duration> over = start.flatMap(Claim.Start::over);
    return over.isPresent() && row.id().ticks() * MILLIS_PER_TICK <= over.get().toMillis();
  }

  /**
   * Whether it may be the shim that made a token which names none, or what that one has forked to
   * become the command: a shim of this spool, of which no other token says what it is at. It is
   * forked before the token is written, and its shim may have been killed meanwhile.
   */
  private boolean isOfUnnamedShim(ProcessStat row, Mark mark) throws IOException {
    if (namedSessions.contains(row.session())) {
      return false;
    }
    String environ = environ(row);
    return environ.contains("\0" + Mark.SHIM + "=" + bytes(mark.spool()) + "\0")
        // what a job sets of its own makes it no shim
        && !environ.contains("\0" + Mark.JOB_ID + "=");
  }

  /**
   * Of marked processes: the shims of earlier versions had one attempt each, and carry its mark.
   */
  private static boolean isLeader(ProcessStat row) {
    return row.session() == row.id().pid();
  }

  private boolean hasPid(long pid) {
    return rows.stream().anyMatch(row -> row.id().pid() == pid);
  }

  private boolean isMarked(ProcessStat row, Mark mark) throws IOException {
    String environ = environ(row);
    return environ.contains("\0" + Mark.JOB_ID + "=" + mark.id() + "\0")
        && environ.contains("\0" + Mark.ATTEMPT + "=" + mark.attempt() + "\0")
        && environ.contains("\0" + Mark.SPOOL + "=" + bytes(mark.spool()) + "\0");
  }

  /** A character a byte, as an environment is read here. */
  private static String bytes(String path) {
    return new String(path.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
  }

  private String environ(ProcessStat row) throws IOException {
    String environ = environs.get(row.id());
    if (environ == null) {
      environ = readEnviron(row);
      environs.put(row.id(), environ);
    }
    return environ;
  }

  /**
   * A process's environment, one char a byte; empty when it is gone, somebody else's, or carries no
   * mark at all.
   */
  private String readEnviron(ProcessStat row) throws IOException {
    try {
      byte[] bytes = Files.readAllBytes(directory(row).resolve("environ"));
      // while a process becomes another program, what it was given does not show
      conclusive &= bytes.length > 0;
      String environ = "\0" + new String(bytes, StandardCharsets.ISO_8859_1);
      return environ.contains("\0" + Mark.JOB_ID + "=") || environ.contains("\0" + Mark.SHIM + "=")
          ? environ
          : "";
    } catch (NoSuchFileException | AccessDeniedException goneOrForeign) {
      return "";
    } catch (IOException failed) {
      if (ProcessStat.isGone(failed)) {
        return "";
      }
      // not to be taken for "carries no mark": the job would be taken for dead
      throw failed;
    }
  }

  private Path directory(ProcessStat row) {
    return proc.resolve(Long.toString(row.id().pid()));
  }

  @Override
  public Presence presence(Mark mark, Optional<Claim.Start> start) throws IOException {
    List<Member> members = members(mark, start);
    if (members.isEmpty()) {
      return Presence.GONE;
    }
    return members.stream().allMatch(Member::shim) ? Presence.SHIM_ONLY : Presence.ALIVE;
  }

  @Override
  public OptionalLong peak(Mark mark, Optional<Claim.Start> start) throws IOException {
    OptionalLong peak = OptionalLong.empty();
    for (Member member : members(mark, start)) {
      if (!member.shim()) {
        peak = OptionalLong.of(Math.max(peak.orElse(0), highWater(member.stat())));
      }
    }
    return peak;
  }

  private long highWater(ProcessStat row) {
    try {
      for (String line :
          Files.readAllLines(directory(row).resolve("status"), StandardCharsets.ISO_8859_1)) {
        if (line.startsWith(HIGH_WATER)) {
          String[] words = line.substring(HIGH_WATER.length()).strip().split(" ");
          return Long.parseLong(words[0]) * 1024;
        }
      }
    } catch (IOException gone) {
      // it ended since the look
    }
    return 0;
  }

  @Override
  public void terminate(Mark mark, Optional<Claim.Start> start) throws IOException {
    List<ProcessId> stopped = new ArrayList<>();
    for (Member member : members(mark, start)) {
      if (!member.shim() && member.certain()) {
        signal(member.stat(), false);
        if (member.stat().isStopped()) {
          stopped.add(member.stat().id());
        }
      }
    }
    // a stopped process can't act on TERM; as Slurm does it
    signal(stopped, Signal.CONT);
  }

  @Override
  public void kill(Mark mark, Optional<Claim.Start> start) throws IOException {
    for (Member member : members(mark, start)) {
      if (!member.shim() && member.certain()) {
        signal(member.stat(), true);
      }
    }
  }

  @Override
  public void killShim(Mark mark, Optional<Claim.Start> start) throws IOException {
    for (Member member : members(mark, start)) {
      if (member.shim() && member.certain()) {
        signal(member.stat(), true);
      }
    }
  }

  /**
   * Signals a process that was seen. The handle remembers its start time and is made before the
   * ticks are compared once more, so that a pid that was used again since the look gets no signal.
   */
  private void signal(ProcessStat seen, boolean kill) throws IOException {
    Optional<ProcessHandle> handle = ProcessHandle.of(seen.id().pid());
    Optional<ProcessStat> now = ProcessStat.read(directory(seen));
    if (handle.isPresent() && now.isPresent() && now.get().id().equals(seen.id())) {
      if (kill) {
        handle.get().destroyForcibly();
      } else {
        handle.get().destroy();
      }
    }
  }

  @Override
  public void warn(Mark mark, Optional<Claim.Start> start, Warning warning) throws IOException {
    List<ProcessId> warned = new ArrayList<>();
    for (Member member : members(mark, start)) {
      boolean meant =
          !warning.commandOnly()
              || member.stat().parent() == session(start.flatMap(Claim.Start::shim));
      if (!member.shim() && member.certain() && meant) {
        warned.add(member.stat().id());
      }
    }
    signal(warned, warning.signal());
  }

  /**
   * Sends a signal that the JVM can't send, by a shell, which compares the ticks once more right
   * before: a pid that was used again since the look gets none.
   */
  private void signal(List<ProcessId> processes, Signal signal) throws IOException {
    if (!processes.isEmpty()) {
      List<String> command = new ArrayList<>(List.of("sh", "-c", KILL, "sh"));
      command.add(proc.toString());
      command.add(signal.name());
      processes.forEach(process -> command.add(process.pid() + ":" + process.ticks()));
      new ProcessBuilder(command)
          .redirectOutput(ProcessBuilder.Redirect.DISCARD)
          .redirectError(ProcessBuilder.Redirect.DISCARD)
          .start();
    }
  }
}
