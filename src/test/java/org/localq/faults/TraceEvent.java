package org.localq.faults;

import java.nio.file.Path;

/**
 * What a program did to the file system, or told somebody, as its system calls say. Only calls that
 * succeeded; every path is absolute and as the kernel resolved it.
 */
sealed interface TraceEvent {
  /** A file was opened with O_CREAT; it may have been there. */
  record Created(Path file) implements TraceEvent {}

  /** A file was opened with O_TRUNC, or cut to nothing. */
  record Emptied(Path file) implements TraceEvent {}

  /** A directory was made. */
  record DirectoryMade(Path directory) implements TraceEvent {}

  /**
   * Bytes were written to a file, terminal or pipe.
   *
   * @param bytes a character each, 0 to 255
   */
  record Wrote(String file, String bytes) implements TraceEvent {}

  /**
   * Bytes were written over others in the middle of a file.
   *
   * @param bytes a character each, 0 to 255
   * @param at where in the file
   */
  record Overwrote(String file, String bytes, int at) implements TraceEvent {}

  /** A file got another name. */
  record Linked(Path from, Path to) implements TraceEvent {}

  /** A file or directory changed its name; what had the new one is gone. */
  record Renamed(Path from, Path to) implements TraceEvent {}

  /** A name was taken away. */
  record Removed(Path name) implements TraceEvent {}

  /**
   * A file or directory was forced.
   *
   * @param begin how many events had ended when the call was entered: what came later it need not
   *     have reached
   */
  record Forced(Path path, int begin) implements TraceEvent {}
}
