package org.localq.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.localq.core.Amounts;
import org.localq.core.Budget;
import org.localq.core.Bytes;
import org.localq.core.Given;
import org.localq.core.Job;
import org.localq.core.Needs;
import org.localq.core.Pool;
import org.localq.core.Printable;
import org.localq.core.ProcessId;
import org.localq.core.Span;
import org.localq.core.Trouble;
import org.localq.spool.Entry;
import org.localq.spool.TerminalJson;

/**
 * Prints a {@link QueueView}: as aligned columns for people and awk, as JSON for other programs.
 */
final class Table {
  private static final List<String> HEADER =
      List.of(
          "JOBID",
          "PRIO",
          "STATUS",
          "NUM_CORES",
          "START_TIME",
          "END_TIME",
          "REASON",
          "NAME",
          "CMD");
  private static final Set<Integer> NUMBERS = Set.of(0, 1, 3);

  /** More than a screen shows, and read at once. */
  private static final int FIRST = 200;

  /** As Slurm has it. */
  private static final int LONGEST_ID = 64;

  static final String EMPTY = "-";

  /** Behind the reason, where one of the first rows has something to say there. */
  private static final String TIME_LIMIT = "TIME_LIMIT";

  private static final String MEMORY = "MEM";
  private static final String RESOURCES = "RESOURCES";

  private static final int BEHIND_REASON = 7;

  private final QueueView view;
  private boolean hasTimeLimits;
  private boolean hasMemory;
  private boolean hasResources;

  Table(QueueView view) {
    this.view = view;
  }

  /**
   * Prints the rows. On a terminal of so few {@code columns} times are shortened to leave room for
   * the commands, and lines cut.
   *
   * <p>Columns are as wide as the first {@value #FIRST} rows want, so that a long queue shows at
   * once.
   */
  void print(PrintStream out, Clock clock, Optional<Integer> columns) throws IOException {
    List<QueueView.Row> first = first();
    for (QueueView.Row row : first) {
      Optional<Job> job = row.job();
      if (job.isPresent()) {
        hasTimeLimits |= job.get().requirements().timeLimit().most().isPresent();
        hasMemory |= job.get().requirements().needs().memory() > 0;
        hasResources |= !job.get().requirements().needs().resources().isEmpty();
      }
    }
    Function<Instant, String> time = at -> Times.whole(at, clock.getZone());
    List<List<String>> lines = lines(first, time);
    Columns page = new Columns(lines, NUMBERS, columns);
    if (!page.areWideEnough()) {
      ZonedDateTime now = clock.instant().atZone(clock.getZone());
      time = at -> Times.brief(at, now);
      lines = lines(first, time);
      page = new Columns(lines, NUMBERS, columns);
    }
    for (List<String> line : lines) {
      out.println(page.line(line));
    }
    for (int i = 0; isRead(out, i); i++) {
      Optional<QueueView.Row> row = view.next();
      if (row.isEmpty()) {
        break;
      }
      out.println(page.line(cells(row.get(), time)));
    }
  }

  private List<QueueView.Row> first() throws IOException {
    List<QueueView.Row> first = new ArrayList<>();
    while (first.size() < FIRST) {
      Optional<QueueView.Row> row = view.next();
      if (row.isEmpty()) {
        break;
      }
      first.add(row.get());
    }
    return first;
  }

  /** Whether somebody still wants row {@code i}: who reads a pipe may have seen enough. */
  private static boolean isRead(PrintStream out, int i) {
    return i % FIRST != 0 || !out.checkError();
  }

  private List<List<String>> lines(List<QueueView.Row> rows, Function<Instant, String> time) {
    List<List<String>> lines = new ArrayList<>();
    List<String> header = new ArrayList<>(HEADER);
    if (hasResources) {
      header.add(BEHIND_REASON, RESOURCES);
    }
    if (hasMemory) {
      header.add(BEHIND_REASON, MEMORY);
    }
    if (hasTimeLimits) {
      header.add(BEHIND_REASON, TIME_LIMIT);
    }
    lines.add(header);
    for (QueueView.Row row : rows) {
      lines.add(cells(row, time));
    }
    return lines;
  }

