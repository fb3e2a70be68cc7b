// SPDX-License-Identifier: Apache-2.0
//
// The pictures of a stream's metrics: values by percentile, and histograms.
//
//   options.percentiles.insert(end, kCurvePercentiles.begin(), kCurvePercentiles.end());  // one pass for all
//   Chart curve = percentile_chart(stream, {"latency", "response_time"}, Rule::nearest_rank);
//   Chart bars = histogram_chart(stream, "latency", Rule::nearest_rank);
//
// Curve      Up to the percentile that so many values can tell, 1 - 1/n; the greatest of n values stands at
//            1 - 1/(n + 1).
// Histogram  By status, one on another. Bars end where the buckets of Histogram do, so that each count is
//            exact: less than 0.1 % beside the number that was meant.
#pragma once

#include <array>
#include <string>
#include <vector>

#include "millrace/summary.hpp"

#include "report/svg_chart.hpp"

namespace millrace {

/// Of the curve, and of the histogram's marks.
inline constexpr std::array kCurvePercentiles = {
    0.0,    5.0,    10.0,    15.0,   20.0,    25.0,   30.0,  35.0,   40.0,   45.0,   50.0,
    55.0,   60.0,   65.0,    70.0,   75.0,    80.0,   82.5,  85.0,   87.5,   90.0,   91.0,
    92.0,   93.0,   94.0,    95.0,   96.0,    97.0,   97.5,  98.0,   98.5,   99.0,   99.1,
    99.2,   99.3,   99.4,    99.5,   99.6,    99.7,   99.75, 99.8,   99.85,  99.9,   99.92,
    99.94,  99.95,  99.96,   99.97,  99.98,   99.985, 99.99, 99.992, 99.994, 99.995, 99.996,
    99.997, 99.998, 99.9985, 99.999, 99.9995, 99.9999};

/// Of so many values the curve tells percentiles; the greatest of more stands where that of so many does.
inline constexpr double kCurveMost = 1e6;

/// Metrics of one unit, kChartColours at most; those without values are left out.
Chart percentile_chart(const StreamSummary& stream, const std::vector<std::string>& metrics,
                       Rule rule);

Chart histogram_chart(const StreamSummary& stream, const std::string& metric, Rule rule);

/// Where the bars between two values begin and end: at round numbers, 60 bars at most. Logarithmic when
/// the values are more than 50 times as large as one another, and not whole numbers.
struct ValueBins {
  std::vector<double> edges;  // the first at most `least`, the last above `greatest`
  bool log = false;
};
ValueBins value_bins(double least, double greatest, bool whole);

}  // namespace millrace
