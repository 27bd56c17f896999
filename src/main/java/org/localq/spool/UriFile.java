package org.localq.spool;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.localq.core.Identity;
import org.localq.core.Refusal;

/**
 * The file that says where a queue is, in one line: {@code file:///home/u/.localq/queue/}. With the
 * URI file {@code X} go {@code X.pid}, {@code X.log} and, unless it says otherwise, the spool
 * {@code X.queue/}.
 *
 * @param path absolute
 */
public record UriFile(Path path) {
  private static final int LONGEST = 16_384;
  private static final int OTHERS = 0077;

  /** What a decoder leaves where bytes were no UTF-8, and the one character that no path holds. */
  private static final Pattern NO_PATH = Pattern.compile("[\\x{fffd}\\x00]");

  /** The default one of a user: its spool is {@code queue/} beside it. */
  public static UriFile ofHome(Path home) {
    return new UriFile(home.resolve(".localq").resolve("localqd"));
  }

  /** The PID file of the worker that {@code localqd start} made. */
  public Path pidFile() {
    return sibling(".pid");
  }

  /** That worker's log. */
  public Path logFile() {
    return sibling(".log");
  }

  /** Where the spool of a user's default URI file is made. */
  public Path homeSpool() {
    return path.resolveSibling("queue");
  }

  /** Where the spool of any other URI file is made. */
  public Path ownSpool() {
    return sibling(".queue");
  }

  private Path sibling(String suffix) {
    return path.resolveSibling(path.getFileName() + suffix);
  }

  /** The spool it names; nothing when it isn't there. */
  public Optional<Path> read(Identity identity) throws IOException {
    Map<String, Object> facts;
    try {
      facts = Files.readAttributes(path, "unix:uid,mode,size,isRegularFile");
    } catch (NoSuchFileException missing) {
      return Optional.empty();
    }
    refuseUnlessPrivate(facts, identity);
    return Optional.of(parse(new String(Files.readAllBytes(path), StandardCharsets.UTF_8)));
  }

  private void refuseUnlessPrivate(Map<String, Object> facts, Identity identity) {
    if (!(Boolean) facts.get("isRegularFile")) {
      throw Refusal.of(path + ": is no regular file, expected a URI file; name another with -u");
    }
    if ((Integer) facts.get("uid") != identity.uid()) {
      throw Refusal.of(
          path
              + ": belongs to user "
              + facts.get("uid")
              + ", expected "
              + identity.uid()
              + "; name a URI file of your own with -u");
    }
    int mode = (Integer) facts.get("mode") & 0777;
    if ((mode & OTHERS) != 0) {
      throw Refusal.of(
          String.format(
              "%s: mode is %04o, expected 0600: others could send your jobs elsewhere; chmod 600 '%s'",
              path, mode, path));
    }
    if ((Long) facts.get("size") > LONGEST) {
      throw garbage(facts.get("size") + " bytes");
    }
  }

  private Path parse(String content) {
    String line = content.strip();
    if (line.isEmpty()) {
      throw garbage("empty");
    }
    try {
      URI uri = new URI(line);
      if (!"file".equals(uri.getScheme())
          || uri.getPath() == null
          || !uri.getPath().startsWith("/")
          || (uri.getAuthority() != null && !uri.getAuthority().isEmpty())
          || uri.getQuery() != null
          || uri.getFragment() != null
          || NO_PATH.matcher(uri.getPath()).find()) {
        throw garbage('"' + shorten(line) + '"');
      }
      return path.getFileSystem().getPath(uri.getPath()).normalize();
    } catch (URISyntaxException bad) {
      throw garbage('"' + shorten(line) + '"');
    }
  }

  private static String shorten(String line) {
    String printable = line.replaceAll("[^ -~]", "?");
    return printable.length() > 60 ? printable.substring(0, 60) + "…" : printable;
  }

  private Refusal garbage(String found) {
    return Refusal.of(
        path
            + ": is "
            + found
            + ", expected one line like file:///home/u/.localq/queue/; if it is not yours to keep, remove it and:"
            + " localqd -u '"
            + path
            + "' start");
  }

  /**
   * Makes the file, naming {@code spool}, unless it is there.
   *
   * @return false when it was
   */
  public boolean publish(Path spool, Identity identity, Fsync fsync) throws IOException {
    new SpoolFounder(identity, fsync).makeParents(path.getParent());
    Drafts drafts =
        new Drafts(path.getParent(), path.getFileName() + ".new-", identity.process(), fsync);
    Path draft = drafts.write((uri(spool) + "\n").getBytes(StandardCharsets.US_ASCII));
    try {
      Files.createLink(path, draft);
      fsync.directory(path.getParent());
      return true;
    } catch (FileAlreadyExistsException taken) {
      // RACE: another process made it first
      return false;
    } finally {
      Files.deleteIfExists(draft);
    }
  }

  private static String uri(Path spool) {
    String uri;
    try {
      uri = new URI("file", "", spool + "/", null).toString();
    } catch (URISyntaxException impossible) {
      throw new IllegalArgumentException(spool.toString(), impossible);
    }
    // not toASCIIString: it composes accents, and the composed name is another directory
    StringBuilder ascii = new StringBuilder(uri.length());
    for (byte b : uri.getBytes(StandardCharsets.UTF_8)) {
      ascii.append(b < 0 ? String.format("%%%02X", b) : Character.toString(b));
    }
    return ascii.toString();
  }

  /** Whether anything is there, valid or not. */
  public boolean exists() {
    return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
  }
}
