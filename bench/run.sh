#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Measures millrace beside its peers and writes docs/benchmarks-tables.md and docs/benchmarks/*.svg:
# every row of docs/benchmarks.md, with its goal. Takes about half an hour on two quiet cores.
#
#   bench/run.sh [ROW...]        push paced end_to_end ..: those alone; the others keep their last figures
#
# MILLRACE_BENCH_DIR   where files go: a folder on the disk to be measured; build-bench/files without it
# REPETITIONS          of each row, 7 without it
#
# Peers come from Debian's packages and, for DuckDB, from npm; one that cannot be had is left out with a word.
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8
. tools/packages.sh

peers="prometheus-cpp-dev libspdlog-dev librocksdb-dev libleveldb-dev libsqlite3-dev jq nodejs npm python3-matplotlib"
# shellcheck disable=SC2086  # one word a package
install_missing $build_packages libbenchmark-dev
for peer in $peers; do
  command -v "$peer" >/dev/null || (install_missing "$peer") || echo "without $peer"
done

build=build-bench
repetitions=${REPETITIONS:-7}
export MILLRACE_BENCH_DIR="${MILLRACE_BENCH_DIR:-$PWD/$build/files}"
export MILLRACE_DUCKDB_DIR="$PWD/$build/duckdb"
[ -f "$build/build.ninja" ] || meson setup "$build" --buildtype=release -Dtests=false >/dev/null
ninja -C "$build" --quiet
mkdir -p "$build/results" "$MILLRACE_BENCH_DIR"
if command -v npm >/dev/null && [ ! -d "$MILLRACE_DUCKDB_DIR/node_modules/@duckdb/node-api" ]; then
  mkdir -p "$MILLRACE_DUCKDB_DIR"
  npm install --silent --no-audit --no-fund --prefix "$MILLRACE_DUCKDB_DIR" @duckdb/node-api >/dev/null 2>&1 ||
    echo "DuckDB cannot be had from npm; its rows are left out"
fi

# row NAME [OPTION...]: A B A B over all rows of one program.
row() {
  name=$1
  shift
  echo "$(date +%H:%M:%S) $name"
  "$build/bench/bench_$name" --benchmark_repetitions="$repetitions" \
    --benchmark_enable_random_interleaving=true --benchmark_out="$build/results/$name.new" \
    --benchmark_out_format=json "$@" >"$build/results/$name.txt" 2>&1 || {
    echo "bench_$name failed; its rows keep their last figures:"
    tail -n 5 "$build/results/$name.txt"
    return
  }
  mv "$build/results/$name.new" "$build/results/$name.json"
}

for name in ${*:-push paced recording accumulate stats exact_store selection columns end_to_end log replay jsonl growth distributions}; do
  case $name in
    columns)
      echo "$(date +%H:%M:%S) columns"
      if command -v node >/dev/null; then
        node bench/duckdb_columns.mjs --own "$build/bench/bench_columns" --repetitions "$repetitions" \
          --out "$build/results/columns.json" >"$build/results/columns.txt" 2>&1 || tail -n 5 "$build/results/columns.txt"
      fi
      [ -f "$build/results/columns.json" ] || row columns
      ;;
    jsonl)
      echo "$(date +%H:%M:%S) jsonl"
      /usr/bin/python3 bench/jsonl_peers.py --build "$build" --repetitions "$repetitions" \
        --out "$build/results/jsonl.json" >"$build/results/jsonl.txt" 2>&1 || tail -n 5 "$build/results/jsonl.txt"
      ;;
    distributions) repetitions=3 row distributions ;;
    push | recording | accumulate | stats | exact_store | selection | replay) row "$name" --benchmark_min_time=0.1 ;;
    *) row "$name" ;;
  esac
done
/usr/bin/python3 bench/report.py "$build/results" docs
