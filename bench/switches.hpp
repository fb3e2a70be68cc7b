// SPDX-License-Identifier: Apache-2.0
//
// Switches: how often the system took a processor away from this process meanwhile (involuntary context
// switches of all its threads): a repetition with many of them says little. bench/report.py leaves it out.
#pragma once

#include <benchmark/benchmark.h>
#include <sys/resource.h>

namespace millrace {

class Switches {
 public:
  explicit Switches(benchmark::State& state) : state_(state), before_(now()) {}
  ~Switches() { state_.counters["switches"] = static_cast<double>(now() - before_); }
  Switches(const Switches&) = delete;
  Switches& operator=(const Switches&) = delete;

 private:
  static long now() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nivcsw;
  }
  benchmark::State& state_;
  long before_;
};

}  // namespace millrace
