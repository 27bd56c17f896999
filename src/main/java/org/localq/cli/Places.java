package org.localq.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.localq.core.Candidate;
import org.localq.core.IdSet;
import org.localq.core.JobId;
import org.localq.core.Policy;
import org.localq.core.Schedule;
import org.localq.core.Situation;
import org.localq.core.Turns;
import org.localq.spool.Spool;

/** Where pending jobs stand in the order of start. To be asked in the order of their ids. */
interface Places {
  /** The place of {@code job}; nothing where it was not pending at the look. */
  Optional<Schedule.Waiting> of(Candidate job) throws IOException;

  /** Says that a job was read, likewise in the order of ids, and waits for no turn. */
  void passOver(JobId id);

  /** The places of {@code pending} jobs. */
  static Places of(IdSet pending, Situation situation, Spool spool) throws IOException {
    Policy policy = spool.workers().settings().policy();
    return policy.isById()
        ? new ById(pending, situation, spool)
        : new ByWidth(policy, pending, situation, spool);
  }

  /**
   * Of a policy by which a job's turn is known from those with lower ids: holds none of them.
   *
   * <p>Jobs that nobody asks for are read only at the front of the queue. Behind that they are
   * counted by their names, as if none was wider than the limit: {@code lqueue 900000} need not
   * read as many files.
   */
  final class ById implements Places {
    /** So many at the front are read in any case. */
    private static final int FRONT = 200;

    private final IdSet pending;
    private final Spool spool;
    private final Turns turns;
    private int next;

    private ById(IdSet pending, Situation situation, Spool spool) {
      this.pending = pending;
      this.spool = spool;
      this.turns = new Turns(situation);
    }

    @Override
    public Optional<Schedule.Waiting> of(Candidate job) throws IOException {
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

    private void pass(JobId id) throws IOException {
      if (next >= FRONT && turns.isSettled()) {
        turns.pass();
      } else {
        spool.candidate(id).ifPresent(turns::next);
      }
    }
  }

  /** Of a policy that has to know every job: reads them all at the first question. */
  final class ByWidth implements Places {
    private final Policy policy;
    private final IdSet pending;
    private final Situation situation;
    private final Spool spool;
    private Map<JobId, Schedule.Waiting> places = Map.of();

    private ByWidth(Policy policy, IdSet pending, Situation situation, Spool spool) {
      this.policy = policy;
      this.pending = pending;
      this.situation = situation;
      this.spool = spool;
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
        spool.candidate(pending.get(i)).ifPresent(candidates::add);
      }
      Map<JobId, Schedule.Waiting> read = new HashMap<>();
      for (Schedule.Waiting place : Schedule.queue(policy, candidates, situation)) {
        read.put(place.id(), place);
      }
      return read;
    }
  }
}
