package org.localq.core;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What has to have become of other jobs before a job can start; Slurm's {@code
 * TYPE:ID[:ID…][,TYPE…]}, all of them, or with {@code ?} instead of {@code ,} any of them. Bare ids
 * are {@code afterany}, and {@code 17_[1-3]} is three.
 *
 * @param any whether one of the terms is enough
 * @param terms at least one
 */
public record Dependency(boolean any, List<Term> terms) {
  /** So many terms can be said with brackets: a short text must not be a long job. */
  public static final int MOST_TASKS = 1000;

  private static final Pattern DELAYED = Pattern.compile("([^+]*)\\+([0-9]{1,7})");

  public Dependency {
    terms = List.copyOf(terms);
    if (terms.isEmpty()) {
      throw new IllegalArgumentException("a dependency has at least one term");
    }
  }

  /** What of another job is waited for. */
  public enum Kind {
    /** That it has started, or was cancelled. */
    AFTER,
    /** That it has ended. */
    AFTERANY,
    /** That it has ended well: COMPLETED. */
    AFTEROK,
    /** That it has ended, and not well. */
    AFTERNOTOK,
    /** That no earlier job of the same name is there. */
    SINGLETON;

    /** Its word. */
    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * One thing that is waited for.
   *
   * @param job the other job, an array or a task; nothing for a singleton
   * @param delay for how long behind its start; of {@link Kind#AFTER} alone
   */
  public record Term(Kind kind, Optional<JobId> job, Duration delay) {
    private String text() {
      String plus = delay.isZero() ? "" : "+" + delay.toMinutes();
      return kind.word() + job.map(id -> ":" + id + plus).orElse("");
    }
  }

  /** The jobs that are waited for. */
  public SortedSet<JobId> jobs() {
    SortedSet<JobId> jobs = new TreeSet<>();
    terms.forEach(term -> term.job().ifPresent(jobs::add));
    return jobs;
  }

  /** Whether one of its terms is {@code singleton}. */
  public boolean isSingleton() {
    for (Term term : terms) {
      if (term.kind() == Kind.SINGLETON) {
        return true;
      }
    }
    return false;
  }

  /** Whether it is the start of this job, and not its end, that one of its terms wants. */
  public boolean awaitsStartOf(JobId id) {
    for (Term term : terms) {
      if (term.kind() == Kind.AFTER && term.job().equals(Optional.of(id))) {
        return true;
      }
    }
    return false;
  }

  /**
   * Why a job {@code id} can't depend on this, as a phrase behind "it"; nothing where it can. What
   * it depends on came before it and so has a lower id: that is why no jobs can wait for each other
   * in a circle.
   */
  public Optional<String> fault(JobId id) {
    for (JobId other : jobs()) {
      if (other.number() >= id.number()) {
        return Optional.of(
            "depends on job " + other + ", expected ids below its own, " + id.number());
      }
    }
    return Optional.empty();
  }

  /** The dependency that {@code text} says; nothing where it is no such form. */
  public static Optional<Dependency> parse(String text) {
    boolean any = text.indexOf('?') >= 0;
    List<String> parts = IdText.split(text, ',');
    if (any && parts.size() > 1) {
      return Optional.empty();
    }
    List<Term> terms = new ArrayList<>();
    for (String part : any ? IdText.split(text, '?') : parts) {
      if (!parse(part, terms)) {
        return Optional.empty();
      }
    }
    return Optional.of(new Dependency(any, terms));
  }

  /** Adds the terms of {@code TYPE:ID[:ID…]}; false where it is no such form. */
  private static boolean parse(String part, List<Term> terms) {
    List<String> words = IdText.split(part, ':');
    Optional<Kind> named = kind(words.get(0));
    if (named.equals(Optional.of(Kind.SINGLETON))) {
      terms.add(new Term(Kind.SINGLETON, Optional.empty(), Duration.ZERO));
      return words.size() == 1;
    }
    int first = named.isPresent() ? 1 : 0;
    for (int i = first; i < words.size(); i++) {
      if (!addTerms(named.orElse(Kind.AFTERANY), words.get(i), terms)) {
        return false;
      }
    }
    return words.size() > first;
  }

  /** Adds those of one {@code ID[+MINUTES]}; false where it is no such form. */
  private static boolean addTerms(Kind kind, String word, List<Term> terms) {
    Matcher delayed = DELAYED.matcher(word);
    boolean isDelayed = delayed.matches();
    Duration delay =
        isDelayed ? Duration.ofMinutes(Integer.parseInt(delayed.group(2))) : Duration.ZERO;
    Optional<IdText> named = IdText.parse(isDelayed ? delayed.group(1) : word);
    if ((isDelayed && kind != Kind.AFTER) || named.isEmpty()) {
      return false;
    }
    boolean few = named.get().tasks().isEmpty() || terms.size() + named.get().count() <= MOST_TASKS;
    if (few) {
      named.get().ids().forEach(id -> terms.add(new Term(kind, Optional.of(id), delay)));
    }
    return few;
  }

  private static Optional<Kind> kind(String word) {
    for (Kind kind : Kind.values()) {
      if (kind.word().equals(word)) {
        return Optional.of(kind);
      }
    }
    return Optional.empty();
  }

  /** What {@link #parse} reads, with the type before each id. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Term term : terms) {
      text.append(text.length() == 0 ? "" : any ? "?" : ",").append(term.text());
    }
    return text.toString();
  }
}
