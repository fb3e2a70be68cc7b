// SPDX-License-Identifier: Apache-2.0
//
// Switches: how often the kernel took a core away from this process, as the counter "switches" of a row. A
// repetition with more than its neighbours was disturbed by the machine's other work, and can be left out.
//
//   const Switches switches(state);    // just before the loop
//   for (auto _ : state) ...
#pragma once

#include <benchmark/benchmark.h>
#include <sys/resource.h>

namespace millrace {

class Switches {
 public:
  explicit Switches(benchmark::State& state) : state_(state), before_(involuntary()) {}
  ~Switches() { state_.counters["switches"] = static_cast<double>(involuntary() - before_); }
  Switches(const Switches&) = delete;
  Switches& operator=(const Switches&) = delete;

 private:
  static long involuntary() {  // of all threads
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nivcsw;
  }

  benchmark::State& state_;
  const long before_;
};

}  // namespace millrace
