// SPDX-License-Identifier: Apache-2.0
//
// On which core the calling thread runs, and the threads that it starts from now on.
//
//   pin(0);      // where there is no such core, or none may be chosen, it runs as before
//   unpin();     // on any core
#pragma once

#include <cstddef>
#include <thread>

#include <sched.h>

namespace millrace {

inline void pin(std::size_t core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  ::sched_setaffinity(0, sizeof set, &set);
}

inline void unpin() {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (std::size_t core = 0; core < std::thread::hardware_concurrency(); ++core)
    CPU_SET(core, &set);
  ::sched_setaffinity(0, sizeof set, &set);
}

}  // namespace millrace
