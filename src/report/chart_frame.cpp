// SPDX-License-Identifier: Apache-2.0
#include "report/chart_frame.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "report/html_text.hpp"

namespace millrace {
namespace {

constexpr double kLine = 17;  // between two lines of text

// Where a page's style does not set them: after Okabe and Ito, dark enough on white.
constexpr std::array<std::string_view, kChartColours> kColours = {"#0072b2", "#d55e00", "#007a5a",
                                                                  "#aa4499", "#8a6d00", "#56606b"};
constexpr std::array<std::string_view, kChartColours> kDashes = {"none",    "7 3", "2 2.5",
                                                                 "9 3 2 3", "4 4", "1 3"};

bool is_filled(const ChartSeries& s) {
  return s.shape == ChartSeries::Shape::area || s.shape == ChartSeries::Shape::bars;
}

bool on_axis(double value, const Axis& axis) {
  return std::isfinite(value) && (axis.scale != Axis::Scale::log || value > 0);
}

double width_of(std::string_view text) {
  double ems = 0;
  for (const char c : text) {
    if ((c & 0xC0) == 0x80) continue;  // inside of a character
    const auto is_of = [&](std::string_view some) {
      return some.find(c) != std::string_view::npos;
    };
    ems += (c & 0x80) != 0 || is_of("%mwMW@") ? 1 : is_of("il.,:;'|! ") ? 0.36 : 0.65;
  }
  return ems * ChartFrame::kFont;
}

void draw_text(std::string& out, Place at, std::string_view anchor, const std::string& text,
               std::string_view attributes = "") {
  out += fmt::format(R"(<text x="{:.1f}" y="{:.1f}" text-anchor="{}"{}>{}</text>)", at.x, at.y,
                     anchor, attributes, html_text(text));
}

}  // namespace

std::string chart_name(const std::string& name) {
  std::size_t characters = 0;
  for (std::size_t at = 0; at < name.size(); ++at) {
    if ((name[at] & 0xC0) != 0x80 && characters++ == ChartFrame::kNameMax) {
      return name.substr(0, at) + "...";
    }
  }
  return name;
}

ChartFrame::ChartFrame(const Chart& chart) : chart_(chart), x_(chart.x, 0, 1), y_(chart.y, 0, 1) {
  stack();
  measure();
}

std::size_t ChartFrame::size(std::size_t i) const {
  const ChartSeries& s = chart_.series[i];
  const std::size_t edges = s.shape == ChartSeries::Shape::bars && !s.x.empty() ? 1 : 0;
  return std::min(s.x.size() - edges, s.y.size());
}

bool ChartFrame::shows(std::size_t i, std::size_t k) const {
  const ChartSeries& s = chart_.series[i];
  const bool edge = s.shape != ChartSeries::Shape::bars || on_axis(s.x[k + 1], chart_.x);
  return edge && on_axis(s.x[k], chart_.x) && on_axis(s.y[k], chart_.y) &&
         on_axis(tops_[i][k], chart_.y);
}

Place ChartFrame::place(double x, double y) const {
  return {left_ + x_.at(x) * (right_ - left_), bottom_ - y_.at(y) * (bottom_ - top_)};
}

std::string ChartFrame::colour(std::size_t i) const {
  const std::size_t colour = chart_.series[i].colour.value_or(i) % kChartColours;
  return fmt::format(R"(class="s{}" color="{}")", colour, kColours[colour]);
}

std::string_view ChartFrame::dashes(std::size_t i) const {
  return kDashes[chart_.series[i].colour.value_or(i) % kChartColours];
}

void ChartFrame::stack() {
  std::vector<double> through;
  for (const ChartSeries& s : chart_.series) {
    std::vector<double> bases(s.y.size(), 0), tops = s.y;
    if (chart_.stacked && is_filled(s)) {
      through.resize(std::max(through.size(), s.y.size()), 0);
      for (std::size_t k = 0; k < s.y.size(); ++k) {
        bases[k] = through[k];
        if (std::isfinite(s.y[k])) tops[k] = through[k] += s.y[k];
      }
    }
    bases_.push_back(std::move(bases));
    tops_.push_back(std::move(tops));
  }
}

void ChartFrame::measure() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  double x_least = kInfinity, x_greatest = -kInfinity, y_least = kInfinity, y_greatest = -kInfinity;
  for (std::size_t i = 0; i < chart_.series.size(); ++i) {
    const ChartSeries& s = chart_.series[i];
    for (std::size_t k = 0; k < size(i); ++k) {
      if (!shows(i, k)) continue;
      empty_ = false;
      x_least = std::min(x_least, s.x[k]);
      x_greatest = std::max(x_greatest, s.shape == ChartSeries::Shape::bars ? s.x[k + 1] : s.x[k]);
      y_least = std::min(y_least, tops_[i][k]);
      y_greatest = std::max(y_greatest, tops_[i][k]);
    }
  }
  if (!empty_) {
    x_ = AxisScale(chart_.x, x_least, x_greatest);
    y_ = AxisScale(chart_.y, y_least, y_greatest);
  }
  double widest = 0;
  for (const auto& tick : y_.ticks()) widest = std::max(widest, width_of(tick.text));
  left_ = std::min(widest + 12, kWidth / 3);
}

