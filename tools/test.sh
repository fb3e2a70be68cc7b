#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds and runs the tests.
#
#   tools/test.sh          unit, style and CLI tests, short stress            (minutes)
#   tools/test.sh --full   and: sanitizers, models, mutants, kill -9, power cuts, fuzzing, long stress,
#                          clang, an installed copy, packages; tools/soak.sh goes on from there
#
# Prints the seconds of every stage, and last a line "N passed, M failed", which counts test programs
# and checks. Exit code 1 if one failed.
set -u
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8
. tools/packages.sh

full=no
case "${1:-}" in
  "") ;;
  --full) full=yes ;;
  *) echo "usage: tools/test.sh [--full]"; exit 2 ;;
esac

# shellcheck disable=SC2086  # one word a package
if [ "$full" = yes ]; then
  install_missing $build_packages $python_packages $test_packages $wheel_packages $full_packages
else
  install_missing $build_packages $python_packages $test_packages
fi

passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# stage NAME COMMAND...: counts one check; the output is shown when it fails. Exit code 77 says that this
# machine cannot do it, and the output's last line why.
stage() {
  name=$1
  shift
  begin=$(date +%s)
  "$@" >"$log" 2>&1
  case $? in
    0) passed=$((passed + 1)); verdict=ok ;;
    77) verdict=skipped ;;
    *) failed=$((failed + 1)); verdict=FAILED ;;
  esac
  echo "$(($(date +%s) - begin)) s  $verdict  $name"
  case $verdict in
    FAILED) tail -n 60 "$log" ;;
    skipped) tail -n 1 "$log" ;;
  esac
}

# tests NAME BUILD [MESON TEST ARGUMENTS]: counts each test program.
tests() {
  name=$1
  build=$2
  shift 2
  begin=$(date +%s)
  meson test -C "$build" --no-rebuild --print-errorlogs "$@" >"$log" 2>&1
  code=$?
  good=$(sed -n 's/^Ok: *\([0-9]*\).*/\1/p' "$log")
  bad=$(sed -n 's/^\(Fail\|Timeout\|Unexpected Pass\): *\([0-9]*\).*/\2/p' "$log" | awk '{ n += $1 } END { print n + 0 }')
  [ "$code" -eq 0 ] || [ "$bad" -ne 0 ] || bad=1
  passed=$((passed + ${good:-0}))
  failed=$((failed + bad))
  echo "$(($(date +%s) - begin)) s  ${good:-0} passed, $bad failed: $name"
  [ "$bad" -eq 0 ] || tail -n 80 "$log"
}

configure() {
  build=$1
  shift
  [ -f "$build/build.ninja" ] || meson setup "$build" "$@"
}

stage "configure the release build" configure build --buildtype=release --werror
stage "build everything, warnings are errors" ninja -C build
tests "unit, style and CLI tests" build --suite unit --suite style --suite cli
if [ "$full" = no ]; then
  export MILLRACE_STRESS_ROUNDS=0.2
  tests "short stress" build --suite stress
  echo "$passed passed, $failed failed"
  [ "$failed" -eq 0 ]
  exit
fi

tests "stress" build --suite stress
tests "instructions of a push and of the slice kernel" build --suite count
tests "models of the protocols, searched whole" build --suite models
stage "mutants of the transport must fail" tests/mutants.py . build
stage "kill -9: 500 cycles" tests/kill_test.py build/tests/kill_program --full
stage "live = replayed: 50 random runs" env MILLRACE_RUNS=50 build/tests/live_replayed_test
stage "memory stays flat from 2 to 20 million records" env MILLRACE_RECORDS=20000000 \
  build/tests/low_memory_test --gtest_filter='*Flat*'
stage "20 power cuts" tests/power_cut_test.py build/tests/power_program build/tools/millrace
stage "fuzz the parsers, 60 s each" tests/fuzz.sh 60

# -Og and line tables only: what a report needs, at half of the time to build that -O1 takes.
stage "configure AddressSanitizer and UBSan" configure build-asan --buildtype=plain -Doptimization=g \
  -Dcpp_args=-g1 -Db_sanitize=address,undefined -Db_lundef=false -Ddefault_library=static -Dbench=false
stage "build with AddressSanitizer and UBSan" ninja -C build-asan
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
export MILLRACE_STRESS_ROUNDS=0.1
tests "AddressSanitizer and UBSan: unit, CLI, stress" build-asan --suite unit --suite cli --suite stress -t 4

stage "a queue header that ThreadSanitizer understands" tests/tsan_queue.sh build-tsan-queue
stage "configure ThreadSanitizer" configure build-tsan --buildtype=plain -Doptimization=g \
  -Dcpp_args=-g1 -Db_sanitize=thread -Db_lundef=false -Ddefault_library=static -Dbench=false -Dqueue_include="$PWD/build-tsan-queue"
tsan="engine_stress fork_stress exit_program engine_test engine_numbers_test local_names_test piece_reader_test seed_vectors_test
  log_writer_test live_replayed_test low_memory_test"
# shellcheck disable=SC2046,SC2086  # words
stage "build with ThreadSanitizer" ninja -C build-tsan $(printf 'tests/%s ' $tsan)
tests "ThreadSanitizer, no suppressions: stress" build-tsan -t 4 engine_stress fork_stress exit
tests "ThreadSanitizer: tests with threads" build-tsan -t 4 engine engine_numbers local_names piece_reader seed_vectors \
  log_writer live_replayed low_memory

stage "configure clang" env CXX=clang++-19 meson setup build-clang --buildtype=release -Dbench=false
stage "build the library and the CLI with clang" ninja -C build-clang src/libmillrace.a tools/millrace

stage "each C++ header alone: g++ and clang, C++20 and C++23, with exceptions and without" \
  tests/cpp_header_test.py . --all
installed=$PWD/build/installed
stage "install into a prefix" sh -c "rm -rf '$installed' && DESTDIR='$installed' meson install -C build --no-rebuild"
stage "an installed copy serves a program of its own" tests/installed_test.sh "$installed"
stage "an installed copy by CMake, Meson and Make, shared and static" tests/embedding_test.sh "$installed"
stage "a subproject of Meson" tests/subproject_test.sh
stage "the tarball, Debian packages of it, its tests" tests/tarball_test.sh build build/packages
stage "the packages in a clean root" tests/clean_root_test.sh build/packages
stage "the wheel, in a virtual environment without index" tests/python_wheel.sh "$PWD/build-wheel"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
