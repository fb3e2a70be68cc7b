// SPDX-License-Identifier: Apache-2.0
//
// A run interval by interval, as pictures: results a second by status, and each metric's percentiles.
#pragma once

#include <vector>

#include "millrace/schema.hpp"
#include "millrace/series.hpp"

#include "report/svg_chart.hpp"

namespace millrace {

/// Of rows; the longest runs are shown by the worst of some intervals that follow one another.
std::vector<Chart> series_charts(const Series& series, const Schema& schema);

}  // namespace millrace
