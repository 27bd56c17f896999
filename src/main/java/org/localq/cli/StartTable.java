package org.localq.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.localq.core.Forecast;
import org.localq.core.Job;
import org.localq.core.Printable;
import org.localq.spool.TerminalJson;

/** Prints when pending jobs are to be expected to start: the first that does first. */
final class StartTable {
  private static final List<String> HEADER =
      List.of(
          "JOBID",
          "PRIO",
          "NUM_CORES",
          "START_TIME",
          "BASIS",
          "REASON",
          "TIME_LIMIT",
          "NAME",
          "CMD");
  private static final Set<Integer> NUMBERS = Set.of(0, 1, 2);

  /** Slurm's word for what can't be told. */
  private static final String UNKNOWN = "N/A";

  /** When a job is to be expected to start. */
  private record Expected(Instant at, Forecast.Basis basis) {}

  /** A pending job and its start; nothing where that can't be told. */
  private record Line(QueueView.Row row, Optional<Expected> start) {
    private static final Comparator<Line> IN_ORDER =
        Comparator.comparing((Line line) -> line.start().isEmpty())
            .thenComparing(line -> line.start().map(Expected::at).orElse(Instant.EPOCH))
            .thenComparing(line -> line.row().place().orElse(Integer.MAX_VALUE))
            .thenComparing(line -> line.row().entry().id());
  }

  private final List<Line> lines;
  private final boolean whole;

  private StartTable(List<Line> lines, boolean whole) {
    this.lines = lines;
    this.whole = whole;
  }

  /**
   * Reads the rows of a view of pending jobs; of very many those that it could be looked ahead to.
   *
   * @param starts nothing where nobody is there to start them
   */
  static StartTable of(QueueView view, Optional<Expectation.Starts> starts, Instant now)
      throws IOException {
    boolean inOrder = starts.isEmpty() || starts.get().policy().isById();
    List<Line> near = new ArrayList<>();
    List<Line> far = new ArrayList<>();
    int read = 0;
    Optional<QueueView.Row> row = view.next();
    while (row.isPresent() && !(inOrder && read > Expectation.MOST_JOBS)) {
      boolean isFar = row.get().place().orElse(0) > Expectation.MOST_JOBS;
      List<Line> its = isFar ? far : near;
      if (its.size() < 2 * Expectation.MOST_JOBS) {
        Optional<Expected> start =
            starts.isPresent() ? start(row.get(), starts.get(), view, now) : Optional.empty();
        its.add(new Line(row.get(), start));
      }
      read++;
      row = view.next();
    }
    boolean whole = read <= Expectation.MOST_JOBS;
    if (whole) {
      near.addAll(far);
    }
    near.sort(Line.IN_ORDER);
    return new StartTable(near, whole);
  }

  private static Optional<Expected> start(
      QueueView.Row row, Expectation.Starts starts, QueueView view, Instant now)
      throws IOException {
    Optional<Forecast.Start> start = starts.of(row.entry().id());
    return start.isPresent()
        ? Optional.of(new Expected(now.plus(start.get().in()), start.get().basis()))
        : view.begin(row).map(begin -> new Expected(begin, Forecast.Basis.BEGIN));
  }

  /** Prints the rows; on a terminal of so few {@code columns} lines are cut. */
  void print(PrintStream out, ZoneId zone, Optional<Integer> columns) {
    List<List<String>> cells = new ArrayList<>();
    cells.add(HEADER);
    for (Line line : lines) {
      cells.add(cells(line, zone));
    }
    Columns page = new Columns(cells, NUMBERS, columns);
    for (List<String> line : cells) {
      out.println(page.line(line));
    }
  }

  private static List<String> cells(Line line, ZoneId zone) {
    QueueView.Row row = line.row();
    Optional<Job> job = row.job();
    List<String> cells = new ArrayList<>();
    cells.add(row.id());
    cells.add(row.place().isPresent() ? Integer.toString(row.place().getAsInt()) : Table.EMPTY);
    cells.add(job.map(its -> Integer.toString(its.cores())).orElse(Table.EMPTY));
    cells.add(line.start().map(start -> Times.whole(start.at(), zone)).orElse(UNKNOWN));
    cells.add(line.start().map(start -> start.basis().word()).orElse(Table.EMPTY));
    cells.add(row.reason().isEmpty() ? Table.EMPTY : Printable.of(row.reason()));
    cells.add(job.map(Table::timeLimit).orElse(Table.EMPTY));
    cells.add(job.map(its -> Text.word(its.name())).orElse(Table.EMPTY));
    cells.add(job.map(its -> Table.command(row, its)).orElse(Table.EMPTY));
    return cells;
  }

  /** What else there is to say, a line each. */
  List<String> remarks() {
    return whole
        ? List.of()
        : List.of("no further than " + Expectation.MOST_JOBS + " jobs is looked ahead");
  }

  /** Prints the rows as one JSON object. */
  void printJson(PrintStream out) throws IOException {
    try (JsonGenerator json = TerminalJson.generator(out)) {
      json.writeStartObject();
      json.writeArrayFieldStart("jobs");
      for (Line line : lines) {
        json.writeStartObject();
        Table.fields(line.row(), json);
        if (line.start().isPresent()) {
          json.writeStringField("expected_start", line.start().get().at().toString());
          json.writeStringField("expected_by", line.start().get().basis().word());
        }
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    out.println();
  }
}
