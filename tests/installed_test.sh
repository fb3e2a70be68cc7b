#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles the README's example against an installed copy (pkg-config) and runs it and the CLI.
# usage: installed_test.sh DESTDIR
set -eu
dest=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pc=$(find "$dest" -name millrace.pc)
[ -n "$pc" ] || { echo "no millrace.pc under $dest"; exit 1; }
prefix=$(sed -n 's/^prefix=//p' "$pc")
# The first C++ block of the README that has a main().
awk '/^```cpp/ { block = ""; inside = 1; next }
     /^```/ && inside { inside = 0; if (block ~ /int main/) { printf "%s", block; exit } }
     inside { block = block $0 "\n" }' "$(dirname "$0")/../README.md" >"$work/example.cpp"
[ -s "$work/example.cpp" ] || { echo "the README has no example with main()"; exit 1; }
PKG_CONFIG_PATH=$(dirname "$pc")
export PKG_CONFIG_PATH
# shellcheck disable=SC2046  # words
c++ -std=c++20 -O2 "$work/example.cpp" -o "$work/example" \
  $(pkg-config --define-variable=prefix="$dest$prefix" --cflags --libs --static millrace)
"$work/example"
"$dest$prefix/bin/millrace" --version
