// SPDX-License-Identifier: Apache-2.0
//
// Where threads of the benchmarks run: workers on core 0, who drains them on core 1.
#pragma once

#include <thread>

#include <sched.h>

namespace millrace {

inline void pin(std::size_t core) {
  if (core >= std::thread::hardware_concurrency()) return;
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
