package org.localq.core;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a dependency's text means: each term with its type before its id. */
class DependencyTest {
  @ParameterizedTest(name = "{0} is {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "7                       | afterany:7",
        "7:8                     | afterany:7,afterany:8",
        "7,8_3                   | afterany:7,afterany:8_3",
        "afterok:1:2,afterany:3  | afterok:1,afterok:2,afterany:3",
        "afterok:1?afternotok:2  | afterok:1?afternotok:2",
        "after:1+5:2             | after:1+5,after:2",
        "after:1+0               | after:1",
        "singleton,afterok:1     | singleton,afterok:1",
        // some tasks of an array, as lcancel and lwait take them
        "afterok:7_[1-3]         | afterok:7_1,afterok:7_2,afterok:7_3",
        "7_[1,5-6]:8,9           | afterany:7_1,afterany:7_5,afterany:7_6,afterany:8,afterany:9",
        "afterok:7_[0-4:2]       | afterok:7_0,afterok:7_2,afterok:7_4",
        "after:7_[1,3]+2         | after:7_1+2,after:7_3+2",
        "7_[1,3]?afterok:8       | afterany:7_1?afterany:7_3?afterok:8",
      })
  void each_form(String text, String terms) {
    assertEquals(Optional.of(terms), Dependency.parse(text).map(Dependency::toString));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "''", "afterok", "afterok:", "afterok:,", "afterok:1,", ",afterok:1", "after:1+",
        "afterok:1+5", "singleton:1", "x:1", "0", "afterok:1?after:2,after:3", "7_[1-3", "7_[]",
        "7_[3-1]", "7_2_[1]", "7_[1]x", "7_[1?2]", "7[1]",
      })
  void no_such_forms(String text) {
    assertEquals(Optional.empty(), Dependency.parse(text));
  }

  @Test
  void a_short_text_is_no_long_job() {
    assertEquals(1000, Dependency.parse("7_[1-1000]").orElseThrow().terms().size());
    assertEquals(Optional.empty(), Dependency.parse("7_[1-1001]"));
    assertEquals(Optional.empty(), Dependency.parse("7_[1-600]:8_[1-600]"));
  }
}
