#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds the fuzz targets with clang, AddressSanitizer and UndefinedBehaviorSanitizer, and runs each.
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
objects=
for source in $sources; do
  object=$out/$(echo "$source" | tr / _).o
  objects="$objects $object"
  if [ ! -e "$object" ] || [ -n "$(find src include tools/load -newer "$object" -name '*.[ch]pp' | head -n 1)" ]; then
    echo "$CXX $source"
    $CXX $flags $checks -fsanitize=fuzzer-no-link -c "$source" -o "$object"
  fi
done

status=0
for target in "$@"; do
  $CXX $flags $checks -fsanitize=fuzzer "tests/fuzz/${target}_fuzz.cpp" $objects -o "$out/$target" \
    $(pkg-config --libs fmt simdjson libisal zlib libzstd libhwy) -lpthread
  mkdir -p "$out/found/$target"
  echo "== $target: $seconds s"
  "$out/$target" -max_total_time="$seconds" -max_len=140000 -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="$out/crash-$target-" "$out/found/$target" "tests/fuzz/corpus/$target" > "$out/$target.log" 2>&1 \
    || { status=1; echo "FAILED: $target, see $out/$target.log"; }
  grep -E 'number_of_executed_units|average_exec|ERROR|fuzz: ' "$out/$target.log" || true
done
exit $status
