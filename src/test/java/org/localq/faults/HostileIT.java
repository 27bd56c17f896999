package org.localq.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.localq.SmallDisk;
import org.localq.system.Installation;

/**
 * What lies in the spool and should not. The worker has a heap of 64 MB, so that what costs memory
 * ends it.
 */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Order(3)
class HostileIT {
  private static final Map<String, String> SMALL_HEAP = Map.of("LOCALQ_JAVA_OPTS", "-Xmx64m");

  /** Longer than a file that is no job may lie unchanged before it is refused. */
  private static final int SETTLING_SECONDS = 150;

  private final Random random = Seed.of(HostileIT.class);
  @TempDir Path scratch;
  @AutoClose private Trial trial;
  private long worker;

  private Trial trial() throws IOException {
    trial = new Trial(scratch, 2);
    trial.localq().run(SMALL_HEAP, trial.startLine()).exits(0);
    worker = trial.localq().workers().get(0);
    return trial;
  }

  private Path root(String name) {
    return trial.spool().resolve(name);
  }

  private void write(String name, byte[] content) throws IOException {
    Files.write(root("." + name), content);
    publish(name);
  }

  private void publish(String name) throws IOException {
    Files.move(root("." + name), root(name), StandardCopyOption.ATOMIC_MOVE);
  }

  private void write(String name, String content) throws IOException {
    write(name, content.getBytes(StandardCharsets.UTF_8));
  }

  private static void run(String... words) throws Exception {
    assertEquals(0, new ProcessBuilder(words).start().waitFor(), String.join(" ", words));
  }

  /** The same worker is still there, and a job that is submitted now runs. */
  private void othersGoOn() throws Exception {
    String id = trial.submit(1, 3, "0");
    eventually("the end of another job", () -> trial.isRecorded(id), trial::evidence);
    assertEquals(List.of(worker), trial.localq().workers(), trial::evidence);
  }

  private long reasons() {
    return trial.names("rejected").stream().filter(name -> name.endsWith(".reason")).count();
  }

