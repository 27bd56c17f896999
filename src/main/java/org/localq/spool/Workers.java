package org.localq.spool;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Predicate;
import org.localq.core.Amounts;
import org.localq.core.Budget;
import org.localq.core.Bytes;
import org.localq.core.Identity;
import org.localq.core.Pool;
import org.localq.core.Printable;
import org.localq.core.ProcessId;
import org.localq.core.Refusal;
import org.localq.core.Trouble;

/**
 * Which workers are alive on a spool, and what they agreed on: the core limit, the settings,
 * whether they drain.
 */
public final class Workers {
  /** How long the line about a worker's trouble is; a longer one is cut. */
  private static final int TROUBLE_BYTES = 1000;

  /** More than all that can be said of resources. */
  static final int LONGEST_BUDGET = 1 << 22;

  private final Layout layout;
  private final Identity identity;
  private final Drafts drafts;
  private final Fsync fsync;

  Workers(Layout layout, Identity identity, Drafts drafts, Fsync fsync) {
    this.layout = layout;
    this.identity = identity;
    this.drafts = drafts;
    this.fsync = fsync;
  }

  /** A worker's own entry. Closing it, or its death, ends its membership. */
  public final class Membership implements AutoCloseable {
    private final SpoolLock lock;
    private final FileLock held;
    // kept open, for when no file handle is left
    private final FileChannel entry;
    private final int head;

    private Membership(SpoolLock lock, FileLock held, FileChannel entry, int head) {
      this.lock = lock;
      this.held = held;
      this.entry = entry;
      this.head = head;
    }

    /**
     * Shows what is wrong with this worker; nothing: that it is well.
     *
     * <p>In place, over what {@link #join} wrote: that needs no block, which a full disk has not.
     */
    public void show(Optional<Trouble> trouble) throws IOException {
      ByteBuffer line = ByteBuffer.wrap(troubleLine(trouble));
      while (line.hasRemaining()) {
        entry.write(line, head + (long) line.position());
      }
    }

    @Override
    public void close() throws IOException {
      entry.close();
      Files.deleteIfExists(entry());
      held.close();
      lock.close();
    }
  }

  /** The second line of an entry, always of the same length. */
  private static byte[] troubleLine(Optional<Trouble> trouble) {
    byte[] line = new byte[TROUBLE_BYTES];
    Arrays.fill(line, (byte) ' ');
    line[TROUBLE_BYTES - 1] = '\n';
    byte[] text =
        trouble
            .map(t -> Printable.of(t.what()) + "\t" + Printable.of(t.advice()))
            .orElse("")
            .getBytes(StandardCharsets.UTF_8);
    System.arraycopy(text, 0, line, 0, Math.min(text.length, TROUBLE_BYTES - 1));
    return line;
  }

  /**
   * How a worker wants to join.
   *
   * @param machine what it has for jobs where the settings say nothing
   */
  public record Wish(Settings settings, Amounts machine, boolean alone) {
    /** On a machine with so many cores, whose memory nobody knows. */
    public Wish(Settings settings, int machineCores, boolean alone) {
      this(settings, Amounts.limit(machineCores), alone);
    }

    private int cores() {
      return settings.cores().orElse((int) Math.min(Integer.MAX_VALUE, machine.cores()));
    }

    private Budget budget() {
      return settings
          .budget()
          .orMemory(
              machine.memory() == Amounts.UNLIMITED
                  ? OptionalLong.empty()
                  : OptionalLong.of(machine.memory()));
    }
  }

  /**
   * Joins the workers of the spool. The first one alive sets the core limit; another has to agree
   * with it.
   *
   * @param locked proof of the lock: two that join at once must not both be the first
   */
  public Membership join(Locked locked, Wish wish) throws IOException {
    SpoolLock lock = SpoolLock.open(layout.workerLock());
    try {
      if (lock.isFree()) {
        // first: whoever finds the limit finds what goes with it
        drafts.replace(layout.budget(), text(String.join("\n", wish.budget().lines())));
        drafts.replace(layout.limit(), text(Integer.toString(wish.cores())));
        drafts.replace(layout.options(), text(wish.settings().toText().strip()));
        Files.deleteIfExists(layout.drain());
      } else {
        refuseUnlessAgreed(wish);
      }
      FileLock held = lock.shared();
      byte[] head = text(identity.process().ticks() + " " + identity.boot());
      ByteArrayOutputStream whole = new ByteArrayOutputStream();
      whole.write(head);
      whole.write(troubleLine(Optional.empty()));
      drafts.replace(entry(), whole.toByteArray());
      return new Membership(
          lock, held, FileChannel.open(entry(), StandardOpenOption.WRITE), head.length);
    } catch (IOException | RuntimeException failed) {
      lock.close();
      throw failed;
    }
  }

  private void refuseUnlessAgreed(Wish wish) throws IOException {
    if (wish.alone()) {
      throw Refusal.of("already running" + others());
    }
    Optional<Integer> cores = wish.settings().cores();
    int limit = limit().orElse(0);
    if (cores.isPresent() && cores.get() != limit) {
      throw Refusal.of(
          "-n "
              + cores.get()
              + ": the workers of "
              + layout.root()
              + " share a limit of "
              + limit
              + " cores"
              + others()
              + "; leave -n out, or stop them first: localqd stop");
    }
    refuseOtherBudget(wish.settings().budget());
  }

