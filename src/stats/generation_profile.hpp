// SPDX-License-Identifier: Apache-2.0
//
// GenerationProfile: what a report on requests to language models consists of, as a table: each metric with
// its formula, its weight and its population. Profiles differ in this table and in nothing else.
//
//   for (const GenerationMetric& metric : generation_profile("guidellm-0.7.3")->metrics) ..
//
// Words    A metric takes values from each record (kind values), or puts it on a time line: as an interval
//          (concurrency) or as events (rate).
// Source   Ours; guidellm 0.2.1 and 0.7.3. docs/definitions.md prints the tables.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "millrace/record.hpp"

#include "stats/distribution.hpp"
#include "stats/running_table.hpp"
#include "stats/timeline.hpp"

namespace millrace {

/// Where a metric puts what it takes from a record.
class MetricSink {
 public:
  virtual ~MetricSink() = default;
  virtual void value(double value, std::int64_t weight = 1) = 0;
  virtual void interval(std::int64_t begin_ns, std::int64_t end_ns) = 0;
  virtual void event(std::int64_t ns, std::int64_t weight = kOne) = 0;
  /// `events` of this weight each, evenly spaced behind `first_ns`, the last at `last_ns`.
  virtual void spread(std::int64_t first_ns, std::int64_t last_ns, std::int64_t events,
                      std::int64_t weight = kOne) = 0;
};

enum class MetricKind : std::uint8_t { values, concurrency, rate };

struct GenerationMetric {
  const char* name;
  const char* unit;
  MetricKind kind;
  void (*take)(const GenerationRecord& record, MetricSink& sink);
  const char* formula;
  const char* weight;
  const char* population;
  /// Rates alone. First start and last end of the population are events of these weights, too.
  std::optional<std::int64_t> weight_at_first_start = {}, weight_at_last_end = {};
  bool in_window = false;      // events beyond the window are left out, its borders are events
  const char* with = nullptr;  // and all events of this other metric
};

struct GenerationProfile {
  const char* name;
  std::span<const GenerationMetric> metrics;
  std::optional<std::int64_t> (*begin)(const GenerationRecord& record);
  std::optional<std::int64_t> (*end)(const GenerationRecord& record);
  DistributionRule values;
  double near_seconds;  // events as near as that are one
  TimeAxis::Arithmetic arithmetic;
  bool as_0_2_1;  // its levels and rates
  RunningTable running;
};

std::span<const GenerationProfile> generation_profiles();
/// nullptr: there is none of that name.
const GenerationProfile* generation_profile(std::string_view name);

}  // namespace millrace
