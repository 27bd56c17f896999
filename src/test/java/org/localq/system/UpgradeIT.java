package org.localq.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator.ReplaceUnderscores;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.localq.SmallDisk;
import org.localq.faults.Injection;

@DisplayNameGeneration(ReplaceUnderscores.class)
class UpgradeIT {
  /** In a mount namespace of its own: nobody else sees the helper that is broken. */
  private static final String SCRIPT =
      "export JAVA_HOME=$1; localqd -n 1 start || exit; trap 'localqd stop' EXIT;"
          + " mount --bind \"$2\" \"$1/lib/jspawnhelper\" || exit 77;"
          + " lbatch -W sh -c 'exit 3'; echo \"first $?\";"
          + " localqd restart && lbatch -W sh -c 'exit 4'; echo \"second $?\"";

  @Test
  @Injection(14)
  void a_worker_starts_jobs_when_the_jdk_is_replaced_under_it(@TempDir Path directory)
      throws IOException {
    assumeTrue(SmallDisk.isRoot(), "only root can mount over the JDK's helper");
    Path java = Path.of(System.getProperty("java.home"));
    assumeTrue(Files.exists(java.resolve("lib/jspawnhelper")), "this JDK has no jspawnhelper");
    Path broken = Files.writeString(directory.resolve("broken"), "#!/bin/sh\nexit 1\n");
    Files.setPosixFilePermissions(
        broken, Files.getPosixFilePermissions(java.resolve("lib/jspawnhelper")));
    try (Installation localq = new Installation(directory)) {
      Installation.Result ran =
          localq.runOther(
              "unshare", "-m", "sh", "-c", SCRIPT, "sh", java.toString(), broken.toString());
      assumeTrue(ran.code() != 77, () -> "mounting is not allowed here: " + ran);
      assertEquals(
          List.of("first 3", "second 4"),
          ran.out().lines().filter(l -> l.startsWith("first ") || l.startsWith("second ")).toList(),
          ran::toString);
    }
  }
}
