// SPDX-License-Identifier: Apache-2.0
//
// CpuUse: the CPU time of this process, and of the engine's threads in it.
//
//   const CpuUse before = cpu_use();
//   ..
//   const CpuUse after = cpu_use();          // before the engine is finished: its thread ends with it
//
// Method   /proc/self/task names the threads; the engine's are "millrace", its log's "millrace-log" and
//          "millrace-sync". The clock of a thread is in nanoseconds (clock_gettime; /proc has ticks of
//          10 ms). The process's first thread has the program's name and is none of them. What a push costs is in
//          the thread that pushes.
#pragma once

#include <cstdint>

namespace millrace::load {

struct CpuUse {
  std::int64_t process_ns = 0;
  std::int64_t aggregator_ns = 0;
  std::int64_t log_ns = 0;
};

CpuUse cpu_use();

}  // namespace millrace::load
