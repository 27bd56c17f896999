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
 * are {@code afterany}.
 *
 * @param any whether one of the terms is enough
 * @param terms at least one
 */
public record Dependency(boolean any, List<Term> terms) {
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
    if (any && text.indexOf(',') >= 0) {
      return Optional.empty();
    }
    List<Term> terms = new ArrayList<>();
    for (String part : text.split(any ? "\\?" : ",", -1)) {
      if (!parse(part, terms)) {
        return Optional.empty();
      }
    }
    return Optional.of(new Dependency(any, terms));
  }

  /** Adds the terms of {@code TYPE:ID[:ID…]}; false where it is no such form. */
  private static boolean parse(String part, List<Term> terms) {
    String[] words = part.split(":", -1);
    Optional<Kind> named = kind(words[0]);
    if (named.equals(Optional.of(Kind.SINGLETON))) {
      terms.add(new Term(Kind.SINGLETON, Optional.empty(), Duration.ZERO));
      return words.length == 1;
    }
    int first = named.isPresent() ? 1 : 0;
    for (int i = first; i < words.length; i++) {
      Optional<Term> term = term(named.orElse(Kind.AFTERANY), words[i]);
      if (term.isEmpty()) {
        return false;
      }
      terms.add(term.get());
    }
    return words.length > first;
  }

  private static Optional<Term> term(Kind kind, String word) {
    Matcher delayed = DELAYED.matcher(word);
    boolean isDelayed = delayed.matches();
    if (isDelayed && kind != Kind.AFTER) {
      return Optional.empty();
    }
    Duration delay =
        isDelayed ? Duration.ofMinutes(Integer.parseInt(delayed.group(2))) : Duration.ZERO;
    return JobId.parse(isDelayed ? delayed.group(1) : word)
        .map(id -> new Term(kind, Optional.of(id), delay));
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
