package org.localq.worker;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.localq.core.Claim;
import org.localq.core.JobId;
import org.localq.core.Presence;
import org.localq.core.ProcessId;
import org.localq.core.Warning;
import org.localq.engine.Engine;
import org.localq.engine.Launch;
import org.localq.engine.Mark;

/** An engine without processes: a test says what is alive, and reads what was asked of it. */
final class ScriptedEngine implements Engine {
  private final List<Launch> starts = new ArrayList<>();
  private final List<String> signals = new ArrayList<>();
  private final List<String> shims = new ArrayList<>();
  private final Map<JobId, Map<String, String>> variables = new HashMap<>();
  private Optional<String> whyCounted = Optional.of("no cgroups here");
  private int looks;
  private int stumbles;
  private final Map<JobId, Presence> alive = new HashMap<>();
  private final Map<JobId, Long> peaks = new HashMap<>();
  private final Set<JobId> missed = new HashSet<>();
  private Optional<String> refusal = Optional.empty();

  /** The attempts for which a shim was spawned, as {@code ID.ATTEMPT}, in order. */
  List<String> starts() {
    return starts.stream().map(launch -> name(launch.mark())).toList();
  }

  List<Launch> launches() {
    return List.copyOf(starts);
  }

  /** The signals that were sent, as {@code TERM ID.ATTEMPT}, in order. */
  List<String> signals() {
    return List.copyOf(signals);
  }

  /** What was said of shims, as {@code ended ID.ATTEMPT} or {@code abandoned ID.ATTEMPT}. */
  List<String> shims() {
    return List.copyOf(shims);
  }

  /** How often all processes were looked at. */
  int looks() {
    return looks;
  }

  /** From now on this is what is alive of a job. */
  void set(JobId id, Presence presence) {
    alive.put(id, presence);
  }

  /** The next look does not see this job's processes, as one that fork while /proc is read. */
  void missOnce(JobId id) {
    missed.add(id);
  }

  void setPeak(JobId id, long bytes) {
    peaks.put(id, bytes);
  }

  /** No process can be spawned. */
  void refuse(String why) {
    refusal = Optional.of(why);
  }

  /** The run file that comes so many-th from now can't be made, for a reason nobody foresaw. */
  void stumbleAt(int next) {
    stumbles = next;
  }

  void recover() {
    refusal = Optional.empty();
  }

  /** Jobs are kept to their memory. */
  void enforceMemory() {
    whyCounted = Optional.empty();
  }

  /** What the latest run file of a job puts into its environment. */
  Map<String, String> variables(JobId id) {
    return variables.get(id);
  }

  @Override
  public Optional<String> whyMemoryIsOnlyCounted() {
    return whyCounted;
  }

  private static String name(Mark mark) {
    return mark.id() + "." + mark.attempt();
  }

  @Override
  public byte[] script(Launch launch, Map<String, String> variables) {
    if (stumbles > 0 && --stumbles == 0) {
      throw new IllegalStateException("stumbled");
    }
    this.variables.put(launch.mark().id(), variables);
    return launch.job().name().getBytes(StandardCharsets.UTF_8);
  }

  @Override
  public void start(Launch launch) throws IOException {
    if (refusal.isPresent()) {
      throw new IOException(refusal.get());
    }
    starts.add(launch);
  }

  @Override
  public void ended(Mark mark) {
    shims.add("ended " + name(mark));
  }

  @Override
  public void abandon(Mark mark) {
    shims.add("abandoned " + name(mark));
  }

  @Override
  public Look look(Set<ProcessId> named) {
    looks++;
    Map<JobId, Presence> now = new HashMap<>(alive);
    boolean conclusive = missed.isEmpty();
    now.keySet().removeAll(missed);
    missed.clear();
    return new Look() {
      @Override
      public boolean isConclusive() {
        return conclusive;
      }

      @Override
      public Presence presence(Mark mark, Optional<Claim.Start> start) {
        return now.getOrDefault(mark.id(), Presence.GONE);
      }

      @Override
      public OptionalLong peak(Mark mark, Optional<Claim.Start> start) {
        Long bytes = peaks.get(mark.id());
        return bytes == null ? OptionalLong.empty() : OptionalLong.of(bytes);
      }

      @Override
      public void terminate(Mark mark, Optional<Claim.Start> start) {
        signals.add("TERM " + name(mark));
      }

      @Override
      public void kill(Mark mark, Optional<Claim.Start> start) {
        signals.add("KILL " + name(mark));
      }

      @Override
      public void warn(Mark mark, Optional<Claim.Start> start, Warning warning) {
        signals.add((warning.commandOnly() ? "B:" : "") + warning.signal() + " " + name(mark));
      }

      @Override
      public void killShim(Mark mark, Optional<Claim.Start> start) {
        signals.add("KILL shim " + name(mark));
      }
    };
  }
}
