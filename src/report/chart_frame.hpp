// SPDX-License-Identifier: Apache-2.0
//
// ChartFrame: what stands around the series of a chart, and where in the picture a value is.
//
//   ChartFrame frame(chart);
//   frame.draw_behind(out);                       // names, axes
//   frame.place(x, frame.top(series, k));         // ..
//   frame.draw_before(out);                       // marks, labels of the last points
//
// Texts    No font is known: they are taken to be a little wider than they are, and left out or moved
//          where they would cover one another.
// Lifetime The chart outlives it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "report/svg_chart.hpp"

namespace millrace {

struct Place {
  double x, y;
};

class ChartFrame {
 public:
  static constexpr double kWidth = 500, kHeight = 280, kFont = 12;
  static constexpr std::size_t kNameMax = 40;  // characters

  explicit ChartFrame(const Chart& chart);

  [[nodiscard]] bool empty() const noexcept { return empty_; }
  /// Whether point or bar `k` of series `i` can be shown.
  [[nodiscard]] bool shows(std::size_t i, std::size_t k) const;
  /// How many points or bars series `i` has.
  [[nodiscard]] std::size_t size(std::size_t i) const;
  /// Where point or bar `k` begins and ends on the y axis.
  [[nodiscard]] double base(std::size_t i, std::size_t k) const { return bases_[i][k]; }
  [[nodiscard]] double top(std::size_t i, std::size_t k) const { return tops_[i][k]; }
  [[nodiscard]] Place place(double x, double y) const;

  /// "class=.. color=..", and the pattern of lines.
  [[nodiscard]] std::string colour(std::size_t i) const;
  [[nodiscard]] std::string_view dashes(std::size_t i) const;

  void draw_behind(std::string& out);
  void draw_before(std::string& out) const;

 private:
  void stack();
  void measure();
  void legend(std::string& out);
  void axes(std::string& out) const;
  void marks(std::string& out) const;
  void end_labels(std::string& out) const;

  const Chart& chart_;
  std::vector<std::vector<double>> bases_, tops_;
  AxisScale x_, y_;
  double left_ = 0, right_ = kWidth - 14, top_ = 0, bottom_ = kHeight - 40;
  bool empty_ = true;
};

/// Cut to ChartFrame::kNameMax.
std::string chart_name(const std::string& name);

}  // namespace millrace
