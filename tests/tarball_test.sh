#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# meson dist makes a tarball of what is committed; dpkg-buildpackage makes the Debian packages of the tarball, lintian
# looks at them, and what was built passes tests, none of which needs git. Exit code 77 where there is no git
# repository.
#
# DEB_BUILD_OPTIONS is Debian's. By default nothing is optimised: this is about packages, and minutes shorter.
# usage: tarball_test.sh BUILD_DIR FOLDER      FOLDER: for the packages; made anew
set -eu
build=$1
folder=$2
root=$(cd "$(dirname "$0")/.." && pwd)
git -C "$root" rev-parse --git-dir >/dev/null 2>&1 || { echo "no git repository: meson dist has nothing to pack"; exit 77; }
rm -rf "$folder"
mkdir -p "$folder"
folder=$(cd "$folder" && pwd)

meson dist -C "$build" --no-tests --allow-dirty --formats xztar
version=$(sed -n "s/^  version: '\(.*\)',/\1/p" "$root/meson.build")
name=millrace-$version
cp "$build/meson-dist/$name.tar.xz" "$folder/millrace_$version.orig.tar.xz"
tar -xf "$build/meson-dist/$name.tar.xz" -C "$folder"
cd "$folder/$name"
[ ! -e .git ] || { echo "the tarball has a .git"; exit 1; }

packaged=$(dpkg-parsechangelog -S Version)
[ "${packaged%-*}" = "$version" ] || {
  echo "debian/changelog is of $packaged, the project of $version: begin the changelog with $version-1"
  exit 1
}
: "${DEB_BUILD_OPTIONS=nocheck noopt noautodbgsym parallel=$(nproc)}"
export DEB_BUILD_OPTIONS
[ "${DEB_BUILD_OPTIONS#*noautodbgsym}" = "$DEB_BUILD_OPTIONS" ] || export DEB_CXXFLAGS_STRIP=-g
dpkg-buildpackage -us -uc
if command -v lintian >/dev/null; then
  # No bug of Debian's asks for this package; a maintainer there would name one. debian/ is in the tarball, too.
  lintian --allow-root --fail-on error,warning --suppress-tags no-debian-changes,initial-upload-closes-no-bugs "$folder"/*.changes
fi

# The tests need what the packages do not: some of them, built here.
objects=$(echo obj-*)
meson configure "$objects" -Dtests=true
ninja -C "$objects" tests/engine_test tests/c_program tests/c_api_test tools/millrace
meson test -C "$objects" --no-rebuild --print-errorlogs engine c_api c_program exported cli completion man_page \
  layers lengths orders
