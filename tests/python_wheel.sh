#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Makes the wheel offline, installs it into a fresh virtual environment without an index, and runs the examples and the
# package's tests there: nothing of the source tree but these is seen.
# usage: python_wheel.sh BUILD         a folder beside build, which keeps the objects for the next time
set -eu
python=/usr/bin/python3
root=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for module in mesonpy pybind11 numpy; do
  case $module in
    pybind11) "$python" -c 'import sysconfig; open(sysconfig.get_paths()["include"] + "/Python.h")' &&
      pkg-config --exists pybind11 ;;
    *) "$python" -c "import $module" ;;
  esac || { echo "$module or its headers are missing: see tools/packages.sh"; exit 77; }
done
# Both steps of pip in one build folder: else the library is compiled twice. With the flags of tools/test.sh's release
# build, so that a compiler cache knows the objects.
"$python" -m pip wheel --no-build-isolation --no-deps --no-index --config-settings "builddir=$1" \
  --config-settings "setup-args=-Dwerror=true" --wheel-dir "$work/wheel" "$root"
# The package alone: meson-python puts in all that is installed.
if "$python" -c 'import sys, zipfile; print(*zipfile.ZipFile(sys.argv[1]).namelist(), sep="\n")' \
  "$work"/wheel/millrace-*.whl | grep -v '^millrace[/-]'; then
  echo "the wheel holds these, too"
  exit 1
fi
# The environment sees Debian's NumPy, and no package index.
"$python" -m venv --system-site-packages --without-pip "$work/venv"
"$python" -m pip --python "$work/venv/bin/python" install --no-index --no-deps "$work"/wheel/millrace-*.whl
unset PYTHONPATH
MILLRACE_TEST_DATA=$root/tests/data
export MILLRACE_TEST_DATA
for test in example package log values llmeter guidellm; do
  "$work/venv/bin/python" "$root/tests/python_${test}_test.py"
done