  private List<String> cells(QueueView.Row row, Function<Instant, String> time) {
    List<String> cells = new ArrayList<>();
    cells.add(shortened(row.id()));
    cells.add(row.place().isPresent() ? Integer.toString(row.place().getAsInt()) : EMPTY);
    cells.add(row.state().name());
    // no functions where each row passes: a cold JVM has to link each of them first
    Optional<Job> job = row.job();
    cells.add(job.isPresent() ? Integer.toString(job.get().cores()) : EMPTY);
    cells.add(row.start().isPresent() ? time.apply(row.start().get()) : EMPTY);
    cells.add(row.end().isPresent() ? time.apply(row.end().get()) : EMPTY);
    cells.add(row.reason().isEmpty() ? EMPTY : Printable.of(row.reason()));
    if (hasTimeLimits) {
      cells.add(job.isPresent() ? timeLimit(job.get()) : EMPTY);
    }
    if (hasMemory) {
      cells.add(job.isPresent() ? memory(job.get()) : EMPTY);
    }
    if (hasResources) {
      cells.add(job.isPresent() ? resources(row, job.get()) : EMPTY);
    }
    cells.add(job.isPresent() ? Text.word(job.get().name()) : EMPTY);
    cells.add(job.isPresent() ? command(row, job.get()) : EMPTY);
    return cells;
  }

  private static String memory(Job job) {
    long bytes = job.requirements().needs().memory();
    return bytes == 0 ? EMPTY : Bytes.show(bytes);
  }

  private String resources(QueueView.Row row, Job job) {
    String text =
        ResourceText.of(job.requirements().needs(), row.provision().given(), view.load().budget());
    return text.isEmpty() ? EMPTY : text;
  }

  static String timeLimit(Job job) {
    Optional<Duration> most = job.requirements().timeLimit().most();
    return most.isPresent() ? Span.show(most.get()) : EMPTY;
  }

  /** Of an array of numbers without an order, as many as serve; --json has them all. */
  private static String shortened(String id) {
    if (id.length() <= LONGEST_ID) {
      return id;
    }
    return id.substring(0, id.lastIndexOf(',', LONGEST_ID)) + ",…]";
  }

  /** The command; of an array the words that its tasks have in common, and how many they are. */
  static String command(QueueView.Row row, Job job) {
    String words = Text.command(job.command());
    if (row.tasks().isEmpty()) {
      return words;
    }
    int tasks = row.unclaimed() > 0 ? row.unclaimed() : row.tasks().getAsInt();
    String line = row.numbers().isPresent() ? "" : " …";
    return words + line + " (" + Text.count(tasks, "task") + ")";
  }

  /**
   * What else there is to say about the queue, a line each.
   *
   * @param option how a user addresses it
   */
  List<String> remarks(String option) {
    List<String> remarks = new ArrayList<>();
    if (view.hidden() > 0) {
      remarks.add(Text.count(view.hidden(), "earlier job") + " not shown: lqueue" + option + " -a");
    }
    remarks.add(crew(option) + "; " + busy());
    return remarks;
  }

  private String crew(String option) {
    List<ProcessId> workers = view.load().staff().workers();
    if (workers.isEmpty()) {
      return "no worker is alive, start one with: localqd" + option + " start";
    }
    Optional<Trouble> trouble = view.load().staff().trouble();
    List<String> pids = workers.stream().map(worker -> Long.toString(worker.pid())).toList();
    return (pids.size() == 1 ? "worker " : "workers ")
        + String.join(", ", pids)
        + " alive"
        + (view.load().staff().draining() ? ", draining" : "")
        + trouble
            .map(
                t ->
                    ", in trouble: "
                        + Printable.of(t.what())
                        + " (see localqd"
                        + option
                        + " status)")
            .orElse("");
  }

  private String busy() {
    Load load = view.load();
    long pending = view.pending();
    String cores =
        load.limit().isPresent()
            ? load.busy() + " of " + Text.count(load.limit().getAsInt(), "core")
            : Text.count(load.busy(), "core");
    return cores + " busy" + (pending == 0 ? "" : ", " + pending + " pending");
  }

