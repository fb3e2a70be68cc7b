// SPDX-License-Identifier: Apache-2.0
//
// A run interval by interval: as a table for people, as rows of CSV, and for JSON reports.
//
//   time  results  a second  failed  latency p50  latency p99
//   0 s       812       812       0     1.204 ms     9.730 ms
//   1 s       951       951       2     1.198 ms     12.01 ms
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "millrace/series.hpp"

#include "report/report.hpp"

namespace millrace {

/// Times since the first interval's beginning; of the first metrics that have values the median and a
/// high percentile.
std::string series_table(const Series& series, const Schema& schema);
nlohmann::ordered_json series_json(const Series& series, const Schema& schema);
/// Of all streams; values in the metrics' units. RFC 4180, with \n; what is not there is empty.
std::string series_csv(const Report& report);

}  // namespace millrace
