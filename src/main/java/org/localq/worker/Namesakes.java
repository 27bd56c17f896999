package org.localq.worker;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;
import org.localq.core.JobId;
import org.localq.spool.Intake;
import org.localq.spool.Locked;
import org.localq.spool.RunningDirectory;
import org.localq.spool.Spool;

/**
 * The jobs that are there, by their names, for those that wait to be the only one of theirs. It
 * remembers no name until one of those is there; then all are read anew.
 */
final class Namesakes {
  private final Map<String, NavigableSet<JobId>> pending = new HashMap<>();
  private final Map<JobId, String> names = new HashMap<>();
  private final Map<String, NavigableSet<JobId>> singletons = new HashMap<>();
  private Map<JobId, String> elsewhere = new HashMap<>();
  private Map<String, JobId> firstElsewhere = Map.of();
  private boolean wanted;
  private boolean known;
  private boolean changed;

  /** Whether it was seen, tick by tick, who was running or on hold. */
  private boolean isFollowed;

  void add(JobId id, String name) {
    if (wanted) {
      NavigableSet<JobId> of = pending.computeIfAbsent(name, first -> new TreeSet<>());
      of.add(id);
      names.put(id, name);
    }
  }

  void remove(JobId id) {
    String name = names.remove(id);
    if (name != null) {
      changed = true;
      NavigableSet<JobId> of = pending.get(name);
      of.remove(id);
      if (of.isEmpty()) {
        pending.remove(name);
      }
    }
  }

  void addSingleton(JobId id, String name) {
    wanted = true;
    singletons.computeIfAbsent(name, first -> new TreeSet<>()).add(id);
  }

  void removeSingleton(JobId id, String name) {
    NavigableSet<JobId> of = singletons.get(name);
    if (of != null && of.remove(id) && of.isEmpty()) {
      singletons.remove(name);
    }
  }

  void suspect() {
    changed = true;
  }

  boolean isKnown() {
    return known;
  }

  /** Whether they are to be read anew, for their names. */
  boolean isToRead() {
    return wanted && !known;
  }

  /** Nobody wants to know. */
  void rest() {
    isFollowed = false;
  }

  /** Reads the names of those that are not pending, where anybody wants to know. */
  void look(Spool spool, Locked locked, RunningDirectory running, Intake intake)
      throws IOException {
    if (singletons.isEmpty()) {
      rest();
      return;
    }
    if (!isFollowed) {
      // RACE: released, or to be run again, since the root was listed without the lock
      intake.list(spool.layout());
      isFollowed = true;
    }
    if (isToRead()) {
      known = true;
      changed = true;
      // from now on names are remembered
      intake.rereadAll();
    }
    Set<JobId> ids = new HashSet<>(spool.held());
    ids.addAll(running.claimed());
    ids.addAll(running.closedArrays());
    for (JobId id : elsewhere.keySet()) {
      // RACE: it was released, or is to be run again, and the intake has not heard of it yet
      if (!ids.contains(id) && locked.isWanted(id)) {
        ids.add(id);
      }
    }
    Map<JobId, String> now = new HashMap<>();
    Map<String, JobId> firsts = new HashMap<>();
    for (JobId id : ids) {
      String name = elsewhere.get(id);
      if (name == null) {
        // RACE: gone, and so in nobody's way
        name = spool.nameOfLive(id).orElse("");
      }
      now.put(id, name);
      firsts.merge(name, id, (a, b) -> a.compareTo(b) < 0 ? a : b);
    }
    changed |= !now.keySet().equals(elsewhere.keySet());
    elsewhere = now;
    firstElsewhere = firsts;
  }

  /** Of each name the first that waits to be alone: the only one whose turn it can be. */
  List<JobId> firsts() {
    List<JobId> firsts = new ArrayList<>();
    if (changed) {
      for (NavigableSet<JobId> of : singletons.values()) {
        firsts.add(of.first());
      }
    }
    changed = false;
    return firsts;
  }

  boolean hasEarlier(JobId id, String name) {
    NavigableSet<JobId> of = pending.get(name);
    JobId other = firstElsewhere.get(name);
    return (of != null && of.first().number() < id.number())
        || (other != null && other.number() < id.number());
  }
}
