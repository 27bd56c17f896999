package org.localq.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
@Timeout(60)
class MainTest {
  @TempDir Path home;
  private CommandContext context;

  @BeforeEach
  void set_up() {
    context = new CommandContext(home);
  }

  @Nested
  class Every_command {
    @ParameterizedTest
    @ValueSource(strings = {"lbatch", "lqueue", "linfo", "lcancel", "localqd"})
    void has_a_help_that_names_its_options(String name) {
      for (String option : List.of("-h", "--help")) {
        CommandContext.Ran ran = context.run(name, option).exits(0);
        assertTrue(ran.out().startsWith("Usage: " + name + " "), ran::toString);
        for (String word : List.of("-h, --help", "-V, --version", "-u, --uri=URIFILE")) {
          assertTrue(ran.out().contains(word), ran::toString);
        }
        assertTrue(ran.lines().stream().allMatch(line -> line.length() <= 100), ran::toString);
        assertEquals("", ran.err());
      }
      assertFalse(Files.exists(home.resolve(".localq")), "help makes nothing");
    }

    @ParameterizedTest
    @ValueSource(strings = {"lbatch", "lqueue", "linfo", "lcancel", "localqd"})
    void says_its_version(String name) {
      for (String option : List.of("-V", "--version")) {
        CommandContext.Ran ran = context.run(name, option).exits(0);
        assertEquals("localq " + Command.VERSION + "\n", ran.out());
      }
    }

    @ParameterizedTest
    @CsvSource({
      "lbatch, -n",
      "lbatch, -u",
      "lqueue, -t",
      "lqueue, -j",
      "lqueue, -u",
      "linfo, -j",
      "lcancel, --grace",
      "lcancel, -u",
      "localqd, -n",
      "localqd, -p",
      "localqd, -u",
    })
    void shows_wrong_words_harmlessly_in_one_line(String name, String option) {
      CommandContext.Ran ran = context.run(name, option, "\u001b[31m\n\udcfe\u202e", "start");
      assertTrue(ran.code() == 1 || ran.code() == 2, ran::toString);
      assertTrue(ran.err().startsWith(name + ": "), ran::toString);
      assertEquals(1, ran.err().lines().count(), ran::toString);
      assertTrue(
          ran.err().codePoints().noneMatch(c -> c != '\n' && c < 0x20 || c == 0x202e),
          ran::toString);
      assertFalse(ran.err().contains("internal error"), ran::toString);
    }
  }

  @Nested
  class A_name_that_is_no_command {
    @Test
    void is_answered_with_those_that_are() {
      CommandContext.Ran ran = context.run("frob").exits(2);
      assertEquals(
          "frob: \"frob\" is no command; there are lbatch, lqueue, linfo, lcancel, lctl, lwait and localqd\n",
          ran.err());
    }
  }
}
