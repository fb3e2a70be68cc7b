// SPDX-License-Identifier: Apache-2.0
//
// Axes and charts: whatever the numbers and names are, the picture is one.
#include "report/svg_chart.hpp"

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "well_formed.hpp"

namespace millrace {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
using Scale = Axis::Scale;
using Shape = ChartSeries::Shape;

std::vector<std::string> texts(const AxisScale& scale) {
  std::vector<std::string> texts;
  for (const auto& tick : scale.ticks()) texts.push_back(tick.text);
  return texts;
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++n;
  return n;
}

using Texts = std::vector<std::string>;

TEST(AxisScale, HasRoundTicksInOneUnit) {
  EXPECT_EQ(texts({{.unit = Unit::nanoseconds}, 3e6, 8.7e8}),
            (Texts{"0", "200 ms", "400 ms", "600 ms", "800 ms", "1,000 ms"}));
  EXPECT_EQ(texts({{.unit = Unit::seconds}, 0, 1.85}),
            (Texts{"0.0", "0.5 s", "1.0 s", "1.5 s", "2.0 s"}));
  EXPECT_EQ(texts({{.unit = Unit::tokens, .whole = true}, 0, 3}), (Texts{"0", "1", "2", "3"}));
  EXPECT_EQ(texts({{.unit = Unit::bytes}, 0, 5 * 1024}),
            (Texts{"0", "1 KiB", "2 KiB", "3 KiB", "4 KiB", "5 KiB"}));
  EXPECT_EQ(texts({{}, 0, 45'000}), (Texts{"0", "10,000", "20,000", "30,000", "40,000", "50,000"}));
}

TEST(AxisScale, HasDecadesOnALogarithmicAxis) {
  const AxisScale scale({.scale = Scale::log, .unit = Unit::nanoseconds}, 3e4, 2e9);
  EXPECT_EQ(texts(scale), (Texts{"10 us", "100 us", "1 ms", "10 ms", "100 ms", "1 s", "10 s"}));
  EXPECT_NEAR(scale.at(1e6), 2.0 / 6, 1e-9);
  EXPECT_EQ(texts({{.scale = Scale::log, .unit = Unit::seconds}, 0.03, 0.4}),
            (Texts{"20 ms", "50 ms", "100 ms", "200 ms", "500 ms"}));
}

TEST(AxisScale, PutsEachNineAsFarFromTheOneBefore) {
  const AxisScale scale({.scale = Scale::percentile}, 0, 99.99);
  EXPECT_EQ(texts(scale), (Texts{"0 %", "50 %", "90 %", "99 %", "99.9 %", "99.99 %"}));
  EXPECT_NEAR(scale.at(90), 0.25, 1e-9);
  EXPECT_NEAR(scale.at(99), 0.5, 1e-9);
  EXPECT_EQ(scale.at(100), 1);
}

TEST(AxisScale, CountsTimeAsPeopleDo) {
  const Axis axis{.scale = Scale::elapsed};
  EXPECT_EQ(texts({axis, 0, 4.2}), (Texts{"0", "1 s", "2 s", "3 s", "4 s"}));
  EXPECT_EQ(texts({axis, 0, 600}), (Texts{"0", "2 min", "4 min", "6 min", "8 min", "10 min"}));
  EXPECT_EQ(texts({axis, 0, 86'400}), (Texts{"0", "4 h", "8 h", "12 h", "16 h", "20 h", "24 h"}));
  EXPECT_EQ(texts({axis, 0, 0.5}), (Texts{"0", "0.1 s", "0.2 s", "0.3 s", "0.4 s", "0.5 s"}));
}

TEST(AxisScale, IsFiniteAndNotEmptyWhateverTheValues) {
  const double edges[] = {-kInfinity, -1.7e308, -1,   -1e-300, 0,       5e-324,    1e-300, 1,
                          1 + 1e-15,  1e9,      1e18, 1e300,   1.7e308, kInfinity, kNan};
  for (const Scale kind : {Scale::linear, Scale::log, Scale::percentile, Scale::elapsed}) {
    for (const Unit unit : {Unit::none, Unit::nanoseconds, Unit::seconds, Unit::bytes}) {
      for (const double least : edges) {
        for (const double greatest : edges) {
          for (const bool flag : {false, true}) {
            const AxisScale scale({.scale = kind, .unit = unit, .from_zero = flag, .whole = !flag},
                                  least, greatest);
            ASSERT_TRUE(std::isfinite(scale.from()) && std::isfinite(scale.to()));
            ASSERT_LT(scale.from(), scale.to()) << least << " " << greatest;
            ASSERT_LE(scale.ticks().size(), 24u);
            for (const double value : edges) {
              ASSERT_GE(scale.at(value), 0) << least << " " << greatest << " " << value;
              ASSERT_LE(scale.at(value), 1) << least << " " << greatest << " " << value;
            }
          }
        }
      }
    }
  }
}

TEST(SvgChart, NamesWhatItShows) {
  const std::string svg =
      svg_chart({.title = "Latency",
                 .x = {.label = "time"},
                 .y = {.label = "latency", .unit = Unit::seconds},
                 .series = {{.name = "p50", .x = {0, 1}, .y = {1, 2}},
                            {.name = "p99", .x = {0, 1}, .y = {3, 4}, .end_label = "4 s"}}});
  expect_well_formed(svg);
  EXPECT_NE(svg.find("<title>Latency</title><desc>p50: 1.000 s at 0, 2.000 s at 1. p99:"),
            std::string::npos);
  EXPECT_EQ(count(svg, ">p50</text>"), 1u) << "in the legend";
  EXPECT_EQ(count(svg, ">4 s</text>"), 2u) << "at the axis, and at the end of the line";
  EXPECT_EQ(count(svg, "class=\"s1\""), 3u) << "legend, line, label";
}

TEST(SvgChart, LeavesAGapWhereAValueIsNone) {
  const auto svg = [](std::vector<double> y, Scale scale = Scale::linear) {
    Chart chart{.title = "", .x = {}, .y = {.scale = scale}};
    chart.series.push_back({.name = "a", .x = {0, 1, 2, 3, 4, 5}, .y = std::move(y)});
    return svg_chart(chart);
  };
  const auto pieces = [](const std::string& text) {
    const std::size_t at = text.find("<path d=\"M", text.find("class=\"s0\""));
    return count(text.substr(at, text.find("fill=", at) - at), "M");
  };
  EXPECT_EQ(pieces(svg({1, 2, 3, 4, 5, 6})), 1u);
  EXPECT_EQ(pieces(svg({1, 2, kNan, 4, 5, 6})), 2u);
  EXPECT_EQ(pieces(svg({1, kInfinity, 3, 4, kNan, 6})), 3u);
  EXPECT_EQ(pieces(svg({1, 2, 0, 4, -1, 6}, Scale::log)), 3u);
}

TEST(SvgChart, StacksBarsAndAreas) {
  Chart chart{.title = "", .x = {}, .y = {.whole = true}, .stacked = true};
  chart.series.push_back({.name = "ok", .x = {0, 1, 2}, .y = {3, 5}, .shape = Shape::bars});
  chart.series.push_back({.name = "error", .x = {0, 1, 2}, .y = {1, 0}, .shape = Shape::bars});
  const std::string svg = svg_chart(chart);
  expect_well_formed(svg);
  EXPECT_EQ(count(svg, "<rect"), 2u + 3) << "the legend, and no bar of nothing";
  EXPECT_NE(svg.find("<title>0 to 1: 1 error</title>"), std::string::npos);
  // 3 of 5 high, and 1 above it.
  EXPECT_EQ(count(svg, ">5</text>"), 1u);
}

TEST(SvgChart, SaysThatThereIsNothing) {
  EXPECT_NE(svg_chart({.title = "", .x = {}, .y = {}}).find(">no values</text>"),
            std::string::npos);
  Chart chart{.title = "", .x = {}, .y = {}};
  chart.series.push_back({.name = "a", .x = {1, kNan}, .y = {kNan, 1}});
  chart.series.push_back({.name = "b", .x = {}, .y = {1, 2}, .shape = Shape::bars});
  const std::string svg = svg_chart(chart);
  expect_well_formed(svg);
  EXPECT_NE(svg.find(">no values</text>"), std::string::npos);
}

TEST(SvgChart, ShowsASinglePoint) {
  Chart chart{.title = "", .x = {}, .y = {}};
  chart.series.push_back({.name = "a", .x = {1}, .y = {2}});
  EXPECT_NE(svg_chart(chart).find("fill-opacity=\"1\""), std::string::npos);
}

TEST(SvgChart, EscapesNames) {
  const std::string bad = "<script>alert(\"1\")</script>&'\x01\xff\xed\xa0\x80";
  Chart chart{.title = bad, .x = {.label = bad, .suffix = bad}, .y = {.label = bad, .suffix = bad}};
  chart.series = {{.name = bad, .x = {1, 2}, .y = {2, 1}, .end_label = bad},
                  {.name = bad, .x = {1, 2, 3}, .y = {2, 1}, .shape = Shape::bars}};
  chart.marks = {{1.5, bad}};
  const std::string svg = svg_chart(chart);
  expect_well_formed(svg);
  EXPECT_EQ(svg.find("<script"), std::string::npos);
  EXPECT_EQ(svg.find('\x01'), std::string::npos);
  EXPECT_EQ(svg.find('\xff'), std::string::npos);
  EXPECT_NE(svg.find("&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;??"),
            std::string::npos);
}

TEST(SvgChart, IsWellFormedWhateverTheNumbers) {
  std::mt19937_64 random(7);
  const double edges[] = {-kInfinity, -1.7e308, -1e9, -1,  -1e-300, 0,         5e-324,
                          1e-9,       1,        2,    1e9, 1.7e308, kInfinity, kNan};
  const auto any = [&] { return edges[random() % std::size(edges)]; };
  for (int round = 0; round < 3'000; ++round) {
    Chart chart{.title = "t", .x = {.label = "x"}, .y = {.label = "y"}};
    chart.x.scale = static_cast<Scale>(random() % 4);
    chart.y.scale = static_cast<Scale>(random() % 4);
    chart.y.unit = random() % 2 ? Unit::nanoseconds : Unit::bytes;
    chart.stacked = random() % 2;
    for (std::size_t s = random() % 4; s > 0; --s) {
      ChartSeries series{.name = "s", .x = {}, .y = {}, .shape = static_cast<Shape>(random() % 4)};
      for (std::size_t n = random() % 6; n > 0; --n) series.x.push_back(any());
      for (std::size_t n = random() % 6; n > 0; --n) series.y.push_back(any());
      series.end_label = random() % 2 ? "end" : "";
      chart.series.push_back(series);
    }
    if (random() % 2) chart.marks = {{any(), "m"}, {any(), "n"}};
    const std::string svg = svg_chart(chart);
    expect_well_formed(svg);
    if (HasFailure()) FAIL() << svg;
  }
}

}  // namespace
}  // namespace millrace
