// SPDX-License-Identifier: Apache-2.0
//
// Snapshot: live numbers, plain data. Percentiles are those of EngineOptions::live_percentiles, by
// nearest rank, from the histogram: relative_error says how near they are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/options.hpp"
#include "millrace/percentile.hpp"
#include "millrace/running.hpp"
#include "millrace/schema.hpp"
#include "millrace/series.hpp"
#include "millrace/summary.hpp"

namespace millrace {

struct MetricSnapshot {
  std::string name;
  Unit unit = Unit::none;
  std::uint64_t count = 0, absent = 0, invalid = 0;
  double sum = 0, mean = 0, deviation = 0, min = 0, max = 0;  // NaN when empty (sum: 0)
  std::vector<std::pair<double, Percentile>> percentiles;     // (p, value); empty when count is 0

  [[nodiscard]] std::optional<double> percentile(double p) const noexcept {
    for (const auto& [at, value] : percentiles) {
      if (at == p) return value.value;
    }
    return std::nullopt;
  }
};

struct StreamSnapshot {
  std::string name;
  std::uint64_t count = 0;
  std::uint64_t by_status[kStatusCount] = {};
  Phase phase = Phase::pending;
  LeftOut left_out;  // notices, warmup and cooldown: in no number but this
  TimeSpan times;
  std::vector<MetricSnapshot> metrics;       // over all statuses, in the schema's order
  std::optional<RunningStatistics> running;  // of GenerationRecords
  Series series;  // the last 60 rows; the newest interval is not among them

  [[nodiscard]] const MetricSnapshot* metric(std::string_view wanted) const noexcept {
    for (const auto& m : metrics) {
      if (m.name == wanted) return &m;
    }
    return nullptr;
  }
};

struct Snapshot {
  std::int64_t elapsed_ns = 0;  // since open
  Accounting accounting;        // what these numbers cover
  bool exact = true;            // false once the exact-memory cap was passed
  std::uint64_t observers_detached = 0;
  std::optional<LogAccount> log;
  std::vector<StreamSnapshot> streams;

  [[nodiscard]] const StreamSnapshot* stream(std::string_view name) const noexcept {
    for (const auto& s : streams) {
      if (s.name == name) return &s;
    }
    return nullptr;
  }
};

}  // namespace millrace
