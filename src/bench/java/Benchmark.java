// SPDX-License-Identifier: MIT

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * {@code java src/bench/java/Benchmark.java [SECTION…]}: localq beside its peers, in turn, in one
 * run, as one table.
 *
 * <p>Builds nothing: {@code mvn -B package} first. Debian's packages task-spooler, nq, parallel,
 * hyperfine and time are the peers and the stop-watches; a peer that is missing has no row. Times
 * differ from machine to machine: quote the ratios.
 */
public final class Benchmark {
  private static final int ROUNDS = 8;
  private static final int CALLS_A_ROUND = 5;
  private static final int LATENCIES = 200;

  /** task-spooler refuses at about 1000. */
  private static final int JOBS = 900;

  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final Path scratch;
  private final Path localq;
  private final Map<String, String> environment;
  private final List<Row> rows = new ArrayList<>();

  private record Row(String work, String who, List<Double> values, String unit) {
    double median() {
      List<Double> sorted = values.stream().sorted().toList();
      int n = sorted.size();
      return (sorted.get((n - 1) / 2) + sorted.get(n / 2)) / 2;
    }

    double at(double share) {
      List<Double> sorted = values.stream().sorted().toList();
      return sorted.get((int) Math.min(sorted.size() - 1, Math.floor(share * sorted.size())));
    }
  }

  private Benchmark(Path scratch, Path localq) {
    this.scratch = scratch;
    this.localq = localq;
    this.environment = new LinkedHashMap<>(System.getenv());
    environment.keySet().removeIf(name -> name.startsWith("LOCALQ_") || name.startsWith("TS_"));
    environment.remove("XDG_CACHE_HOME");
    environment.put("HOME", scratch.toString());
    environment.put("TMPDIR", scratch.toString());
    environment.put("TS_SOCKET", scratch.resolve("tsp").toString());
    environment.put("NQDIR", scratch.resolve("nq").toString());
    environment.put("PARALLEL_HOME", scratch.resolve("parallel").toString());
  }

  /** Runs the sections that are named, or all. */
  public static void main(String[] sections) throws Exception {
    Path localq = Path.of("target/localq").toAbsolutePath();
    if (!Files.isExecutable(localq.resolve("bin/lbatch"))) {
      System.err.println("benchmark: no " + localq + "/bin/lbatch; run mvn -B package first");
      System.exit(1);
    }
    // beside the build and not in /tmp, which may be memory: a fsync is to cost what it costs
    Path scratch = Files.createTempDirectory(localq.getParent(), "bench-");
    Benchmark benchmark = new Benchmark(scratch, localq);
    try {
      benchmark.run(List.of(sections));
    } finally {
      benchmark.end();
    }
  }

  private void run(List<String> sections) throws Exception {
    prepare();
    Map<String, Section> all = new LinkedHashMap<>();
    all.put("cold", this::cold);
    all.put("latency", this::latency);
    all.put("throughput", this::throughput);
    all.put("idle", this::idle);
    all.put("lines", this::lines);
    all.put("depth", this::depth);
    all.put("kept", this::kept);
    for (Map.Entry<String, Section> section : all.entrySet()) {
      if (sections.isEmpty() || sections.contains(section.getKey())) {
        System.err.println("benchmark: " + section.getKey());
        section.getValue().run();
      }
    }
    print();
  }

  private interface Section {
    void run() throws Exception;
  }

  // --- Processes ---------------------------------------------------------------------------------

  private Process start(Path output, List<String> words) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(words).directory(scratch.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    builder.redirectInput(new File("/dev/null"));
    builder.redirectErrorStream(true).redirectOutput(output.toFile());
    return builder.start();
  }

