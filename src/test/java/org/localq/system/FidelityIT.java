package org.localq.system;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A job runs as if its submitter had run it. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class FidelityIT {
  @TempDir Path scratch;
  @AutoClose private Installation localq;

  @BeforeEach
  void install() throws IOException {
    localq = new Installation(scratch);
    localq.run("localqd", "-n", "2", "start").exits(0);
  }

  /** Runs a shell script that submits with {@code lbatch -W}, and returns what the job wrote. */
  private byte[] outputOf(String script) throws IOException {
    localq.runOther("bash", "-c", script).exits(0);
    return Files.readAllBytes(localq.home().resolve("out"));
  }

  private String log() {
    return Installation.read(localq.home().resolve(".localq/localqd.log"));
  }

  private static Set<String> entries(byte[] environ) {
    Set<String> entries =
        new TreeSet<>(Arrays.asList(new String(environ, StandardCharsets.ISO_8859_1).split("\0")));
    entries.removeIf(e -> e.startsWith("LOCALQ_"));
    return entries;
  }

  @Test
  void the_environment_is_the_submitters_byte_for_byte() throws IOException {
    // with the cache of all tests: an archive of its own would still be made when the test is over
    String odd =
        "XDG_CACHE_HOME=\"$XDG_CACHE_HOME\" odd.name=1 '-dash=2' 'BASH_FUNC_f%%=() { echo hi; }' $'bytes=\\xff\\xfe\\n' 'empty=' 'LC_ALL=de_DE.ISO-8859-1' ";
    byte[] job =
        outputOf(
            "env -i PATH=\"$PATH\" HOME=\"$HOME\" "
                + odd
                + " lbatch -W -o out cat /proc/self/environ");
    byte[] here =
        outputOf("env -i PATH=\"$PATH\" HOME=\"$HOME\" " + odd + " cat /proc/self/environ >out");
    assertEquals(entries(here), entries(job));
  }

  @Test
  void a_large_environment_comes_through() throws IOException {
    byte[] job =
        outputOf(
            "export BIG=$(head -c 100000 /dev/zero | tr '\\0' x) BIG2=$(head -c 100000 /dev/zero | tr '\\0' y); lbatch -W -o out sh -c 'printf %s%s \"$BIG\" \"$BIG2\" | cksum'");
    byte[] here =
        outputOf(
            "{ head -c 100000 /dev/zero | tr '\\0' x; head -c 100000 /dev/zero | tr '\\0' y; } | cksum >out");
    assertArrayEquals(here, job);
  }

  @Test
  void arguments_are_the_submitters_byte_for_byte() throws IOException {
    String words = "'' ' ' \"it's\" $'a\\nb' $'\\xff\\xc3' '@list' '-n' '--' '$HOME' '%j' 'é' '\\'";
    byte[] job = outputOf("lbatch -W -o out printf '[%s]\\n' " + words);
    byte[] here = outputOf("printf '[%s]\\n' " + words + " >out");
    assertArrayEquals(here, job);
  }

  @Test
  void umask_and_limits_are_the_submitters() throws IOException {
    String script = "ulimit -Sn 333; ulimit -Sc 0; ulimit -Ss 4096; umask 027; ";
    byte[] job =
        outputOf(
            script + "lbatch -W -o out sh -c 'umask; ulimit -n; ulimit -Hn; ulimit -c; ulimit -s'");
    byte[] here =
        outputOf(script + "sh -c 'umask; ulimit -n; ulimit -Hn; ulimit -c; ulimit -s' >out");
    assertEquals(
        new String(here, StandardCharsets.US_ASCII), new String(job, StandardCharsets.US_ASCII));
  }

  @Test
  void the_output_file_is_made_under_the_jobs_umask() throws IOException {
    outputOf("umask 027; lbatch -W -o out true");
    assertEquals(
        "rw-r-----",
        java.nio.file.attribute.PosixFilePermissions.toString(
            Files.getPosixFilePermissions(localq.home().resolve("out"))));
  }

  @Test
  void a_job_runs_where_it_was_submitted_also_in_a_directory_with_an_odd_name() throws IOException {
    byte[] job =
        outputOf("mkdir -p $'d\\xff \\'x' && cd $'d\\xff \\'x' && lbatch -W -o ../out pwd");
    byte[] here = outputOf("cd $'d\\xff \\'x' && pwd >../out");
    assertArrayEquals(here, job);
  }

  @Test
  void stdin_is_empty_and_a_job_knows_itself() throws IOException {
    String out =
        new String(
            outputOf("lbatch -n 2 -J me -W -o out sh -c 'cat; env | grep ^LOCALQ_ | sort'"),
            StandardCharsets.UTF_8);
    assertEquals(
        List.of(
            "LOCALQ_ATTEMPT=1",
            "LOCALQ_CORES=2",
            "LOCALQ_JOB_ID=1",
            "LOCALQ_JOB_NAME=me",
            "LOCALQ_SPOOL=" + localq.spool(),
            "LOCALQ_SUBMIT_DIR=" + localq.home(),
            "LOCALQ_URI=" + localq.home().resolve(".localq/localqd")),
        out.lines().toList());
  }

  @Test
  void a_job_has_no_terminal_and_leads_its_own_session_and_has_only_three_files_open()
      throws IOException {
    String out =
        new String(
            outputOf(
                "exec 7</dev/null; lbatch -W -o out sh -c 'ls /proc/self/fd | wc -l; ps -o tty= -p $$'"),
            StandardCharsets.UTF_8);
    // 0, 1, 2, and the directory that ls reads
    assertEquals(List.of("4", "?"), out.lines().map(String::strip).toList());
  }

  @Test
  void ends_are_what_a_shell_would_say() {
    localq.run("lbatch", "-W", "sh", "-c", "exit 9").exits(9);
    localq.run("lbatch", "-W", "no-such-command").exits(127);
    localq.run("lbatch", "-W", "/etc/passwd").exits(126);
    localq.run("lbatch", "-W", "exit", "3").exits(127);
    localq.run("lbatch", "-W", "sh", "-c", "kill -9 $$").exits(137);
    Installation.Result nowhere =
        localq.run("lbatch", "-W", "-o", "no/such/dir/out", "true").exits(1);
    String record = localq.record("6");
    assertTrue(
        record.contains("JobLaunchFailure: " + localq.home() + "/no/such/dir/out"),
        () -> nowhere + "\n" + record + log());
    assertFalse(record.contains("exit_code"), record);
  }

  @Test
  void a_command_with_an_equals_sign_is_a_command() throws IOException {
    byte[] out =
        outputOf("printf '#!/bin/sh\\necho \"$0\"' >a=b; chmod +x a=b; lbatch -W -o out ./a=b");
    assertEquals("./a=b\n", new String(out, StandardCharsets.UTF_8));
  }

  @Test
  void output_that_can_not_be_written_is_an_error_and_a_reader_who_has_seen_enough_is_none() {
    localq.run("lbatch", "-W", "true").exits(0);
    Installation.Result full = localq.runOther("bash", "-c", "lqueue >/dev/full").exits(1);
    assertTrue(full.err().contains("No space left on device"), full::toString);
    localq.runOther("bash", "-c", "lqueue --json | head -c 1; exit ${PIPESTATUS[0]}").exits(0);
  }

  @Test
  void a_job_may_submit_jobs() throws IOException {
    outputOf("lbatch -W -o out sh -c 'lbatch -W -o inner sh -c \"echo inner \\$LOCALQ_JOB_ID\"'");
    assertEquals("inner 2\n", Files.readString(localq.home().resolve("inner")));
  }
}
