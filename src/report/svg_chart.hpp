// SPDX-License-Identifier: Apache-2.0
//
// Chart: lines, steps, areas and bars over one pair of axes, drawn as SVG.
//
//   Chart chart{.title = "Requests a second", .x = {.label = "time", .scale = Axis::Scale::elapsed},
//               .y = {.label = "requests/s"}};
//   chart.series.push_back({.name = "ok", .x = seconds, .y = rates, .shape = ChartSeries::Shape::area});
//   chart.stacked = true;
//   std::string svg = svg_chart(chart);
//
// Numbers  Any: one that is not finite, or not above 0 on a logarithmic axis, is a gap. None reaches the
//          picture but as a finite coordinate.
// Texts    Any bytes: they are escaped, and cut where they have no room.
// Colours  A palette that colour-blind people can tell apart, and another pattern for each line. A page
//          may set other ones for the classes s0 to s5, as html_style.hpp does for dark screens.
// Reading  <title> and <desc> for those who hear it; the value of a point or bar as its tooltip.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "report/chart_axis.hpp"

namespace millrace {

inline constexpr std::size_t kChartColours = 6;

struct ChartSeries {
  enum class Shape { line, step, area, bars };
  std::string name = {};
  std::vector<double> x = {};  // of bars their edges, ascending: one more than there are bars
  std::vector<double> y = {};
  Shape shape = Shape::line;
  std::optional<std::size_t> colour = {};  // of the palette; by default the next
  std::string end_label = {};              // what stands at the last point
};

struct Chart {
  /// A place on the x axis, named.
  struct Mark {
    double x;
    std::string text;
  };
  std::string title = {};
  std::string description = {};  // by default: where the series begin and end
  Axis x = {}, y = {};
  std::vector<ChartSeries> series = {};
  std::vector<Mark> marks = {};
  bool stacked = false;  // areas and bars stand on those of the series before, which has the same x
};

/// Of records by status, in all charts: failed ones stand out, and what is incomplete does not.
constexpr std::size_t status_colour(Status status) noexcept {
  return status == Status::ok ? 0 : status == Status::error ? 1 : 5;
}

std::string svg_chart(const Chart& chart);

}  // namespace millrace
