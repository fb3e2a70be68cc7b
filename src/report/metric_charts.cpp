// SPDX-License-Identifier: Apache-2.0
#include "report/metric_charts.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "report/quantity.hpp"
#include "stats/histogram.hpp"

namespace millrace {
namespace {

constexpr double kBarsMax = 60;
constexpr std::size_t kEdgesMax = 120;  // where steps are lost in the values' rounding
constexpr double kLogFrom = 50;         // the greatest value as so many times the least
constexpr std::array kMarks = {50.0, 95.0, 99.0};

// A whole number of things rather than a measure.
bool is_whole(const Metric& metric) {
  return metric.unit == Unit::tokens || (metric.unit == Unit::none && metric.integral());
}

std::vector<double> log_edges(double least, double greatest) {
  const double decades = std::log10(greatest / least);
  double parts = 1;
  for (const double more : {2.0, 3.0, 5.0, 10.0, 20.0, 30.0}) {
    if (decades * more + 2 <= kBarsMax) parts = more;
  }
  const double every = std::max(1.0, std::ceil(decades / kBarsMax));
  std::vector<double> edges;
  for (double at = std::floor(std::log10(least) * parts); edges.size() < kEdgesMax; at += every) {
    edges.push_back(std::pow(10.0, at / parts));
    if (edges.back() > greatest) break;
  }
  return edges;
}

std::vector<double> linear_edges(double least, double greatest, bool whole) {
  double step = std::max((greatest - least) / (kBarsMax - 2), 1e-300);
  const double power = std::pow(10.0, std::floor(std::log10(step)));
  const double parts[] = {1, 2, 5, 10};
  step = power * *std::find_if(std::begin(parts), std::end(parts) - 1,
                               [&](double part) { return power * part >= step; });
  if (whole) step = std::max(step, 1.0);
  std::vector<double> edges;
  for (double at = std::floor(least / step); edges.size() < kEdgesMax; ++at) {
    edges.push_back(at * step);
    if (edges.back() > greatest) break;
  }
  return edges;
}

}  // namespace

ValueBins value_bins(double least, double greatest, bool whole) {
  if (!std::isfinite(least) || !std::isfinite(greatest)) return {};
  // So near to one another that they are in one bucket, or in neighbouring ones.
  const double width =
      std::max(std::fabs(least), std::fabs(greatest)) * Histogram::kRelativeError * 4;
  ValueBins bins{.edges = {}, .log = !whole && least > 0 && greatest > kLogFrom * least};
  if (!(greatest > least)) {
    // One bar, with room on both sides of it.
    const double step = whole || least == 0 ? 1 : std::fabs(least) / 10;
    const double begin = whole || least == 0 ? std::floor(least) : least - step / 2;
    for (int i = -2; i <= 3; ++i) {
      if (least < 0 || begin + i * step >= 0) bins.edges.push_back(begin + i * step);
    }
  } else {
    bins.edges = bins.log ? log_edges(least, greatest) : linear_edges(least, greatest, whole);
  }
  bins.edges.front() = std::min(bins.edges.front(), least);
  for (double& edge : bins.edges) edge = Histogram::begin_of_bucket(edge);
  bins.edges.erase(std::unique(bins.edges.begin(), bins.edges.end()), bins.edges.end());
  if (bins.edges.back() <= greatest) {
    bins.edges.push_back(Histogram::begin_of_bucket(greatest + std::max(width, 1e-300)));
  }
  return bins;
}

Chart percentile_chart(const StreamSummary& stream, const std::vector<std::string>& metrics,
                       Rule rule) {
  Chart chart{.title = {}, .x = {.label = "percentile", .scale = Axis::Scale::percentile}, .y = {}};
  double least_middle = std::numeric_limits<double>::infinity(), greatest = 0;
  bool all_positive = true;
  for (const std::string& name : metrics) {
    const MetricSummary metric = stream.metric(name);
    if (metric.count() == 0 || chart.series.size() == kChartColours) continue;
    chart.y.unit = metric.metric().unit;
    chart.y.whole = is_whole(metric.metric());
    const double n = static_cast<double>(metric.count());
    std::vector<double> ps;
    for (const double p : kCurvePercentiles) {
      if (p == 0 || 100 <= n * (100 - p) * (1 + 1e-9)) ps.push_back(p);
    }
    ChartSeries series{.name = name, .x = ps, .y = {}};
    for (const auto& found : metric.percentiles(ps, rule)) {
      series.y.push_back(found ? found->value : std::nan(""));
      if (found && found->value <= 0) all_positive = false;
    }
    const double middle = metric.percentile(50, rule).value_or(Percentile{}).value;
    least_middle = std::min(least_middle, middle);
    greatest = std::max(greatest, metric.max());
    series.x.push_back(100 * (1 - 1 / (std::min(n, kCurveMost) + 1)));
    series.y.push_back(metric.max());
    series.end_label = "max " + show(metric.max(), metric.metric().unit);
    chart.series.push_back(std::move(series));
  }
  if (all_positive && greatest > kLogFrom * least_middle) chart.y.scale = Axis::Scale::log;
  chart.title = chart.series.size() == 1       ? chart.series.front().name
                : seconds_in(chart.y.unit)     ? "Times"
                : chart.y.unit == Unit::bytes  ? "Bytes"
                : chart.y.unit == Unit::tokens ? "Tokens"
                                               : "Values";
  chart.title += " by percentile";
  return chart;
}

Chart histogram_chart(const StreamSummary& stream, const std::string& name, Rule rule) {
  const MetricSummary metric = stream.metric(name);
  const Metric& of = metric.metric();
  Chart chart{.title = name + ": histogram",
              .x = {.label = name, .unit = of.unit, .from_zero = false, .whole = is_whole(of)},
              .y = {.label = "records", .whole = true},
              .stacked = true};
  const ValueBins bins = value_bins(metric.min(), metric.max(), is_whole(of));
  if (bins.edges.empty()) return chart;
  if (bins.log) chart.x.scale = Axis::Scale::log;
  // The bar of one whole number stands in the middle of it.
  const bool of_one = is_whole(of) && bins.edges[1] - bins.edges[0] == 1;
  for (const Status status : {Status::ok, Status::error, Status::incomplete}) {
    const MetricSummary part = stream.metric(name, {.status = status, .label = {}});
    if (part.count() == 0) continue;
    const auto below = part.counts_below(bins.edges);
    ChartSeries series{.name = std::string(to_string(status)),
                       .x = bins.edges,
                       .y = {},
                       .shape = ChartSeries::Shape::bars,
                       .colour = status_colour(status)};
    for (std::size_t i = 0; i + 1 < below.size(); ++i) {
      series.y.push_back(static_cast<double>(below[i + 1] - below[i]));
    }
    for (double& edge : series.x) edge -= of_one ? 0.5 : 0;
    chart.series.push_back(std::move(series));
  }
  for (const auto& found : metric.percentiles(kMarks, rule)) {
    const double p = kMarks[chart.marks.size()];
    if (found) chart.marks.push_back({found->value, fmt::format("p{}", p)});
  }
  return chart;
}

}  // namespace millrace
