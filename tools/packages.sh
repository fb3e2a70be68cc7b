# SPDX-License-Identifier: Apache-2.0
# Sourced by run.sh and test.sh: installs the Debian packages that are named and missing.
# usage: install_missing PACKAGE...
install_missing() {
  if ! command -v dpkg-query >/dev/null 2>&1; then
    echo "No dpkg here. What must be there, by the names of Debian 12: $*"
    return 0
  fi
  missing=
  for package in "$@"; do
    case "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null)" in
      installed*) ;;
      *) missing="$missing $package" ;;
    esac
  done
  [ -n "$missing" ] || return 0
  as_root=
  if [ "$(id -u)" -ne 0 ]; then
    if ! command -v sudo >/dev/null 2>&1; then
      echo "These packages are missing; install them as root and start again:"
      echo "  apt-get update && apt-get install -y --no-install-recommends$missing"
      exit 1
    fi
    as_root=sudo
  fi
  echo "installing:$missing"
  # shellcheck disable=SC2086  # one word a package
  $as_root apt-get -o DPkg::Lock::Timeout=300 update -qq &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      -o DPkg::Lock::Timeout=300 $missing >/dev/null || {
    echo "apt-get could not install:$missing"
    exit 1
  }
}

build_packages="g++ meson ninja-build pkg-config python3 libconcurrentqueue-dev libboost-dev libsimdjson-dev
  nlohmann-json3-dev libtomlplusplus-dev libfmt-dev libcli11-dev libexpected-dev libzstd-dev zlib1g-dev libisal-dev libhwy-dev
  libcurl4-openssl-dev"
# The Python package (docs/python.md), and its wheel; the library and the CLI do without.
python_packages="python3-dev pybind11-dev python3-numpy"
wheel_packages="python3-mesonpy patchelf python3-pip python3-venv"
test_packages="libgtest-dev libbenchmark-dev zstd"
# Optional, and large: chromium, for tests/html_picture_test.py, which is skipped without it.
full_packages="clang-19 libclang-rt-19-dev valgrind procps spin strace e2fsprogs mount librocksdb-dev libsqlite3-dev
  cmake make zsh fish mandoc groff-base binutils dpkg-dev debhelper fakeroot lintian debootstrap
  nginx-light openssl"
