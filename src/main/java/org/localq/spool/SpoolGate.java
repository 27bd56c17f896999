package org.localq.spool;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.localq.core.Identity;
import org.localq.core.Refusal;

/**
 * Opens spools, and refuses those that are not safe to work on, with what was found, what was
 * expected and what to do.
 */
public final class SpoolGate {
  /**
   * File systems whose locks and renames are not atomic for every machine that sees them, or that
   * come and go with a network.
   */
  private static final Set<String> NETWORK =
      Set.of(
          "nfs",
          "nfs4",
          "cifs",
          "smb",
          "smb2",
          "smb3",
          "smbfs",
          "ncpfs",
          "9p",
          "afs",
          "ceph",
          "coda",
          "glusterfs",
          "lustre",
          "gpfs",
          "beegfs",
          "pvfs2",
          "orangefs",
          "gfs2",
          "ocfs2",
          "davfs");

  /** S_IRWXG and S_IRWXO of stat(2). */
  private static final int OTHERS = 0077;

  private final Identity identity;
  private final Account account;
  private final Fsync fsync;
  private final Terms terms;

  public SpoolGate(Identity identity, Account account, Fsync fsync) {
    this(identity, account, fsync, Terms.FREE);
  }

  /** A gate for a process that can't take everything. */
  public SpoolGate(Identity identity, Account account, Fsync fsync, Terms terms) {
    this.identity = identity;
    this.account = account;
    this.fsync = fsync;
    this.terms = terms;
  }

  /** The spool {@code root}, which has to be there. */
  public Spool open(Path root) throws IOException {
    Layout layout = new Layout(root);
    if (Files.isDirectory(root, LinkOption.NOFOLLOW_LINKS)) {
      // before any word about its mode: chmod is no advice for a directory that only looks wrong
      // because it is another's
      try {
        refuseOtherVersion(layout);
      } catch (AccessDeniedException closed) {
        // its mode says why
      }
    }
    refuseUnlessPrivate(root);
    refuseNetwork(root);
    refuseOtherVersion(layout);
    refuseOtherHost(layout);
    return new Spool(layout, identity, account, fsync, terms);
  }

  /**
   * The spool {@code root} as it is, to be checked: refused only where it can't be judged, because
   * it is no spool, somebody else's, of another format, or on a network.
   */
  public Spool openToCheck(Path root) throws IOException {
    refuseUnlessOurs(root);
    refuseNetwork(root);
    Layout layout = new Layout(root);
    if (!Files.isDirectory(layout.own(), LinkOption.NOFOLLOW_LINKS)) {
      throw Refusal.of(root + ": is no spool (.localq is missing), expected one");
    }
    if (Files.isRegularFile(layout.version(), LinkOption.NOFOLLOW_LINKS)
        && line(layout.version()).matches("[0-9]{1,9}")) {
      refuseOtherVersion(layout);
    }
    return new Spool(layout, identity, account, fsync, terms);
  }

  /** The spool {@code root}, made if nothing is there but perhaps an empty directory. */
  public Spool openOrFound(Path root) throws IOException {
    if (Spool.exists(root) && !Files.isDirectory(root, LinkOption.NOFOLLOW_LINKS)) {
      // a link to an empty directory, which can't be replaced by a spool, or a file
      refuseUnlessPrivate(root);
    }
    if (Files.isDirectory(root, LinkOption.NOFOLLOW_LINKS)
        && !hasOwn(root)
        && Names.in(root).isEmpty()) {
      // a directory that was made for a spool has to be fit for one
      refuseUnlessPrivate(root);
    }
    if (root.getParent() == null) {
      throw Refusal.of(root + ": can't be a spool; name a directory in it");
    }
    if (!hasOwn(root)) {
      SpoolFounder founder = new SpoolFounder(identity, fsync);
      founder.makeParents(root.getParent());
      refuseNetwork(root.getParent());
      if (!founder.found(root) && !hasOwn(root)) {
        throw Refusal.of(
            root
                + ": is no spool and not empty; name another directory with --spool, or move it away");
      }
    }
    return open(root);
  }

  /** Whether localq was here; a directory that can't be searched is refused for its mode. */
  private boolean hasOwn(Path root) throws IOException {
    try {
      return Spool.exists(root.resolve(".localq"));
    } catch (AccessDeniedException closed) {
      refuseUnlessPrivate(root);
      throw closed;
    }
  }

  /** Makes another machine's spool this machine's. What it ran there is LOST. */
  public void takeOver(Path root) throws IOException {
    refuseUnlessPrivate(root);
    refuseNetwork(root);
    Layout layout = new Layout(root);
    refuseOtherVersion(layout);
    try (Spool spool = new Spool(layout, identity, account, fsync, terms);
        Locked locked = spool.lock()) {
      locked.adopt();
    }
  }

  private void refuseUnlessPrivate(Path root) throws IOException {
    int mode = refuseUnlessOurs(root);
    if ((mode & OTHERS) != 0 || (mode & 0700) != 0700) {
      throw Refusal.of(
          String.format(
              "%s: mode is %04o, expected 0700; see that nobody put files there, then: chmod 700 '%s'",
              root, mode, root));
    }
  }

  /** Returns the mode of a directory that is the user's. */
  private int refuseUnlessOurs(Path root) throws IOException {
    Map<String, Object> facts;
    try {
      facts = Files.readAttributes(root, "unix:uid,mode,isDirectory", LinkOption.NOFOLLOW_LINKS);
    } catch (NoSuchFileException missing) {
      throw Refusal.of(
          root
              + ": no such spool, though the URI file names it; mount its disk, or remove the URI file if it is gone for good",
          missing);
    }
    if (!(Boolean) facts.get("isDirectory")) {
      throw Refusal.of(root + ": is no directory, expected a spool; name its real place");
    }
    if ((Integer) facts.get("uid") != identity.uid()) {
      throw Refusal.of(
          root
              + ": belongs to user "
              + facts.get("uid")
              + ", expected "
              + identity.uid()
              + "; a queue is for one user: make your own with localqd start");
    }
    return (Integer) facts.get("mode") & 0777;
  }

  private static void refuseNetwork(Path directory) throws IOException {
    String type = Files.getFileStore(directory).type().toLowerCase(Locale.ROOT);
    if (NETWORK.contains(type) || type.startsWith("fuse.sshfs")) {
      throw Refusal.of(
          directory
              + ": is on a network file system ("
              + type
              + "), expected a local one; put the spool on a local disk with localqd --spool DIR start");
    }
  }

  private static void refuseOtherVersion(Layout layout) throws IOException {
    String found = line(layout.version());
    if (!found.equals(Integer.toString(Layout.VERSION))) {
      throw Refusal.of(
          layout.root()
              + ": "
              + (found.isEmpty()
                  ? "is no spool (.localq/version is missing)"
                  : "has format " + found)
              + ", expected a spool of format "
              + Layout.VERSION
              + (found.isEmpty()
                  ? "; if it was one: localqd check --repair; else name another place with --spool"
                  : "; use the localq that made it"));
    }
  }

  private void refuseOtherHost(Layout layout) throws IOException {
    String found = line(layout.host());
    if (!found.equals(identity.host())) {
      throw Refusal.of(
          layout.root()
              + ": belongs to another machine or container ("
              + found
              + "), this is "
              + identity.host()
              + "; if nothing runs there any more: localqd --take-over start");
    }
  }

  private static String line(Path file) throws IOException {
    try {
      return Files.readString(file, StandardCharsets.ISO_8859_1).strip();
    } catch (NoSuchFileException missing) {
      return "";
    }
  }
}
