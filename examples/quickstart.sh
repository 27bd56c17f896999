#!/bin/sh
# SPDX-License-Identifier: MIT
#
# quickstart.sh: builds localq if need be, and runs a few jobs on a queue of its own in a temporary directory: what a first
# afternoon with localq looks like. Leaves nothing behind.
set -eu

here=$(cd "$(dirname "$0")/.." && pwd)
bin=$here/target/localq/bin
[ -x "$here/bin/localqd" ] && bin=$here/bin
case $here in */share/doc/localq) bin=${here%/share/doc/localq}/bin ;; esac
if [ ! -x "$bin/localqd" ]; then
  command -v mvn >/dev/null || {
    echo "quickstart.sh: building localq needs Maven and a JDK, 17 or newer: apt install maven openjdk-17-jdk-headless" >&2
    exit 1
  }
  echo "Building localq; the first time, Maven fetches what it needs …"
  (cd "$here" && mvn -B -q -Dstyle.color=never -DskipTests package)
fi
PATH=$bin:$PATH

scratch=$(mktemp -d)
# This variable does what -u would: everything below uses this queue, and yours is left alone.
export LOCALQ_URI="$scratch/quickstart"
trap 'localqd stop --cancel >/dev/null 2>&1; rm -rf "$scratch"' EXIT
cd "$scratch"

say() { # the words as one would type them
  printf '\n$'
  for word; do
    case $word in
      *[!A-Za-z0-9_./=-]*) printf " '%s'" "$word" ;;
      *) printf ' %s' "$word" ;;
    esac
  done
  echo
}
run() {
  say "$@"
  "$@" || echo "(exit code $?)"
}

run localqd -n 2 -i 10 start
run lbatch echo "my first job"
# shellcheck disable=SC2016 # the job's shell expands it, not this one
run lbatch -n 2 -o two-cores.log sh -c 'echo "on $LOCALQ_CORES cores in $PWD"; sleep 2'
run lbatch sh -c 'sleep 4; exit 3'
run lqueue
say ls quickstart.queue
ls "$scratch/quickstart.queue"

echo
echo "The worker may go, be replaced, crash: the jobs go on, and their exit codes are not lost."
run localqd restart
run lqueue
run lbatch --wait sh -c 'exit 7'

# job 3 has a few seconds to go
tries=0
until [ "$(linfo --state 3)" = FAILED ] || [ "$tries" -ge 60 ]; do
  tries=$((tries + 1))
  sleep 0.5
done
run lqueue
printf '\n$ cat *.out two-cores.log\n'
cat ./*.out two-cores.log
run linfo 3
run lcancel 3
run localqd stop

for id in 1 2; do
  [ "$(linfo --state "$id")" = COMPLETED ] || { echo "quickstart.sh: job $id did not complete" >&2; exit 1; }
done
[ "$(linfo --state 3)" = FAILED ] || { echo "quickstart.sh: job 3 should have failed" >&2; exit 1; }
linfo 3 | grep -q 'Exit code: *3' || { echo "quickstart.sh: job 3's exit code is wrong" >&2; exit 1; }
echo
echo "Everything came out as it should."
