package org.localq.spool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.core.Exit;
import org.localq.core.JobId;

/** Every name of the format, as it is on disk: another version of localq has to find it there. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class LayoutTest {
  private static final JobId ID = new JobId(17);

  @Nested
  class A_name_in_running {
    @Test
    void says_what_it_is() {
      assertEquals(
          List.of(
              Optional.of(new Layout.Name.Claimed(ID)),
              Optional.of(new Layout.Name.Claimed(ID.ofTask(3))),
              Optional.of(new Layout.Name.TasksClaimed(ID, 0)),
              Optional.of(new Layout.Name.TasksClaimed(ID, 999_999_999)),
              Optional.of(new Layout.Name.Exited(ID.ofTask(0), 1, new Exit.Code(7))),
              Optional.of(new Layout.Name.Cancel(ID)),
              Optional.of(new Layout.Name.Run(ID, 1, "9f3a2c41")),
              Optional.of(new Layout.Name.Started(ID, 2)),
              Optional.of(new Layout.Name.Exited(ID, 10, new Exit.Code(0))),
              Optional.of(new Layout.Name.Exited(ID, 1, new Exit.Code(255))),
              Optional.of(new Layout.Name.Exited(ID, 1, Exit.NotLaunched.DIRECTORY)),
              Optional.of(new Layout.Name.Requeued(ID, 1)),
              Optional.of(new Layout.Name.Terminated(ID, 999_999_999))),
          List.of(
              Layout.Name.parse("17.json"),
              Layout.Name.parse("17_3.json"),
              Layout.Name.parse("17.claimed-0"),
              Layout.Name.parse("17.claimed-999999999"),
              Layout.Name.parse("17_0.1.exit-7"),
              Layout.Name.parse("17.cancel"),
              Layout.Name.parse("17.1.run-9f3a2c41"),
              Layout.Name.parse("17.2.started"),
              Layout.Name.parse("17.10.exit-0"),
              Layout.Name.parse("17.1.exit-255"),
              Layout.Name.parse("17.1.exit-directory"),
              Layout.Name.parse("17.1.requeued"),
              Layout.Name.parse("17.999999999.term")));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          ".",
          "17",
          "17.",
          ".json",
          "x.json",
          "017.json",
          "0.json",
          "-1.json",
          "17.jsonx",
          "17.JSON",
          "17_03.json",
          "17_.json",
          "_3.json",
          "17_1000000000.json",
          "17_3_4.json",
          "17.claimed-",
          "17.claimed-01",
          "17.claimed-1000000000",
          "17_3.claimed-1",
          "17.cancel.tmp",
          "17.1",
          "17.1.",
          "17.0.started",
          "17.01.started",
          "17.-1.started",
          "17.1000000000.started",
          "17.x.started",
          "17.1.Started",
          "17.1.started.1",
          "17.1.exit",
          "17.1.exit-",
          "17.1.exit-256",
          "17.1.exit-00",
          "17.1.exit-007",
          "17.1.exit--1",
          "17.1.exit-DIRECTORY",
          "17.1.run",
          "17.1.json",
          "17.1.cancel",
          "1000000000000000000.json",
          ".17.json",
          "17 .json"
        })
    void is_left_alone_where_it_is_not_of_the_grammar(String name) {
      assertEquals(Optional.empty(), Layout.Name.parse(name), name);
    }
  }

  @Nested
  class A_path {
    private final Layout layout = new Layout(Path.of("/q"));

    @Test
    void is_where_the_specification_says() {
      assertEquals(
          List.of(
              "/q/17.json",
              "/q/held/17.json",
              "/q/running/17.json",
              "/q/running/17.cancel",
              "/q/running/17.1.run-9f3a2c41",
              "/q/running/17.2.started",
              "/q/running/17.2.exit-9",
              "/q/running/17.2.exit-stdout",
              "/q/running/17.2.requeued",
              "/q/running/17.2.term",
              "/q/done/17.json",
              "/q/rejected/17.json",
              "/q/rejected/17.reason",
              "/q/.localq/version",
              "/q/.localq/host",
              "/q/.localq/limit",
              "/q/.localq/options",
              "/q/.localq/drain",
              "/q/.localq/void",
              "/q/.localq/lock",
              "/q/.localq/worker.lock",
              "/q/.localq/workers",
              "/q/.localq/seq",
              "/q/.localq/shim-abc",
              "/q/.localq/keys",
              "/q/.localq/tmp"),
          List.of(
                  layout.pending(ID),
                  layout.held(ID),
                  layout.running(ID),
                  layout.cancel(ID),
                  layout.run(ID, 1, "9f3a2c41"),
                  layout.started(ID, 2),
                  layout.exited(ID, 2, new Exit.Code(9)),
                  layout.exited(ID, 2, Exit.NotLaunched.STDOUT),
                  layout.requeued(ID, 2),
                  layout.terminated(ID, 2),
                  layout.record(ID),
                  layout.rejected(ID),
                  layout.reason(ID),
                  layout.version(),
                  layout.host(),
                  layout.limit(),
                  layout.options(),
                  layout.drain(),
                  layout.voidToken(),
                  layout.lock(),
                  layout.workerLock(),
                  layout.workers(),
                  layout.seq(),
                  layout.shim("abc"),
                  layout.keys(),
                  layout.tmp())
              .stream()
              .map(Path::toString)
              .toList());
    }

    @Test
    void reads_back_for_every_exit() {
      for (int code = 0; code < 256; code++) {
        assertReadsBack(new Exit.Code(code));
      }
      for (Exit.NotLaunched cause : Exit.NotLaunched.values()) {
        assertReadsBack(cause);
      }
    }

    private void assertReadsBack(Exit exit) {
      assertEquals(
          Optional.of(new Layout.Name.Exited(ID, 3, exit)),
          Layout.Name.parse(layout.exited(ID, 3, exit).getFileName().toString()));
    }
  }

  @Nested
  class A_name_in_the_root {
    @ParameterizedTest
    @CsvSource({"17.json, 17", "1.json, 1", "999999999999999999.json, 999999999999999999"})
    void is_a_job(String name, long id) {
      assertEquals(Optional.of(new JobId(id)), Layout.idOf(name));
      assertTrue(Layout.isJobFile(name));
    }

    @ParameterizedTest
    @ValueSource(strings = {"17", "017.json", "x.json", "17.json.tmp", ".17.json", "17.1.json"})
    void is_no_id(String name) {
      assertEquals(Optional.empty(), Layout.idOf(name));
    }
  }

  @Test
  void the_version_is_1() {
    assertEquals(1, Layout.VERSION);
  }
}
