package org.localq.faults;

import java.util.Set;

/**
 * Something that people do with a queue, as a shell script, in the middle of which the power is
 * cut.
 */
enum PowerScenario {
  FIRST_SUBMIT("", "lbatch -J one sh -c \"$witness\""),

  /** Somebody who wanted to found the queue, and died before anything was on the disk. */
  DEAD_FOUNDER("", "mkdir -m 700 \"$HOME/.localq\"; lbatch -J one sh -c \"$witness\""),

  NEXT_SUBMIT("lbatch -J one sh -c \"$witness\"", "lbatch -J two sh -c \"$witness\""),

  /** Workers that start and end, a job that waited for them, and one that comes later. */
  WORK(
      "lbatch -J one sh -c \"$witness\"",
      """
      localqd -n 2 -i 1 start
      await [ -e "$queue/done/1.json" ]
      lbatch -J two sh -c "$witness"
      await [ -e "$queue/done/2.json" ]
      localqd stop
      """),

  CANCEL_OF_A_PENDING_JOB("lbatch -J one sh -c \"$witness\"", "lcancel 1"),

  CANCEL_OF_A_RUNNING_JOB(
      "lbatch -J one -o \"$HOME/out\" sh -c 'echo \"ran $LOCALQ_JOB_ID\"; exec sleep 60'",
      """
      localqd -n 1 -i 1 start
      await [ -s "$HOME/out" ]
      lcancel --grace 9 1
      await [ -e "$queue/done/1.json" ]
      localqd stop
      """),

  CANCEL_WITHOUT_A_WORKER(
      "lbatch -J one -o \"$HOME/out\" sh -c 'echo \"ran $LOCALQ_JOB_ID\"; exec sleep 60'",
      """
      localqd -n 1 -i 1 start
      await [ -s "$HOME/out" ]
      localqd stop
      lcancel --grace 9 1
      """),

  TIME_LIMIT(
      "lbatch -J one -t 0:01 -o \"$HOME/out\" sh -c 'echo \"ran $LOCALQ_JOB_ID\"; exec sleep 60'",
      """
      localqd -n 1 -i 1 start
      await [ -e "$queue/done/1.json" ]
      localqd stop
      """),

  /** A job that fails twice, as often as it may. */
  RETRY(
      "lbatch -J one --retry 1 sh -c \"$witness\"",
      """
      localqd -n 1 -i 1 start
      await [ -e "$queue/done/1.json" ]
      localqd stop
      """),
  /** A job that is held and released, and one that is submitted on hold and goes first then. */
  HOLD(
      "lbatch -J one sh -c \"$witness\"",
      """
      lctl hold 1
      echo "held 1"
      echo "releasing 1"
      lctl release 1
      echo "released 1"
      lbatch -H --priority 5 -J two sh -c "$witness"
      lctl release 2
      echo "released 2"
      """),

  /** A job that has ended is run again. */
  REQUEUE_OF_AN_ENDED_JOB(
      """
      lbatch -J one sh -c 'echo "ran $LOCALQ_JOB_ID $LOCALQ_ATTEMPT"; exit 3'
      localqd -n 1 -i 1 start
      await [ -e "$queue/done/1.json" ]
      await [ ! -e "$running/1.1.exit-3" ]
      localqd stop
      """,
      """
      echo "requeueing 1"
      lctl requeue 1
      echo "requeued 1"
      localqd -n 1 -i 1 start
      await [ -e "$queue/done/1.json" ]
      localqd stop
      """),

  /** A job that is cancelled while it is on hold. */
  CANCEL_OF_A_HELD_JOB(
      """
      lbatch -H -J one sh -c "$witness"
      """,
      "lcancel 1"),

  /** An array, from its file to its record. */
  ARRAY(
      "localqd -n 1 start && localqd stop",
      """
      printf '%s\n' "$witness" 'echo "ran $LOCALQ_JOB_ID"; exit 4' >"$HOME/lines"
      lbatch --each-line "$HOME/lines"
      localqd -n 1 -i 1 start
      await [ -e "$queue/done/1.json" ]
      localqd stop
      """),

