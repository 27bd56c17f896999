package org.localq.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.localq.engine.Engine;
import org.localq.engine.LocalEngine;
import org.localq.spool.LogFile;
import org.localq.spool.Spool;
import org.localq.worker.Judge;
import org.localq.worker.Log;

/** Puts the parts of a worker together that a command needs. */
final class Machinery {
  private static final Path PROC = Path.of("/proc");

  private Machinery() {}

  static Engine engine(Door door, Queue queue, Spool spool) throws IOException {
    return new LocalEngine(
        PROC,
        spool.keepShim(LocalEngine.shimHash(), LocalEngine.shimText()),
        door.machine().inherited(),
        door.variable("PATH").orElse(""),
        queue.uriFile().path().toString());
  }

  /**
   * The log of a command that does a worker's work: the worker's file, where there ever was one.
   *
   * @param speaker the command
   */
  static Log log(Door door, Queue queue, String speaker) {
    LogFile file = new LogFile(queue.uriFile().logFile());
    return file.exists()
        ? Log.of(speaker + ", pid " + queue.identity().process().pid(), file::append, door.clock())
        : Log.silent(door.clock());
  }

  static Judge judge(Door door, Queue queue, Spool spool, Log log) throws IOException {
    return new Judge(engine(door, queue, spool), queue.identity(), times(door), log);
  }

  /** The clocks of this machine. */
  static Judge.Times times(Door door) {
    return new Judge.Times(
        door.clock(),
        new Judge.Uptime() {
          @Override
          public Duration now() throws IOException {
            return door.machine().uptime();
          }

          @Override
          public Duration suspended() throws IOException {
            return door.machine().suspended();
          }
        });
  }
}
