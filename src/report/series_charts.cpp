// SPDX-License-Identifier: Apache-2.0
#include "report/series_charts.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <span>
#include <string>

#include <fmt/format.h>

#include "report/quantity.hpp"
#include "report/report.hpp"

namespace millrace {
namespace {

constexpr std::size_t kPointsMax = 600;  // as many as a picture has room for

// Some rows that follow one another.
struct Spot {
  double seconds;
  std::span<const SeriesRow> rows;
};

std::vector<Spot> spots_of(const Series& series) {
  const std::size_t of_each = (series.rows.size() + kPointsMax - 1) / kPointsMax;
  std::vector<Spot> spots;
  const std::span<const SeriesRow> rows(series.rows);
  for (std::size_t i = 0; i < rows.size(); i += of_each) {
    const double since =
        static_cast<double>(rows[i].begin_ns) - static_cast<double>(rows.front().begin_ns);
    spots.push_back({since / 1e9, rows.subspan(i, std::min(of_each, rows.size() - i))});
  }
  return spots;
}

ChartSeries line_of(std::string name, const std::vector<Spot>& spots,
                    const std::function<double(const Spot&)>& value) {
  ChartSeries line{.name = std::move(name)};
  for (const Spot& spot : spots) {
    line.x.push_back(spot.seconds);
    line.y.push_back(value(spot));
  }
  return line;
}

}  // namespace

std::vector<Chart> series_charts(const Series& series, const Schema& schema) {
  std::vector<Chart> charts;
  const std::vector<Spot> spots = spots_of(series);
  if (spots.size() < 2) return charts;
  const double interval_s = static_cast<double>(series.every_ns) / 1e9;

  Chart& results = charts.emplace_back();
  results.title = fmt::format("Results a second, every {}",
                              show(static_cast<double>(series.every_ns), Unit::nanoseconds));
  results.x = {.label = "time", .scale = Axis::Scale::elapsed};
  results.y = {.label = "results", .suffix = "/s"};
  results.stacked = true;
  constexpr const char* kNames[] = {"ok", "error", "incomplete"};
  for (std::size_t s = 0; s < kStatusCount; ++s) {
    ChartSeries line = line_of(kNames[s], spots, [&](const Spot& spot) {
      std::uint64_t count = 0;
      for (const SeriesRow& row : spot.rows) count += row.by_status[s];
      return static_cast<double>(count) / (interval_s * static_cast<double>(spot.rows.size()));
    });
    line.shape = ChartSeries::Shape::area;
    line.colour = s;
    if (std::ranges::any_of(line.y, [](double y) { return y > 0; }) || s == 0) {
      results.series.push_back(std::move(line));
    }
  }

  for (std::size_t m = 0; m < schema.metrics.size(); ++m) {
    const bool any = std::ranges::any_of(
        series.rows, [&](const SeriesRow& row) { return row.metrics[m].count != 0; });
    if (!any) continue;
    Chart& chart = charts.emplace_back();
    chart.title = schema.metrics[m].name + " over time";
    chart.x = {.label = "time", .scale = Axis::Scale::elapsed};
    chart.y = {.label = schema.metrics[m].name, .unit = schema.metrics[m].unit};
    for (std::size_t p = 0; p < std::min(series.percentiles.size(), kChartColours); ++p) {
      chart.series.push_back(
          line_of(percentile_name(series.percentiles[p]), spots, [&](const Spot& spot) {
            double worst = std::nan("");
            for (const SeriesRow& row : spot.rows) {
              if (row.metrics[m].count == 0) continue;
              worst = std::fmax(worst, row.metrics[m].percentiles[p]);
            }
            return worst;
          }));
    }
  }
  return charts;
}

}  // namespace millrace
