package org.localq.engine;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.localq.core.Claim;
import org.localq.core.JobId;
import org.localq.core.Presence;
import org.localq.core.ProcessId;
import org.localq.core.Warning;

/**
 * Runs claimed jobs, each attempt by a shim.
 *
 * <p>A shim executes one attempt after the other, as it is told. Which one it is at, the start
 * token says that it makes; what it was told to do and has not begun is lost with the worker, and
 * spawned again by the next one. So all that an engine remembers of its shims only saves work.
 */
public interface Engine {
  /**
   * What the shim of this attempt executes.
   *
   * @param variables what its environment has beside the job's own
   */
  byte[] script(Launch launch, Map<String, String> variables);

  /** The same, with no more than the job's own environment. */
  default byte[] script(Launch launch) {
    return script(launch, Map.of());
  }

  /**
   * Why no job is kept to the memory that it asks for, in one line; nothing where each is whose
   * shim finds the system as this engine did.
   */
  default Optional<String> whyMemoryIsOnlyCounted() {
    return Optional.of("this engine has no means to enforce it");
  }

  /**
   * Spawns a shim. Whether it comes to the command shows in its tokens.
   *
   * @throws IOException when this machine can't spawn a process now; the job is not to blame
   */
  void start(Launch launch) throws IOException;

  /** This attempt is recorded, by its exit token: its shim can be given another. */
  default void ended(Mark mark) {}

  /**
   * Nobody knows what this attempt's shim is at, or whether it is there: neither it nor any that is
   * idle is given another attempt. It comes to its end by itself, when it is done.
   */
  default void abandon(Mark mark) {}

  /** The shims of the jobs that are not among these are {@linkplain #abandon abandoned}. */
  default void retain(Set<JobId> jobs) {}

  /** A while has passed: shims that were not needed meanwhile can go. */
  default void rest() {}

  /**
   * Looks at all processes.
   *
   * @param named the shims that start tokens name: any other of the spool can be at an attempt
   *     whose token names none yet
   */
  Look look(Set<ProcessId> named) throws IOException;

  /**
   * Looks at what can be of these attempts, and need not look at other processes.
   *
   * @param attempts whose start tokens name their shims
   * @param named the shims that start tokens name, among them theirs
   */
  default Look look(Set<Mark> attempts, Set<ProcessId> named) throws IOException {
    return look(named);
  }

  /** Looks at all processes, where no token is known. */
  default Look look() throws IOException {
    return look(Set.of());
  }

  /** A machine on which no job's process runs. */
  Look NOTHING_RUNS =
      new Look() {
        @Override
        public boolean isConclusive() {
          return true;
        }

        @Override
        public Presence presence(Mark mark, Optional<Claim.Start> start) {
          return Presence.GONE;
        }

        @Override
        public OptionalLong peak(Mark mark, Optional<Claim.Start> start) {
          return OptionalLong.empty();
        }

        @Override
        public void terminate(Mark mark, Optional<Claim.Start> start) {}

        @Override
        public void kill(Mark mark, Optional<Claim.Start> start) {}

        @Override
        public void killShim(Mark mark, Optional<Claim.Start> start) {}

        @Override
        public void warn(Mark mark, Optional<Claim.Start> start, Warning warning) {}
      };

  /** The processes of this machine at one moment. */
  interface Look {
    /** Whether no process can have been missed by what was asked so far. */
    boolean isConclusive();

    /** What is alive of an attempt. */
    Presence presence(Mark mark, Optional<Claim.Start> start) throws IOException;

    /**
     * The largest resident set of any one process of an attempt, in bytes, by the kernel's
     * high-water mark.
     */
    OptionalLong peak(Mark mark, Optional<Claim.Start> start) throws IOException;

    /**
     * Sends TERM to every process of an attempt but its shim, which stays to write the exit code.
     */
    void terminate(Mark mark, Optional<Claim.Start> start) throws IOException;

    /** Sends KILL likewise. */
    void kill(Mark mark, Optional<Claim.Start> start) throws IOException;

    /** Sends KILL to the shim, which is alone and does not end. */
    void killShim(Mark mark, Optional<Claim.Start> start) throws IOException;

    /**
     * Sends a warning's signal to the command, or to every process of an attempt but its shim, as
     * it says.
     */
    void warn(Mark mark, Optional<Claim.Start> start, Warning warning) throws IOException;
  }
}
