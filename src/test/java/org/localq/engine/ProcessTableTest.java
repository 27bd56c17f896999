package org.localq.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.localq.Eventually.eventually;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.localq.Executed;
import org.localq.core.Claim;
import org.localq.core.JobId;
import org.localq.core.Presence;
import org.localq.core.ProcessId;
import org.localq.core.Signal;
import org.localq.core.Warning;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class ProcessTableTest {
  private static final Path PROC = Path.of("/proc");

  /** A shim that waits for a word, so that it has no process but itself. */
  private static final String ALONE = "read -r word";

  @TempDir Path base;
  private final List<Long> started = new ArrayList<>();

  @AfterEach
  void end_what_was_started() {
    for (long pid : started) {
      Optional<ProcessHandle> handle = ProcessHandle.of(pid);
      // the children first: without their parent nobody finds them
      handle.stream().flatMap(ProcessHandle::descendants).forEach(ProcessHandle::destroyForcibly);
      handle.ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  private Mark mark() {
    return new Mark(base.toString(), new JobId(7), 1);
  }

  /** A session as the engine makes it, led by a shell that executes {@code script}. */
  private Process session(Mark mark, String script) throws Exception {
    return session(
        Map.of(
            Mark.SPOOL, mark.spool(),
            Mark.JOB_ID, mark.id().toString(),
            Mark.ATTEMPT, Integer.toString(mark.attempt())),
        script);
  }

  private Process session(Map<String, String> environment, String script) throws Exception {
    ProcessBuilder builder = new ProcessBuilder("setsid", "sh", "-c", script);
    builder.directory(base.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    started.add(process.pid());
    eventually(
        () -> !process.isAlive() || leadsSession(process.pid()),
        () -> "no session " + process.pid());
    return process;
  }

  /** setsid(1) leads none before it has called setsid(2). */
  private static boolean leadsSession(long pid) throws IOException {
    return ProcessStat.read(PROC.resolve(Long.toString(pid)))
        .filter(stat -> stat.session() == pid)
        .isPresent();
  }

  private Process session(String script) throws Exception {
    return session(mark(), script);
  }

  private static Claim.Start token(ProcessId shim) {
    return new Claim.Start(
        Optional.of(shim), true, Instant.EPOCH, Optional.empty(), Optional.empty());
  }

  private static ProcessId id(long pid) throws IOException {
    return ProcessStat.read(PROC.resolve(Long.toString(pid))).orElseThrow().id();
  }

  private static Optional<Claim.Start> startOf(Process shim) throws IOException {
    return Optional.of(token(id(shim.pid())));
  }

  private static Engine.Look look() throws IOException {
    return ProcessTable.read(PROC, Set.of());
  }

  private void eventuallyIs(Presence expected, Mark mark, Optional<Claim.Start> start)
      throws Exception {
    eventually(
        () -> look().presence(mark, start) == expected,
        () -> "never " + expected + " of " + mark + " " + start);
  }

  /** The pid that a script writes into a file, to be ended when the test is over. */
  private long pidIn(String file) throws Exception {
    Path path = base.resolve(file);
    eventually(
        () -> Files.exists(path) && Files.readString(path).endsWith("\n"), () -> "no " + path);
    long pid = Long.parseLong(Files.readString(path, StandardCharsets.US_ASCII).strip());
    started.add(pid);
    return pid;
  }

  private static boolean isAlive(long pid) throws IOException {
    return ProcessStat.read(PROC.resolve(Long.toString(pid)))
        .filter(ProcessStat::isAlive)
        .isPresent();
  }

  private static void eventuallyGone(long pid) throws Exception {
    eventually(() -> !isAlive(pid), () -> "process " + pid + " goes on");
  }

  @Nested
  class The_presence_of_an_attempt {
    @Test
    void is_the_shim_alone_before_the_command_begins() throws Exception {
      Process shim = session(ALONE);
      eventuallyIs(Presence.SHIM_ONLY, mark(), startOf(shim));
    }

    @Test
    void is_alive_while_its_session_has_a_command() throws Exception {
      Process shim = session("sleep 30; " + ALONE);
      eventuallyIs(Presence.ALIVE, mark(), startOf(shim));
    }

    @Test
    void is_gone_with_the_last_process() throws Exception {
      Process shim = session("exit 0");
      // the token outlives the shim
      Optional<Claim.Start> start = Optional.of(token(new ProcessId(shim.pid(), 1)));
      shim.waitFor();
      assertEquals(Presence.GONE, look().presence(mark(), start));
    }

    @Test
    void does_not_count_zombies() throws Exception {
      Process shim = session("sh -c 'exit 0' & exec sleep 30");
      eventually(() -> shim.children().anyMatch(child -> isZombie(child.pid())), () -> "no zombie");
      eventuallyIs(Presence.SHIM_ONLY, mark(), startOf(shim));
    }

    private boolean isZombie(long pid) {
      try {
        return ProcessStat.read(PROC.resolve(Long.toString(pid)))
            .filter(stat -> stat.state() == 'Z')
            .isPresent();
      } catch (IOException unreadable) {
        return false;
      }
    }

    @Test
    void is_alive_while_a_marked_process_has_left_the_session() throws Exception {
      Process shim = session("setsid sh -c 'echo $$ >left; exec sleep 30' & exit 0");
      pidIn("left");
      Optional<Claim.Start> start = Optional.of(token(new ProcessId(shim.pid(), 1)));
      shim.waitFor();
      assertEquals(Presence.ALIVE, look().presence(mark(), start));
    }

    @Test
    void is_alive_while_an_unmarked_process_of_the_session_is_left() throws Exception {
      Process shim = session("env -i sh -c 'echo $$ >left; exec sleep 30' & read -r word; exit 0");
      Optional<Claim.Start> start = startOf(shim);
      pidIn("left");
      shim.getOutputStream().close();
      shim.waitFor();
      assertEquals(Presence.ALIVE, look().presence(mark(), start));
    }

    @Test
    void is_found_by_the_mark_where_the_token_has_no_content() throws Exception {
      session("sleep 30; " + ALONE);
      eventuallyIs(
          Presence.ALIVE,
          mark(),
          Optional.of(
              new Claim.Start(
                  Optional.empty(), false, Instant.EPOCH, Optional.empty(), Optional.empty())));
    }

    @Test
    void takes_a_marked_leader_for_the_shim_where_the_token_has_no_content() throws Exception {
      session(ALONE);
      eventuallyIs(
          Presence.SHIM_ONLY,
          mark(),
          Optional.of(
              new Claim.Start(
                  Optional.empty(), false, Instant.EPOCH, Optional.empty(), Optional.empty())));
    }

    @Test
    void does_not_count_the_session_of_another_job_attempt_or_spool() throws Exception {
      Process shim = session("sleep 30; " + ALONE);
      eventuallyIs(Presence.ALIVE, mark(), startOf(shim));
      Optional<Claim.Start> none = Optional.empty();
      String spool = base.toString();
      assertEquals(Presence.GONE, look().presence(new Mark(spool, new JobId(70), 1), none));
      assertEquals(Presence.GONE, look().presence(new Mark(spool, new JobId(7), 2), none));
      assertEquals(Presence.GONE, look().presence(new Mark(spool + "2", new JobId(7), 1), none));
      assertEquals(Presence.ALIVE, look().presence(mark(), none));
    }

    @Test
    void does_not_count_a_process_that_got_the_pid_of_the_shim_later() throws Exception {
      Process other = session(new Mark("/other", new JobId(9), 1), "sleep 30; " + ALONE);
      ProcessId its = id(other.pid());
      Optional<Claim.Start> earlier = Optional.of(token(new ProcessId(its.pid(), its.ticks() - 1)));
      Optional<Claim.Start> later = Optional.of(token(new ProcessId(its.pid(), its.ticks() + 1)));
      eventuallyIs(Presence.ALIVE, mark(), Optional.of(token(its)));
      assertEquals(Presence.GONE, look().presence(mark(), earlier));
      assertEquals(Presence.GONE, look().presence(mark(), later));
    }
  }

  /** The token that a shim made and did not write its name into yet. */
  private static final Optional<Claim.Start> NAMELESS =
      Optional.of(
          new Claim.Start(
              Optional.empty(), false, Instant.EPOCH, Optional.empty(), Optional.empty()));

  @Nested
  class A_token_that_names_no_shim {
    private Process shim(String spool, String script) throws Exception {
      return session(Map.of(Mark.SHIM, spool), script);
    }

    private Presence presence(ProcessId... named) throws IOException {
      return ProcessTable.read(PROC, Set.of(named)).presence(mark(), NAMELESS);
    }

    @Test
    void may_be_of_any_shim_of_the_spool_that_no_other_token_names() throws Exception {
      Process shim = shim(base.toString(), ALONE);
      assertEquals(Presence.SHIM_ONLY, presence());
      assertEquals(Presence.GONE, presence(id(shim.pid())));
    }

    @Test
    void is_not_of_a_shim_of_another_spool() throws Exception {
      shim(base + "/other", ALONE);
      assertEquals(Presence.GONE, presence());
    }

    @Test
    void may_be_of_what_a_shim_forked_before_it_was_killed() throws Exception {
      Process shim = shim(base.toString(), "sh -c 'echo $$ >forked; exec sleep 30' & " + ALONE);
      long forked = pidIn("forked");
      ProcessId gone = id(shim.pid());
      shim.destroyForcibly().waitFor();
      assertTrue(isAlive(forked));
      assertEquals(Presence.SHIM_ONLY, presence());
      assertEquals(Presence.SHIM_ONLY, presence(gone), "whatever its shim was at");
    }

    @Test
    void is_not_of_a_job_that_has_set_the_mark_of_a_shim() throws Exception {
      session(Map.of(Mark.SHIM, base.toString(), Mark.JOB_ID, "9"), ALONE);
      assertEquals(Presence.GONE, presence());
    }

    @Test
    void gives_nobody_a_signal() throws Exception {
      Process shim = shim(base.toString(), "sleep 30; " + ALONE);
      Engine.Look look = look();
      look.terminate(mark(), NAMELESS);
      look.kill(mark(), NAMELESS);
      look.killShim(mark(), NAMELESS);
      session("exit 0").waitFor();
      assertTrue(shim.isAlive());
    }
  }

  @Nested
  class A_look {
    /** As proc_pid_stat(5) has it. */
    private void process(int pid, String name, char state, int threads) throws IOException {
      Path directory = Files.createDirectory(base.resolve("" + pid));
      Files.writeString(
          directory.resolve("stat"),
          pid
              + " ("
              + name
              + ") "
              + state
              + " 1 7 7 0 -1 4194560 0 0 0 0 1 2 3 4 20 0 "
              + threads
              + " 0 5000 0 0 18446744073709551615\n");
      Files.createFile(directory.resolve("environ"));
    }

    private Presence presence() throws IOException {
      Optional<Claim.Start> start = Optional.of(token(new ProcessId(7, 5000)));
      return ProcessTable.read(base, Set.of()).presence(mark(), start);
    }

    @Test
    void finds_a_process_whose_first_thread_has_ended_before_the_others() throws Exception {
      process(7, "sh", 'S', 1);
      process(8, "a) Z (b", 'Z', 2);
      assertEquals(Presence.ALIVE, presence());
    }

    @Test
    void does_not_find_one_that_only_waits_for_its_parent() throws Exception {
      process(7, "sh", 'S', 1);
      process(8, "sleep", 'Z', 1);
      assertEquals(Presence.SHIM_ONLY, presence());
    }

    @Test
    void is_conclusive_where_every_process_was_seen() throws Exception {
      process(7, "sh", 'S', 1);
      assertTrue(ProcessTable.read(base, Set.of()).isConclusive());
    }

    @Test
    void is_not_conclusive_where_one_has_gone_since_it_was_listed() throws Exception {
      process(7, "sh", 'S', 1);
      Files.createDirectory(base.resolve("8"));
      assertFalse(ProcessTable.read(base, Set.of()).isConclusive());
    }

    @Test
    void is_not_conclusive_where_one_was_becoming_another_program() throws Exception {
      process(9, "sh", 'S', 1);
      ProcessTable look = ProcessTable.read(base, Set.of());
      assertTrue(look.isConclusive());
      look.presence(mark(), NAMELESS);
      assertFalse(look.isConclusive());
    }
  }

  @Nested
  class A_marked_process {
    @Test
    void that_is_older_than_the_shim_is_not_the_attempts() throws Exception {
      Process older = session("exec sleep 30");
      Process shim = session(new Mark("/other", new JobId(9), 1), ALONE);
      Optional<Claim.Start> start =
          Optional.of(token(new ProcessId(shim.pid(), id(older.pid()).ticks() + 1_000)));
      assertEquals(Presence.GONE, look().presence(mark(), start));
      assertEquals(Presence.SHIM_ONLY, look().presence(mark(), Optional.empty()));
    }
  }

  @Nested
  class Terminate {
    @Test
    void ends_the_command_and_leaves_the_shim() throws Exception {
      Process shim = session("sh -c 'echo $$ >command; exec sleep 30'; " + ALONE);
      long command = pidIn("command");
      look().terminate(mark(), startOf(shim));
      eventuallyGone(command);
      eventuallyIs(Presence.SHIM_ONLY, mark(), startOf(shim));
      assertTrue(shim.isAlive());
    }

    @Test
    void ends_what_left_the_session() throws Exception {
      Process shim = session("setsid sh -c 'echo $$ >left; exec sleep 30' & " + ALONE);
      long left = pidIn("left");
      look().terminate(mark(), startOf(shim));
      eventuallyGone(left);
      assertTrue(shim.isAlive());
    }

    @Test
    void wakes_what_is_stopped_so_that_it_can_end() throws Exception {
      Process shim = session("sh -c 'echo $$ >command; exec sleep 30'; " + ALONE);
      long command = pidIn("command");
      Executed.run(base, "sh", "-c", "kill -s STOP " + command).orFail();
      eventually(
          () -> ProcessStat.read(PROC.resolve("" + command)).orElseThrow().isStopped(),
          () -> "does not stop");
      look().terminate(mark(), startOf(shim));
      eventuallyGone(command);
    }

    @Test
    void spares_the_processes_of_another_job() throws Exception {
      Process other = session(new Mark(base.toString(), new JobId(8), 1), "exec sleep 30");
      Process shim = session("sh -c 'echo $$ >command; exec sleep 30'; " + ALONE);
      long command = pidIn("command");
      look().terminate(mark(), startOf(shim));
      eventuallyGone(command);
      assertTrue(other.isAlive());
    }

    @Test
    void spares_whoever_got_the_pid_of_the_shim_later() throws Exception {
      Process other = session(new Mark("/other", new JobId(9), 1), "exec sleep 30");
      ProcessId its = id(other.pid());
      Optional<Claim.Start> earlier = Optional.of(token(new ProcessId(its.pid(), its.ticks() - 1)));
      look().terminate(mark(), earlier);
      look().kill(mark(), earlier);
      look().killShim(mark(), earlier);
      // a signal that was sent is acted upon before this other one ends
      session("exit 0").waitFor();
      assertTrue(other.isAlive());
    }
  }

  @Nested
  class A_warning {
    private static final String HEARS =
        "trap 'echo $name >>heard' USR1; echo $$ >$name; while :; do sleep 0.02; done";

    private Process family() throws Exception {
      Process shim =
          session(
              "name=command sh -c '(name=child; "
                  + HEARS.replace("'", "'\\''")
                  + ") & "
                  + HEARS.replace("'", "'\\''")
                  + "'; "
                  + ALONE);
      pidIn("command");
      pidIn("child");
      return shim;
    }

    private void warn(Process shim, boolean commandOnly) throws Exception {
      Warning warning = new Warning(Signal.USR1, commandOnly, Duration.ofSeconds(60));
      look().warn(mark(), startOf(shim), warning);
      eventually(() -> heard().contains("command"), () -> "not heard: " + heard());
    }

    private Set<String> heard() {
      try {
        return Set.copyOf(Files.readAllLines(base.resolve("heard")));
      } catch (IOException notYet) {
        return Set.of();
      }
    }

    @Test
    void is_heard_by_every_process_but_the_shim() throws Exception {
      Process shim = family();
      warn(shim, false);
      eventually(() -> heard().equals(Set.of("command", "child")), () -> "heard: " + heard());
      assertTrue(shim.isAlive());
    }

    @Test
    void is_heard_by_the_command_alone_where_that_is_wanted() throws Exception {
      Process shim = family();
      warn(shim, true);
      // a second signal is behind the first, which the child would have heard by then
      Files.delete(base.resolve("heard"));
      warn(shim, true);
      assertEquals(Set.of("command"), heard());
    }

    @Test
    void is_not_sent_to_whoever_got_the_pid_of_the_shim_later() throws Exception {
      Process other = session(new Mark("/other", new JobId(9), 1), "exec sleep 30");
      ProcessId its = id(other.pid());
      Optional<Claim.Start> earlier = Optional.of(token(new ProcessId(its.pid(), its.ticks() - 1)));
      look().warn(mark(), earlier, new Warning(Signal.KILL, false, Duration.ZERO));
      session("exit 0").waitFor();
      assertTrue(other.isAlive());
    }
  }

  @Nested
  class Kill {
    @Test
    void ends_a_command_that_does_not_listen_and_leaves_the_shim() throws Exception {
      Process shim =
          session("sh -c 'trap \"\" TERM; echo $$ >command; sleep 30; sleep 30'; " + ALONE);
      long command = pidIn("command");
      look().terminate(mark(), startOf(shim));
      look().kill(mark(), startOf(shim));
      eventuallyGone(command);
      assertTrue(shim.isAlive());
    }

    @Test
    void of_the_shim_ends_the_shim_alone() throws Exception {
      Process shim = session("setsid sh -c 'echo $$ >left; exec sleep 30' & " + ALONE);
      long left = pidIn("left");
      look().killShim(mark(), startOf(shim));
      shim.waitFor();
      assertTrue(isAlive(left));
    }
  }

  @Nested
  class The_peak {
    @Test
    void is_that_of_the_largest_process_and_not_of_the_shim() throws Exception {
      Process shim = session("sh -c 'echo $$ >command; exec sleep 30'; " + ALONE);
      long command = pidIn("command");
      eventually(
          () ->
              Files.readString(PROC.resolve(command + "/comm"), StandardCharsets.UTF_8)
                  .equals("sleep\n"),
          () -> "no sleep");
      OptionalLong peak = look().peak(mark(), startOf(shim));
      long expected =
          Files.readAllLines(PROC.resolve(command + "/status"), StandardCharsets.ISO_8859_1)
              .stream()
              .filter(line -> line.startsWith("VmHWM:"))
              .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) * 1024)
              .findFirst()
              .orElseThrow();
      assertEquals(OptionalLong.of(expected), peak);
    }

    @Test
    void is_unknown_while_there_is_only_the_shim() throws Exception {
      Process shim = session(ALONE);
      eventuallyIs(Presence.SHIM_ONLY, mark(), startOf(shim));
      assertEquals(OptionalLong.empty(), look().peak(mark(), startOf(shim)));
    }
  }
}
