package org.localq.engine;

import static org.localq.engine.Quoting.quote;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.localq.core.ArrayVariables;
import org.localq.core.ExactText;
import org.localq.core.Job;
import org.localq.core.JobId;
import org.localq.core.Limit;
import org.localq.core.Resource;
import org.localq.core.Workplace;

/**
 * The script that a shim executes for one attempt: it opens the job's files, goes to its directory,
 * sets its umask and limits and becomes its command.
 *
 * <p>Every word in it that comes from a user is in single quotes. The functions {@code cannot},
 * {@code become} and {@code confine} are the shim's.
 */
final class RunScript {
  private static final String URI = "LOCALQ_URI";

  /** Slurm counts memory in MiB. */
  private static final int MEBI = 20;

  /** What some shell reads, checks or refuses to set when it is assigned to. */
  private static final Set<String> SHELLS_OWN =
      Set.of(
          "BASHOPTS",
          "EUID",
          "GROUPS",
          "IFS",
          "LINENO",
          "OPTIND",
          "POSIXLY_CORRECT",
          "PPID",
          "PS1",
          "PS2",
          "PS4",
          "RANDOM",
          "SECONDS",
          "SHELLOPTS",
          "UID");

  private final StringBuilder text = new StringBuilder(4096);

  private final String uri;
  private final Map<String, String> variables;

  private RunScript(String uri, Map<String, String> variables) {
    this.uri = uri;
    this.variables = variables;
  }

  /**
   * The script's bytes.
   *
   * @param variables what the environment has beside the job's own
   * @param own the worker's: of the limits only what differs is set, the umask is for a job without
   *     one
   * @param uri the URI file of the queue, for a job that names none
   */
  static byte[] of(Launch launch, Map<String, String> variables, Inherited own, String uri) {
    RunScript script = new RunScript(uri, variables);
    Job job = launch.job();
    long memory = job.requirements().needs().memory();
    if (memory > 0) {
      // before anything of the job's own is touched: whatever comes is counted
      script.line("confine " + memory);
    }
    // first: it is for the output files too
    job.submission().umask().or(own::umask).ifPresent(umask -> script.line("umask " + umask));
    script.open(job.workplace(), launch.again());
    script.limit(job.submission().limits(), own.limits());
    script.become(launch);
    return ExactText.encode(script.text.toString());
  }

  private void open(Workplace workplace, boolean again) {
    String directory = quote(workplace.directory());
    line("{ [ -d " + directory + " ] && [ -x " + directory + " ]; } || cannot directory");
    // "command" keeps a failed redirection from ending the shell
    line("command exec <" + quote(workplace.resolve(workplace.stdin())) + " || cannot stdin");
    String to = again || workplace.appends() ? ">>" : ">";
    String stdout = workplace.resolve(workplace.stdout());
    line("command exec " + to + quote(stdout) + " || cannot stdout");
    line(stderr(workplace, to));
    line("command cd -- " + directory + " || cannot directory");
  }

  /** One file under two names is opened once, or each stream would write over the other. */
  private static String stderr(Workplace workplace, String to) {
    String merge = "exec 2>&1";
    if (workplace.stderr().isEmpty()) {
      return merge;
    }
    String stdout = quote(workplace.resolve(workplace.stdout()));
    String stderr = quote(workplace.resolve(workplace.stderr().get()));
    String open = "command exec 2" + to + stderr + " || cannot stderr";
    return "if [ " + stdout + " -ef " + stderr + " ]; then " + merge + "; else " + open + "; fi";
  }

  private void limit(Map<Resource, Limit> wanted, Map<Resource, Limit> own) {
    for (Map.Entry<Resource, Limit> entry : new TreeMap<>(wanted).entrySet()) {
      if (!entry.getValue().equals(own.get(entry.getKey()))) {
        limit(entry.getKey(), entry.getValue());
      }
    }
  }