  /** The same of one whose tasks have numbers with a gap. */
  ARRAY_OF_NUMBERS(
      "localqd -n 2 start && localqd stop",
      """
      lbatch -a 0-4:4%1 sh -c 'echo "ran $LOCALQ_JOB_ID $LOCALQ_ATTEMPT"; exit $LOCALQ_ARRAY_TASK_ID'
      localqd -n 2 -i 1 start
      await [ -e "$queue/done/1.json" ]
      localqd stop
      """),

  /** A worker that died with an array half claimed, and the note behind what is claimed. */
  DEAD_CLAIMER_OF_TASKS(
      """
      printf '%s\n' "$witness" "$witness" >"$HOME/lines"
      lbatch --each-line "$HOME/lines"
      printf '{ "command": ["sh", "-c", "x"] }' >"$queue/.localq/tmp/1-1-1"
      chmod 600 "$queue/.localq/tmp/1-1-1"
      """,
      """
      : >"$running/1.claimed-0"
      echo 'echo "ran 1_1 1"; exit 3' >"$running/1_1.1.run-$boot"
      ln "$queue/.localq/tmp/1-1-1" "$running/1_1.json"
      localqd -n 1 -i 1 start
      await [ -e "$queue/done/1.json" ]
      localqd stop
      """),

  CANCEL_OF_A_PENDING_ARRAY(
      """
      printf '%s\n' true true >"$HOME/lines"
      lbatch --each-line "$HOME/lines"
      """,
      "lcancel 1"),

  CANCEL_OF_A_PENDING_TASK(
      """
      printf '%s\n' true true >"$HOME/lines"
      lbatch --each-line "$HOME/lines"
      """,
      "lcancel 1_2"),

  CANCEL_OF_A_RUNNING_ARRAY(
      """
      echo 'echo "ran $LOCALQ_JOB_ID" >>"$HOME/out"; exec sleep 60' >"$HOME/lines"
      echo true >>"$HOME/lines"
      lbatch --each-line "$HOME/lines"
      """,
      """
      localqd -n 1 -i 1 start
      await [ -s "$HOME/out" ]
      lcancel --grace 9 1
      await [ -e "$queue/done/1.json" ]
      localqd stop
      """),

  DROP(
      "localqd -n 1 start && localqd stop",
      """
      localqd -i 1 start
      echo '{ "command": ["sh", "-c", "echo \\"ran $LOCALQ_JOB_ID\\"; exit 3"], "name": "one" }' >"$queue/.one"
      mv "$queue/.one" "$queue/one.json"
      await [ -e "$queue/done/1.json" ]
      localqd stop
      """),

  BAD_DROP(
      "localqd -n 1 start && localqd stop",
      """
      localqd -i 1 start
      echo '{ "command": ["true"] }' >"$queue/.bad"
      sync "$queue/.bad"
      mv "$queue/.bad" "$queue/99.json"
      await [ -e "$queue/rejected/1.json" ]
      localqd stop
      """),

  /** Another machine's spool, with a job. */
  TAKE_OVER(
      "lbatch -J one sh -c \"$witness\"; echo elsewhere >\"$queue/.localq/host\"",
      """
      localqd -n 1 -i 1 --take-over start
      await [ -e "$queue/done/1.json" ]
      localqd stop
      """),

  /** Two ends of localqd stop --wait: a job that runs ends, and one that waits stays. */
  DRAIN(
      """
      lbatch -J one -o "$HOME/out" sh -c 'echo "ran $LOCALQ_JOB_ID"; until [ -e "$HOME/gate" ]; do sleep 0.05; done; exit 3'
      lbatch -J two sh -c "$witness"
      """,
      """
      localqd -n 1 -i 1 start
      await [ -s "$HOME/out" ]
      localqd stop --wait & stopping=$!
      await [ -e "$queue/.localq/drain" ]
      : >"$HOME/gate"
      wait "$stopping"
      """),

