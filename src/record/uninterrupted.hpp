// SPDX-License-Identifier: Apache-2.0
//
// uninterrupted: a system call, again for as long as a signal handler interrupts it.
//
//   const int fd = uninterrupted([&] { return ::open(path, O_RDONLY | O_CLOEXEC); });
//   if (fd < 0) ...                                  // errno is never EINTR
//
// Not for close(), whose descriptor is gone when it was interrupted, nor for waits that a signal is to end.
#pragma once

#include <cerrno>

namespace millrace {

template <typename Call>
auto uninterrupted(const Call& call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

}  // namespace millrace
