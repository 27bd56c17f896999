#!/bin/sh
# SPDX-License-Identifier: MIT
#
# shim JOB ATTEMPT RUNFILE, in the spool's running/ and in a session of its own: executes one attempt at most once, and
# writes how it ended. It outlives the worker that spawned it, and there may be a second shim for the same attempt.
#
# Whatever happens on a full disk: a name needs no data block, and what can't be written yet is tried again.
# In braces, so that the shell has read it all before it begins.
{
  job=$1 attempt=$2 run=$3

  # The worker's signals are for the command. Not ignored, because a child would inherit that; the subshell below starts
  # with the defaults.
  trap : HUP INT QUIT TERM
  umask 077

  # The start token: an exclusive create, which one shim of an attempt wins (or a worker that gave the attempt up).
  set -C
  command exec 3>"$job.$attempt.started" || exit 0
  set +C
  read -r stat <"/proc/$$/stat"
  # shellcheck disable=SC2086 # split: field 22, the start time in ticks, is the 20th behind the name in parentheses
  set -- ${stat##*") "}
  self="$$ ${20}"

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

  [ -r "$run" ] || exit 0

  # The token gets its content behind the fork and before the command: a shim that could not fork, and ends here, leaves it
  # empty, and its command is known never to have run.
  (
    until echo "$self" >&3; do
      sleep 1
      is_over && exit 0
    done
    exec 3>&-
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
  has -s "$job.$attempt.started" || exit 0
  is_over && exit 0

  # Whatever the subshell ended with: a signal may have come between its token and its end, and an attempt ends once.
  for what in directory stdin stdout stderr; do
    has -e "$job.$attempt.exit-$what" && exit 0
  done

  # The exit token. Its name says it all; the times are welcome where there is room.
  token=$job.$attempt.exit-$code
  read -r uptime _ </proc/uptime
  until { command times && echo "$uptime"; } >"$token" || [ -e "$token" ]; do
    sleep 1
    is_over && exit 0
  done
  exit 0
}
