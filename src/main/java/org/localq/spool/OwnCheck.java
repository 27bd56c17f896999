package org.localq.spool;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Predicate;
import java.util.zip.CRC32;
import org.localq.core.Amounts;
import org.localq.core.Budget;
import org.localq.core.Identity;
import org.localq.core.JobId;
import org.localq.core.ProcessId;

/** Judges the directories of a spool, and what lies in .localq/ but the counter. */
final class OwnCheck {
  /** S_IRWXG and S_IRWXO of stat(2). */
  private static final int OTHERS = 0077;

  private final Layout layout;
  private final Identity identity;
  private final Survey survey;

  OwnCheck(Layout layout, Identity identity, Survey survey) {
    this.layout = layout;
    this.identity = identity;
    this.survey = survey;
  }

  /**
   * Whether every directory is one, so that what is in them can be judged.
   *
   * @return those in which nothing can be looked at
   */
  List<Path> directories() throws IOException {
    List<Path> unfit = new ArrayList<>();
    for (Path directory : layout.directories()) {
      if (directory.equals(layout.early()) && !Spool.exists(directory)) {
        // of an older version; who marks a job makes it
        continue;
      }
      if (!directory(directory)) {
        unfit.add(directory);
      }
    }
    return unfit;
  }

  private boolean directory(Path directory) throws IOException {
    Optional<Facts> facts = Facts.of(directory);
    if (facts.isEmpty()) {
      survey.add(
          new Damage(
              directory, "is missing, expected a directory", Remedy.makeDirectory(directory)));
      return false;
    }
    if (!facts.get().directory()) {
      survey.add(
          new Damage(
              directory,
              "is no directory, expected one",
              facts.get().link() && isOfJobs(directory)
                  ? Remedy.byHand("move the directory it leads to into its place")
                  : Remedy.aside(directory)));
      return false;
    }
    judgeAccess(directory, facts.get());
    return true;
  }

  private boolean isOfJobs(Path directory) {
    return !directory.startsWith(layout.own()) || directory.equals(layout.seq());
  }

  private void judgeAccess(Path place, Facts facts) {
    int wanted = facts.directory() ? 0700 : 0600;
    if (facts.uid() != identity.uid()) {
      survey.add(
          new Damage(
              place,
              "belongs to user " + facts.uid() + ", expected " + identity.uid(),
              facts.directory()
                  ? Remedy.byHand("give it back with chown " + identity.uid())
                  : Remedy.aside(place)));
    } else if ((facts.mode() & OTHERS) != 0 || (facts.mode() & wanted) != wanted) {
      survey.add(
          new Damage(
              place,
              String.format("mode is %04o, expected %04o", facts.mode(), wanted),
              Remedy.makePrivate(place, facts.directory())));
    }
  }

  /** What stat(2) says. */
  private record Facts(boolean directory, boolean regular, boolean link, int uid, int mode) {
    static Optional<Facts> of(Path place) throws IOException {
      try {
        Map<String, Object> facts =
            Files.readAttributes(
                place,
                "unix:uid,mode,isDirectory,isRegularFile,isSymbolicLink",
                LinkOption.NOFOLLOW_LINKS);
        return Optional.of(
            new Facts(
                (Boolean) facts.get("isDirectory"),
                (Boolean) facts.get("isRegularFile"),
                (Boolean) facts.get("isSymbolicLink"),
                (Integer) facts.get("uid"),
                (Integer) facts.get("mode") & 0777));
      } catch (NoSuchFileException gone) {
        return Optional.empty();
      }
    }
  }

  /** The files of .localq/ itself. */
  void files() throws IOException {
    constant(layout.version(), Layout.VERSION + "\n");
    constant(layout.voidToken(), RunningDirectory.VOID + "\n");
    for (Path lock : SpoolLock.files(layout)) {
      if (fit(lock).isEmpty() && !Spool.exists(lock)) {
        missing(lock, "");
      }
    }
    host();
    Names.each(layout.own(), this::other);
  }

  /** The lock files are never opened: closing them would free the locks of this process. */
  private Optional<String> fit(Path file) throws IOException {
    Optional<Facts> facts = Facts.of(file);
    if (facts.isEmpty()) {
      return Optional.empty();
    }
    if (!facts.get().regular()) {
      survey.add(new Damage(file, "is no regular file, expected one", Remedy.aside(file)));
      return Optional.empty();
    }
    judgeAccess(file, facts.get());
    return Optional.of("");
  }

  private void missing(Path file, String content) {
    survey.add(new Damage(file, "is missing, expected a file", Remedy.makeFile(file, content)));
  }

  private void constant(Path file, String content) throws IOException {
    if (fit(file).isPresent()) {
      String found = line(file);
      if (!found.equals(content.strip())) {
        survey.add(
            new Damage(
                file,
                "is \"" + found + "\", expected \"" + content.strip() + "\"",
                Remedy.aside(file)));
      }
    } else if (!Spool.exists(file)) {
      missing(file, content);
    }
  }

