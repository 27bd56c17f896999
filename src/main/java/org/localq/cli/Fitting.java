package org.localq.cli;

import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import org.localq.core.Amounts;
import org.localq.core.Bytes;
import org.localq.core.Needs;
import org.localq.core.Printable;
import org.localq.core.Refusal;
import org.localq.core.Requirements;
import org.localq.spool.Spool;

/** Whether what a job asks for is there at all, in a queue in which a worker has said so. */
final class Fitting {
  private final Queue queue;
  private final Optional<Amounts> limit;

  Fitting(Spool spool, Queue queue) throws IOException {
    this.queue = queue;
    this.limit = spool.amounts();
  }

  /**
   * The same requirements, in the queue's own numbers; refused where no worker could ever start the
   * job.
   */
  Requirements fit(Requirements wanted) {
    Requirements asked = wanted.with(ofAllMemory(wanted.needs()));
    if (limit.isPresent()) {
      refuseCores(asked.needs().cores(), limit.get().cores());
      refuseMemory(asked.needs().memory(), limit.get().memory());
      for (Map.Entry<String, Integer> resource : asked.needs().resources().entrySet()) {
        refuse(resource.getKey(), resource.getValue(), limit.get().resource(resource.getKey()));
      }
    }
    return asked;
  }

  private Needs ofAllMemory(Needs needs) {
    if (needs.memory() != NeedsOptions.ALL_MEMORY) {
      return needs;
    }
    if (limit.isEmpty() || limit.get().memory() == Amounts.UNLIMITED) {
      throw Refusal.of(
          "--mem 0: how much memory the queue "
              + place()
              + " has is not known before a worker has been there; name an amount, or: localqd"
              + queue.option()
              + " start");
    }
    return new Needs(needs.cores(), limit.get().memory(), needs.resources());
  }

  private void refuseCores(int cores, long most) {
    if (cores > most) {
      throw tooWide(Text.count(cores, "core"), Long.toString(most), "-n", "-n " + cores);
    }
  }

  private void refuseMemory(long bytes, long most) {
    if (bytes > most) {
      String size = Bytes.show(bytes);
      throw tooWide(size + " of memory", Bytes.show(most), "--mem", "--mem " + size);
    }
  }

  private void refuse(String name, int count, long most) {
    if (most == 0) {
      throw Refusal.of(
          count
              + " of "
              + name
              + " wanted: the queue "
              + place()
              + " has no resource of that name; what it has: "
              + names()
              + "; to add it: localqd"
              + queue.option()
              + " --resource "
              + name
              + "="
              + count
              + " restart");
    }
    if (count > most) {
      throw tooWide(
          count + " of " + name, Long.toString(most), "--gres", "--resource " + name + "=" + count);
    }
  }

  private String names() {
    String names = String.join(", ", limit.orElseThrow().resources().keySet());
    return names.isEmpty() ? "none" : names;
  }

  private Refusal tooWide(String wanted, String most, String option, String more) {
    return Refusal.of(
        wanted
            + " wanted: the queue "
            + place()
            + " has "
            + most
            + "; ask for no more with "
            + option
            + ", or raise its limit: localqd"
            + queue.option()
            + " "
            + more
            + " restart");
  }

  private String place() {
    return Printable.of(queue.uriFile().path().toString());
  }
}
