package org.localq.core;

import java.time.Instant;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Whether a pending job may take its turn, as far as the time and what became of other jobs go.
 *
 * <p>Of the terms of a dependency all have to be met, or with {@code ?} any. A term can be met,
 * open, or never met any more:
 *
 * <ul>
 *   <li>{@code after}: met once the job has started, or ended without, and its minutes are over
 *   <li>{@code afterany}: met once it has ended
 *   <li>{@code afterok}: met once it is COMPLETED; never once it has ended otherwise
 *   <li>{@code afternotok}: the other way round
 *   <li>{@code singleton}: met while no earlier job of the same name is there
 * </ul>
 *
 * <p>Of a job whose end nobody knows {@code after} and {@code afterany} are met, because it is
 * over, and the other two never, because what they want can't be known any more.
 */
public sealed interface Readiness {
  /** It takes its turn. */
  record Ready() implements Readiness {}

  /**
   * It waits.
   *
   * @param reason {@link Reason#DEPENDENCY} or {@link Reason#BEGIN_TIME}
   * @param awaited the jobs of which something is still to become; none where only time is to pass,
   *     or an earlier job of its name is there
   * @param due when time alone changes something; nothing where it doesn't
   */
  record Waiting(Reason reason, SortedSet<JobId> awaited, Optional<Instant> due)
      implements Readiness {}

  /** What it waits for can never be. */
  record Never() implements Readiness {}

  /** What is known of other jobs. */
  interface Others {
    /** What became of a job, or of a task. */
    Fate fate(JobId id);

    /** Whether an earlier job of the same name is pending, on hold or running. */
    boolean hasEarlierNamesake();
  }

  /** Decides. */
  static Readiness of(Conditions conditions, Others others, Instant now) {
    Optional<Instant> begin = conditions.begin().filter(now::isBefore);
    if (conditions.dependency().isEmpty()) {
      return begin.isEmpty() ? new Ready() : new Waiting(Reason.BEGIN_TIME, new TreeSet<>(), begin);
    }
    Readiness readiness = of(conditions.dependency().get(), others, now);
    return readiness instanceof Ready && begin.isPresent()
        ? new Waiting(Reason.BEGIN_TIME, new TreeSet<>(), begin)
        : readiness;
  }

  private static Readiness of(Dependency dependency, Others others, Instant now) {
    int met = 0;
    int never = 0;
    SortedSet<JobId> awaited = new TreeSet<>();
    Optional<Instant> due = Optional.empty();
    for (Dependency.Term term : dependency.terms()) {
      Answer answer = answer(term, others, now);
      met += answer.word() == Word.MET ? 1 : 0;
      never += answer.word() == Word.NEVER ? 1 : 0;
      if (answer.word() == Word.OPEN && answer.due().isEmpty()) {
        term.job().ifPresent(awaited::add);
      }
      due = earlier(due, answer.due());
    }
    int terms = dependency.terms().size();
    if (dependency.any() ? never == terms : never > 0) {
      return new Never();
    }
    return met == terms || (dependency.any() && met > 0)
        ? new Ready()
        : new Waiting(Reason.DEPENDENCY, awaited, due);
  }

  private static Optional<Instant> earlier(Optional<Instant> a, Optional<Instant> b) {
    return a.isPresent() && b.isPresent() && b.get().isBefore(a.get()) ? b : a.or(() -> b);
  }

  /** What comes of one term. */
  enum Word {
    MET,
    OPEN,
    NEVER
  }

  /**
   * What comes of one term.
   *
   * @param due when it is met, where nothing but time has to pass
   */
  record Answer(Word word, Optional<Instant> due) {
    private static Answer of(Word word) {
      return new Answer(word, Optional.empty());
    }

    private static Answer of(boolean met, Word otherwise) {
      return of(met ? Word.MET : otherwise);
    }
  }

  private static Answer answer(Dependency.Term term, Others others, Instant now) {
    if (term.job().isEmpty()) {
      return Answer.of(!others.hasEarlierNamesake(), Word.OPEN);
    }
    Fate fate = others.fate(term.job().get());
    if (fate instanceof Fate.Ended ended) {
      return switch (term.kind()) {
        case AFTER -> since(ended.at(), term, now);
        case AFTEROK -> Answer.of(ended.ok(), Word.NEVER);
        case AFTERNOTOK -> Answer.of(!ended.ok(), Word.NEVER);
        default -> Answer.of(Word.MET);
      };
    }
    if (fate instanceof Fate.Started started && term.kind() == Dependency.Kind.AFTER) {
      return since(started.at(), term, now);
    }
    if (fate instanceof Fate.Pending || fate instanceof Fate.Started) {
      return Answer.of(Word.OPEN);
    }
    boolean over = term.kind() == Dependency.Kind.AFTER || term.kind() == Dependency.Kind.AFTERANY;
    return Answer.of(over, Word.NEVER);
  }

  private static Answer since(Instant start, Dependency.Term term, Instant now) {
    Instant due = start.plus(term.delay());
    // a clock that was set back is no reason to wait for what is over
    return !term.delay().isZero() && now.isBefore(due)
        ? new Answer(Word.OPEN, Optional.of(due))
        : Answer.of(Word.MET);
  }
}
