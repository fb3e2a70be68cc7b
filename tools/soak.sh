#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The long tests: what tools/test.sh --full does in minutes, at the figures of a release. Needs a finished
# build/ (tools/test.sh makes it) and hours; docs/reliability.md holds the last results.
#
#   tools/soak.sh [STAGE...]     stages: kill live memory power damage faults fuzz stress packages
#
# MILLRACE_TEST_TMP moves the files of the memory stage (20 GB) to another disk. Each stage prints one
# line of result and its seconds; the exit code is 1 if one failed.
set -u
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8
[ $# -ne 0 ] || set -- kill live memory power damage faults stress fuzz packages
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# run NAME COMMAND...: its last line is the result.
run() {
  name=$1
  shift
  begin=$(date +%s)
  "$@" >"$log" 2>&1
  code=$?
  [ "$code" -eq 0 ] || [ "$code" -eq 77 ] || { failed=1; tail -n 40 "$log"; }
  echo "$name: exit $code after $(($(date +%s) - begin)) s: $(grep -v '^$' "$log" | tail -n 1)"
}

for stage; do
  case $stage in
    kill) run "kill -9, 10,000 cycles" tests/kill_test.py build/tests/kill_program --full --cycles 10000 ;;
    live) run "live = replayed, 1,000 random runs" env MILLRACE_RUNS=1000 build/tests/live_replayed_test ;;
    memory)
      free=$(df -Pk "${MILLRACE_TEST_TMP:-/tmp}" | awk 'NR == 2 { print int($4 / 1048576) }')
      if [ "$free" -lt 20 ]; then
        echo "memory: skipped, $free GiB are free where 20 are needed (MILLRACE_TEST_TMP)"
      else
        run "flat memory, 200 million records" env MILLRACE_RECORDS=200000000 \
          build/tests/low_memory_test --gtest_filter='*Flat*'
      fi ;;
    power) run "200 power cuts" tests/power_cut_test.py build/tests/power_program build/tools/millrace --cuts 200 ;;
    damage)
      run "8,388,608 bit flips of a run" env MILLRACE_DAMAGE=full build/tests/log_damage_run_test
      run "10,000,000 flips of 2 or 3 bits, truncations, 100,000 page losses" \
        env MILLRACE_DAMAGE=full build/tests/log_damage_test ;;
    faults)
      run "system calls that fail, at every call" env MILLRACE_FAULTS=full build/tests/log_fault_sweep_test
      run "memory that runs out, at every allocation" env MILLRACE_OOM=full build/tests/out_of_memory_test
      run "the same while a log is read" env MILLRACE_OOM=full build/tests/out_of_memory_replay_test ;;
    stress)
      run "transport stress" env MILLRACE_STRESS_ROUNDS=40 build/tests/engine_stress
      run "100,000 short-lived threads, four times" env MILLRACE_THREADS=100000 build/tests/short_lived_stress ;;
    fuzz) run "fuzzing, 24 minutes a target" tests/fuzz.sh 1440 ;;
    packages)
      run "a subproject of Meson, built whole and run" tests/subproject_test.sh --whole
      run "Debian packages, optimised, with their tests" env DEB_BUILD_OPTIONS="parallel=$(nproc)" \
        tests/tarball_test.sh build build/packages
      run "these in a clean root" tests/clean_root_test.sh build/packages ;;
    *) echo "soak.sh: no stage '$stage'; stages: kill live memory power damage faults stress fuzz packages"; exit 2 ;;
  esac
done
exit $failed
