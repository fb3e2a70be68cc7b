#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz targets with clang, AddressSanitizer and UndefinedBehaviorSanitizer, and runs them, as many at a time
# as there are cores.
#
#   tests/fuzz.sh SECONDS [TARGET...]        e.g. tests/fuzz.sh 60 stream_text
#
# Objects and what the fuzzer finds stay in build-fuzz/: inputs under found/TARGET, crashes beside them. Add
# an input that once failed to tests/fuzz/corpus/TARGET: every build runs those. CXX names another clang++.
set -eu
cd "$(dirname "$0")/.."
seconds=${1:?seconds for each target}
shift
CXX=${CXX:-clang++-19}
out=build-fuzz
mkdir -p "$out"
if [ $# -eq 0 ]; then
  set -- $(cd tests/fuzz && ls -- *_fuzz.cpp | sed 's/_fuzz\.cpp$//')
fi

flags="-std=c++20 -O1 -g1 -fno-omit-frame-pointer -ffp-contract=off -D_FILE_OFFSET_BITS=64 -Iinclude -Isrc -Itools -Itests/fuzz
  -DSIMDJSON_THREADS_ENABLED=1 $(pkg-config --cflags fmt simdjson)"
checks="-fsanitize=address,undefined -fno-sanitize-recover=undefined"

# The library's folders that read files; -fsanitize=fuzzer-no-link counts what they cover.
sources="$(ls src/record/*.cpp src/transport/bus_guard.cpp src/transport/ring_file.cpp src/log/*.cpp \
  src/ingest/raw_input.cpp src/ingest/unpack_*.cpp src/ingest/byte_source.cpp src/ingest/piece_reader.cpp \
  src/ingest/json_*.cpp src/ingest/pointer_tree.cpp src/ingest/timestamp.cpp src/ingest/guidellm_*.cpp \
  tools/load/sse_parser.cpp tools/load/chat_chunk.cpp)"
object_of() { echo "$out/$(echo "$1" | tr / _).o"; }
compile() {
  echo "$CXX $1"
  $CXX $flags $checks -fsanitize=fuzzer-no-link -c "$1" -o "$(object_of "$1")"
}

fuzz() {
  $CXX $flags $checks -fsanitize=fuzzer "tests/fuzz/$1_fuzz.cpp" $objects -o "$out/$1" \
    $(pkg-config --libs fmt simdjson libisal zlib libzstd libhwy) -lpthread || return 1
  mkdir -p "$out/found/$1"
  "$out/$1" -max_total_time="$seconds" -max_len=140000 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="$out/crash-$1-" "$out/found/$1" "tests/fuzz/corpus/$1" > "$out/$1.log" 2>&1 \
    && verdict=ok || verdict="FAILED, see $out/$1.log"
  echo "== $1: $seconds s, $verdict
$(grep -E 'number_of_executed_units|average_exec|ERROR|fuzz: ' "$out/$1.log")"
  [ "$verdict" = ok ]
}

# together COMMAND ARGUMENT...: the command for each argument, as many at a time as there are cores.
together() {
  command=$1
  shift
  running=
  for argument in "$@"; do
    "$command" "$argument" &
    running="$running $!"
    [ "$(echo $running | wc -w)" -lt "$(nproc)" ] || await
  done
  await
}
await() {
  for process in $running; do wait "$process" || status=1; done
  running=
}

status=0
objects=
stale=
for source in $sources; do
  object=$(object_of "$source")
  objects="$objects $object"
  if [ ! -e "$object" ] || [ -n "$(find src include tools/load -newer "$object" -name '*.[ch]pp' | head -n 1)" ]; then
    stale="$stale $source"
  fi
done
together compile $stale
[ "$status" -eq 0 ] || exit 1
together fuzz "$@"
exit $status
