#!/bin/sh
# SPDX-License-Identifier: MIT
#
# submit.sh COMMAND [WORD…]: a client of twenty lines. Submits a job to the spool $SPOOL (default: ~/.localq/queue) with a
# shell and three small tools, and prints its id. The job runs in this directory, with a small environment of localq's.
set -eu
umask 077
spool=${SPOOL:-$HOME/.localq/queue}
read -r stat <"/proc/$$/stat" # a file in tmp/ names the process that writes it: PID-TICKS-n
# shellcheck disable=SC2046,SC2086 # the words of the line: the start time is the 20th behind the name in parentheses
draft=$spool/.localq/tmp/$$-$(set -- ${stat##*") "}; echo "${20}")-0

string() { # $1 as a JSON string: a backslash before each quote and backslash
  case $1 in *[[:cntrl:]]*) echo "submit.sh: no control characters, please" >&2 && exit 1 ;; esac
  rest=$1 done=
  while head=${rest%%[\\\"]*} && [ "$head" != "$rest" ]; do
    tail=${rest#"$head"}
    done=$done$head\\${tail%"${tail#?}"} rest=${tail#?}
  done
  printf '"%s"' "$done$rest"
}
{
  printf '{ "format": 1, "directory": ' && string "$PWD" && printf ', "command": [ ' && string "$1"
  shift
  for word; do printf ', ' && string "$word"; done
  printf ' ] }\n'
} >"$draft"
sync "$draft"
until # of two clients that rename the same file one finds it gone, and tries the next number
  for last in "$spool"/.localq/seq/*; do last=${last##*/}; done
  id=$((last + 1))
  mv "$spool/.localq/seq/$last" "$spool/.localq/seq/$id" 2>/dev/null
do :; done
sync "$spool/.localq/seq"
ln "$draft" "$spool/$id.json" # fails rather than replace; the name is there with all of its content or not at all
sync "$spool"
rm "$draft"
echo "$id"
