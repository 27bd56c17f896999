package org.localq.faults;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads what {@code strace -f -y -xx} writes. Calls that changed nothing are left out; the others
 * come in the order in which they ended, but for one that makes a name: who sees the name can be
 * quicker than the end of that call.
 */
final class TraceParser {
  private static final Pattern UNFINISHED =
      Pattern.compile("(\\d+) +(\\w+)\\((.*) <unfinished \\.\\.\\.>");
  private static final Pattern RESUMED = Pattern.compile("(\\d+) +<\\.\\.\\. (\\w+) resumed>(.*)");
  private static final Pattern WHOLE = Pattern.compile("(\\d+) +(\\w+)\\((.*)");
  private static final Pattern ENDED_WELL = Pattern.compile("(?s)(.*)\\) += (\\d+)(?:<.*>)?");
  private static final Pattern BYTES = Pattern.compile("(?:\\\\x[0-9a-f]{2})+");
  private static final Pattern QUOTED = Pattern.compile("\"([^\"]*)\"");
  private static final Pattern NAME =
      Pattern.compile("(?:(?:AT_FDCWD|\\d+)<([^>\"]*)>, )?\"([^\"]*)\"");
  private static final Pattern DESCRIPTOR =
      Pattern.compile("\\d+<([^\"]*)>(?:,.*)?", Pattern.DOTALL);

  private record Begun(String arguments, int at) {}

  private final Map<String, Begun> unfinished = new HashMap<>();
  private final List<TraceEvent> events = new ArrayList<>();

  private TraceParser() {}

  /** The events of a whole trace, a system call a line. */
  static List<TraceEvent> parse(Iterable<String> lines) {
    TraceParser parser = new TraceParser();
    lines.forEach(parser::line);
    return List.copyOf(parser.events);
  }

  private void line(String line) {
    Matcher begun = UNFINISHED.matcher(line);
    if (begun.matches()) {
      unfinished.put(begun.group(1), new Begun(begun.group(3), events.size()));
      return;
    }
    Matcher resumed = RESUMED.matcher(line);
    if (resumed.matches()) {
      Begun begin = unfinished.remove(resumed.group(1));
      call(resumed.group(2), begin.arguments() + resumed.group(3), begin.at());
      return;
    }
    Matcher whole = WHOLE.matcher(line);
    if (whole.matches()) {
      call(whole.group(2), whole.group(3), events.size());
    }
  }

  private void call(String name, String rest, int begin) {
    Matcher ended = ENDED_WELL.matcher(rest);
    if (!ended.matches()) {
      // it failed, or its process was killed in it
      return;
    }
    String arguments = ended.group(1);
    switch (name) {
      case "openat", "creat" -> opened(arguments);
      case "ftruncate" -> events.add(new TraceEvent.Emptied(Path.of(descriptor(arguments))));
      case "mkdir", "mkdirat" -> events.add(new TraceEvent.DirectoryMade(names(arguments).get(0)));
      case "write" -> wrote(arguments, Integer.parseInt(ended.group(2)));
      case "pwrite64" -> overwrote(arguments, Integer.parseInt(ended.group(2)));
      case "link", "linkat" -> {
        List<Path> names = names(arguments);
        named(names.get(1), new TraceEvent.Linked(names.get(0), names.get(1)), begin);
      }
      case "rename", "renameat", "renameat2" -> {
        List<Path> names = names(arguments);
        named(names.get(1), new TraceEvent.Renamed(names.get(0), names.get(1)), begin);
      }
      case "unlink", "unlinkat", "rmdir" ->
          events.add(new TraceEvent.Removed(names(arguments).get(0)));
      case "fsync", "fdatasync" ->
          events.add(new TraceEvent.Forced(Path.of(descriptor(arguments)), begin));
      default -> {
        // nothing that a file system would have to remember
      }
    }
  }

  /** Adds what made {@code name} before the first use of it by somebody else. */
  private void named(Path name, TraceEvent event, int begin) {
    int place = begin;
    while (place < events.size() && !isUse(events.get(place), name)) {
      place++;
    }
    for (int i = place; i < events.size(); i++) {
      if (events.get(i) instanceof TraceEvent.Forced forced && forced.begin() > place) {
        events.set(i, new TraceEvent.Forced(forced.path(), forced.begin() + 1));
      }
    }
    int at = place;
    unfinished.replaceAll(
        (process, call) -> call.at() > at ? new Begun(call.arguments(), call.at() + 1) : call);
    events.add(place, event);
  }

  private static boolean isUse(TraceEvent event, Path name) {
    return event instanceof TraceEvent.Forced forced && forced.path().equals(name)
        || event instanceof TraceEvent.Emptied emptied && emptied.file().equals(name)
        || event instanceof TraceEvent.Removed removed && removed.name().equals(name)
        || event instanceof TraceEvent.Linked linked && linked.from().equals(name)
        || event instanceof TraceEvent.Renamed renamed && renamed.from().equals(name)
        || event instanceof TraceEvent.Wrote wrote && wrote.file().equals(name.toString());
  }

  private void opened(String arguments) {
    Path file = names(arguments).get(0);
    if (arguments.contains("O_CREAT")) {
      events.add(new TraceEvent.Created(file));
    }
    if (arguments.contains("O_TRUNC")) {
      events.add(new TraceEvent.Emptied(file));
    }
  }

  private void wrote(String arguments, int written) {
    Matcher bytes = QUOTED.matcher(arguments);
    if (bytes.find()) {
      String all = decode(bytes.group(1));
      events.add(new TraceEvent.Wrote(descriptor(arguments), all.substring(0, written)));
    }
  }

  private void overwrote(String arguments, int written) {
    Matcher bytes = QUOTED.matcher(arguments);
    if (bytes.find()) {
      int at = Integer.parseInt(arguments.substring(arguments.lastIndexOf(' ') + 1));
      String all = decode(bytes.group(1)).substring(0, written);
      events.add(new TraceEvent.Overwrote(descriptor(arguments), all, at));
    }
  }

  private static List<Path> names(String arguments) {
    List<Path> names = new ArrayList<>();
    Matcher matcher = NAME.matcher(arguments);
    while (matcher.find()) {
      Path name = path(matcher.group(2));
      names.add(
          Optional.ofNullable(matcher.group(1))
              .map(at -> path(at).resolve(name))
              .orElse(name)
              .normalize());
    }
    return names;
  }

  private static String descriptor(String arguments) {
    Matcher matcher = DESCRIPTOR.matcher(arguments);
    return matcher.matches() ? decode(matcher.group(1)) : "";
  }

  private static Path path(String escaped) {
    return Path.of(
        new String(decode(escaped).getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8));
  }

  /** What {@code -xx} wrote as {@code \x2f…}; a character a byte. */
  private static String decode(String escaped) {
    return BYTES
        .matcher(escaped)
        .replaceAll(
            hex -> {
              StringBuilder text = new StringBuilder();
              for (String digits : hex.group().substring(2).split("\\\\x")) {
                text.append((char) Integer.parseInt(digits, 16));
              }
              return Matcher.quoteReplacement(text.toString());
            });
  }
}
