package org.localq.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.localq.engine.LocalMachine;

/** What a job takes beside cores: asked for, refused and shown. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class NeedsTest {
  @TempDir Path home;
  private CommandContext context;

  @BeforeEach
  void begin() {
    context = new CommandContext(home);
  }

  /** A worker has set this budget, and four cores. */
  private void budget(String... lines) throws IOException {
    context.run("lbatch", "true").exits(0);
    context.limit(4).worker();
    Path file = context.spool(".localq/budget");
    Files.writeString(file, String.join("\n", lines) + "\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
  }

  private CommandContext.Ran lbatch(String options) {
    List<String> words = new ArrayList<>(List.of("lbatch"));
    words.addAll(List.of(options.split(" ")));
    words.add("true");
    return context.run(words.toArray(new String[0]));
  }

  /** What has been run of job 2. */
  private void runs(String notes) throws IOException {
    context.runs(2);
    String boot = new LocalMachine(Path.of("/proc")).identity().shortBoot();
    Files.writeString(context.spool("running/2.1.run-" + boot), "# suspended 0\n" + notes);
  }

  private String field(String id, String name) {
    return context.run("linfo", id).exits(0).lines().stream()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1).strip())
        .findFirst()
        .orElse("-");
  }

  @Nested
  class Lbatch {
    @ParameterizedTest
    @CsvSource({
      "--mem 4G, 4294967296",
      "--mem=100, 104857600",
      "--mem 512K, 524288",
      "--mem 1T, 1099511627776",
      "--mem-per-cpu 1G, 1073741824",
      "-n 3 --mem-per-cpu 1G, 3221225472",
      "-n 2 -c 2 --mem-per-cpu=100M, 419430400",
    })
    void takes_memory_in_Slurms_forms(String options, long bytes) throws IOException {
      lbatch(options).exits(0);
      assertEquals(bytes, context.job("1.json").get("memory_bytes").asLong());
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "--gres gpu            | {\"gpu\":1}",
          "--gres=gpu:2          | {\"gpu\":2}",
          "--gres gpu:2,fpga     | {\"fpga\":1,\"gpu\":2}",
          "-G 3                  | {\"gpu\":3}",
          "--gpus=1              | {\"gpu\":1}",
          "-L matlab:2,ansys     | {\"ansys\":1,\"matlab\":2}",
          "--licenses=m -G 1     | {\"gpu\":1,\"m\":1}",
        })
    void takes_resources_in_Slurms_forms(String options, String resources) throws IOException {
      lbatch(options).exits(0);
      assertEquals(CommandContext.json(resources), context.job("1.json").get("resources"));
    }

    @Test
    void asks_for_nothing_by_itself() throws IOException {
      lbatch("-n 1").exits(0);
      JsonNode job = context.job("1.json");
      assertFalse(job.has("memory_bytes") || job.has("resources"), job.toString());
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "--mem x               | --mem x: expected a number of MiB, or one with K, M, G or T behind it, as 4G",
          "--mem -1              | --mem -1: expected a number of MiB, or one with K, M, G or T behind it, as 4G",
          "--mem 1 --mem-per-cpu 1 | --mem and --mem-per-cpu: expected one of them; the latter is for each core",
          "-n 4096 --mem-per-cpu 8000T | --mem-per-cpu 8000T: is too much for 4096 cores",
          "--gres gpu:a100:1     | --gres gpu:a100:1: a resource has no types here; name each kind by itself: localqd --resource gpu_a100=0,1 restart, lbatch --gres gpu_a100:1",
          "--gres gpu:a100       | --gres gpu:a100: a resource has no types here; name each kind by itself: localqd --resource gpu_a100=0,1 restart, lbatch --gres gpu_a100:1",
          "-G a100:1             | --gpus a100:1: a resource has no types here; name each kind by itself: localqd --resource gpu_a100=0,1 restart, lbatch --gres gpu_a100:1",
          "--gres gpu:0          | --gres gpu:0: expected NAME or NAME:N with N of at least 1, and commas between, as gpu:2",
          "--gres g-pu           | --gres g-pu: expected NAME or NAME:N with N of at least 1, and commas between, as gpu:2",
          "--gres ,gpu           | --gres ,gpu: expected NAME or NAME:N with N of at least 1, and commas between, as gpu:2",
          "--gres gpu,gpu        | --gres gpu,gpu: gpu is asked for twice, expected it once",
          "--gres gpu -G 1       | --gpus 1: gpu is asked for twice, expected it once",
          "-G 0                  | --gpus 0: expected a whole number from 1 to 2147483647",
        })
    void refuses_what_makes_no_sense(String options, String said) {
      // a shell's quotes around what has a character of its own, as ours show it
      assertEquals("lbatch: " + said, lbatch(options).exits(2).err().strip().replace("'", ""));
    }

    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "--mem 3G     | 3G of memory wanted: the queue URI has 2G; ask for no more with --mem, or raise its limit: localqd --mem 3G restart",
          "--gres gpu:3 | 3 of gpu wanted: the queue URI has 2; ask for no more with --gres, or raise its limit: localqd --resource gpu=3 restart",
          "-L matlab    | 1 of matlab wanted: the queue URI has no resource of that name; what it has: gpu; to add it: localqd --resource matlab=1 restart",
          "-n 5         | 5 cores wanted: the queue URI has 4; ask for no more with -n, or raise its limit: localqd -n 5 restart",
        })
    void refuses_what_the_queue_has_not(String options, String said) throws IOException {
      budget("memory 2147483648", "resource gpu=0,1");
      assertEquals(
          "lbatch: " + said.replace("URI", context.uriFile().toString()),
          lbatch(options).exits(1).err().strip());
      assertFalse(Files.exists(context.spool("2.json")));
    }

    @Test
    void takes_all_memory_of_the_queue_for_0() throws IOException {
      budget("memory 2147483648");
      lbatch("--mem 0").exits(0);
      assertEquals(2147483648L, context.job("2.json").get("memory_bytes").asLong());
    }

    @Test
    void refuses_all_memory_of_a_queue_that_has_not_said_how_much_that_is() throws IOException {
      String said = lbatch("--mem 0").exits(1).err();
      assertTrue(said.contains("is not known before a worker has been there"), said);
      budget("memory unlimited");
      lbatch("--mem 0").exits(1);
    }

    @Test
    void takes_anything_where_no_worker_has_ever_been() {
      lbatch("--mem 900T --gres gpu:99").exits(0);
    }
  }

  @Nested
  class Lqueue {
    @Test
    void has_columns_for_what_is_asked_for_and_the_ids_behind_it() throws IOException {
      budget("memory 2147483648", "resource gpu=0,1", "resource licence=2");
      lbatch("--mem 1G -G 1 -L licence").exits(0);
      lbatch("-J b").exits(0);
      runs("# given gpu=1 licence=0\n");
      List<String> lines = context.run("lqueue", "-j", "2,3").exits(0).lines();
      assertEquals(
          "JOBID  PRIO  STATUS   NUM_CORES  START_TIME           END_TIME  REASON  MEM  RESOURCES               NAME  CMD",
          lines.get(0));
      assertEquals(
          "    2     -  RUNNING          1  2026-11-22T12:00:05  -         -       1G   gpu:1(IDX:1),licence:1  true  true",
          lines.get(1));
      assertTrue(
          lines.get(2).contains("  -       -    -                       b     true"), lines.get(2));
    }

    @Test
    void has_no_such_columns_where_nobody_asks() {
      lbatch("-n 1").exits(0);
      assertFalse(context.run("lqueue").exits(0).out().contains("RESOURCES"));
      assertFalse(context.run("lqueue").exits(0).out().contains("MEM"));
    }

    @Test
    void says_it_all_in_JSON() throws IOException {
      budget("memory 2147483648", "resource gpu=0,1");
      lbatch("--mem 1G -G 1").exits(0);
      runs("# given gpu=1\n");
      JsonNode all = CommandContext.json(context.run("lqueue", "-j", "2", "--json").exits(0).out());
      assertEquals(2147483648L, all.get("memory_bytes").asLong());
      assertEquals(1073741824L, all.get("memory_bytes_busy").asLong());
      assertEquals(CommandContext.json("{\"gpu\":[\"0\",\"1\"]}"), all.get("resources"));
      JsonNode job = all.get("jobs").get(0);
      assertEquals(1073741824L, job.get("memory_bytes").asLong());
      assertEquals(CommandContext.json("{\"gpu\":1}"), job.get("resources"));
      assertEquals(CommandContext.json("{\"gpu\":[\"1\"]}"), job.get("given"));
    }

    @Test
    void says_that_a_job_wants_more_than_there_is() throws IOException {
      budget("memory 4294967296", "resource gpu=0,1");
      lbatch("--mem 4G").exits(0);
      lbatch("-G 2").exits(0);
      Files.writeString(context.spool(".localq/budget"), "memory 1024\nresource gpu=0,\n");
      assertTrue(context.run("lqueue", "-j", "2").out().contains("  MaxMemPerLimit  "));
      assertTrue(context.run("lqueue", "-j", "3").out().contains("  BadConstraints  "));
      assertEquals(
          "MaxMemPerLimit, it wants 4G of memory and the queue has 1K; raise it: localqd --mem 4G restart",
          field("2", "Reason"));
      assertEquals(
          "BadConstraints, it wants 2 of gpu and the queue has 1; raise it: localqd --resource gpu=2 restart",
          field("3", "Reason"));
    }
  }

  @Nested
  class Linfo {
    @Test
    void says_what_a_pending_job_asks_for_and_waits_for() throws IOException {
      budget("memory 2147483648", "resource gpu=0,1");
      lbatch("--mem 1G -G 2").exits(0);
      lbatch("--mem 2G -G 1").exits(0);
      Files.delete(context.spool("1.json"));
      runs("# given gpu=0,1\n");
      assertEquals("2G", field("3", "Memory"));
      assertEquals("gpu:1", field("3", "Resources"));
      assertEquals(
          "Resources, it is next and waits for 2G of memory of 2G, 1 of 2 gpu",
          field("3", "Reason"));
    }

    @Test
    void says_of_a_running_job_why_its_memory_is_only_counted() throws IOException {
      budget("memory 2147483648", "resource gpu=0,1");
      lbatch("--mem 1G -G 2").exits(0);
      runs("# given gpu=0,1\n# counted there is no cgroup\n");
      assertEquals("1G, counted only: there is no cgroup", field("2", "Memory"));
      assertEquals("gpu:2(IDX:0,1)", field("2", "Resources"));
    }

    @Test
    void says_of_a_running_job_that_its_memory_is_enforced() throws IOException {
      budget("memory 2147483648");
      lbatch("--mem 1G").exits(0);
      runs("");
      Files.createFile(context.spool("running/2.1.enforced"));
      assertEquals("1G, enforced by a cgroup", field("2", "Memory"));
    }

    @Test
    void says_of_one_that_has_ended_what_it_had() throws IOException {
      budget("memory 2147483648", "resource gpu=0,1");
      lbatch("--mem 1G -G 1").exits(0);
      context.ends(
          2,
          "{\"state\": \"OUT_OF_MEMORY\", \"exit_code\": 137, \"reason\": \"OutOfMemory\","
              + " \"started\": \"2026-11-22T11:00:01Z\", \"ended\": \"2026-11-22T11:01:02Z\","
              + " \"restarts\": 0, \"given\": {\"gpu\": [\"1\"]}, \"memory_enforced\": true}");
      assertEquals("OUT_OF_MEMORY", field("2", "State"));
      assertEquals("OutOfMemory", field("2", "Reason"));
      assertEquals("1G, enforced by a cgroup", field("2", "Memory"));
      assertEquals("gpu:1(IDX:1)", field("2", "Resources"));
      assertTrue(context.run("lqueue", "-t", "OOM").out().contains("gpu:1(IDX:1)"));
    }
  }

  @Nested
  class Localqd {
    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "--mem 0         | --mem 0: expected a number of MiB, or one with K, M, G or T behind it, as 60G",
          "--mem lots      | --mem lots: expected a number of MiB, or one with K, M, G or T behind it, as 60G",
          "--resource gpu  | --resource gpu: expected NAME=COUNT or NAME=ID,ID with a name of letters, digits and _, as gpu=0,1",
          "--resource =1   | --resource =1: expected NAME=COUNT or NAME=ID,ID with a name of letters, digits and _, as gpu=0,1",
          "--resource gpu=0 | --resource gpu=0: there would be none of it; for the one id 0: 0,",
          "--resource gpu=1 --resource gpu=2 | --resource gpu=2: gpu is named twice, expected it once",
          "--resource gpu=1 --resource GPU=2 | --resource gpu: there is another that differs in the case of letters alone; expected one of them",
        })
    void refuses_what_makes_no_sense_before_anything_is_made(String options, String said) {
      List<String> words = new ArrayList<>(List.of("localqd"));
      words.addAll(List.of(options.split(" ")));
      words.add("start");
      assertEquals(
          "localqd: " + said, context.run(words.toArray(new String[0])).exits(2).err().strip());
      assertFalse(Files.exists(context.uriFile()));
    }

    @Test
    void says_how_much_of_it_is_taken() throws IOException {
      budget("memory 2147483648", "resource gpu=0,1");
      lbatch("--mem 1G -G 1").exits(0);
      runs("# given gpu=1\n");
      assertTrue(
          context
              .run("localqd", "status")
              .exits(0)
              .out()
              .contains(", 1 of 4 cores busy, 1G of 2G of memory, 1 of 2 gpu, spool "),
          context.run("localqd", "status").out());
    }

    @Test
    void says_which_restart_would_change_what_a_living_worker_has() throws IOException {
      budget("memory 2147483648", "resource gpu=0,1", "resource licence=2");
      assertTrue(
          context
              .run(
                  "localqd",
                  "--mem",
                  "4G",
                  "--resource",
                  "gpu=0,1",
                  "--resource",
                  "licence=3",
                  "start")
              .exits(1)
              .err()
              .endsWith("to change them: localqd --mem 4G --resource licence=3 restart\n"));
    }

    @Test
    void knows_no_such_option_where_it_starts_no_worker() {
      context.run("localqd", "--mem", "1G", "status").exits(2);
      context.run("localqd", "--resource", "gpu=1", "stop").exits(2);
    }
  }
}
