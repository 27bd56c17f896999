package org.localq.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.localq.Executed;
import org.localq.SmallDisk;

/** Queues that no command works on, each with the one line that says why and what to do. */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class BadQueueTest {
  @TempDir Path home;
  private CommandContext context;
  private Path uriFile;
  private Path spool;

  @BeforeEach
  void set_up() throws Exception {
    context = new CommandContext(home);
    context.run("lbatch", "kept").exits(0);
    uriFile = context.uriFile();
    spool = home.resolve(".localq/queue");
  }

  /** Every command that needs a queue refuses with this line, and the job is still there. */
  private void allSay(String message) {
    Map<String, List<String>> lines =
        Map.of(
            "lbatch", List.of("lbatch", "x"),
            "lqueue", List.of("lqueue"),
            "linfo", List.of("linfo", "1"),
            "lcancel", List.of("lcancel", "1"),
            "localqd", List.of("localqd", "stop"));
    lines.forEach(
        (name, line) -> {
          CommandContext.Ran ran = context.run(line.toArray(new String[0])).exits(1);
          assertEquals(name + ": " + message + "\n", ran.err(), ran::toString);
          assertEquals("", ran.out(), ran::toString);
        });
    assertTrue(Files.exists(spool.resolve("1.json")));
    assertFalse(Files.exists(spool.resolve("2.json")));
  }

  @Nested
  class A_uri_file {
    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "'' | empty",
          "'  \n' | empty",
          "garbage | \"garbage\"",
          "http://example.org/queue/ | \"http://example.org/queue/\"",
          "file://host/queue/ | \"file://host/queue/\"",
          "file:relative | \"file:relative\"",
          "/home/u/.localq/queue/ | \"/home/u/.localq/queue/\"",
          "file:///a?b | \"file:///a?b\"",
          "file:///a%zz | \"file:///a%zz\"",
        })
    void that_names_no_directory(String content, String found) throws Exception {
      Files.writeString(uriFile, content);
      allSay(
          uriFile
              + ": is "
              + found
              + ", expected one line like file:///home/u/.localq/queue/; if it is not yours to keep,"
              + " remove it and: localqd -u '"
              + uriFile
              + "' start");
    }

    @Test
    void whose_uri_file_is_a_link_to_nothing_is_not_made() throws Exception {
      Path link = context.home().resolve("dangling");
      Files.createSymbolicLink(link, context.home().resolve("nothing"));
      CommandContext.Ran ran = context.run("localqd", "-u", link.toString(), "start").exits(1);
      assertEquals(
          "localqd: "
              + link
              + ": is a link that leads nowhere, expected a URI file or nothing; remove it\n",
          ran.err());
    }

    @Test
    void with_escape_codes_shows_none() throws Exception {
      Files.writeString(uriFile, "\u001b[31mred\u009b\n");
      CommandContext.Ran ran = context.run("lqueue").exits(1);
      assertTrue(ran.err().contains(": is \"?[31mred"), ran::toString);
      assertTrue(ran.err().chars().noneMatch(c -> c == 0x1b || c == 0x9b), ran::toString);
    }

    @Test
    void of_a_gigabyte_is_not_read() throws Exception {
      Executed.run(home, "truncate", "-s", "1G", uriFile.toString()).orFail();
      CommandContext.Ran ran = context.run("lqueue").exits(1);
      assertTrue(ran.err().contains(": is 1073741824 bytes, expected one line"), ran::toString);
    }

    @Test
    void that_others_can_read() throws Exception {
      Files.setPosixFilePermissions(uriFile, PosixFilePermissions.fromString("rw-r--r--"));
      allSay(
          uriFile
              + ": mode is 0644, expected 0600: others could send your jobs elsewhere; chmod 600 '"
              + uriFile
              + "'");
    }

    @Test
    void of_another_user() throws Exception {
      assumeTrue(SmallDisk.isRoot(), "only root can give files away");
      Files.setAttribute(uriFile, "unix:uid", 12345);
      allSay(uriFile + ": belongs to user 12345, expected 0; name a URI file of your own with -u");
    }

    @Test
    void that_is_a_directory() throws Exception {
      Files.delete(uriFile);
      Files.createDirectory(uriFile);
      allSay(uriFile + ": is no regular file, expected a URI file; name another with -u");
    }

    @Test
    void that_was_named_and_is_missing() {
      Path missing = home.resolve("nix");
      for (String line :
          List.of("lbatch -u nix x", "lqueue -u nix", "linfo -u nix 1", "localqd -u nix stop")) {
        CommandContext.Ran ran = context.run(line.split(" ")).exits(1);
        assertEquals(
            line.split(" ")[0]
                + ": "
                + missing
                + ": no such URI file; make this queue with: localqd -u nix start\n",
            ran.err());
      }
      assertFalse(Files.exists(missing));
    }
  }

  @Nested
  class A_spool {
    @Test
    void that_others_can_enter() throws Exception {
      Files.setPosixFilePermissions(spool, PosixFilePermissions.fromString("rwxr-x---"));
      allSay(
          spool
              + ": mode is 0750, expected 0700; see that nobody put files there, then: chmod 700 '"
              + spool
              + "'");
    }

    @Test
    void of_another_user() throws Exception {
      assumeTrue(SmallDisk.isRoot(), "only root can give files away");
      Files.setAttribute(spool, "unix:uid", 12345);
      allSay(
          spool
              + ": belongs to user 12345, expected 0; a queue is for one user: make your own with"
              + " localqd start");
    }

    @Test
    void that_is_a_link() throws Exception {
      Path elsewhere = Files.move(spool, home.resolve("elsewhere"));
      Files.createSymbolicLink(spool, elsewhere);
      allSay(spool + ": is no directory, expected a spool; name its real place");
    }

    @Test
    void of_a_newer_format() throws Exception {
      Files.writeString(spool.resolve(".localq/version"), "2\n");
      allSay(spool + ": has format 2, expected a spool of format 1; use the localq that made it");
    }

    @Test
    void without_a_version() throws Exception {
      Files.delete(spool.resolve(".localq/version"));
      allSay(
          spool
              + ": is no spool (.localq/version is missing), expected a spool of format 1; if it was one: localqd"
              + " check --repair; else name another place with --spool");
    }

    @Test
    void of_another_machine() throws Exception {
      Path host = spool.resolve(".localq/host");
      String here = Files.readString(host).strip();
      Files.writeString(host, "another pid:[1]\n");
      allSay(
          spool
              + ": belongs to another machine or container (another pid:[1]), this is "
              + here
              + "; if nothing runs there any more: localqd --take-over start");
    }

    @Test
    void that_was_removed_is_not_made_anew_by_a_submission() throws Exception {
      Files.move(spool, home.resolve("away"));
      CommandContext.Ran ran = context.run("lbatch", "x").exits(1);
      assertEquals(
          "lbatch: "
              + spool
              + ": no such spool, though the URI file names it; mount its disk, or remove the URI file if"
              + " it is gone for good\n",
          ran.err());
      assertFalse(Files.exists(spool));
    }

    @Test
    void on_a_disk_that_became_read_only() throws Exception {
      Path place = Files.createDirectory(home.resolve("disk"));
      try (SmallDisk disk = SmallDisk.mount(place, "1m")) {
        CommandContext small = new CommandContext(place);
        small.run("lbatch", "kept").exits(0);
        disk.makeReadOnly();
        for (String line :
            List.of(
                "lbatch x",
                "lcancel 1",
                "localqd start",
                "localqd restart",
                "localqd run",
                "localqd check --repair",
                "localqd stop --cancel")) {
          CommandContext.Ran ran = small.run(line.split(" ")).exits(1);
          String name = line.split(" ")[0];
          assertTrue(
              ran.err()
                  .matches(
                      name
                          + ": "
                          + place
                          + "[^ ]*: Read-only file system; "
                          + (name.equals("lbatch") ? "nothing was accepted: " : "")
                          + "see dmesg for why, then remount it for writing"
                          + (name.equals("lbatch") ? ", and try again" : "")
                          + "\n"),
              ran::toString);
          assertEquals("", ran.out());
        }
        small.run("lqueue").exits(0);
        small.run("linfo", "1").exits(0);
        small.run("localqd", "status").exits(3);
      }
    }

    @Test
    void with_a_damaged_limit() throws Exception {
      Files.writeString(spool.resolve(".localq/limit"), "many\n");
      CommandContext.Ran ran = context.run("lbatch", "x").exits(1);
      assertEquals(
          "lbatch: "
              + spool
              + "/.localq/limit: \"many\", expected a number of cores; remove the file and restart"
              + " the worker: localqd restart\n",
          ran.err());
    }
  }

  @Nested
  class No_queue_yet {
    @BeforeEach
    void start_anew() throws Exception {
      context = new CommandContext(Files.createDirectory(home.resolve("fresh")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"lqueue", "linfo 1", "lcancel 1", "lcancel --all", "localqd stop"})
    void is_said_by_those_that_need_one(String line) {
      CommandContext.Ran ran = context.run(line.split(" ")).exits(1);
      assertEquals(
          line.split(" ")[0]
              + ": "
              + context.uriFile()
              + ": there is no queue yet; submit a job with lbatch, or: localqd start\n",
          ran.err());
      assertFalse(Files.exists(context.home().resolve(".localq")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "relative"})
    void and_no_home_to_make_it_in(String value) {
      context.variable("HOME", value);
      for (String line : List.of("lbatch x", "lqueue", "localqd status")) {
        CommandContext.Ran ran = context.run(line.split(" ")).exits(1);
        assertEquals(
            line.split(" ")[0]
                + ": HOME is not set to an absolute path, and the default queue is in it; set it, or"
                + " name a queue with -u\n",
            ran.err());
      }
    }
  }
}
