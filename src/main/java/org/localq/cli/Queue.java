package org.localq.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.localq.core.Clocks;
import org.localq.core.Identity;
import org.localq.core.JobId;
import org.localq.core.Printable;
import org.localq.core.ProcessId;
import org.localq.core.Refusal;
import org.localq.spool.Account;
import org.localq.spool.Fsync;
import org.localq.spool.Spool;
import org.localq.spool.SpoolGate;
import org.localq.spool.Terms;
import org.localq.spool.UriFile;
import picocli.CommandLine.ParseResult;

/** The queue that a command line means: which URI file, which spool, and whether it may be made. */
final class Queue {
  private static final List<String> KEPT =
      List.of("HOME", "USER", "LOGNAME", "PATH", "SHELL", "LANG", "TZ");

  private final Door door;
  private final Identity identity;
  private final Optional<String> named;

  private Queue(Door door, Identity identity, Optional<String> named) {
    this.door = door;
    this.identity = identity;
    this.named = named;
  }

  /** The queue that {@code -u} names, else {@code $LOCALQ_URI}, else the default one. */
  static Queue of(ParseResult parsed, Door door) throws IOException {
    Optional<String> named = Command.text(parsed, "-u").or(() -> door.variable("LOCALQ_URI"));
    return new Queue(door, door.machine().identity(), named);
  }

  Identity identity() {
    return identity;
  }

  /** What this machine's clocks say. */
  Clocks clocks() throws IOException {
    return new Clocks(identity.boot(), door.machine().uptime(), door.clock().instant());
  }

  UriFile uriFile() {
    return named.isPresent() ? new UriFile(door.path(named.get())) : UriFile.ofHome(door.home());
  }

  /** Whether it is the queue that a user has without naming one. */
  private boolean isDefault() {
    return named.isEmpty()
        || (door.variable("HOME").isPresent()
            && uriFile().path().equals(UriFile.ofHome(door.home()).path()));
  }

  /** How a user addresses this queue: nothing for the default one, else the option. */
  String option() {
    return named.map(name -> " -u " + Text.word(name)).orElse("");
  }

  /** What is said of an id that is nowhere. */
  String noSuchJob(JobId id, Spool spool) throws IOException {
    String place = Printable.of(uriFile().path().toString());
    return spool.isRetired(id)
        ? "job "
            + id
            + " of "
            + place
            + ": if it was one, it ended; its record was removed (localqd --keep), nothing more is"
            + " known"
        : "job "
            + id
            + ": no such job in "
            + place
            + "; lqueue"
            + option()
            + " shows those that are there";
  }

  /** The spool, which has to be there. */
  Spool open() throws IOException {
    return gate().open(spool().orElseThrow(this::missing));
  }

  /** The spool as it is, to be checked. */
  Spool openToCheck() throws IOException {
    return gate().openToCheck(spool().orElseThrow(this::missing));
  }

  private Optional<Path> spool() throws IOException {
    return uriFile().read(identity);
  }

  private Refusal missing() {
    return Refusal.of(
        !isDefault()
            ? uriFile().path()
                + ": no such URI file; make this queue with: localqd"
                + option()
                + " start"
            : uriFile().path()
                + ": there is no queue yet; submit a job with lbatch, or: localqd start");
  }

  /** The spool; the default one is made where it is missing, another is not. */
  Spool openToSubmit() throws IOException {
    Optional<Path> spool = spool();
    if (spool.isEmpty() && !isDefault()) {
      throw missing();
    }
    return spool.isPresent() ? gate().open(spool.get()) : found(Optional.empty());
  }

  /** The spool, made where it is missing; {@code wanted} is where the user wants it. */
  Spool openOrFound(Optional<Path> wanted) throws IOException {
    Optional<Path> spool = spool();
    if (spool.isPresent() && wanted.isPresent() && !spool.get().equals(wanted.get())) {
      throw Refusal.of(
          "--spool "
              + wanted.get()
              + ": "
              + uriFile().path()
              + " names "
              + spool.get()
              + "; name another URI file with -u for another spool");
    }
    // never made anew where its URI file names it: its disk may not be mounted yet, and ids would
    // be used twice
    return spool.isPresent() ? gate().open(spool.get()) : found(wanted);
  }

  private Spool found(Optional<Path> wanted) throws IOException {
    UriFile uriFile = uriFile();
    Path root = wanted.orElseGet(() -> isDefault() ? uriFile.homeSpool() : uriFile.ownSpool());
    Spool spool = gate().openOrFound(root);
    // the URI file last: who finds it finds a spool
    if (!uriFile.publish(spool.layout().root(), identity, Fsync.DISK)) {
      Path named =
          uriFile
              .read(identity)
              .orElseThrow(
                  () ->
                      Refusal.of(
                          uriFile.path()
                              + ": is a link that leads nowhere, expected a URI file or nothing; remove it"));
      return gate().open(named);
    }
    return spool;
  }

  /** Makes another machine's spool this machine's, if one is there. */
  void takeOver() throws IOException {
    Optional<Path> spool = spool();
    if (spool.isPresent()) {
      gate().takeOver(spool.get());
    }
  }

  private SpoolGate gate() {
    return new SpoolGate(
        identity, account(), Fsync.DISK, Terms.of(door.machine().heap(), this::sayOverdue));
  }

  /** The holder may have been stopped, or be at a debugger: nobody but a person can tell. */
  private void sayOverdue(Path lock) {
    Optional<String> holder = door.machine().lockHolder(lock);
    door.err()
        .println(
            "localq: "
                + Printable.of(lock.toString())
                + " is held by "
                + holder.map(pid -> "process " + pid).orElse("another process")
                + " for longer than it should; nothing is lost, and it is waited for; if that process"
                + " was stopped: kill -CONT "
                + holder.orElse("PID"));
    door.err().flush();
  }

  /** What a job file that says nothing else gets. */
  private Account account() {
    Map<String, String> environment = new LinkedHashMap<>();
    for (String name : KEPT) {
      Optional<String> value = door.variable(name);
      if (value.isPresent()) {
        environment.put(name, value.get());
      }
    }
    environment.put("LOCALQ_URI", uriFile().path().toString());
    return new Account(door.variable("HOME").orElse("/"), door.clock()::getZone, environment);
  }

  /** The time of day. */
  Instant now() {
    return door.clock().instant();
  }

  /** The workers of this spool that are alive. */
  List<ProcessId> workers(Spool spool) throws IOException {
    return spool.workers().alive(door.machine()::isAlive);
  }
}
