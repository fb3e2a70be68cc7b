#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Compiles the README's example and those of docs/examples against an installed copy (pkg-config), static or shared
# as it is, and runs them and the CLI.
# usage: installed_test.sh DESTDIR
set -eu
dest=$(cd "$1" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pc=$(find "$dest" -name millrace.pc)
[ -n "$pc" ] || { echo "no millrace.pc under $dest"; exit 1; }
# The first C++ block of the README that has a main().
awk '/^```cpp/ { block = ""; inside = 1; next }
     /^```/ && inside { inside = 0; if (block ~ /int main/) { printf "%s", block; exit } }
     inside { block = block $0 "\n" }' "$(dirname "$0")/../README.md" >"$work/example.cpp"
[ -s "$work/example.cpp" ] || { echo "the README has no example with main()"; exit 1; }
PKG_CONFIG_PATH=$(dirname "$pc")  # which names no prefix
LD_LIBRARY_PATH=$(dirname "$(dirname "$pc")")  # where a shared library is
MILLRACE_BIN=$(pkg-config --variable=prefix "$pc")/bin/millrace
export PKG_CONFIG_PATH LD_LIBRARY_PATH MILLRACE_BIN
for exceptions in -fexceptions -fno-exceptions; do
  # shellcheck disable=SC2046  # words
  c++ -std=c++20 -O2 $exceptions "$work/example.cpp" -o "$work/example" $(pkg-config --cflags --libs --static millrace)
  "$work/example"
done
"$MILLRACE_BIN" --version
code=0
"$(dirname "$0")/google_benchmark_example_test.py" || code=$?
[ "$code" -eq 0 ] || [ "$code" -eq 77 ] || exit 1
package=$(find "$dest" -name '_millrace*.so')
if [ -n "$package" ]; then
  PYTHONPATH=$(dirname "$(dirname "$package")")
  MILLRACE_TEST_DATA=$(dirname "$0")/data
  export PYTHONPATH MILLRACE_TEST_DATA
  /usr/bin/python3 "$(dirname "$0")/python_example_test.py"
fi
for language in c go rust; do
  code=0
  "$(dirname "$0")/c_example_test.py" "$language" || code=$?
  [ "$code" -eq 0 ] || [ "$code" -eq 77 ] || exit 1
done