  private void refuseOtherBudget(Budget wanted) throws IOException {
    Budget shared = budget();
    if (wanted.memory().isPresent() && !wanted.memory().equals(shared.memory())) {
      throw otherShare(
          "--mem " + Bytes.show(wanted.memory().getAsLong()),
          shared.memory().isPresent()
              ? Bytes.show(shared.memory().getAsLong()) + " of memory"
              : "no limit of memory",
          "--mem");
    }
    for (Map.Entry<String, Pool> resource : wanted.resources().entrySet()) {
      Optional<Pool> its = Optional.ofNullable(shared.resources().get(resource.getKey()));
      if (!its.equals(Optional.of(resource.getValue()))) {
        throw otherShare(
            "--resource " + resource.getKey() + "=" + resource.getValue(),
            its.map(pool -> resource.getKey() + "=" + pool).orElse("no " + resource.getKey()),
            "--resource");
      }
    }
  }

  private Refusal otherShare(String wanted, String shared, String option) throws IOException {
    return Refusal.of(
        wanted
            + ": the workers of "
            + layout.root()
            + " share "
            + shared
            + others()
            + "; leave "
            + option
            + " out, or stop them first: localqd stop");
  }

  private String others() throws IOException {
    List<ProcessId> listed = listed();
    return listed.isEmpty() ? "" : ", pid " + listed.get(0).pid();
  }

  private Path entry() {
    return layout.workers().resolve(Long.toString(identity.process().pid()));
  }

  private static byte[] text(String line) {
    return (line + "\n").getBytes(StandardCharsets.US_ASCII);
  }

  /** The workers that are alive, by pid. */
  public List<ProcessId> alive(Predicate<ProcessId> alive) throws IOException {
    List<ProcessId> workers = new ArrayList<>();
    for (ProcessId worker : listed()) {
      if (alive.test(worker)) {
        workers.add(worker);
      }
    }
    return workers;
  }

  /** Every worker of this boot that said it had come and did not say it had gone. */
  private List<ProcessId> listed() throws IOException {
    List<ProcessId> workers = new ArrayList<>();
    for (Path entry : Names.in(layout.workers())) {
      read(entry).ifPresent(workers::add);
    }
    workers.sort((a, b) -> Long.compare(a.pid(), b.pid()));
    return workers;
  }

  private Optional<ProcessId> read(Path entry) throws IOException {
    String[] words = lines(entry).get(0).split(" ", -1);
    return words.length == 2 && words[1].equals(identity.boot())
        ? ProcessId.parse(entry.getFileName() + " " + words[0])
        : Optional.empty();
  }

  /** The two lines of an entry; empty ones where there are none. */
  private static List<String> lines(Path entry) throws IOException {
    if (!Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS)) {
      // gone, or a FIFO, which would block whoever opens it
      return List.of("", "");
    }
    try {
      byte[] bytes = Files.readAllBytes(entry);
      String[] lines = new String(bytes, StandardCharsets.UTF_8).split("\n", -1);
      return List.of(lines[0].strip(), lines.length < 2 ? "" : lines[1].strip());
    } catch (NoSuchFileException gone) {
      return List.of("", "");
    }
  }

  /** What a worker says is wrong with it at present. */
  public Optional<Trouble> trouble(ProcessId worker) throws IOException {
    String line = lines(layout.workers().resolve(Long.toString(worker.pid()))).get(1);
    String[] parts = line.split("\t", 2);
    return line.isEmpty()
        ? Optional.empty()
        : Optional.of(new Trouble(parts[0], parts.length < 2 ? "" : parts[1]));
  }

  private static Optional<String> read(Path file, int most) throws IOException {
    if (Spool.exists(file) && !Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
      // a FIFO would block whoever holds the lock
      return Optional.of("");
    }
    try {
      String text = Files.readString(file, StandardCharsets.ISO_8859_1).strip();
      return Optional.of(text.length() > most ? "" : text);
    } catch (NoSuchFileException gone) {
      return Optional.empty();
    }
  }

  /** Removes the entries of workers that died without a word. */
  public void sweep(Predicate<ProcessId> alive) throws IOException {
    for (Path entry : Names.in(layout.workers())) {
      if (read(entry).filter(alive).isEmpty()) {
        Files.deleteIfExists(entry);
      }
    }
    drafts.sweep(alive);
  }

  /** The core limit; nothing until a worker has set it. */
  public OptionalInt limit() throws IOException {
    Optional<String> text = read(layout.limit(), 100);
    if (text.isEmpty()) {
      return OptionalInt.empty();
    }
    if (!text.get().matches("[1-9][0-9]{0,8}")) {
      throw Refusal.of(
          layout.limit()
              + ": \""
              + text.get()
              + "\", expected a number of cores; remove the file and restart the worker: localqd restart");
    }
    return OptionalInt.of(Integer.parseInt(text.get()));
  }

  /** What there is for all jobs beside cores. */
  public Budget budget() throws IOException {
    Optional<String> text = read(layout.budget(), LONGEST_BUDGET);
    if (text.isEmpty()) {
      // of a version that knew of cores alone, or no worker has come yet
      return Budget.NONE;
    }
    return Budget.parse(List.of(text.get().split("\n", -1)))
        .orElseThrow(
            () ->
                Refusal.of(
                    layout.budget()
                        + ": makes no sense, expected lines \"memory BYTES\" and \"resource NAME=IDS\";"
                        + " remove the file and restart the worker: localqd restart"));
  }

  /** What the last worker was started with. */
  public Settings settings() throws IOException {
    return read(layout.options(), LONGEST_BUDGET).map(Settings::parse).orElse(Settings.DEFAULT);
  }

  /** Tells every worker to claim nothing more, and to end once nothing runs. */
  public void drain(Locked locked) throws IOException {
    drafts.replace(layout.drain(), text(identity.process().toString()));
  }

  /** Whether somebody told the workers to. */
  public boolean isDraining() throws IOException {
    return Spool.exists(layout.drain());
  }
}
