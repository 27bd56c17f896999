package org.localq.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.localq.system.Installation.eventually;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A queue with more cores than its jobs want, two GPUs, and 1 GiB of memory. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class ResourcesIT {
  private static final String[] START = {
    "localqd", "-n", "20", "--mem", "1G", "--resource", "gpu=4,7", "start"
  };

  /** Takes the place of its GPU among those that are in use, and says so if it is taken. */
  private static final String USER =
      "gpu=$CUDA_VISIBLE_DEVICES; mkdir \"use/$gpu\" || : >\"clash-$LOCALQ_JOB_ID\";"
          + " echo \"$gpu $ROCR_VISIBLE_DEVICES $HIP_VISIBLE_DEVICES $LOCALQ_JOB_GPUS\""
          + " >\"saw-$LOCALQ_JOB_ID\"; until [ -e \"go-$LOCALQ_JOB_ID\" ]; do sleep 0.05; done;"
          + " rmdir \"use/$gpu\"";

  @TempDir Path scratch;
  @AutoClose private Installation localq;

  @BeforeEach
  void install() throws IOException {
    localq = new Installation(scratch);
    localq.run(START).exits(0);
    Files.createDirectory(localq.home().resolve("use"));
  }

  private Path file(String name) {
    return localq.home().resolve(name);
  }

  private void go(String id) {
    try {
      Files.createFile(file("go-" + id));
    } catch (IOException failed) {
      throw new IllegalStateException(failed);
    }
  }

  private void isAtWork(String id) {
    eventually("job " + id + " at work", () -> Files.exists(file("saw-" + id)), localq::evidence);
  }

  @Test
  void no_GPU_is_two_jobs_at_once_whenever_the_worker_is_killed() {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      ids.add(localq.submit("--gres", "gpu:1", "sh", "-c", USER));
    }
    isAtWork(ids.get(0));
    isAtWork(ids.get(1));
    localq.killWorker();
    localq.run(START).exits(0);
    go(ids.get(1));
    isAtWork(ids.get(2));
    assertEquals("PENDING", localq.state(ids.get(3)), localq::evidence);
    localq.killWorker();
    go(ids.get(0));
    localq.run(START).exits(0);
    isAtWork(ids.get(3));
    localq.run("localqd", "check").exits(0);
    go(ids.get(2));
    go(ids.get(3));
    Set<String> seen = new TreeSet<>();
    for (String id : ids) {
      assertTrue(localq.record(id).contains("\"state\" : \"COMPLETED\""), localq::evidence);
      assertFalse(Files.exists(file("clash-" + id)), localq::evidence);
      seen.add(Installation.read(file("saw-" + id)).strip());
    }
    assertEquals(Set.of("4 4 0 4", "7 7 0 7"), seen);
    localq.run("localqd", "check").exits(0);
  }

  @Test
  void a_job_that_asked_for_none_sees_no_GPU() {
    String id =
        localq
            .run(
                Map.of("CUDA_VISIBLE_DEVICES", "4"),
                "lbatch",
                "--parsable",
                "sh",
                "-c",
                "echo \"-$CUDA_VISIBLE_DEVICES-\" >saw")
            .exits(0)
            .text();
    localq.record(id);
    assertEquals("--\n", Installation.read(file("saw")));
  }

  @Test
  void tasks_take_turns_on_two_GPUs() {
    String array =
        localq.submit(
            "-a",
            "0-7",
            "-G",
            "1",
            "sh",
            "-c",
            "mkdir use/$CUDA_VISIBLE_DEVICES || : >clash; sleep 0.1; rmdir use/$CUDA_VISIBLE_DEVICES");
    assertTrue(localq.record(array).contains("\"COMPLETED\" : 8"), localq::evidence);
    assertFalse(Files.exists(file("clash")), localq::evidence);
    localq.run("localqd", "check").exits(0);
  }

  @Test
  void memory_that_is_taken_keeps_others_waiting_whenever_the_worker_is_killed() {
    String wait = "until [ -e \"go-$LOCALQ_JOB_ID\" ]; do sleep 0.05; done";
    String first = localq.submit("--mem", "700M", "sh", "-c", wait);
    eventually(
        "its start", () -> Files.exists(localq.spool().resolve("running/" + first + ".1.started")));
    String second = localq.submit("--mem", "700M", "true");
    localq.killWorker();
    localq.run(START).exits(0);
    assertEquals("PENDING", localq.state(second), localq::evidence);
    assertTrue(
        localq
            .run("linfo", second)
            .out()
            .contains("Resources, it is next and waits for 700M of memory of 1G"),
        localq::evidence);
    go(first);
    String record = localq.record(second);
    assertTrue(record.contains("\"state\" : \"COMPLETED\""), localq::evidence);
    assertTrue(record.contains("\"memory_enforced\" : "), record);
    localq.run("lbatch", "--mem", "2G", "true").exits(1);
  }

  @Test
  void two_workers_never_give_one_GPU_twice() throws Exception {
    Process another = localq.launch("localqd", "-i", "1", "run");
    eventually("two workers", () -> localq.workers().size() == 2, localq::evidence);
    String tries =
        "mkdir use/$CUDA_VISIBLE_DEVICES || : >clash; sleep 0.02; rmdir use/$CUDA_VISIBLE_DEVICES";
    String array = localq.submit("-a", "1-40", "-G", "1", "sh", "-c", tries);
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      ids.add(localq.submit("-G", "1", "--mem", "100M", "sh", "-c", tries));
    }
    assertTrue(localq.record(array).contains("\"COMPLETED\" : 40"), localq::evidence);
    for (String id : ids) {
      assertTrue(localq.record(id).contains("\"state\" : \"COMPLETED\""), localq::evidence);
    }
    assertFalse(Files.exists(file("clash")), localq::evidence);
    localq.run("localqd", "check").exits(0);
    localq.run("localqd", "stop").exits(0);
    assertTrue(another.waitFor(60, TimeUnit.SECONDS), localq::evidence);
  }

  @Test
  void a_second_worker_agrees_or_is_refused() {
    String refused = localq.run("localqd", "--resource", "gpu=4,8", "run").exits(1).err();
    assertTrue(refused.contains("share gpu=4,7, pid "), refused);
    refused = localq.run("localqd", "--mem", "2G", "run").exits(1).err();
    assertTrue(refused.contains("share 1G of memory, pid "), refused);
  }

  @Test
  void a_restart_keeps_what_is_not_named_anew() {
    localq.run("localqd", "--resource", "licence=3", "restart").exits(0);
    assertTrue(
        localq
            .run("localqd", "status")
            .exits(0)
            .out()
            .contains(" of 1G of memory, 0 of 2 gpu, 0 of 3 licence,"),
        () -> localq.run("localqd", "status").out());
  }
}
