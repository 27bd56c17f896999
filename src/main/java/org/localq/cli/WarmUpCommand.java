package org.localq.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.io.file.PathUtils;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/**
 * {@code warm-up}: runs the other commands once on a queue of its own, so that the launcher can
 * archive the classes that they load. Nobody else calls it.
 */
final class WarmUpCommand extends Command {
  private static final List<List<String>> LINES =
      List.of(
          List.of("lbatch", "-n", "1", "-o", "out", "-J", "name", "true"),
          List.of("lbatch", "--parsable", "true"),
          List.of("lbatch", "--mem", "1G", "-G", "1", "-L", "licence", "true"),
          List.of("lbatch", "--each-line", "-"),
          List.of("lbatch", "-a", "0-3:2%1", "true"),
          List.of("lqueue"),
          List.of("lqueue", "-t", "pending", "--json"),
          List.of("lqueue", "--start"),
          List.of("lbatch", "-H", "-d", "afterany:1", "-b", "now", "--nice", "true"),
          List.of("lctl", "hold", "1"),
          List.of("lctl", "release", "1"),
          List.of("linfo", "-j", "1"),
          List.of("linfo", "--state", "1"),
          List.of("linfo", "--json", "1"),
          List.of("lcancel", "-j", "1"),
          List.of("linfo", "1"),
          List.of("lwait", "1"),
          List.of("lqueue", "-a"),
          List.of("lbatch", "-n", "two", "true"),
          List.of("localqd", "status"),
          List.of("localqd", "check"),
          List.of("localqd", "stop"));

  @Override
  CommandSpec spec() {
    return CommandSpec.create().name("warm-up");
  }

  @Override
  int run(ParseResult parsed, Door door) throws IOException {
    Path home = Files.createTempDirectory("localq-warm-up-");
    try (PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8)) {
      Map<String, String> environment = new HashMap<>(door.surroundings().environment());
      environment.put("HOME", home.toString());
      environment.remove("LOCALQ_URI");
      Door.Surroundings surroundings =
          new Door.Surroundings(
              door.surroundings().files(), environment, environment, home.toString());
      Door scratch =
          new Door(
              new Door.Console(
                  new ByteArrayInputStream("true\n".getBytes(StandardCharsets.US_ASCII)),
                  nowhere,
                  nowhere,
                  false,
                  false),
              surroundings,
              door.machine(),
              door.clock(),
              door.self());
      LINES.forEach(line -> Main.run(scratch, line));
    } finally {
      PathUtils.deleteDirectory(home);
    }
    return ExitCode.DONE;
  }
}
