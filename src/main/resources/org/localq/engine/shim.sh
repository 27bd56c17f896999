#!/bin/sh
# SPDX-License-Identifier: MIT
#
# shim RUNNING [CGROUP], in a session of its own: executes attempts, each at most once, and writes how each ended. Its standard input
# says which, one after the other: a line JOB ATTEMPT RUNFILE each, of what is in the spool's RUNNING. It outlives the worker
# that spawned it, and ends when nobody can give it another attempt any more, but never in the middle of one. There may be a
# second shim for the same attempt.
#
# CGROUP is one of the user's own, and has no processes itself: in it a cgroup is made for each attempt that asks for memory.
# "scope:MOUNT" is the one that this process finds itself in, alone, below MOUNT.
#
# Whatever happens on a full disk: a name needs no data block, and what can't be written yet is tried again.
# In braces, so that the shell has read it all before it begins.
{
  running=$1
  cgroups=${2-}

  # The worker's signals are for the command. Not ignored, because a child would inherit that; the subshell below starts
  # with the defaults.
  trap : HUP INT QUIT TERM
  umask 077

  # What /proc/PID/stat says of this shell, from field 3, the state, on. Field N is the (N-2)th then.
  stat() { read -r stat <"/proc/$$/stat" && stat=${stat##*") "}; }

  stat
  # shellcheck disable=SC2086 # split
  set -- $stat
  self="$$ ${20}"

  # A cgroup in which there are others to be must not have processes itself.
  case $cgroups in
    scope:*)
      mount=${cgroups#scope:} cgroups=
      while IFS=: read -r number _ path; do
        [ "$number" = 0 ] && cgroups=$mount$path
      done </proc/self/cgroup
      { mkdir "$cgroups/shim" && echo 0 >"$cgroups/shim/cgroup.procs" && echo +memory >"$cgroups/cgroup.subtree_control"; } || cgroups=
      ;;
  esac

  # Whether the job may have been cancelled and recorded, or this attempt given up, before this shim came up: then its token
  # was free, and the claim is gone or closed.
  # Not in a directory that can't be looked into for a while: there "not seen" is not "gone".
  is_over() { [ -e . ] && { [ ! -e "$job.json" ] || [ -e "$job.$attempt.requeued" ]; } && [ -e . ]; }

  # Whether test $1 $2; knows it only of a directory that can be looked into, and waits for that.
  has() { until test "$1" "$2"; do [ -e . ] && return 1; sleep 1; done; }

  # Called by the run file when $1 (directory, stdin, stdout or stderr) can't be opened; still in running/ then.
  # shellcheck disable=SC2317 # reached through the run file
  cannot() {
    # From its token on this is something that was left behind, and is sent TERM.
    trap '' HUP INT QUIT TERM
    umask 077 # the job's own could make a token that nobody can read
    until command : >"$job.$attempt.exit-$1" || [ -e "$job.$attempt.exit-$1" ]; do
      sleep 1
      is_over && break
    done
    exit 121
  }

  # confine BYTES: keeps the attempt to so much memory, if there is a cgroup of the user's own for that; all of it ends where
  # that is too little. Called by the run file. The token first: without it nobody would know, and it goes where it is not true.
  # shellcheck disable=SC2317 # reached through the run file
  confine() {
    [ "$cgroup" ] || return 0
    if mkdir "$cgroup" && echo "$1" >"$cgroup/memory.max" &&
      { [ ! -e "$cgroup/memory.swap.max" ] || echo 0 >"$cgroup/memory.swap.max"; } &&
      { [ ! -e "$cgroup/memory.oom.group" ] || echo 1 >"$cgroup/memory.oom.group"; } &&
      command : >"$job.$attempt.enforced"; then
      # 0 is who writes it
      echo 0 >"$cgroup/cgroup.procs" && return
      rm -f "$job.$attempt.enforced"
    fi
    rmdir "$cgroup"
  }

  # Behind the command: notes whether the system ended a process of the attempt for its memory.
  unconfine() {
    [ "$cgroup" ] && [ -r "$cgroup/memory.events" ] || return 0
    while read -r event count; do
      [ "$event" = oom_kill ] || continue
      [ "$count" = 0 ] || until command : >"$job.$attempt.oom" || [ -e "$job.$attempt.oom" ]; do
        sleep 1
        is_over && break
      done
    done <"$cgroup/memory.events"
    clear_out
  }

  # Removes the cgroups of attempts, but for those in which something is that the command left behind: it may end later.
  clear_out() { rmdir "$cgroups/localq-$$-"*; }

  # become NAME=VALUE... COMMAND WORD...: executes the command in this environment and no other. Called by the run file.
  # By the shell itself where it can: env(1) costs as much as a command's own start.
  # shellcheck disable=SC2317 # reached through the run file
  become() {
    [ "$exact" ] || exec env -i -- "$@"
    unset OLDPWD PATH PWD SHLVL LOCALQ_SHIM
    while case $1 in *=*) ;; *) false ;; esac do
      # shellcheck disable=SC2163 # it is NAME=VALUE
      export "$1"
      shift
    done
    exec "$@"
  }

  # Whether that leaves nothing of this shell's own behind, also once it has changed its directory, and changes nothing.
  exact=1
  [ "$( (command cd / && command cd . && become "PATH=$PATH" TERM=t _=u env) | sort)" = "PATH=$PATH
TERM=t
_=u" ] || exact=

  # What the children of this shell that have ended took, user and system, in ticks: fields 16 and 17.
  # shellcheck disable=SC2086 # split
  children() { stat && set -- $stat && user=${14} system=${15}; }

  # Executes attempt $attempt of job $job, if it is the first to come.
  execute() {
    # Another directory may be there under the name since the last attempt.
    command cd -- "$running" || return

    # The start token: an exclusive create, which one shim of an attempt wins (or a worker that gave the attempt up).
    set -C
    command exec 3>"$job.$attempt.started" || { set +C && return; }
    set +C
    [ -r "$run" ] || { exec 3>&- && return; }
    children
    user_before=$user system_before=$system
    cgroup=${cgroups:+$cgroups/localq-$$-$job.$attempt}

    # The token gets its content behind the fork and before the command: a shim that could not fork, and ends here, leaves
    # it empty, and its command is known never to have run. Where there is no room for it, the wish that the job ends ends
    # the wait: nobody can signal who has no name yet.
    (
      # With the uptime, because a time limit is counted on a clock that nobody sets: without what was waited for room. In one
      # write, as the exit token.
      until read -r uptime _ </proc/uptime; printf '%s\n%s\n' "$self" "$uptime" >&3; do
        sleep 1
        is_over && exit 0
        [ -e "$job.cancel" ] && exit 0
      done
      exec 3>&- </dev/null
      is_over && exit 0
      # It ends in exec or exit: who comes back from it could not read it. "command", because without it a file that can't be
      # opened ends the shell, with a code like a command's.
      while :; do
        # shellcheck disable=SC1090
        command . "./$run"
        sleep 1
        is_over && exit 0
      done
    )
    code=$?
    exec 3>&-
    has -s "$job.$attempt.started" || return
    is_over && return
    unconfine

    # Whatever the subshell ended with: a signal may have come between its token and its end, and an attempt ends once.
    for what in directory stdin stdout stderr; do
      has -e "$job.$attempt.exit-$what" && return
    done

    # The exit token. Its name says it all; the times are welcome where there is room.
    # Shown as the shell's own times shows them; there are 100 ticks a second on every machine. In one write, so that who
    # finds anything in it finds all of it.
    token=$job.$attempt.exit-$code
    children
    user=$((user - user_before)) system=$((system - system_before))
    read -r uptime _ </proc/uptime
    until printf '0m0.00s 0m0.00s\n%dm%d.%02ds %dm%d.%02ds\n%s\n' \
      $((user / 6000)) $((user / 100 % 60)) $((user % 100)) \
      $((system / 6000)) $((system / 100 % 60)) $((system % 100)) "$uptime" >"$token" || [ -e "$token" ]; do
      sleep 1
      is_over && return
    done
  }

  while read -r job attempt run; do execute; done
  [ -z "$cgroups" ] || clear_out
  exit 0
}