  /**
   * Soft, hard, soft: whichever of the two is in the other's way at first. Beyond the worker's hard
   * limit: that one.
   */
  private void limit(Resource resource, Limit limit) {
    String soft = ulimit("S", resource, limit.soft());
    String hard = ulimit("H", resource, limit.hard());
    line(soft + " || { " + hard + "; " + soft + " || " + ulimitToHard(resource) + "; }; " + hard);
  }

  private static String ulimit(String kind, Resource resource, long value) {
    String number = value == Limit.UNLIMITED ? "unlimited" : Long.toString(value / resource.unit());
    return inTheShellsWords(resource, letter -> "ulimit -" + kind + letter + " " + number);
  }

  private static String ulimitToHard(Resource resource) {
    return inTheShellsWords(
        resource, letter -> "ulimit -S" + letter + " \"$(ulimit -H" + letter + ")\"");
  }

  /** dash says p for the number of processes; bash and busybox say u, and refuse to set their p. */
  private static String inTheShellsWords(Resource resource, Function<Character, String> ulimit) {
    String usual = ulimit.apply(resource.letter()) + " 2>/dev/null";
    return resource == Resource.NPROC
        ? "{ " + usual + " || " + ulimit.apply('u') + " 2>/dev/null; }"
        : usual;
  }

  private void become(Launch launch) {
    Map<String, String> environment = environment(launch);
    text.append(isPlain(launch.job(), environment) ? "become" : "exec env -i --");
    environment.forEach((name, value) -> text.append(' ').append(quote(name + "=" + value)));
    if (launch.job().command().get(0).indexOf('=') >= 0) {
      // env would take the command for one more variable
      text.append(" nice -n 0 --");
    }
    launch.job().command().forEach(word -> text.append(' ').append(quote(word)));
    text.append('\n');
  }

  /**
   * Whether the shell itself can do what env(1) does: it knows these names and gives none of them a
   * meaning of its own, and the command is there, so that nobody need be told otherwise.
   */
  private static boolean isPlain(Job job, Map<String, String> environment) {
    String command = job.command().get(0);
    String path = environment.get("PATH");
    return path != null
        && command.indexOf('=') < 0
        && environment.keySet().stream().allMatch(RunScript::isPlain)
        && Programs.find(command, job.workplace().directory(), path).isPresent();
  }

  private static boolean isPlain(String name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean letter = c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c == '_';
      if (!letter && (i == 0 || c < '0' || c > '9')) {
        return false;
      }
    }
    return !name.isEmpty() && !SHELLS_OWN.contains(name);
  }

  private Map<String, String> environment(Launch launch) {
    Map<String, String> environment = new LinkedHashMap<>(launch.job().submission().environment());
    JobId id = launch.mark().id();
    // a job that submits another must not hand on its own number
    environment.keySet().removeIf(name -> name.startsWith("LOCALQ_") && !isHandedOn(name, id));
    environment.putIfAbsent(URI, uri);
    if (id.isTask()) {
      environment.put(ArrayVariables.JOB_ID, id.array().toString());
      environment.put(ArrayVariables.TASK_ID, Integer.toString(id.task()));
    }
    environment.put(Mark.JOB_ID, id.toString());
    environment.put(Mark.ATTEMPT, Integer.toString(launch.mark().attempt()));
    environment.put(Mark.SPOOL, launch.mark().spool());
    environment.put("LOCALQ_JOB_NAME", launch.job().name());
    environment.put("LOCALQ_CORES", Integer.toString(launch.job().cores()));
    if (launch.again()) {
      environment.put("LOCALQ_RESTART_COUNT", Integer.toString(launch.restarts()));
    }
    long memory = launch.job().requirements().needs().memory();
    if (memory > 0) {
      environment.put("LOCALQ_MEM_PER_NODE", Long.toString(memory >> MEBI));
    }
    environment.putAll(variables);
    environment.put("LOCALQ_SUBMIT_DIR", launch.job().submission().directory());
    return environment;
  }

  private static boolean isHandedOn(String name, JobId id) {
    return name.equals(URI) || (id.isTask() && ArrayVariables.KEPT.contains(name));
  }

  private void line(String line) {
    text.append(line).append('\n');
  }
}
