// SPDX-License-Identifier: Apache-2.0
#include "report/svg_chart.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/chart_frame.hpp"
#include "report/html_text.hpp"

namespace millrace {
namespace {

constexpr std::size_t kTooltipsMax = 120;  // of a line

std::string tooltip(const std::string& text) { return "<title>" + html_text(text) + "</title>"; }

void draw_bars(std::string& out, const Chart& chart, const ChartFrame& frame, std::size_t i) {
  const ChartSeries& s = chart.series[i];
  for (std::size_t k = 0; k < frame.size(i); ++k) {
    if (!frame.shows(i, k) || !(s.y[k] > 0)) continue;
    const Place from = frame.place(s.x[k], frame.base(i, k));
    const Place to = frame.place(s.x[k + 1], frame.top(i, k));
    const double gap = to.x - from.x > 4 ? 1 : 0;
    out += fmt::format(
        R"(<rect x="{:.2f}" y="{:.2f}" width="{:.2f}" height="{:.2f}" fill="currentColor">)",
        from.x, to.y, std::max(to.x - from.x - gap, 0.5), std::max(from.y - to.y, 1.0));
    const bool of_one = chart.x.whole && s.x[k + 1] - s.x[k] == 1;
    out += tooltip(
        fmt::format("{}: {} {}",
                    of_one ? text_on(chart.x, (s.x[k] + s.x[k + 1]) / 2)
                           : text_on(chart.x, s.x[k]) + " to " + text_on(chart.x, s.x[k + 1]),
                    text_on(chart.y, s.y[k]), chart_name(s.name)));
    out += "</rect>";
  }
}

// A single point would leave no line; the others are there to be pointed at.
void draw_points(std::string& out, const Chart& chart, const ChartFrame& frame, std::size_t i) {
  const ChartSeries& s = chart.series[i];
  const std::size_t n = frame.size(i);
  for (std::size_t k = 0; k < n; ++k) {
    if (!frame.shows(i, k)) continue;
    const bool alone = (k == 0 || !frame.shows(i, k - 1)) && (k + 1 == n || !frame.shows(i, k + 1));
    if (!alone && n > kTooltipsMax) continue;
    const Place at = frame.place(s.x[k], frame.top(i, k));
    out += fmt::format(
        R"(<circle cx="{:.1f}" cy="{:.1f}" r="4" fill="currentColor" fill-opacity="{}">)", at.x,
        at.y, alone ? 1 : 0);
    out += tooltip(fmt::format("{}: {} at {}", chart_name(s.name), text_on(chart.y, s.y[k]),
                               text_on(chart.x, s.x[k])));
    out += "</circle>";
  }
}

// Gaps part it into runs; of an area each is a shape of its own.
void draw_line(std::string& out, const Chart& chart, const ChartFrame& frame, std::size_t i) {
  const ChartSeries& s = chart.series[i];
  std::string path, filled, floor;
  const auto end_run = [&] {
    if (!floor.empty()) filled += floor + "Z";
    floor.clear();
  };
  bool under_way = false;
  Place last{};
  for (std::size_t k = 0; k < frame.size(i); ++k) {
    if (!frame.shows(i, k)) {
      under_way = false;
      end_run();
      continue;
    }
    const Place at = frame.place(s.x[k], frame.top(i, k));
    const bool same = std::fabs(at.x - last.x) < 0.2 && std::fabs(at.y - last.y) < 0.2;
    if (under_way && same && k + 1 < frame.size(i)) continue;
    const bool steps = under_way && s.shape == ChartSeries::Shape::step;
    const std::string piece =
        steps ? fmt::format("H{:.1f}V{:.1f}", at.x, at.y)
              : fmt::format("{}{:.1f} {:.1f}", under_way ? 'L' : 'M', at.x, at.y);
    path += piece;
    if (s.shape == ChartSeries::Shape::area) {
      filled += piece;
      floor.insert(0, fmt::format("L{:.1f} {:.1f}", at.x, frame.place(s.x[k], frame.base(i, k)).y));
    }
    under_way = true;
    last = at;
  }
  end_run();
  if (path.empty()) return;
  const bool stacked = chart.stacked && !filled.empty();  // its borders are those of the areas
  if (!filled.empty()) {
    out += fmt::format(R"(<path d="{}" fill="currentColor" fill-opacity="{}"/>)", filled,
                       stacked ? 0.85 : 0.25);
  }
  if (!stacked) {
    out += fmt::format(R"(<path d="{}" fill="none" stroke="currentColor" stroke-width="2" )"
                       R"(stroke-linejoin="round" stroke-dasharray="{}"/>)",
                       path, frame.dashes(i));
  }
  draw_points(out, chart, frame, i);
}

std::string description_of(const Chart& chart, const ChartFrame& frame) {
  if (!chart.description.empty()) return chart.description;
  if (frame.empty()) return "There are no values.";
  std::string text;
  const auto at = [&](const ChartSeries& s, std::size_t k) {
    return fmt::format("{} at {}", text_on(chart.y, s.y[k]), text_on(chart.x, s.x[k]));
  };
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    std::optional<std::size_t> first, last;
    for (std::size_t k = 0; k < frame.size(i); ++k) {
      if (!frame.shows(i, k)) continue;
      first = first.value_or(k);
      last = k;
    }
    if (!first) continue;
    const ChartSeries& s = chart.series[i];
    text += fmt::format("{}: {}, {}. ", chart_name(s.name), at(s, *first), at(s, *last));
  }
  return text;
}

}  // namespace

std::string svg_chart(const Chart& chart) {
  ChartFrame frame(chart);
  std::string out =
      fmt::format(R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" )"
                  R"(font-family="system-ui,sans-serif" font-size="{}" fill="currentColor">)",
                  ChartFrame::kWidth, ChartFrame::kHeight, ChartFrame::kFont);
  out += "<title>" + html_text(chart.title) + "</title><desc>" +
         html_text(description_of(chart, frame)) + "</desc>";
  frame.draw_behind(out);
  for (std::size_t i = 0; i < chart.series.size(); ++i) {
    out += fmt::format("<g {}>", frame.colour(i));
    if (chart.series[i].shape == ChartSeries::Shape::bars) {
      draw_bars(out, chart, frame, i);
    } else {
      draw_line(out, chart, frame, i);
    }
    out += "</g>";
  }
  frame.draw_before(out);
  return out + "</svg>\n";
}

}  // namespace millrace
