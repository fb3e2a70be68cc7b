#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what is missing, builds the library and the CLI, and runs the main job: ten million
# generation results through the engine, then a replay of a recorded run.
#
#   tools/run.sh [RECORDS]
set -eu
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8
. tools/packages.sh

# shellcheck disable=SC2086  # one word a package
install_missing $build_packages
build=build-run
[ -f "$build/build.ninja" ] || meson setup "$build" --buildtype=release -Dtests=false -Dbench=false >/dev/null
echo "building in $build"
ninja -C "$build" --quiet

echo
echo "\$ millrace demo --workers 2 --records ${1:-10m}"
"$build/tools/millrace" demo --workers 2 --records "${1:-10m}"
echo
echo "\$ millrace replay tests/data/llmeter/responses.jsonl"
"$build/tools/millrace" replay tests/data/llmeter/responses.jsonl
