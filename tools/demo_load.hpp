// SPDX-License-Identifier: Apache-2.0
//
// DemoLoad: made-up results of a language model, pushed by worker threads: what an embedding load
// generator does, without the load.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "millrace/millrace.hpp"

namespace millrace {

struct DemoOptions {
  unsigned workers = 2;
  std::uint64_t records = 10'000'000;    // of all workers; 0: until the duration is over
  double rate = 0;                       // records a second, of all workers; 0: as fast as it goes
  std::chrono::nanoseconds duration{0};  // 0: until all records are pushed
  bool gaps = false;                     // a sample of each gap between tokens, too
  unsigned labels = 0;                   // models m0, m1, ..; 0: no labels
  std::uint64_t seed = 1;
};

/// One worker's share; returns when it is done or `stop` is set.
void push_demo_records(Stream<GenerationRecord> stream, std::optional<Stream<SampleRecord>> gaps,
                       std::vector<std::uint16_t> labels, std::vector<std::uint16_t> errors,
                       const DemoOptions& options, unsigned worker, const std::atomic<bool>& stop,
                       std::atomic<bool>& failed);

}  // namespace millrace
