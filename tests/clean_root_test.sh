#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs the Debian packages into a root that has nothing but Debian's own minimum, and runs the tool there: apt finds
# every dependency, the pages and completions are there, a log replays to its digest, and a program of one file is
# built with the development package alone. Needs root, debootstrap and a mirror; exit code 77 without. The bare root and
# what apt fetched are kept in FOLDER/cache for the next time.
# usage: clean_root_test.sh FOLDER      with the packages
set -eu
folder=$(cd "$1" && pwd)
cache=${MILLRACE_CLEAN_ROOT_CACHE:-$folder/../clean-root}
mkdir -p "$cache/archives"
[ "$(id -u)" -eq 0 ] || { echo "not root: the packages are not tried in a clean root"; exit 77; }
command -v debootstrap >/dev/null || { echo "debootstrap is not there: the packages are not tried in a clean root"; exit 77; }
if [ ! -f "$cache/bare.tar" ]; then
  # Of the mirror that this machine has its own packages from.
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | grep '/debian/*$' | head -n 1)
  debootstrap --variant=minbase bookworm "$cache/bare" "${mirror:-http://deb.debian.org/debian}" || {
    echo "no bare root of Debian can be had from $mirror: the packages are not tried in a clean root"
    exit 77
  }
  tar -cf "$cache/bare.part" -C "$cache/bare" .
  mv "$cache/bare.part" "$cache/bare.tar"
  rm -rf "$cache/bare"
fi
work=$(mktemp -d)
trap 'cp -n "$work"/var/cache/apt/archives/*.deb "$cache/archives" 2>/dev/null; rm -rf "$work"' EXIT
tar -xf "$cache/bare.tar" -C "$work"
cp -n "$cache"/archives/*.deb "$work/var/cache/apt/archives" 2>/dev/null || :
mkdir "$work/packages"
cp "$folder"/*.deb "$work/packages"
cp "$(dirname "$0")/../docs/examples/cpp/load.cpp" "$(dirname "$0")/../docs/examples/cpp/Makefile" "$work/packages"

# The tool first, alone: what it needs must come with it.
cat >"$work/packages/try.sh" <<'EOF'
set -eux
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
install() { apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }
cd /packages
install ./millrace_*.deb
millrace --version
millrace demo --records 100k --labels 3 --log /run-of-demo -q >demo.txt
millrace replay /run-of-demo >replay.txt
grep '^digest ' replay.txt
[ "$(grep '^digest ' demo.txt)" = "$(grep '^digest ' replay.txt)" ]
millrace verify /run-of-demo
ls /usr/share/man/man1/millrace-replay.1.gz /usr/share/bash-completion/completions/millrace.bash \
  /usr/share/zsh/vendor-completions/_millrace /usr/share/fish/vendor_completions.d/millrace.fish
install ./libmillrace0_*.deb ./libmillrace-dev_*.deb g++ make pkg-config
make CXXFLAGS=-O0
./load /dev/urandom /run-of-load
readelf -d load | grep 'NEEDED.*libmillrace.so.0'
rm load
make CXXFLAGS=-O0 PKG_CONFIG='pkg-config --static'
apt-get purge -y -qq millrace libmillrace0 libmillrace-dev >/dev/null
[ -z "$(find /usr -name '*millrace*')" ]
EOF
chroot "$work" sh /packages/try.sh