  /** Waits until {@code count} drops are in rejected/, each with one line that says why. */
  private void awaitRefusals(int count, int seconds) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (reasons() < count && System.nanoTime() < deadline) {
      TimeUnit.MILLISECONDS.sleep(50);
    }
    assertEquals(count, reasons(), trial::evidence);
    for (String name : trial.names("rejected")) {
      if (name.endsWith(".reason")) {
        String reason = Installation.read(trial.spool().resolve("rejected").resolve(name));
        assertTrue(reason.matches("[^\\p{Cntrl}]{10,}\\n"), name + ": " + reason);
      }
    }
  }

  @Test
  @Injection({20, 22, 23})
  void what_is_no_plain_file_of_ours_is_refused_at_once_and_never_opened() throws Exception {
    trial();
    Path secret = Files.writeString(scratch.resolve("secret"), "{\"command\":[\"true\"]}");
    Files.createSymbolicLink(root("link.json"), secret);
    Files.createSymbolicLink(root("self.json"), root("self.json"));
    Files.createSymbolicLink(root("dangling.json"), scratch.resolve("nowhere"));
    Files.createSymbolicLink(root("directory-link.json"), Path.of("/"));
    run("mkfifo", root("fifo.json").toString());
    Files.createDirectory(root("directory.json"));
    run("truncate", "-s", "5G", root("huge.json").toString());
    Files.writeString(root(".world.json"), "{\"command\":[\"true\"]}");
    Files.setPosixFilePermissions(
        root(".world.json"), PosixFilePermissions.fromString("rw-rw-rw-"));
    publish("world.json");
    othersGoOn();
    awaitRefusals(8, 30);
    assertEquals("{\"command\":[\"true\"]}", Installation.read(secret));
    trial.localq().run("lqueue", "-a").exits(0);
    othersGoOn();
  }

  @Test
  @Injection({22, 23})
  void what_belongs_to_somebody_else_or_is_a_device_is_refused() throws Exception {
    assumeTrue(SmallDisk.isRoot(), "only root can give a file away, or make a device");
    trial();
    Files.writeString(root(".foreign.json"), "{\"command\":[\"true\"]}");
    run("chown", "65534", root(".foreign.json").toString());
    publish("foreign.json");
    run("mknod", root("device.json").toString(), "c", "1", "5");
    awaitRefusals(2, 30);
    othersGoOn();
  }

  @Test
  @Tag("long")
  @Injection({19, 20})
  void what_is_no_job_is_refused_once_it_has_settled_and_delays_no_other() throws Exception {
    trial();
    List<byte[]> drops = hostile();
    for (int i = 0; i < drops.size(); i++) {
      write("hostile" + i + ".json", drops.get(i));
    }
    othersGoOn();
    awaitRefusals(drops.size(), SETTLING_SECONDS);
    othersGoOn();
  }

  private List<byte[]> hostile() {
    List<byte[]> drops = new ArrayList<>();
    String good = "{\"command\":[\"true\"],\"stdout\":\"/dev/null\"";
    for (String text :
        List.of(
            "",
            "{",
            good,
            "\ufeff" + good + "}",
            good + "} trailing",
            good + "}{}",
            good + ",\"cores\":0}",
            good + ",\"cores\":-1}",
            good + ",\"cores\":9223372036854775808}",
            good + ",\"cores\":\"4\"}",
            good + ",\"cores\":4.5}",
            good + ",\"cores\":NaN}",
            good + ",\"cores\":1e999999999}",
            good + ",\"name\":\"\\ud800\"}",
            good + ",\"name\":\"\\u0000\"}",
            good + ",\"name\":\"a\",\"name\":\"b\"}",
            "[".repeat(1 << 20),
            "{\"command\":[]}",
            "{\"command\":\"true\"}",
            "{\"command\":[1]}",
            "null",
            "{\"environment\":{" + keys(1_000_000) + "},\"command\":[]}")) {
      drops.add(text.getBytes(StandardCharsets.UTF_8));
    }
    drops.add((good + ",\"name\":\"\u00ff\"}").getBytes(StandardCharsets.ISO_8859_1));
    byte[] noise = new byte[4096];
    random.nextBytes(noise);
    noise[0] = '{';
    drops.add(noise);
    return drops;
  }

  private static String keys(int count) {
    StringBuilder keys = new StringBuilder();
    for (int i = 0; i < count; i++) {
      keys.append(i == 0 ? "" : ",").append("\"k").append(i).append("\":\"v\"");
    }
    return keys.toString();
  }

  @Test
  @Injection(20)
  void a_command_line_that_no_kernel_takes_fails_and_delays_no_other() throws Exception {
    trial();
    String word = "x".repeat(200_000);
    write("long.json", "{\"command\":[\"true\",\"" + word + "\"],\"stdout\":\"/dev/null\"}");
    StringBuilder variables = new StringBuilder();
    for (int i = 0; i < 10_000; i++) {
      variables.append(i == 0 ? "" : ",").append("\"V").append(i).append("\":\"v\"");
    }
    write(
        "wide.json",
        "{\"command\":[\"true\"],\"stdout\":\"/dev/null\",\"environment\":{\"PATH\":\"/bin:/usr/bin\","
            + variables
            + "}}");
    eventually("two records", () -> trial.names("done").size() == 2, trial::evidence);
    String queue = trial.localq().run("lqueue", "-a").exits(0).out();
    assertTrue(queue.contains("FAILED") && queue.contains("COMPLETED"), queue);
    othersGoOn();
    trial.settle();
  }

  @Test
  @Injection(21)
  void a_file_that_grows_slowly_is_taken_once_it_is_whole() throws Exception {
    trial();
    String whole =
        "{\"command\":[\"sh\",\"-c\",\"exit 4\"],\"stdout\":\"/dev/null\",\"directory\":\"/\"}";
    Path file = Files.createFile(root("slow.json"));
    for (int i = 0; i < whole.length(); i += 20) {
      Files.writeString(
          file, whole.substring(i, Math.min(whole.length(), i + 20)), StandardOpenOption.APPEND);
      if (i + 20 < whole.length()) {
        // the worker has looked at it, and left it
        othersGoOn();
        assertTrue(Files.exists(file), "a part of a job was taken");
      }
    }
    eventually("it is taken", () -> !Files.exists(file), trial::evidence);
    trial.settle();
    assertEquals(0, reasons(), trial::evidence);
  }

  @Test
  @Injection(24)
  void a_spool_that_others_can_reach_is_refused_and_left_as_it_is() throws Exception {
    trial().submit(1, 0, "0");
    trial.settle();
    trial.localq().run("localqd", "stop").exits(0);
    run("chmod", "0777", trial.spool().toString());
    for (String[] words : List.of(new String[] {"lbatch", "true"}, trial.startLine())) {
      Installation.Result refused = trial.localq().run(words).exits(1);
      assertTrue(refused.err().contains("mode is 0777, expected 0700"), refused::toString);
    }
    run("chmod", "0700", trial.spool().toString());
    Path real = scratch.resolve("real");
    Files.move(trial.spool(), real);
    Files.createSymbolicLink(trial.spool(), real);
    Installation.Result refused = trial.localq().run(trial.startLine()).exits(1);
    assertTrue(refused.err().contains("is no directory"), refused::toString);
    Files.delete(trial.spool());
    Files.move(real, trial.spool());
    trial.start().settleAndVerify();
  }

  @Test
  @Injection(24)
  void whatever_the_umask_no_file_of_the_spool_is_open_to_others() throws Exception {
    trial = new Trial(scratch, 2);
    for (String umask : List.of("000", "077", "0777")) {
      List<String> wrapper = List.of("sh", "-c", "umask " + umask + "; exec \"$@\"", "sh");
      Installation.Result result = trial.run(wrapper, trial.submitLine(1, 0, "0"));
      trial.remember(result.exits(0));
      trial.run(wrapper, trial.startLine()).exits(0);
      eventually("its end", () -> trial.isRecorded(result.text()), trial::evidence);
      trial.localq().run("localqd", "stop").exits(0);
    }
    try (var files = Files.walk(trial.spool())) {
      for (Path file : files.toList()) {
        String mode = PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
        assertTrue(mode.endsWith("------"), file + " has mode " + mode);
      }
    }
    trial.start().settleAndVerify();
  }

  @Test
  @Injection(25)
  void names_with_anything_in_them_come_out_as_plain_lines() throws Exception {
    trial();
    List<String> names =
        List.of("a\nb", "\u001b[31mred\u001b[0m", "-n", "x".repeat(255), "../../etc", "'\"$(id)");
    for (String name : names) {
      String id = trial.localq().submit("--job-name=" + name, "-o", "/dev/null", "true");
      eventually("its end", () -> trial.isRecorded(id), trial::evidence);
    }
    Path odd = Path.of(trial.spool().toString(), "line\nend \u001b[2J.json");
    Files.writeString(odd, "{\"command\":[\"true\"],\"stdout\":\"/dev/null\"}");
    eventually("the odd name is taken", () -> !Files.exists(odd), trial::evidence);
    Installation.Result queue = trial.localq().run("lqueue", "-a").exits(0);
    assertFalse(queue.out().contains("\u001b"), queue::toString);
    eventually("its record", () -> trial.names("done").size() == 7, trial::evidence);
    String log = Installation.read(trial.localq().home().resolve(".localq/localqd.log"));
    assertFalse(log.contains("\u001b"), log);
    trial.settle();
  }
}
