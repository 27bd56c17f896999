package org.localq.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Against "filename pattern" of sbatch(1). */
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class FilePatternTest {
  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource({
    "plain.out,     plain.out",
    "'',            ''",
    "slurm-%j.out,  slurm-128.out",
    "%A,            128",
    "%x-%u@%N,      align-ada@box",
    // one machine, one task
    "%n.%t,         0.0",
    "%%,            %",
    "100%%,         100%",
    // a percent sign made of two begins no symbol
    "%%j,           %j",
    "%%%j,          %128",
    // a number pads with zeros, to at most 10
    "%4j,           0128",
    "%2j,           128",
    "%3j,           128",
    "%0j,           128",
    "%04j,          0128",
    "%004j,         0128",
    "%10j,          0000000128",
    "%11j,          0000000128",
    "%99999999999j, 0000000128",
    "%5A,           00128",
    // sbatch(1): job%2j-%2t.out is job128-00.out
    "job%2j-%2t.out, job128-00.out",
    "%3n,           000",
    // and is ignored where there is no number to pad
    "%9x%9u%9N,     alignadabox",
    // a backslash anywhere switches it off
    "\\%j,          %j",
    "%j\\,          %j",
    "a\\b%xc\\,     ab%xc",
    // what is no symbol here stays
    "%q %J %a %s,   %q %J %a %s",
    "%4q,           %4q",
    "%5%,           %5%",
    "%,             %",
    "50%,           50%",
    "%5,            %5",
    "% j,           % j",
    "%-4j,          %-4j",
    // what was filled in is not replaced again
    "%x,            align",
  })
  void replaces_the_symbols_of_slurm(String pattern, String name) {
    assertEquals(
        name,
        FilePattern.expand(pattern, new FilePattern.Values(new JobId(128), "align", "ada", "box")));
  }

  @Test
  void leaves_symbols_alone_that_come_from_a_name() {
    assertEquals(
        "%j\\-7",
        FilePattern.expand("%x-%j", new FilePattern.Values(new JobId(7), "%j\\", "ada", "box")));
  }
}
