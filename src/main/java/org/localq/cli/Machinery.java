package org.localq.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.localq.core.Identity;
import org.localq.engine.Cgroups;
import org.localq.engine.Confinement;
import org.localq.engine.Engine;
import org.localq.engine.LocalEngine;
import org.localq.spool.LogFile;
import org.localq.spool.Spool;
import org.localq.worker.Judge;
import org.localq.worker.Log;

/** Puts the parts of a worker together that a command needs. */
final class Machinery {
  private static final Path PROC = Path.of("/proc");

  /** What tells whose service manager it is, and where. */
  private static final List<String> SERVICE_MANAGERS =
      List.of("XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS", "USER", "LOGNAME");

  private Machinery() {}

  /** An engine for who ends jobs, and starts none but those that a worker has claimed. */
  static Engine engine(Door door, Queue queue, Spool spool) throws IOException {
    return local(door, queue, spool);
  }

  /**
   * A worker's, which keeps jobs to their memory where that can be done. To be made before there
   * are jobs.
   */
  static Engine confining(Door door, Queue queue, Spool spool) throws IOException {
    Cgroups cgroups = Cgroups.ofThisMachine();
    Identity self = queue.identity();
    Optional<Confinement> delegated = cgroups.takeDelegated(self.process().pid());
    Map<String, String> variables = new HashMap<>();
    for (String name : SERVICE_MANAGERS) {
      door.variable(name).ifPresent(value -> variables.put(name, value));
    }
    String path = door.variable("PATH").orElse("");
    // asked of the service manager only for the first job that wants memory: it takes a while
    return local(door, queue, spool)
        .confinedBy(() -> delegated.orElseGet(() -> cgroups.tryScope(path, variables, self.uid())));
  }

  private static LocalEngine local(Door door, Queue queue, Spool spool) throws IOException {
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
