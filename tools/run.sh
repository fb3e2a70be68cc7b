#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds the library and the CLI, and runs the main job: ten million
# generation results through the engine and into a log, a replay of a recorded run, and a replay of the
# log: its digest must be that of the run.
#
#   tools/run.sh [RECORDS]
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8
. tools/packages.sh

# shellcheck disable=SC2086  # one word a package
install_missing $build_packages
build=build-run
[ -f "$build/build.ninja" ] || meson setup "$build" --buildtype=release -Dtests=false -Dbench=false -Dpython=disabled >/dev/null
echo "building in $build"
ninja -C "$build" --quiet

millrace=$build/tools/millrace
folder=$(mktemp -d "$PWD/$build/run.XXXXXX")
trap 'rm -rf "$folder"' EXIT
records=${1:-10m}
digest_of() { sed -n 's/^digest //p' "$1"; }

echo
echo "\$ millrace demo --workers 2 --records $records --log run"
(cd "$folder" && "$OLDPWD/$millrace" demo --workers 2 --records "$records" --log run) | tee "$folder/demo.txt"
echo
echo "\$ millrace replay tests/data/llmeter/responses.jsonl"
"$millrace" replay tests/data/llmeter/responses.jsonl
echo
echo "\$ millrace replay run"
(cd "$folder" && "$OLDPWD/$millrace" replay run) | tee "$folder/replay.txt"

echo
echo "digest of the run     $(digest_of "$folder/demo.txt")"
echo "digest of its replay  $(digest_of "$folder/replay.txt")"
if [ -z "$(digest_of "$folder/demo.txt")" ] ||
   [ "$(digest_of "$folder/demo.txt")" != "$(digest_of "$folder/replay.txt")" ]; then
  echo "the digests differ" >&2
  exit 1
fi
