#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# docs/examples/cpp with millrace as a Meson subproject and no copy installed: what it needs is found, and its program
# compiles with the subproject's headers. --whole builds the library, too, which takes its minutes, and runs it.
# usage: subproject_test.sh [--whole]
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$root/docs/examples/cpp" "$work/load"
mkdir "$work/load/subprojects"
ln -s "$root" "$work/load/subprojects/millrace"
cd "$work/load"
PKG_CONFIG_PATH='' meson setup build --force-fallback-for=millrace
if [ "${1:-}" = --whole ]; then
  ninja -C build load
  build/load /dev/urandom run
else
  ninja -C build load.p/load.cpp.o
fi
