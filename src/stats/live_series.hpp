// SPDX-License-Identifier: Apache-2.0
//
// LiveSeries: a stream interval by interval while it is accumulated.
//
//   LiveSeries series(schema, {.every_ns = 1'000'000'000, .percentiles = {50, 99}});
//   series.begin(slice);                      // of results
//   series.add(metric, column);               // each metric of that slice
//   series.end();
//   Series last = series.rows(60, false);
//
// Memory    Values of at most kOpenMax intervals, 8 bytes each, within memory_bytes; the oldest is closed to
//           make room. What comes for a closed one is late. And a row an interval: 50 bytes and 72 a metric.
// Cost      About 25 ns a value, its sorting included.
// Threads   One at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "millrace/series.hpp"

#include "record/column.hpp"
#include "record/slice.hpp"

namespace millrace {

struct SeriesRules {
  std::int64_t every_ns = 0;  // 0: none
  std::vector<double> percentiles = {};
  Rule rule = Rule::nearest_rank;
  std::size_t memory_bytes = std::size_t{256} << 20;
};

class LiveSeries {
 public:
  static constexpr std::size_t kOpenMax = 4'096;
  static constexpr std::uint64_t kGapsMax = 1'000'000;

  LiveSeries(const Schema& schema, SeriesRules rules);

  void begin(const Slice& results);
  void add(std::size_t metric, const Column& column);
  void end();

  /// The last rows; without the interval of the newest result, unless the run is `over`. Intervals without
  /// results are rows, too, unless they are more than kGapsMax.
  [[nodiscard]] Series rows(std::size_t last, bool over);

 private:
  struct Open {
    std::vector<std::vector<double>> values;  // by metric
    bool changed = false;                     // since the row's figures were made
  };

  void make_figures(SeriesRow& row, Open& open) const;
  void close_oldest();

  const Schema& schema_;
  SeriesRules rules_;
  SeriesRow nothing_;
  std::map<std::int64_t, SeriesRow> rows_;  // by interval
  std::map<std::int64_t, Open> open_;       // of some of them
  std::size_t held_bytes_ = 0;
  std::int64_t newest_ = 0;  // of the last slice's last result
  std::uint64_t untimed_ = 0;
  std::array<Open*, kSliceRecordsMax> of_record_;  // of the slice; null: late or untimed
  std::uint32_t count_ = 0;
};

}  // namespace millrace
