// SPDX-License-Identifier: Apache-2.0
//
// The pictures of a GenerationReport whose distributions have cumulative curves.
//
//   for (const Chart& chart : generation_charts(report)) page.figure(chart);
//
// Which   Times by percentile, tokens as histograms, concurrency and rates as the share of the time for
//         which they were at most so high, and when requests began.
// Of whom Times, concurrency and rates: of the successful requests; of all where none was.
// Exact   As the curves are: of more values than DistributionRule::curve_points these are evenly chosen
//         ones, and a bar may hold what belongs beside it.
#pragma once

#include <string_view>
#include <vector>

#include "replay/generation_replay.hpp"
#include "report/svg_chart.hpp"

namespace millrace {

/// Of a profile's word: times are scaled as all times are.
Unit unit_of_word(std::string_view word);

std::vector<Chart> generation_charts(const GenerationReport& report);

}  // namespace millrace
