package org.localq.cli;

import java.util.Map;
import org.localq.core.Amounts;
import org.localq.core.Budget;
import org.localq.core.Bytes;
import org.localq.core.Given;
import org.localq.core.Job;
import org.localq.core.Needs;
import org.localq.core.Printable;
import org.localq.core.Provision;
import org.localq.spool.Entry;

/** What linfo says of the memory and the named resources of a job. */
final class NeedsText {
  private static final String MEMORY = "Memory";
  private static final String RESOURCES = "Resources";

  private NeedsText() {}

  /** What a job asks for. */
  static void put(Map<String, String> fields, Needs needs) {
    if (needs.memory() > 0) {
      fields.put(MEMORY, Bytes.show(needs.memory()));
    }
    if (!needs.resources().isEmpty()) {
      fields.put(RESOURCES, ResourceText.of(needs, Given.NOTHING, Budget.NONE));
    }
  }

  /** The same, and what it was given of that. */
  static void put(Map<String, String> fields, Entry.Running running, Budget budget) {
    // before its shim has come nobody knows
    boolean known =
        running.claim().attempt().start().isPresent() || !running.provision().why().isEmpty();
    put(fields, running.job().requirements().needs(), running.provision(), budget, known);
  }

  /** The same of a job that has ended. */
  static void put(Map<String, String> fields, Entry.Finished finished, Budget budget) {
    put(
        fields,
        finished.job().requirements().needs(),
        finished.result().provision(),
        budget,
        finished.result().started().isPresent());
  }

  private static void put(
      Map<String, String> fields,
      Needs needs,
      Provision provision,
      Budget budget,
      boolean isKnown) {
    if (needs.memory() > 0 && isKnown) {
      String counted =
          provision.why().isEmpty()
              ? ", counted only"
              : ", counted only: " + Printable.of(provision.why());
      fields.put(
          MEMORY,
          Bytes.show(needs.memory()) + (provision.enforced() ? ", enforced by a cgroup" : counted));
    }
    if (!needs.resources().isEmpty()) {
      fields.put(RESOURCES, ResourceText.of(needs, provision.given(), budget));
    }
  }

  /**
   * Of what a job that is next waits for how much.
   *
   * @param cores of how many cores, where it is not for anything else
   */
  static String missing(Job job, Load load, String cores) {
    Needs needs = job.requirements().needs();
    Amounts limit = load.situation().limit();
    Amounts busy = load.situation().capacity().busy();
    String text = "";
    if (needs.memory() > 0 && busy.memory() > limit.memory() - needs.memory()) {
      text = Bytes.show(needs.memory()) + " of memory of " + Bytes.show(limit.memory());
    }
    for (Map.Entry<String, Integer> resource : needs.resources().entrySet()) {
      long most = limit.resource(resource.getKey());
      if (busy.resource(resource.getKey()) > most - resource.getValue()) {
        text +=
            (text.isEmpty() ? "" : ", ")
                + resource.getValue()
                + " of "
                + most
                + " "
                + resource.getKey();
      }
    }
    return text.isEmpty() ? cores : text;
  }

  /** Why it can never start: what it wants more of than there is. */
  static String never(Job job, Load load, String option) {
    Needs needs = job.requirements().needs();
    Amounts limit = load.situation().limit();
    if (needs.memory() > limit.memory()) {
      return wants(
          Bytes.show(needs.memory()) + " of memory",
          limit.memory() == 0 ? "none" : Bytes.show(limit.memory()),
          option,
          "--mem " + Bytes.show(needs.memory()));
    }
    for (Map.Entry<String, Integer> resource : needs.resources().entrySet()) {
      String name = resource.getKey();
      if (resource.getValue() > limit.resource(name)) {
        return wants(
            resource.getValue() + " of " + name,
            limit.resource(name) == 0 ? "none" : Long.toString(limit.resource(name)),
            option,
            "--resource " + name + "=" + resource.getValue());
      }
    }
    return "it wants more than the queue has";
  }

  private static String wants(String wanted, String most, String option, String more) {
    return "it wants "
        + wanted
        + " and the queue has "
        + most
        + "; raise it: localqd"
        + option
        + " "
        + more
        + " restart";
  }
}
