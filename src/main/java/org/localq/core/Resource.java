package org.localq.core;

import java.util.Optional;

/**
 * What a process can be limited in: those of setrlimit(2) that a POSIX shell's {@code ulimit} can
 * set.
 *
 * <p>Each has its word in a job file, the title of its line in /proc/PID/limits, ulimit's letter,
 * and how many of the kernel's units (bytes, seconds, counts) one of ulimit's units is.
 */
public enum Resource {
  CPU("cpu", "Max cpu time", 't', 1),
  FSIZE("fsize", "Max file size", 'f', 512),
  DATA("data", "Max data size", 'd', 1024),
  STACK("stack", "Max stack size", 's', 1024),
  CORE("core", "Max core file size", 'c', 512),
  RSS("rss", "Max resident set", 'm', 1024),
  NPROC("nproc", "Max processes", 'p', 1),
  NOFILE("nofile", "Max open files", 'n', 1),
  MEMLOCK("memlock", "Max locked memory", 'l', 1024),
  AS("as", "Max address space", 'v', 1024);

  private final String word;
  private final String title;
  private final char letter;
  private final int unit;

  Resource(String word, String title, char letter, int unit) {
    this.word = word;
    this.title = title;
    this.letter = letter;
    this.unit = unit;
  }

  /** The resource that a job file calls {@code word}. */
  public static Optional<Resource> parse(String word) {
    for (Resource resource : values()) {
      if (resource.word.equals(word)) {
        return Optional.of(resource);
      }
    }
    return Optional.empty();
  }

  public String word() {
    return word;
  }

  public String title() {
    return title;
  }

  public char letter() {
    return letter;
  }

  public int unit() {
    return unit;
  }
}
