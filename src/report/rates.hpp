// SPDX-License-Identifier: Apache-2.0
//
// Rates: how many a second and a minute, over a window that is named beside them.
//
// Which window   The first that is known: a total test time that was given; first start to a given
//                end; first start to last end of the records; first start to last start ("send
//                window": n requests over n - 1 gaps, so it flatters small n).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "millrace/summary.hpp"

namespace millrace {

struct GivenWindow {
  std::optional<double> total_test_time_s;
  std::optional<std::int64_t> end_time_ns;
  std::optional<std::uint64_t> total_requests;  // instead of the number of records
};

struct Rates {
  double window_s = 0;
  std::string basis;
  double requests_per_second = 0;
  struct OfMetric {
    std::string metric;
    double per_second;
  };
  std::vector<OfMetric> metrics;  // of metrics that are rated: tokens, bytes
};

/// nullopt: no window longer than 0 is known.
std::optional<Rates> rates_of(const StreamSummary& stream, const GivenWindow& given);

}  // namespace millrace
