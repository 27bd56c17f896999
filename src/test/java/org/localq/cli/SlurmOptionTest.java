package org.localq.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.Model.OptionSpec;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class SlurmOptionTest {
  @TempDir Path home;

  @ParameterizedTest
  @CsvSource(
      delimiterString = " | ",
      value = {
        "lbatch -N 1 x | -N | leave it out: a queue is one machine's and one user's",
        "lbatch -n 2 -N1 x | -N1 | leave it out: a queue is one machine's and one user's",
        "lbatch --wrap true | --wrap | instead: lbatch sh -c 'COMMAND'",
        "lbatch --ntasks 4 x | --ntasks | instead: -n N",
        "lbatch --mem-per-gpu=4G x | --mem-per-gpu=4G | instead: --mem",
        "lbatch --account=a x | --account=a | leave it out: a queue is one machine's and one user's",
        "lbatch -N1 x | -N1 | leave it out: a queue is one machine's and one user's",
        "lbatch --gpus-per-node=1 x | --gpus-per-node=1 | instead: -G N, for all of the job",
        "lbatch --kill-on-invalid-dep=yes x | --kill-on-invalid-dep=yes | leave it out: a job whose -d can never be met is always CANCELLED",
        "lbatch --time-min=1 x | --time-min=1 | instead: -t",
        "lbatch --deadline=noon x | --deadline=noon | instead: -t, counted from its start",
        "lbatch --test-only x | --test-only | instead: lqueue --start, once it is submitted",
        "lbatch --comment why x | --comment | instead: -J NAME",
        "lbatch -Q x | -Q | instead: --parsable, or >/dev/null",
        "lbatch -x node7 y | -x | leave it out: a queue is one machine's and one user's",
        "lqueue --me | --me | leave it out: a queue is one machine's and one user's",
        "lqueue -o %i | -o | instead: lqueue --json, or linfo ID",
        "lcancel --me | --me | instead: lcancel --all",
        "lcancel -s INT 1 | -s | nothing serves instead; see --help for what there is",
      })
  void is_refused_with_what_serves_instead(String line, String word, String instead) {
    CommandContext.Ran ran = new CommandContext(home).run(line.split(" ")).exits(2);
    assertEquals(
        line.split(" ")[0]
            + ": "
            + word
            + ": Slurm's option, which localq lacks; "
            + instead
            + "\n",
        ran.err());
    assertEquals("", ran.out());
    assertFalse(Files.exists(home.resolve(".localq")), "nothing is made for it");
  }

  @ParameterizedTest
  @ValueSource(strings = {"lbatch", "lqueue", "linfo", "lcancel", "lwait", "localqd"})
  void is_none_that_the_command_has(String name) {
    for (OptionSpec option : Command.named(name).orElseThrow().spec().options()) {
      for (String word : option.names()) {
        assertEquals(Optional.empty(), SlurmOption.answer(name, word));
      }
    }
  }

  @Test
  void is_no_word_that_nobody_knows() {
    assertEquals(Optional.empty(), SlurmOption.answer("lbatch", "--frob"));
    assertEquals(Optional.empty(), SlurmOption.answer("lbatch", "-"));
    assertEquals(Optional.empty(), SlurmOption.answer("linfo", "--time"));
  }
}
