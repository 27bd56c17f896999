package org.localq.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class BudgetTest {
  private static final Budget BUDGET =
      Budget.parse(List.of("memory 4096", "resource gpu=0,2,3", "resource licence=2"))
          .orElseThrow();

  private static Needs needs(String resources) {
    TreeMap<String, Integer> wanted = new TreeMap<>();
    for (String word : resources.split(" ")) {
      wanted.put(word.split(":")[0], Integer.valueOf(word.split(":")[1]));
    }
    return new Needs(1, 0, wanted);
  }

  @Nested
  class Lines {
    @Test
    void are_read_as_they_were_written() {
      assertEquals(
          List.of("memory 4096", "resource gpu=0,2,3", "resource licence=2"), BUDGET.lines());
      assertEquals(List.of("memory unlimited"), Budget.NONE.lines());
      assertEquals(Optional.of(Budget.NONE), Budget.parse(Budget.NONE.lines()));
      assertEquals(Optional.of(BUDGET), Budget.parse(BUDGET.lines()));
    }

    @ParameterizedTest
    @ValueSource(
        strings = {
          "",
          "memory",
          "memory -1",
          "memory 1G",
          "resource gpu=1",
          "memory 1/gpu=1",
          "memory 1/resource gpu",
          "memory 1/resource =1",
          "memory 1/resource g-pu=1",
          "memory 1/resource gpu=0",
          "memory 1/resource gpu=1/resource gpu=2",
        })
    void that_make_no_sense_are_no_budget(String lines) {
      assertEquals(Optional.empty(), Budget.parse(List.of(lines.split("/"))));
    }
  }

  @Nested
  class The_limit {
    @Test
    void has_as_many_of_each_resource_as_there_are_ids_and_nothing_else() {
      Amounts limit = BUDGET.limit(8);
      assertEquals(8, limit.cores());
      assertEquals(4096, limit.memory());
      assertEquals(3, limit.resource("gpu"));
      assertEquals(2, limit.resource("licence"));
      assertEquals(0, limit.resource("fpga"));
    }

    @Test
    void without_a_word_on_memory_limits_none() {
      assertEquals(Amounts.UNLIMITED, Budget.NONE.limit(1).memory());
      assertEquals(0, Budget.NONE.limit(1).resource("gpu"));
    }
  }

  @Nested
  class Giving {
    @ParameterizedTest
    @CsvSource(
        delimiter = '|',
        value = {
          "gpu:1           |                            | gpu=0",
          "gpu:1           | gpu=0                      | gpu=2",
          "gpu:2           | gpu=0                      | gpu=2,3",
          "gpu:2           | gpu=0/gpu=3                | none",
          "gpu:1 licence:2 | gpu=2/licence=0            | none",
          "gpu:1 licence:1 | gpu=2 licence=1/gpu=0      | gpu=3 licence=0",
          "gpu:3           | licence=0/licence=1        | gpu=0,2,3",
          "gpu:4           |                            | none",
          "fpga:1          |                            | none",
          "gpu:3           | gpu=7,8                    | gpu=0,2,3",
        })
    void gives_of_each_resource_what_nobody_has(String wanted, String taken, String given) {
      List<Given> others = new ArrayList<>();
      for (String other : taken == null ? new String[0] : taken.split("/")) {
        others.add(Given.parse(other).orElseThrow());
      }
      assertEquals(given, BUDGET.give(needs(wanted), others).map(Given::toString).orElse("none"));
    }

    @Test
    void gives_nothing_to_who_asks_for_nothing() {
      assertEquals(Optional.of(Given.NOTHING), Budget.NONE.give(Needs.cores(4), List.of()));
    }
  }

  @Nested
  class What_was_given {
    @Test
    void is_read_as_it_was_written() {
      Given given = Given.parse("gpu=0,GPU-1:2/3 licence=1").orElseThrow();
      assertEquals(List.of("0", "GPU-1:2/3"), given.of("gpu"));
      assertEquals(List.of(), given.of("fpga"));
      assertEquals("gpu=0,GPU-1:2/3 licence=1", given.toString());
      assertEquals(Optional.of(Given.NOTHING), Given.parse(Given.NOTHING.toString()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpu", "gpu=", "=1", "gpu=0,,1", "gpu=$(x)", "gpu=0  licence=1", "?"})
    void that_makes_no_sense_is_nothing_that_could_be_trusted(String text) {
      assertEquals(Optional.empty(), Given.parse(text));
    }

    @ParameterizedTest
    @CsvSource({
      "gpu:1, gpu=0, true",
      "gpu:2, gpu=0, false",
      "gpu:1, licence=0, false",
      "gpu:1 licence:1, gpu=0 licence=0, true",
    })
    void is_for_a_job_that_asked_for_as_many(String wanted, String given, boolean is) {
      assertEquals(is, Given.parse(given).orElseThrow().isFor(needs(wanted)));
    }

    @Test
    void of_nothing_is_for_a_job_that_asked_for_nothing() {
      assertTrue(Given.NOTHING.isFor(Needs.cores(1)));
      assertFalse(Given.NOTHING.isFor(needs("gpu:1")));
    }
  }

  @Nested
  class The_variables {
    private Map<String, String> of(String given) {
      return ResourceVariables.of(Given.parse(given).orElseThrow(), BUDGET.resources());
    }

    @Test
    void name_the_ids_and_for_HIP_their_places_among_those_that_ROCR_leaves() {
      assertEquals(
          Map.of(
              "LOCALQ_RESOURCE_GPU", "2,3",
              "LOCALQ_RESOURCE_LICENCE", "1",
              "LOCALQ_JOB_GPUS", "2,3",
              "CUDA_VISIBLE_DEVICES", "2,3",
              "ROCR_VISIBLE_DEVICES", "2,3",
              "HIP_VISIBLE_DEVICES", "0,1"),
          of("gpu=2,3 licence=1"));
    }

    @Test
    void hide_the_gpus_of_the_queue_from_who_asked_for_none() {
      assertEquals(
          Map.of(
              "LOCALQ_RESOURCE_LICENCE", "1",
              "CUDA_VISIBLE_DEVICES", "",
              "ROCR_VISIBLE_DEVICES", "",
              "HIP_VISIBLE_DEVICES", ""),
          of("licence=1"));
    }

    @Test
    void of_a_queue_without_gpus_leave_the_users_own_as_they_are() {
      assertEquals(Map.of(), ResourceVariables.of(Given.NOTHING, Budget.NONE.resources()));
    }
  }

  @Test
  void a_machine_keeps_a_tenth_for_others_and_its_jobs_have_whole_mebibytes() {
    assertEquals(9L << 30, Budget.most(10L << 30));
    assertEquals(0, Budget.most((10L << 30) + 12345) % (1 << 20));
    assertEquals(OptionalLong.of(5), Budget.NONE.orMemory(OptionalLong.of(5)).memory());
    assertEquals(OptionalLong.of(4096), BUDGET.orMemory(OptionalLong.of(5)).memory());
  }

  @Test
  void names_that_would_be_one_variable_clash() {
    assertEquals(Optional.of("gpu"), Budget.clash(List.of("GPU", "licence", "gpu")));
    assertEquals(Optional.empty(), Budget.clash(List.of("gpu", "licence")));
  }
}