  /** A shim that died between its token and its command. */
  DEAD_SHIM(
      """
      lbatch -J one sh -c "$witness"
      echo exit 9 >"$running/1.1.run-$boot"
      : >"$running/1.1.started"
      mv "$queue/1.json" "$running"
      """,
      """
      localqd -n 1 -i 1 start
      await [ -e "$queue/done/1.json" ]
      localqd stop
      """),

  /** A worker that died between the claim and its fsync: the next one spawns the shim. */
  DEAD_CLAIMER(
      "lbatch -J one sh -c \"$witness\"",
      """
      echo 'echo "ran 1 1"; exit 3' >"$running/1.1.run-$boot"
      mv "$queue/1.json" "$running"
      localqd -n 1 -i 1 start
      await [ -e "$queue/done/1.json" ]
      localqd stop
      """),

  /** A worker that died between the record and its fsync: the next one tidies running/. */
  DEAD_FINISHER(
      """
      lbatch -J one sh -c "$witness"
      mv "$queue/1.json" "$running"
      echo exit 3 >"$running/1.1.run-$boot"
      echo 1 1 >"$running/1.1.started"
      : >"$running/1.1.exit-3"
      sed '$s/}/, "result": { "state": "FAILED", "exit_code": 3, "ended": "2026-11-22T12:00:00Z", "restarts": 0 } }/' \\
        "$running/1.json" >"$queue/.localq/tmp/1-1-1"
      """,
      """
      echo "ran 1 1"
      mv "$queue/.localq/tmp/1-1-1" "$queue/done/1.json"
      localqd -n 1 -i 1 start
      await [ ! -e "$running/1.1.exit-3" ]
      localqd stop
      """),

  /** Somebody who wanted to cancel a pending job, and died before anything was on the disk. */
  DEAD_CANCELLER(
      "lbatch -J one sh -c \"$witness\"; echo 30 >\"$queue/.localq/tmp/1-1-1\"",
      """
      mv "$queue/.localq/tmp/1-1-1" "$running/1.cancel"
      mv "$queue/1.json" "$running"
      localqd -n 1 -i 1 start
      await [ -e "$queue/done/1.json" ]
      localqd stop
      """),

  /** Somebody who wanted to cancel a running job died so; another asks again. */
  CANCEL_AGAIN(
      """
      lbatch -J one -o "$HOME/out" sh -c 'trap : TERM; echo "ran $LOCALQ_JOB_ID"; until [ -e "$HOME/gate" ]; do sleep 0.05; done'
      echo 30 >"$queue/.localq/marker"
      """,
      """
      localqd -n 1 -i 1 start
      await [ -s "$HOME/out" ]
      mv "$queue/.localq/marker" "$running/1.cancel"
      lcancel 1
      : >"$HOME/gate"
      await [ -e "$queue/done/1.json" ]
      localqd stop
      """),

  /** A claimed job whose file somebody damaged. */
  DAMAGE(
      """
      lbatch -J one sh -c "$witness"
      echo '{' >"$running/1.json"
      rm "$queue/1.json"
      echo exit 3 >"$running/1.1.run-$boot"
      echo 1 1 >"$running/1.1.started"
      : >"$running/1.1.exit-3"
      """,
      """
      localqd -n 1 -i 1 start
      await [ -e "$queue/rejected/1.json" ]
      await [ ! -e "$running/1.1.exit-3" ]
      localqd stop
      """),

  /** The record of a job goes, soon after it was made. */
  COLLECTION(
      """
      lbatch -J one -o "$HOME/out" sh -c 'echo "ran $LOCALQ_JOB_ID"; until [ -e "$HOME/gate" ]; do sleep 0.05; done; exit 3'
      localqd -n 1 -i 1 start
      await [ -s "$HOME/out" ]
      localqd stop
      : >"$HOME/gate"
      await [ -e "$running/1.1.exit-3" ]
      """,
      """
      localqd -n 1 -i 1 --keep 1s,0 start
      await [ -e "$queue/done/1.json" ]
      localqd stop
      await outlived "$queue/done/1.json"
      localqd -n 1 -i 1 start
      await [ ! -e "$queue/done/1.json" ]
      localqd stop
      """),