// A row or more of names, below them the name of the y axis: the picture begins where they end.
void ChartFrame::legend(std::string& out) {
  double x = 4, y = kLine - 3;
  const bool named = chart_.series.size() > 1 || (chart_.stacked && !chart_.series.empty());
  for (std::size_t i = 0; named && i < chart_.series.size(); ++i) {
    const std::string name = chart_name(chart_.series[i].name);
    const double wide = 29 + width_of(name) + 14;
    if (x > 4 && x + wide > kWidth) {
      x = 4;
      y += kLine;
    }
    const std::string shape =
        is_filled(chart_.series[i])
            ? fmt::format(
                  R"(<rect x="{:.1f}" y="{:.1f}" width="22" height="10" fill="currentColor"/>)", x,
                  y - 9)
            : fmt::format(R"(<path d="M{:.1f} {:.1f}h24" stroke="currentColor" stroke-width="2.5" )"
                          R"(stroke-dasharray="{}" fill="none"/>)",
                          x, y - 4, dashes(i));
    out += fmt::format("<g {}>{}</g>", colour(i), shape);
    draw_text(out, {x + 29, y}, "start", name);
    x += wide;
  }
  if (named) y += kLine;
  if (!chart_.y.label.empty()) {
    draw_text(out, {4, y}, "start", chart_name(chart_.y.label), R"( class="axis")");
    y += kLine;
  }
  top_ = y - 2 + (chart_.marks.empty() ? 0 : kLine);
  // Labels of lines that end at the top stand above them.
  const auto labels = std::count_if(chart_.series.begin(), chart_.series.end(),
                                    [](const ChartSeries& s) { return !s.end_label.empty(); });
  top_ += (kLine - 3) * static_cast<double>(std::min<std::ptrdiff_t>(labels, 3));
}

void ChartFrame::axes(std::string& out) const {
  std::string grid = fmt::format("M{:.1f} {:.1f}H{:.1f}", left_, bottom_, right_);
  for (const auto& tick : y_.ticks()) {
    const double y = place(x_.from(), tick.value).y;
    grid += fmt::format("M{:.1f} {:.1f}H{:.1f}", left_, y, right_);
    draw_text(out, {left_ - 7, y + 4}, "end", tick.text);
  }
  double free = 0;  // where the next text may begin
  for (const auto& tick : x_.ticks()) {
    const double x = place(tick.value, y_.from()).x, wide = width_of(tick.text);
    grid += fmt::format("M{:.1f} {:.1f}v4", x, bottom_);
    const double middle = std::min(x, kWidth - wide / 2);
    if (middle - wide / 2 < free) continue;
    draw_text(out, {middle, bottom_ + 17}, "middle", tick.text);
    free = middle + wide / 2 + 10;
  }
  draw_text(out, {(left_ + right_) / 2, kHeight - 6}, "middle", chart_name(chart_.x.label),
            R"( class="axis")");
  out += fmt::format(
      R"(<path class="grid" d="{}" stroke="#888" stroke-opacity="0.4" fill="none"/>)", grid);
}

void ChartFrame::marks(std::string& out) const {
  double free = 0;
  for (const Chart::Mark& mark : chart_.marks) {
    if (!on_axis(mark.x, chart_.x) || mark.x < x_.from() || mark.x > x_.to()) continue;
    const double x = place(mark.x, 0).x, wide = width_of(mark.text);
    out += fmt::format(R"(<path d="M{:.1f} {:.1f}V{:.1f}" stroke="currentColor" )"
                       R"(stroke-dasharray="3 3" fill="none"/>)",
                       x, top_ - 3, bottom_);
    const double middle = std::min(x, kWidth - wide / 2);
    const double begin =
        std::max({middle - wide / 2, free, left_ - 4});  // beside the y axis's texts
    if (begin + wide > kWidth) continue;
    draw_text(out, {begin, top_ - 7}, "start", mark.text);
    free = begin + wide + 5;
  }
}

// Left of the last points, above them, and above one another.
void ChartFrame::end_labels(std::string& out) const {
  std::vector<std::pair<Place, std::size_t>> ends;
  for (std::size_t i = 0; i < chart_.series.size(); ++i) {
    for (std::size_t k = size(i); k-- > 0 && !chart_.series[i].end_label.empty();) {
      if (!shows(i, k)) continue;
      ends.emplace_back(place(chart_.series[i].x[k], tops_[i][k]), i);
      break;
    }
  }
  std::stable_sort(ends.begin(), ends.end(),
                   [](const auto& a, const auto& b) { return a.first.y > b.first.y; });
  double below = bottom_;
  for (const auto& [end, i] : ends) {
    const std::string label = chart_name(chart_.series[i].end_label);
    const double y = std::max(std::min(end.y - 7, below), kFont);
    const double x = std::max(std::min(end.x - 6, kWidth - 4), width_of(label) + 4);
    out += fmt::format("<g {}>", colour(i));
    draw_text(out, {x, y}, "end", label, R"( class="end")");
    out += "</g>";
    below = y - kLine + 3;
  }
}

void ChartFrame::draw_behind(std::string& out) {
  legend(out);
  axes(out);
}

void ChartFrame::draw_before(std::string& out) const {
  marks(out);
  end_labels(out);
  if (empty_) draw_text(out, {(left_ + right_) / 2, (top_ + bottom_) / 2}, "middle", "no values");
}

}  // namespace millrace
