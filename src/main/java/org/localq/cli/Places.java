package org.localq.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.localq.core.Candidate;
import org.localq.core.IdSet;
import org.localq.core.JobId;
import org.localq.core.Policy;
import org.localq.core.Reason;
import org.localq.core.Schedule;
import org.localq.core.Situation;
import org.localq.core.Turns;
import org.localq.spool.Spool;

/**
 * Where pending jobs stand in the order of start, among those that take their turn. To be asked in
 * the order of their ids.
 */
interface Places {
  /** The place of {@code job}; nothing where it was not pending at the look. */
  Optional<Schedule.Waiting> of(Candidate job) throws IOException;

  /** Says that a job was read, likewise in the order of ids, and waits for no turn. */
  void passOver(JobId id);

  /** The places of {@code pending} jobs. */
  static Places of(IdSet pending, Situation situation, Spool spool, Eligible eligible)
      throws IOException {
    Policy policy = spool.workers().settings().policy();
    ByWidth all = new ByWidth(policy, pending, situation, eligible);
    return policy.isById() ? new ById(all, new Turns(situation)) : all;
  }

  /**
   * Of a policy by which a job's turn is known from those of a higher rank and those with lower
   * ids: holds no others.
   *
   * <p>Jobs that nobody asks for are read only at the front of the queue, and as far behind it as a
   * worker looks for one that may pass. Behind that they are counted by their names, as if none was
   * wider than the limit, or waited for another: {@code lqueue 900000} need not read as many files.
   */
  final class ById implements Places {
    /** So many at the front are read in any case. */
    private static final int FRONT = 200;

    private final ByWidth all;
    private final IdSet pending;
    private final Turns turns;
    private Optional<Map<JobId, Schedule.Waiting>> early = Optional.empty();
    private int next;

    private ById(ByWidth all, Turns turns) {
      this.all = all;
      this.pending = all.pending;
      this.turns = turns;
    }

    @Override
    public Optional<Schedule.Waiting> of(Candidate job) throws IOException {
      Optional<Schedule.Waiting> place = ofEarly(job.id());
      if (place.isPresent() || job.rank() < 0) {
        passOver(job.id());
        return place.isPresent() ? place : ofLowered(job);
      }
      while (next < pending.size() && pending.get(next).compareTo(job.id()) < 0) {
        pass(pending.get(next));
        next++;
      }
      passOver(job.id());
      return Optional.of(turns.next(job));
    }

    @Override
    public void passOver(JobId id) {
      if (next < pending.size() && pending.get(next).equals(id)) {
        next++;
      }
    }

    /** The place of a job that goes before those of the usual rank; nothing for another. */
    private Optional<Schedule.Waiting> ofEarly(JobId id) throws IOException {
      if (early.isEmpty()) {
        List<Candidate> jobs = all.eligible.early();
        if (jobs.size() > 1) {
          // a comparator takes a cold JVM 3 ms
          jobs.sort(all.policy.order());
        }
        Map<JobId, Schedule.Waiting> places = new HashMap<>();
        for (Candidate job : jobs) {
          places.put(job.id(), turns.next(job));
        }
        early = Optional.of(places);
      }
      return Optional.ofNullable(early.get().get(id));
    }

    /** Of one that comes behind all of the usual rank: how many those are only their files tell. */
    private Optional<Schedule.Waiting> ofLowered(Candidate job) throws IOException {
      return pending.size() <= FRONT
          ? all.of(job)
          : Optional.of(
              new Schedule.Waiting(job.id(), OptionalInt.empty(), 0, Optional.of(Reason.PRIORITY)));
    }

    private void pass(JobId id) throws IOException {
      if (ofEarly(id).isPresent()) {
        return;
      }
      if (next >= FRONT && turns.isSettled()) {
        turns.pass();
        return;
      }
      Optional<Candidate> passed = all.eligible.candidate(id);
      if (passed.isPresent() && passed.get().rank() >= 0) {
        turns.next(passed.get());
      }
    }
  }

  /** Of a policy that has to know every job: reads them all at the first question. */
  final class ByWidth implements Places {
    private final Policy policy;
    private final IdSet pending;
    private final Situation situation;
    private final Eligible eligible;
    private Map<JobId, Schedule.Waiting> places = Map.of();

    private ByWidth(Policy policy, IdSet pending, Situation situation, Eligible eligible) {
      this.policy = policy;
      this.pending = pending;
      this.situation = situation;
      this.eligible = eligible;
    }

    @Override
    public Optional<Schedule.Waiting> of(Candidate job) throws IOException {
      if (places.isEmpty()) {
        places = read();
      }
      return Optional.ofNullable(places.get(job.id()));
    }

    @Override
    public void passOver(JobId id) {
      // it is not asked for
    }

    private Map<JobId, Schedule.Waiting> read() throws IOException {
      List<Candidate> candidates = new ArrayList<>();
      for (int i = 0; i < pending.size(); i++) {
        eligible.candidate(pending.get(i)).ifPresent(candidates::add);
      }
      Map<JobId, Schedule.Waiting> read = new HashMap<>();
      for (Schedule.Waiting place : Schedule.queue(policy, candidates, situation)) {
        read.put(place.id(), place);
      }
      return read;
    }
  }
}