  /**
   * Records go soon after somebody tidied by hand, which forces nothing: a copy of job 1 that was
   * brought back is removed, and job 5 is made to refer to job 2 no more. Job 4 goes on referring
   * to job 3.
   */
  COLLECTION_AFTER_TIDYING(
      """
      for name in one two three four five; do lbatch -J "$name" sh -c "$witness"; done
      rm "$queue/4.json" "$queue/5.json"
      echo '{ "command": ["true"], "dependency": "afterok:3" }' >"$queue/held/4.json"
      echo '{ "command": ["true"], "dependency": "afterok:2" }' >"$queue/held/5.json"
      echo '{ "command": ["true"] }' >"$queue/held/.5"
      chmod 600 "$queue/held/4.json" "$queue/held/5.json" "$queue/held/.5"
      cp "$queue/1.json" "$HOME"
      localqd -n 1 -i 1 start
      for id in 1 2 3; do await outlived "$queue/done/$id.json"; done
      localqd stop
      mv "$HOME/1.json" "$queue"
      """,
      """
      rm "$queue/1.json"
      mv "$queue/held/.5" "$queue/held/5.json"
      localqd -n 1 -i 1 --keep 1s,0 start
      await [ ! -e "$queue/done/2.json" ]
      localqd stop
      """),

  /**
   * A repair of what somebody did to a queue: a damaged job, a damaged claim whose command ended
   * with 3, a claim with a start token that makes no sense, a counter that was set back, and a
   * directory that is gone. Job 4 is well.
   */
  REPAIR(
      """
      for name in one two three four; do lbatch -J "$name" sh -c "$witness"; done
      echo '{' >"$queue/1.json"
      mv "$queue/2.json" "$queue/3.json" "$running"
      echo exit 3 >"$running/2.1.run-$boot"
      echo exit 3 >"$running/3.1.run-$boot"
      echo '{' >"$running/2.json"
      echo 1 1 >"$running/2.1.started"
      : >"$running/2.1.exit-3"
      echo nonsense >"$running/3.1.started"
      mv "$queue/.localq/seq/4" "$queue/.localq/seq/1"
      rmdir "$queue/held"
      """,
      "localqd check --repair");

  /** What has happened long before, and is on the disk. */
  final String before;

  /** What is traced. */
  final String script;

  PowerScenario(String before, String script) {
    this.before = before;
    this.script = script;
  }

  /**
   * How many records and refused drops can come of it. A drop may be refused once more when the
   * power is cut in the middle of that.
   */
  int submissions() {
    if (repairs()) {
      return 5;
    }
    if (this == COLLECTION_AFTER_TIDYING) {
      return 4;
    }
    if (Set.of(ARRAY, ARRAY_OF_NUMBERS, DEAD_CLAIMER_OF_TASKS, CANCEL_OF_A_PENDING_TASK)
            .contains(this)
        || this == CANCEL_OF_A_PENDING_ARRAY
        || this == CANCEL_OF_A_RUNNING_ARRAY) {
      // an array of two
      return 3;
    }
    return this == NEXT_SUBMIT || this == WORK || this == HOLD || this == DRAIN || this == BAD_DROP
        ? 2
        : 1;
  }

  /** Whether a job that has ended may be known by its id alone. */
  boolean collects() {
    return this == COLLECTION || this == COLLECTION_AFTER_TIDYING;
  }

  /** How often the command of a job may be run. */
  int runs() {
    return this == RETRY || this == REQUEUE_OF_AN_ENDED_JOB ? 2 : 1;
  }

  /** Whether it is a damage that is to be repaired, again after a power cut. */
  boolean repairs() {
    return this == REPAIR;
  }

  /**
   * How many of them can be refused drops: what was no job, is no whole file after a cut, or bears
   * the id of a job that has ended.
   */
  int refusals() {
    if (repairs()) {
      return 3;
    }
    return switch (this) {
      case BAD_DROP -> 2;
      case DROP, DAMAGE, COLLECTION_AFTER_TIDYING -> 1;
      default -> 0;
    };
  }
}
