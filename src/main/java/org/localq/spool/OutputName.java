package org.localq.spool;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import org.localq.core.FilePattern;
import org.localq.core.JobId;

/** The name of the file that takes a job's output unless told otherwise. */
final class OutputName {
  private static final DateTimeFormatter STAMP = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss");

  private OutputName() {}

  static String of(JobId id, Instant submitted, ZoneId zone) {
    return of(id.toString(), submitted, zone);
  }

  /** The same for the tasks of an array, as a reduced {@link FilePattern}. */
  static String ofTasks(Instant submitted, ZoneId zone) {
    return of("%j", submitted, zone);
  }

  private static String of(String id, Instant submitted, ZoneId zone) {
    return "localq-" + id + "-" + STAMP.format(submitted.atZone(zone)) + ".out";
  }
}