  /** Prints rows and load as one JSON object. */
  void printJson(PrintStream out) throws IOException {
    try (JsonGenerator json = TerminalJson.generator(out)) {
      json.writeStartObject();
      json.writeArrayFieldStart("workers");
      for (ProcessId worker : view.load().staff().workers()) {
        json.writeNumber(worker.pid());
      }
      json.writeEndArray();
      if (view.load().staff().trouble().isPresent()) {
        json.writeStringField("trouble", view.load().staff().trouble().get().toString());
      }
      if (view.load().limit().isPresent()) {
        json.writeNumberField("cores", view.load().limit().getAsInt());
      }
      json.writeNumberField("cores_busy", view.load().busy());
      writeBudget(json);
      json.writeArrayFieldStart("jobs");
      for (int i = 0; isRead(out, i); i++) {
        Optional<QueueView.Row> row = view.next();
        if (row.isEmpty()) {
          break;
        }
        json.writeStartObject();
        fields(row.get(), json);
        json.writeEndObject();
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    out.println();
  }

  private void writeBudget(JsonGenerator json) throws IOException {
    Budget budget = view.load().budget();
    Amounts busy = view.load().situation().capacity().busy();
    if (budget.memory().isPresent()) {
      json.writeNumberField("memory_bytes", budget.memory().getAsLong());
      json.writeNumberField("memory_bytes_busy", busy.memory());
    }
    if (!budget.resources().isEmpty()) {
      json.writeObjectFieldStart("resources");
      for (Map.Entry<String, Pool> resource : budget.resources().entrySet()) {
        writeIds(resource.getKey(), resource.getValue().ids(), json);
      }
      json.writeEndObject();
    }
  }

  private static void writeIds(String name, List<String> ids, JsonGenerator json)
      throws IOException {
    json.writeArrayFieldStart(name);
    for (String id : ids) {
      json.writeString(id);
    }
    json.writeEndArray();
  }

  private static void write(Needs needs, Given given, JsonGenerator json) throws IOException {
    if (needs.memory() > 0) {
      json.writeNumberField("memory_bytes", needs.memory());
    }
    if (!needs.resources().isEmpty()) {
      json.writeObjectFieldStart("resources");
      for (Map.Entry<String, Integer> resource : needs.resources().entrySet()) {
        json.writeNumberField(resource.getKey(), resource.getValue());
      }
      json.writeEndObject();
    }
    if (!given.isNothing()) {
      json.writeObjectFieldStart("given");
      for (Map.Entry<String, List<String>> resource : given.ids().entrySet()) {
        writeIds(resource.getKey(), resource.getValue(), json);
      }
      json.writeEndObject();
    }
  }

  /** Writes what there is to say of a job into its object. */
  static void fields(QueueView.Row row, JsonGenerator json) throws IOException {
    json.writeNumberField("id", row.entry().id().number());
    if (row.entry().id().isTask()) {
      json.writeNumberField("task", row.entry().id().task());
    }
    json.writeStringField("state", row.state().name());
    if (row.tasks().isPresent()) {
      json.writeNumberField("tasks", row.tasks().getAsInt());
      json.writeNumberField("unclaimed", row.unclaimed());
    }
    if (row.numbers().isPresent()) {
      json.writeStringField("array", row.numbers().get().toString());
    }
    if (row.place().isPresent()) {
      json.writeNumberField("place", row.place().getAsInt());
    }
    if (!row.reason().isEmpty()) {
      json.writeStringField("reason", row.reason());
    }
    if (row.start().isPresent()) {
      json.writeStringField("started", row.start().get().toString());
    }
    if (row.end().isPresent()) {
      json.writeStringField("ended", row.end().get().toString());
    }
    if (row.entry() instanceof Entry.Finished finished
        && finished.result().outcome().exitCode().isPresent()) {
      json.writeNumberField("exit_code", finished.result().outcome().exitCode().getAsInt());
    }
    if (row.job().isPresent()) {
      write(row.job().get(), row.provision().given(), json);
    }
  }

  private static void write(Job job, Given given, JsonGenerator json) throws IOException {
    json.writeNumberField("cores", job.cores());
    write(job.requirements().needs(), given, json);
    Optional<Duration> most = job.requirements().timeLimit().most();
    if (most.isPresent()) {
      json.writeNumberField("time_limit_seconds", most.get().toSeconds());
    }
    json.writeStringField("name", job.name());
    json.writeArrayFieldStart("command");
    for (String word : job.command()) {
      json.writeString(word);
    }
    json.writeEndArray();
  }
}
