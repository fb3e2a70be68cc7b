// SPDX-License-Identifier: Apache-2.0
#include "load/thread_cpu.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <sys/types.h>
#include <time.h>
#include <unistd.h>

namespace millrace::load {
namespace {

std::int64_t clock_ns(clockid_t clock) {
  timespec time = {};
  if (::clock_gettime(clock, &time) != 0) return 0;  // the thread is gone
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

// As pthread_getcpuclockid() makes it, of a thread whose pthread_t is not ours: the complement of the
// id, then 1 for "one thread" and 2 for "time on a CPU" in the low bits.
clockid_t clock_of(pid_t thread) {
  return static_cast<clockid_t>((~static_cast<unsigned>(thread) << 3) | 4u | 2u);
}

}  // namespace

CpuUse cpu_use() {
  CpuUse use{.process_ns = clock_ns(CLOCK_PROCESS_CPUTIME_ID)};
  std::error_code failed;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", failed)) {
    const auto id = static_cast<pid_t>(std::atoi(task.path().filename().c_str()));
    if (id == ::getpid()) continue;
    std::string name;
    std::getline(std::ifstream(task.path() / "comm") >> std::ws, name);
    if (name == "millrace") use.aggregator_ns += clock_ns(clock_of(id));
    if (name.substr(0, 9) == "millrace-") use.log_ns += clock_ns(clock_of(id));
  }
  return use;
}

}  // namespace millrace::load
