package org.localq.engine;

import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import org.localq.core.Claim;
import org.localq.core.Presence;

/** Runs claimed jobs. */
public interface Engine {
  /** What the shim of this attempt executes. */
  byte[] script(Launch launch);

  /**
   * Spawns a shim. Whether it comes to the command shows in its tokens.
   *
   * @throws IOException when this machine can't spawn a process now; the job is not to blame
   */
  void start(Launch launch) throws IOException;

  /** Looks at all processes. */
  Look look() throws IOException;

  /** A machine on which no job's process runs. */
  Look NOTHING_RUNS =
      new Look() {
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
      };

  /** The processes of this machine at one moment. */
  interface Look {
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
  }
}
