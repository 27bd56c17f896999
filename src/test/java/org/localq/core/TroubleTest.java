package org.localq.core;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
class TroubleTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/s: No space left on device | df -i",
        "Disk quota exceeded | quota",
        "/s/1.json: Read-only file system | dmesg",
        "Input/output error | disk may be failing",
        "/s: permission denied | ls -ld",
        "/s: no such file or directory | localqd restart",
        "/s: Too many open files | ulimit -n",
        "/s: Too many open files in system | fs.file-max",
        "User limit of inotify instances reached or too many open files | max_user_instances",
        "User limit of inotify watches reached | max_user_watches",
        "Cannot run program \"setsid\": error=11, Resource temporarily unavailable | ulimit -u",
        "Cannot run program \"setsid\": error=12, Cannot allocate memory | swap",
        "Cannot run program \"setsid\": error=24, Too many open files | ulimit -n",
        "Cannot run program \"setsid\": error=2, No such file or directory | util-linux",
        "Cannot run program \"setsid\": Exec failed, error: 2 (No such file or directory) | util-linux",
        "No locks available | local disk",
      })
  void says_what_helps(String what, String advice) {
    Trouble trouble = Trouble.of(what);
    assertEquals(what, trouble.what());
    assertTrue(trouble.advice().contains(advice), trouble::toString);
    assertEquals(what + "; " + trouble.advice(), trouble.toString());
  }

  @ParameterizedTest
  @CsvSource({
    "No space left on device, true",
    "Disk quota exceeded, true",
    "Read-only file system, true",
    "Input/output error, true",
    "Too many open files, true",
    "Cannot allocate memory, true",
    "permission denied, false",
    "Operation not permitted, false",
    "no such file or directory, false",
    "odd, false",
  })
  void of_the_machine_is_no_fault_of_one_file(String what, boolean machine) {
    assertEquals(machine, Trouble.isOfTheMachine(what));
  }

  @Test
  void that_nobody_knows_has_no_advice() {
    assertEquals("odd", Trouble.of("odd").toString());
  }
}