  /** Runs a program to its end; what it printed. Any exit code but 0 ends the benchmark. */
  private String call(String... words) throws Exception {
    Path output = Files.createTempFile(scratch, "output", "");
    try {
      Process process = start(output, List.of(words));
      if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IllegalStateException(String.join(" ", words) + " does not end");
      }
      String text = Files.readString(output, StandardCharsets.ISO_8859_1).strip();
      if (process.exitValue() != 0) {
        throw new IllegalStateException(
            String.join(" ", words) + ": exit code " + process.exitValue() + ": " + text);
      }
      return text;
    } finally {
      Files.delete(output);
    }
  }

  private String bin(String command) {
    return localq.resolve("bin").resolve(command).toString();
  }

  private static boolean has(String program) {
    return Stream.of(System.getenv("PATH").split(":"))
        .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
  }

  private static void await(String what, Supplier<Boolean> condition) throws InterruptedException {
    await(what, Duration.ofMillis(1), condition);
  }

  private static void await(String what, Duration nap, Supplier<Boolean> condition)
      throws InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.get()) {
      if (System.nanoTime() - deadline > 0) {
        throw new IllegalStateException("still waiting for " + what);
      }
      TimeUnit.MILLISECONDS.sleep(nap.toMillis());
    }
  }

  /** Waits for so many records; seldom looks, because who looks takes from the cores. */
  private static void awaitRecords(Path done, int many) throws InterruptedException {
    await("localq", Duration.ofMillis(100), () -> count(done) >= many);
  }

  // --- Before and after --------------------------------------------------------------------------

  /** Has the class-data archive made, and refuses to measure without it. */
  private void prepare() throws Exception {
    call(bin("linfo"), "--version");
    Path cache = scratch.resolve(".cache/localq");
    await("the class-data archive", () -> !archives(cache).isEmpty());
    Path classes = scratch.resolve("classes");
    String log = "-Xlog:class+load=info:file=classes";
    if (archives(cache).get(0).toString().endsWith(".aot")) {
      log += " -XX:AOTMode=on"; // speaks up where the cache does not fit
    }
    environment.put("LOCALQ_JAVA_OPTS", log);
    call(bin("linfo"), "--version");
    environment.remove("LOCALQ_JAVA_OPTS");
    Pattern ours = Pattern.compile("(org\\.localq|picocli)\\..* source: shared objects file.*");
    try (Stream<String> lines = Files.lines(classes)) {
      if (lines.noneMatch(line -> ours.matcher(line).find())) {
        throw new IllegalStateException("the class-data archive is not used: " + archives(cache));
      }
    }
    call(bin("lbatch"), "true");
  }

  private static List<Path> archives(Path cache) {
    try (Stream<Path> all = Files.exists(cache) ? Files.walk(cache) : Stream.empty()) {
      return all.filter(file -> file.toString().matches(".*\\.(aot|jsa)")).toList();
    } catch (IOException | UncheckedIOException changing) {
      return List.of();
    }
  }

  private void end() throws Exception {
    call("sh", "-c", bin("localqd") + " stop --cancel || :");
    call("sh", "-c", "tsp -K || :");
    try (Stream<Path> all = Files.walk(scratch)) {
      for (Path file : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  // --- Cold commands -----------------------------------------------------------------------------

  private static final Pattern TIMES = Pattern.compile("\"times\": \\[([^]]*)]");

  private void cold() throws Exception {
    Map<String, String> commands = new LinkedHashMap<>();
    commands.put("bare JVM, hello world", hello());
    commands.put("lbatch true", bin("lbatch") + " true");
    commands.put(
        "lbatch true, by the JVM", "env LOCALQ_NO_SHORTCUT=1 " + bin("lbatch") + " true");
    commands.put("linfo --state 1", bin("linfo") + " --state 1");
    commands.put("lqueue -j 1", bin("lqueue") + " -j 1");
    if (has("tsp")) {
      call("tsp", "-S", "1");
      call("tsp", "sleep", "100");
      commands.put("task-spooler: tsp true", "tsp true");
    }
    if (has("nq")) {
      call("nq", "sleep", "100");
      commands.put("nq true", "nq true");
    }
    Map<String, List<Double>> times = new LinkedHashMap<>();
    for (int round = 0; round < ROUNDS; round++) {
      for (Map.Entry<String, String> command : commands.entrySet()) {
        times
            .computeIfAbsent(command.getKey(), who -> new ArrayList<>())
            .addAll(hyperfine(command.getValue()));
      }
    }
    times.forEach((who, values) -> rows.add(new Row("cold command", who, values, "ms")));
    call("sh", "-c", "tsp -K || :");
    call("sh", "-c", "kill $(nq -t 2>&1 | cut -c2- | sed 's/.*[.]//') || :");
  }

  private List<Double> hyperfine(String command) throws Exception {
    String file = "hyperfine.json";
    call(
        "hyperfine", "-N", "-w", "1", "-r", "" + CALLS_A_ROUND, "--export-json", file, command);
    Matcher times = TIMES.matcher(Files.readString(scratch.resolve(file)));
    if (!times.find()) {
      throw new IllegalStateException("hyperfine wrote no times");
    }
    return Stream.of(times.group(1).split(",")).map(t -> Double.parseDouble(t) * 1000).toList();
  }

  /** A JVM that does nothing, with the flags of our own. */
  private String hello() throws Exception {
    Files.writeString(
        scratch.resolve("Hello.java"),
        "class Hello { public static void main(String[] a) { System.out.println(\"hello\"); } }");
    String home = System.getProperty("java.home");
    call(home + "/bin/javac", "Hello.java");
    String options =
        Files.readAllLines(localq.resolve("share/localq/launch")).stream()
            .filter(line -> line.startsWith("options='"))
            .map(line -> line.substring(line.indexOf('\'') + 1, line.lastIndexOf('\'')))
            .findFirst()
            .orElseThrow();
    return home + "/bin/java " + options + " -cp " + scratch + " Hello";
  }

  // --- Start latency -----------------------------------------------------------------------------

  private interface Submit {
    /** Submits {@code date +%s%N}; where its output will be. */
    Path submit(int n) throws Exception;
  }

  private void latency() throws Exception {
    call(bin("localqd"), "-n", "2", "start");
    Map<String, Submit> peers = new LinkedHashMap<>();
    peers.put(
        "localq",
        n -> {
          Path output = scratch.resolve("latency-" + n);
          call(bin("lbatch"), "-o", output.toString(), "date", "+%s%N");
          return output;
        });
    if (has("tsp")) {
      peers.put("task-spooler", n -> Path.of(call("tsp", "-o", call("tsp", "date", "+%s%N"))));
    }
    if (has("nq")) {
      peers.put("nq", n -> scratch.resolve("nq").resolve(call("nq", "date", "+%s%N")));
    }
    Map<String, List<Double>> whole = new LinkedHashMap<>();
    Map<String, List<Double>> accepted = new LinkedHashMap<>();
    for (int n = 0; n < LATENCIES; n++) {
      for (Map.Entry<String, Submit> peer : peers.entrySet()) {
        Instant before = Instant.now();
        Path output = peer.getValue().submit(n);
        Instant after = Instant.now();
        await("the job of " + peer.getKey(), () -> stamp(output).isPresent());
        Instant begun = stamp(output).orElseThrow();
        put(whole, peer.getKey(), before, begun);
        put(accepted, peer.getKey(), after, begun);
        // an idle worker is what is asked for
        TimeUnit.MILLISECONDS.sleep(100);
      }
    }
    whole.forEach((who, values) -> rows.add(new Row("submit to start", who, values, "ms")));
    Row ofLocalq = new Row("accepted to start", "localq", accepted.get("localq"), "ms");
    rows.add(ofLocalq);
    rows.add(
        new Row("accepted to start", "localq, 99 of 100", List.of(ofLocalq.at(0.99)), "ms"));
    call(bin("localqd"), "stop");
  }

  private static void put(
      Map<String, List<Double>> times, String who, Instant from, Instant to) {
    times
        .computeIfAbsent(who, key -> new ArrayList<>())
        .add(Duration.between(from, to).toNanos() / 1e6);
  }

  private static final Pattern STAMP = Pattern.compile("(?m)^([0-9]{10})([0-9]{9})$");

  /** The time that {@code date +%s%N} printed. */
  private static Optional<Instant> stamp(Path output) {
    try {
      Matcher stamp = STAMP.matcher(Files.readString(output, StandardCharsets.ISO_8859_1));
      return stamp.find()
          ? Optional.of(
              Instant.ofEpochSecond(
                  Long.parseLong(stamp.group(1)), Long.parseLong(stamp.group(2))))
          : Optional.empty();
    } catch (IOException notYet) {
      return Optional.empty();
    }
  }

  // --- Throughput --------------------------------------------------------------------------------

  private void throughput() throws Exception {
    for (int round = 0; round < 3; round++) {
      rate("localq, -n 2", localqRate(round));
      if (has("tsp")) {
        rate("task-spooler, -S 2", tspRate());
      }
      if (has("nq")) {
        rate("nq (one at a time)", nqRate());
      }
      if (has("parallel")) {
        rate("parallel -j2", plain("parallel -j2 -n0 true"));
        rate("parallel's sem -j2", semRate());
      }
      rate("a bare sh launcher and our shim", launcher());
      rate("xargs -P2 (no queue)", plain("xargs -P2 -n1 true"));
    }
  }

  private void rate(String who, double jobsASecond) {
    System.err.printf(Locale.ROOT, "  %-34s %7.1f/s%n", who, jobsASecond);
    for (Row row : rows) {
      if (row.who().equals(who) && row.unit().equals("/s")) {
        row.values().add(jobsASecond);
        return;
      }
    }
    rows.add(new Row("no-op jobs, 2 at a time", who, new ArrayList<>(List.of(jobsASecond)), "/s"));
  }

  /** From the first record to the last, by a worker that has just come. */
  private double localqRate(int round) throws Exception {
    String uri = scratch.resolve("q" + round).toString();
    call(bin("localqd"), "-u", uri, "-n", "2", "start");
    call(bin("localqd"), "-u", uri, "stop");
    String loop = "i=0; while [ $i -lt " + JOBS + " ]; do i=$((i + 1)); \"$@\"; done";
    call("sh", "-c", loop, "sh", bin("lbatch"), "-u", uri, "-o", "/dev/null", "true");
    call(bin("localqd"), "-u", uri, "-n", "2", "start");
    Path done = Path.of(uri + ".queue/done");
    awaitRecords(done, JOBS);
    call(bin("localqd"), "-u", uri, "stop");
    return rateOf(done);
  }

  /** How many jobs a second ended, from the first record to the 900th. */
  private static double rateOf(Path done) throws IOException {
    try (Stream<Path> records = Files.list(done)) {
      List<Instant> ends = new ArrayList<>();
      for (Path record : records.toList()) {
        if (Files.readString(record).contains("\"COMPLETED\"")) {
          ends.add(Files.getLastModifiedTime(record).toInstant());
        }
      }
      if (ends.size() < JOBS) {
        throw new IllegalStateException("only " + ends.size() + " jobs COMPLETED in " + done);
      }
      ends.sort(Comparator.naturalOrder());
      return (JOBS - 1) / seconds(Duration.between(ends.get(0), ends.get(JOBS - 1)));
    }
  }

  private static int count(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return (int) files.count();
    } catch (IOException | UncheckedIOException changing) {
      return -1;
    }
  }

  private static double seconds(Duration duration) {
    return duration.toNanos() / 1e9;
  }

  private double tspRate() throws Exception {
    call("sh", "-c", "tsp -K || :");
    call("tsp", "-S", "1");
    call("tsp", "sh", "-c", "until [ -e go ]; do sleep 0.01; done");
    call("sh", "-c", "i=0; while [ $i -lt " + JOBS + " ]; do i=$((i + 1)); tsp -n true; done");
    call("tsp", "-n", "sh", "-c", "date +%s%N >end");
    call("tsp", "-S", "2");
    return whenGoOn("task-spooler");
  }

  /** Lets the first job end; how many a second ended until the last one wrote the time. */
  private double whenGoOn(String who) throws Exception {
    Path end = scratch.resolve("end");
    Instant go = Instant.now();
    Files.createFile(scratch.resolve("go"));
    await(who, () -> stamp(end).isPresent());
    double rate = JOBS / seconds(Duration.between(go, stamp(end).orElseThrow()));
    Files.delete(scratch.resolve("go"));
    Files.delete(end);
    return rate;
  }

  private double nqRate() throws Exception {
    call("nq", "sh", "-c", "until [ -e go ]; do sleep 0.01; done");
    call("sh", "-c", "i=0; while [ $i -lt " + JOBS + " ]; do i=$((i + 1)); nq true; done");
    call("nq", "sh", "-c", "date +%s%N >end");
    return whenGoOn("nq");
  }

  /** Fewer than the others: each costs a Perl with all of parallel in it. */
  private double semRate() throws Exception {
    int jobs = 30;
    String loop =
        "i=0; while [ $i -lt " + jobs + " ]; do i=$((i + 1)); sem -j2 true; done; sem --wait";
    return timed(jobs, "sh", "-c", loop);
  }

  private double plain(String command) throws Exception {
    return timed(JOBS, "sh", "-c", "seq " + JOBS + " | " + command);
  }

  /** What the shims cost by themselves: no claims, no records, no fsync, no look at processes. */
  private double launcher() throws Exception {
    Path running = Files.createDirectories(scratch.resolve("launcher"));
    for (int n = 1; n <= JOBS; n++) {
      Files.writeString(running.resolve(n + ".json"), "{}");
      Files.writeString(running.resolve(n + ".run"), "become 'PATH=/usr/bin:/bin' 'true'\n");
    }
    Path shim = scratch.resolve("shim.sh");
    Files.copy(Path.of("src/main/resources/org/localq/engine/shim.sh"), shim);
    String loop =
        "half() { while [ $i -le $1 ]; do echo $i 1 $i.run; i=$((i + 1)); done |"
            + " setsid sh \"$0\" \"$2\" >/dev/null 2>&1; }; i=1; half "
            + JOBS / 2
            + " \"$1\" & i="
            + (JOBS / 2 + 1)
            + "; half "
            + JOBS
            + " \"$1\"; wait";
    double rate = timed(JOBS, "sh", "-c", loop, shim.toString(), running.toString());
    long ended =
        IntStream.rangeClosed(1, JOBS)
            .filter(n -> Files.exists(running.resolve(n + ".1.exit-0")))
            .count();
    if (ended != JOBS) {
      throw new IllegalStateException("only " + ended + " of the launcher's jobs ended");
    }
    call("rm", "-rf", "launcher", shim.toString());
    return rate;
  }

  private double timed(int jobs, String... words) throws Exception {
    long before = System.nanoTime();
    call(words);
    return jobs / ((System.nanoTime() - before) / 1e9);
  }

  // --- Idle --------------------------------------------------------------------------------------

  private static final int IDLE_SECONDS = 60;

  /** A worker with an empty queue: one that has just come, and one that has seen some jobs. */
  private void idle() throws Exception {
    String uri = scratch.resolve("idle").toString();
    call(bin("localqd"), "-u", uri, "-n", "2", "start");
    long pid = pidOf(uri);
    TimeUnit.SECONDS.sleep(15);
    long before = cpuNanos(pid);
    TimeUnit.SECONDS.sleep(IDLE_SECONDS);
    double share = (cpuNanos(pid) - before) / 1e9 / IDLE_SECONDS;
    rows.add(new Row("idle worker, CPU", "localq", List.of(100 * share), "%"));
    rows.add(new Row("idle worker, resident", "localq", List.of(residentMegabytes(pid)), "MB"));
    String loop = "i=0; while [ $i -lt " + JOBS + " ]; do i=$((i + 1)); \"$@\"; done";
    call("sh", "-c", loop, "sh", bin("lbatch"), "-u", uri, "-o", "/dev/null", "true");
    awaitRecords(Path.of(uri + ".queue/done"), JOBS);
    TimeUnit.SECONDS.sleep(25);
    rows.add(
        new Row(
            "idle worker, resident",
            "localq, " + JOBS + " jobs later",
            List.of(residentMegabytes(pid)),
            "MB"));
    call(bin("localqd"), "-u", uri, "stop");
  }

  private static long pidOf(String uri) throws IOException {
    return Long.parseLong(Files.readString(Path.of(uri + ".pid")).strip().split(" ")[0]);
  }

  /** User and system time of all threads, as the scheduler counts it. */
  private static long cpuNanos(long pid) throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
      long nanos = 0;
      for (Path thread : threads.toList()) {
        nanos += Long.parseLong(Files.readString(thread.resolve("schedstat")).split(" ")[0]);
      }
      return nanos;
    }
  }

  private static double residentMegabytes(long pid) throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/" + pid + "/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Double.parseDouble(line.replaceAll("[^0-9]", "")) * 1024 / 1e6;
      }
    }
    throw new IllegalStateException("no VmRSS of " + pid);
  }

  // --- Many lines --------------------------------------------------------------------------------

  private static final int MILLION = 1_000_000;

  /** An array: how long until it is accepted, and what the worker makes of it. */
  private void lines() throws Exception {
    String who = "a million lines";
    String uri = queue("lines");
    Path list = scratch.resolve("list");
    try (Stream<String> all = IntStream.rangeClosed(1, MILLION).mapToObj(n -> "true " + n)) {
      Files.write(list, (Iterable<String>) all::iterator);
    }
    List<Double> times = new ArrayList<>();
    List<Double> peaks = new ArrayList<>();
    for (int n = 0; n < 5; n++) {
      String submit = bin("lbatch") + " -u " + uri + " -o /dev/null --each-line list";
      String measured = call("sh", "-c", "/usr/bin/time -f '%e %M' " + submit);
      String[] words = measured.substring(measured.lastIndexOf('\n') + 1).split(" ");
      times.add(Double.parseDouble(words[0]) * 1000);
      peaks.add(Double.parseDouble(words[1]) * 1024 / 1e6);
      if (n < 4) {
        call(bin("lcancel"), "-u", uri, "" + (n + 1));
      }
    }
    rows.add(new Row("lbatch --each-line, accepted", who, times, "ms"));
    rows.add(new Row("lbatch --each-line, resident", who, peaks, "MB"));
    command("lqueue", who, 5, bin("lqueue") + " -u " + uri);
    String last = bin("linfo") + " -u " + uri + " --state 5_" + MILLION;
    command("linfo --state of the last", who, 5, last);
    startUp(who, uri);
    TimeUnit.SECONDS.sleep(10);
    double rate = rateOf(Path.of(uri + ".queue/done"));
    rows.add(new Row("no-op tasks, 2 at a time", who, List.of(rate), "/s"));
    rows.add(new Row("the worker, resident", who, List.of(residentMegabytes(pidOf(uri))), "MB"));
    command("lcancel of the whole", who, 1, bin("lcancel") + " -u " + uri + " --grace 0 5");
    drop(uri);
  }

  // --- Depth -------------------------------------------------------------------------------------

  /** Makes many of one file: pending jobs as lbatch writes them, or records. */
  private static final String FILL =
      """
      my ($from, $to, $many) = @ARGV;
      open my $in, '<', $from or die $!;
      local $/;
      my $job = <$in>;
      for my $id (2 .. $many) {
        sysopen my $out, "$to/$id.json", 0301, 0600 or die $!;
        syswrite $out, $job;
      }
      """;

  private void fill(String from, String to, int many) throws Exception {
    Files.writeString(scratch.resolve("fill"), FILL);
    call("perl", "fill", from, to, "" + many);
  }

  /** The highest id that was given away. */
  private void count(String spool, int from, int many) throws IOException {
    Path seq = Path.of(spool, ".localq/seq");
    Files.move(seq.resolve("" + from), seq.resolve("" + many));
  }

  /** A new queue of two cores without a worker. */
  private String queue(String name) throws Exception {
    String uri = scratch.resolve(name).toString();
    call(bin("localqd"), "-u", uri, "-n", "2", "--keep", "all", "start");
    call(bin("localqd"), "-u", uri, "stop");
    return uri;
  }

  private void drop(String uri) throws Exception {
    call(bin("localqd"), "-u", uri, "stop");
    call("rm", "-rf", uri, uri + ".queue", uri + ".log", uri + ".pid");
  }

  private void depth() throws Exception {
    for (int many : new int[] {10, 100_000, MILLION}) {
      depth(many);
    }
  }

  private void depth(int many) throws Exception {
    String who = String.format(Locale.ROOT, "%,d pending", many);
    String uri = queue("deep");
    call(bin("lbatch"), "-u", uri, "-o", "/dev/null", "true");
    fill(uri + ".queue/1.json", uri + ".queue", many);
    count(uri + ".queue", 1, many);
    call("sync");
    String queue = " -u " + uri;
    command("lqueue, its first screen", who, 5, bin("lqueue") + queue + " | head -n 24");
    command("lqueue -j ID", who, 5, bin("lqueue") + queue + " -j " + many / 2);
    command("linfo ID", who, 5, bin("linfo") + queue + " " + many / 2);
    command("lcancel ID", who, 5, bin("lcancel") + queue + " $n");
    command("lbatch true", who, 25, bin("lbatch") + queue + " -o /dev/null true");
    command("lqueue, whole", who, 1, bin("lqueue") + queue + " | wc -l");
    if (many > JOBS) {
      startUp(who, uri);
      Path done = Path.of(uri + ".queue/done");
      awaitRecords(done, JOBS + 5);
      rate("localq, with " + who, rateOf(done));
      rows.add(new Row("the worker, resident", who, List.of(residentMegabytes(pidOf(uri))), "MB"));
      String submit = bin("lbatch") + queue + " -o /dev/null true";
      command("lbatch true, beside the worker", who, 25, submit);
    }
    drop(uri);
  }

  /** What a million records cost that nobody wants removed. */
  private void kept() throws Exception {
    for (int many : new int[] {10, MILLION}) {
      String who = String.format(Locale.ROOT, "%,d kept", many);
      String uri = queue("kept");
      call(bin("localqd"), "-u", uri, "start");
      call(bin("lbatch"), "-u", uri, "-o", "/dev/null", "--wait", "true");
      call(bin("localqd"), "-u", uri, "stop");
      fill(uri + ".queue/done/1.json", uri + ".queue/done", many);
      count(uri + ".queue", 1, many);
      call("sync");
      String queue = " -u " + uri;
      command("lqueue -t pending", who, 5, bin("lqueue") + queue + " -t pending");
      command(
          "lqueue on a terminal", who, 5, "script -qec '" + bin("lqueue") + queue + "' /dev/null");
      command("linfo --state ID", who, 5, bin("linfo") + queue + " --state " + many / 2);
      command("lbatch true", who, 25, bin("lbatch") + queue + " -o /dev/null true");
      startUp(who, uri);
      TimeUnit.SECONDS.sleep(30);
      rows.add(new Row("the worker, resident", who, List.of(residentMegabytes(pidOf(uri))), "MB"));
      long before = cpuNanos(pidOf(uri));
      TimeUnit.SECONDS.sleep(IDLE_SECONDS);
      double share = (cpuNanos(pidOf(uri)) - before) / 1e9 / IDLE_SECONDS;
      rows.add(new Row("idle worker, CPU", who, List.of(100 * share), "%"));
      drop(uri);
    }
  }

  /** So many times; {@code $n} is another id each time. */
  private void command(String work, String who, int calls, String command) throws Exception {
    List<Double> times = new ArrayList<>();
    for (int n = 1; n <= calls; n++) {
      long before = System.nanoTime();
      call("sh", "-c", "n=" + n + "; " + command);
      times.add((System.nanoTime() - before) / 1e6);
    }
    rows.add(new Row(work, who, times, "ms"));
  }

  /** Starts a worker; the time until it claims. */
  private void startUp(String who, String uri) throws Exception {
    Path running = Path.of(uri + ".queue/running");
    FileTime claimed = Files.getLastModifiedTime(running);
    long before = System.nanoTime();
    // it says that it has started before it has looked at everything
    Process start = start(scratch.resolve("start"), List.of(bin("localqd"), "-u", uri, "start"));
    await(
        "the first claim",
        () -> {
          try {
            return !Files.getLastModifiedTime(running).equals(claimed);
          } catch (IOException gone) {
            return false;
          }
        });
    rows.add(
        new Row("start to first claim", who, List.of((System.nanoTime() - before) / 1e6), "ms"));
    start.waitFor();
  }

  // --- The table ---------------------------------------------------------------------------------

  /** One table, the rows of the same work together. */
  private void print() {
    System.out.println("| work | who | median | 5 % to 95 % | beside the first |");
    System.out.println("|---|---|---|---|---|");
    Map<String, List<Row>> works = new LinkedHashMap<>();
    for (Row row : rows) {
      works.computeIfAbsent(row.work() + " " + row.unit(), key -> new ArrayList<>()).add(row);
    }
    for (List<Row> same : works.values()) {
      for (Row row : same) {
        System.out.printf(
            Locale.ROOT,
            "| %s | %s | %.2f %s | %s | %.2f |%n",
            row.work(),
            row.who(),
            row.median(),
            row.unit(),
            row.values().size() == 1
                ? "once"
                : String.format(Locale.ROOT, "%.2f to %.2f", row.at(0.05), row.at(0.95)),
            row.median() / same.get(0).median());
      }
    }
  }
}