  private static String line(Path file) throws IOException {
    return Content.head(file).strip();
  }

  /** Whether what the spool says of processes is about processes of this machine. */
  boolean isHere() throws IOException {
    return Files.isRegularFile(layout.host(), LinkOption.NOFOLLOW_LINKS)
        && line(layout.host()).equals(identity.host());
  }

  private void host() throws IOException {
    if ((fit(layout.host()).isPresent() || !Spool.exists(layout.host())) && !isHere()) {
      String found = Spool.exists(layout.host()) ? '"' + line(layout.host()) + '"' : "missing";
      survey.add(
          new Damage(
              layout.host(),
              "is " + found + ", expected this machine's \"" + identity.host() + "\"",
              Remedy.byHand("if nothing runs elsewhere: localqd --take-over start")));
    }
  }

  /** What jobs may take together, where that is there and whole. */
  Optional<Amounts> amounts() throws IOException {
    OptionalInt cores = limit();
    Optional<Budget> budget = budget();
    return cores.isPresent() ? budget.map(its -> its.limit(cores.getAsInt())) : Optional.empty();
  }

  private Optional<Budget> budget() throws IOException {
    if (fit(layout.budget()).isEmpty()) {
      return Spool.exists(layout.budget()) ? Optional.empty() : Optional.of(Budget.NONE);
    }
    String found = Files.readString(layout.budget(), StandardCharsets.ISO_8859_1);
    Optional<Budget> budget =
        found.length() > Workers.LONGEST_BUDGET
            ? Optional.empty()
            : Budget.parse(List.of(found.strip().split("\n", -1)));
    if (budget.isEmpty()) {
      survey.add(
          new Damage(
              layout.budget(),
              "makes no sense, expected lines \"memory BYTES\" and \"resource NAME=IDS\"",
              Remedy.aside(layout.budget())));
    }
    return budget;
  }

  /** The core limit where there is a whole one. */
  private OptionalInt limit() throws IOException {
    if (fit(layout.limit()).isEmpty()) {
      return OptionalInt.empty();
    }
    String found = line(layout.limit());
    if (found.matches("[1-9][0-9]{0,8}")) {
      return OptionalInt.of(Integer.parseInt(found));
    }
    survey.add(
        new Damage(
            layout.limit(),
            "is \"" + found + "\", expected a number of cores",
            Remedy.aside(layout.limit())));
    return OptionalInt.empty();
  }

  private void other(Path path) throws IOException {
    String name = path.getFileName().toString();
    if (name.matches("shim-[0-9a-f]{8}")) {
      shim(path, name.substring("shim-".length()));
    } else if (layout.free().contains(path)) {
      fit(path);
    } else if (!layout.isOwn(path)) {
      survey.addForeign(path);
    }
  }

  /** A shim's text is named by its checksum; jobs can't start with another. */
  private void shim(Path path, String hash) throws IOException {
    if (fit(path).isPresent()) {
      CRC32 crc = new CRC32();
      crc.update(Files.readAllBytes(path));
      if (!String.format("%08x", crc.getValue()).equals(hash)) {
        survey.add(new Damage(path, "has another content than its name says", Remedy.aside(path)));
      }
    }
  }

  /**
   * The entries of workers.
   *
   * @return whether one of them is alive
   */
  boolean workers(Predicate<ProcessId> alive) throws IOException {
    boolean[] any = new boolean[1];
    Names.each(
        layout.workers(),
        entry -> {
          if (fit(entry).isPresent()) {
            boolean lives = worker(entry).filter(alive).isPresent();
            any[0] |= lives;
            if (!lives) {
              survey.addUnsettled();
            }
          }
        });
    return any[0];
  }

  private Optional<ProcessId> worker(Path entry) throws IOException {
    String[] words = line(entry).lines().findFirst().orElse("").split(" ", -1);
    return words.length == 2 && words[1].equals(identity.boot())
        ? ProcessId.parse(entry.getFileName() + " " + words[0])
        : Optional.empty();
  }

  /** The marks of jobs that are to be read first, whether the jobs are there or not. */
  void marks() throws IOException {
    if (!Spool.exists(layout.early())) {
      return;
    }
    Names.each(
        layout.early(),
        mark -> {
          if (JobId.parse(mark.getFileName().toString()).isPresent()) {
            fit(mark);
          } else {
            survey.addForeign(mark);
          }
        });
  }

  /** What dead processes were writing. */
  void drafts(Predicate<ProcessId> alive) throws IOException {
    Names.each(
        layout.tmp(),
        draft -> {
          Optional<ProcessId> owner = Drafts.owner(draft.getFileName().toString());
          if (owner.isEmpty()) {
            survey.addForeign(draft);
          } else if (!alive.test(owner.get())) {
            survey.addUnsettled();
          }
        });
  }
}
