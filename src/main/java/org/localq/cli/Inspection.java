package org.localq.cli;

import java.io.IOException;
import org.localq.core.Claim;
import org.localq.core.Presence;
import org.localq.core.Printable;
import org.localq.core.ProcessId;
import org.localq.engine.Engine;
import org.localq.engine.Mark;
import org.localq.spool.CheckReport;
import org.localq.spool.Processes;
import org.localq.spool.Spool;

/** {@code localqd check}: says what is wrong with a spool, and sets it right where asked. */
final class Inspection {
  private final Queue queue;
  private final Door door;

  Inspection(Queue queue, Door door) {
    this.queue = queue;
    this.door = door;
  }

  int run(boolean repair) throws IOException {
    try (Spool spool = queue.openToCheck()) {
      CheckReport report =
          repair
              ? spool.repair(processes(spool), door.clock(), this::say)
              : spool.check(door.machine()::isAlive);
      report.findings().forEach(finding -> door.out().println(finding.line()));
      report.notes().forEach(note -> door.out().println("note: " + note));
      door.out().println(summary(report) + (report.isClean() || repair ? "" : advice()));
      return report.isClean() ? ExitCode.DONE : ExitCode.REFUSED;
    }
  }

  private void say(String line) {
    door.out().println("repaired: " + Printable.of(line));
  }

  private String advice() {
    return "; localqd" + queue.option() + " check --repair sets right what it says";
  }

  private static String summary(CheckReport report) {
    CheckReport.Census census = report.census();
    return (report.isClean() ? "ok" : Text.count(report.findings().size(), "finding"))
        + ": "
        + census.pending()
        + " pending, "
        + (census.held() == 0 ? "" : census.held() + " held, ")
        + census.running()
        + " running, "
        + census.done()
        + " done, "
        + census.rejected()
        + " rejected"
        + (report.unsettled() == 0
            ? ""
            : "; " + report.unsettled() + " left for the next worker to settle");
  }

  private Processes processes(Spool spool) {
    return new Processes() {
      @Override
      public boolean isAlive(ProcessId process) {
        return door.machine().isAlive(process);
      }

      @Override
      public boolean isAlive(Claim claim) throws IOException {
        Engine engine = Machinery.engine(door, queue, spool);
        Mark mark =
            new Mark(spool.layout().root().toString(), claim.id(), claim.attempt().number());
        return engine.look().presence(mark, claim.attempt().start()) != Presence.GONE;
      }
    };
  }
}
