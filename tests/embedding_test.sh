#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Builds docs/examples/cpp by CMake, Meson and Make against an installed copy that was moved, with the shared library
# and with the static one; runs each, and replays its log: the same digest.
# usage: embedding_test.sh DESTDIR
set -eu
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
pc=$(find "$(cd "$1" && pwd)" -name millrace.pc)
[ -n "$pc" ] || { echo "no millrace.pc under $1"; exit 1; }
copied=$(pkg-config --variable=prefix "$pc")
copied=$(cd "$copied" && pwd)
for library in shared static; do
  [ $library = static ] || cp -a "$copied" "$work/$library"
  [ $library = shared ] || { cp -a "$copied" "$work/$library" && find "$work/$library" -name 'libmillrace.so*' -delete; }
done
lib=$(dirname "$(dirname "$pc")")
lib=${lib#"$copied"/}  # lib, or lib/x86_64-linux-gnu

build_with() {
  case $1 in
    cmake | cmake-c) cmake -S . -B build -DCMAKE_BUILD_TYPE=Release -DCMAKE_PREFIX_PATH="$prefix" && cmake --build build ;;
    meson) meson setup build --buildtype=release $static_for_meson && ninja -C build ;;
    make) make PKG_CONFIG="pkg-config $static" && mkdir build && mv load build ;;
  esac
}

for library in shared static; do
  PKG_CONFIG_PATH=$work/$library/$lib/pkgconfig
  LD_LIBRARY_PATH=$work/$library/$lib
  export PKG_CONFIG_PATH LD_LIBRARY_PATH
  static='' static_for_meson='' needed_of_it=1
  [ $library = shared ] || static=--static static_for_meson=-Dprefer_static=true needed_of_it=0
  for tool in cmake cmake-c meson make; do
    command -v ${tool%-c} >/dev/null || { echo "$tool is not there: not tried"; continue; }
    folder=$work/$library-$tool
    cp -r "$here/../docs/examples/cpp" "$folder"
    cd "$folder"
    prefix=$work/$library
    if [ $tool = cmake-c ]; then  # a project without C++, and the static library where both are
      cp "$here/../docs/examples/c/load.c" .
      prefix=$work/shared
      sed -i "s/CXX)/C)/; s/load.cpp)/load.c)/; s/REQUIRED)/REQUIRED COMPONENTS $library)/" CMakeLists.txt
    fi
    build_with $tool >"$work/out" 2>&1 || { cat "$work/out"; echo "$tool, $library: does not build"; exit 1; }
    needed=$(readelf -d build/load | grep -c 'NEEDED.*libmillrace[.]so' || :)
    [ "$needed" -eq "$needed_of_it" ] || { echo "$tool: $library was asked for"; exit 1; }
    build/load /dev/urandom run >report
    said=$(grep '^digest ' report)
    LD_LIBRARY_PATH=$work/shared/$lib "$work/shared/bin/millrace" replay run >replayed
    grep -qx "$said" replayed || { cat report replayed; echo "$tool, $library: another digest"; exit 1; }
    echo "$tool, $library: $said"
  done
  # A version that could break the program is refused.
  if command -v cmake >/dev/null; then
    mkdir "$work/$library-later"
    printf '%s\n' 'cmake_minimum_required(VERSION 3.16)' 'project(later C)' 'find_package(millrace 99 CONFIG REQUIRED)' \
      >"$work/$library-later/CMakeLists.txt"
    cd "$work/$library-later"
    ! build_with cmake >"$work/out" 2>&1 || { echo "find_package(millrace 99) finds this version"; exit 1; }
    grep -q 'version: ' "$work/out" || { cat "$work/out"; exit 1; }
  fi
done
