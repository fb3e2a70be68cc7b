// SPDX-License-Identifier: Apache-2.0
//
// RunningStatistics: what is known at every moment of a stream of GenerationRecords beside its metrics: the
// scheduler's state, delays on the way of a request, tokens. Plain data; of all results, warmup and
// cooldown among them.
//
//   const auto snapshot = engine.snapshot();
//   const auto& running = *snapshot.stream("requests")->running;
//   running.find("queued_time")->mean;                  // ns
//   running.find("output_tokens")->rate(seconds);       // tokens a second
//
// Names     docs/definitions.md lists them with their definitions.
// Empty     A mean and a rate of nothing are 0.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/schema.hpp"

namespace millrace {

struct RunningMetric {
  std::string name;
  Unit unit = Unit::none;
  std::uint64_t count = 0;  // what the mean is over: results; of inter_token_latency gaps
  double total = 0, last = 0, mean = 0;

  [[nodiscard]] double rate(double seconds) const noexcept {
    return seconds > 0 ? total / seconds : 0;
  }
};

struct RunningStatistics {
  std::uint64_t results[kStatusCount] = {};  // by status
  std::vector<RunningMetric> metrics;
  /// Requests under way, as the records' processing_requests tell, over time.
  double concurrency = 0;

  [[nodiscard]] const RunningMetric* find(std::string_view name) const noexcept {
    for (const RunningMetric& metric : metrics) {
      if (metric.name == name) return &metric;
    }
    return nullptr;
  }
};

}  // namespace millrace
