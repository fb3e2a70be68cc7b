// SPDX-License-Identifier: Apache-2.0
//
// Series: what a stream did, interval by interval. Plain data.
//
//   auto requests = engine.stream<millrace::RequestRecord>("requests", {.every = std::chrono::seconds(1)});
//   for (const auto& row : engine.snapshot().stream("requests")->series.rows) ..      // the last ones
//   const auto series = engine.finish().value()["requests"].series();                 // all
//
// Interval  A result is of the interval in which it ends (starts, where it has no end): of `every_ns`
//           nanoseconds, from a multiple of that by the records' clock. So the first and the last are parts of
//           one. Intervals without results are rows, too. Results that do not count (Phases) are in none.
// Exact     Percentiles are of all of the interval's values. While a run goes on the values of 4,096 intervals
//           are kept, within 256 MiB; the oldest goes to make room, and a result that comes for it then is
//           counted as late: it is in the counts of its row and in no figure. `millrace replay --every` of
//           the log has no late ones.
// Cost      Live about 25 ns a value on the aggregator's thread; a row 50 bytes and 72 a metric.
#pragma once

#include <cstdint>
#include <vector>

#include "millrace/percentile.hpp"
#include "millrace/schema.hpp"

namespace millrace {

/// Of one metric in one interval, in the metric's unit. Without values all numbers are NaN.
struct SeriesFigures {
  std::uint64_t count = 0;
  double mean = 0, min = 0, max = 0;
  std::vector<double> percentiles;  // of Series::percentiles
};

struct SeriesRow {
  std::int64_t begin_ns = 0;
  std::uint64_t by_status[kStatusCount] = {};
  std::uint64_t late = 0;
  std::vector<SeriesFigures> metrics;  // in the schema's order

  [[nodiscard]] std::uint64_t results() const noexcept {
    return by_status[0] + by_status[1] + by_status[2];
  }
};

struct Series {
  std::int64_t every_ns = 0;  // 0: there is none
  Rule rule = Rule::nearest_rank;
  std::vector<double> percentiles;
  std::vector<SeriesRow> rows;
  std::uint64_t untimed = 0;  // results without start and end
};

}  // namespace millrace
