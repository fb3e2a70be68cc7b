// SPDX-License-Identifier: Apache-2.0
#include "report/generation_charts.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include <fmt/format.h>

#include "report/metric_charts.hpp"
#include "report/quantity.hpp"

namespace millrace {
namespace {

constexpr double kLogFrom = 50;
constexpr std::array kStatuses = {"successful", "errored", "incomplete"};

// Of whom the chart is; nullptr: there is nothing to show.
struct Population {
  const GenerationReport& report;
  bool successful;

  explicit Population(const GenerationReport& of)
      : report(of), successful(of.summary.requests[0] != 0) {}
  [[nodiscard]] const Distribution* of(std::size_t metric) const {
    const StatusDistributions& d = report.summary.metrics[metric];
    const Distribution& chosen = successful ? d.by_status[0] : d.total;
    return chosen.curve.empty() ? nullptr : &chosen;
  }
  [[nodiscard]] std::string name() const {
    return successful ? "successful requests" : "all requests";
  }
};

// The least value at which the curve reaches the part.
double value_at(const Distribution& d, double part) {
  const auto at = std::find_if(d.curve.begin(), d.curve.end(), [&](const auto& point) {
    return point.second >= part * (1 - 1e-12);
  });
  return at == d.curve.end() ? d.max : at->first;
}

// How much of it is below `value`.
double part_below(const Distribution& d, double value) {
  const auto at =
      std::lower_bound(d.curve.begin(), d.curve.end(), value,
                       [](const auto& point, double limit) { return point.first < limit; });
  return at == d.curve.begin() ? 0 : std::prev(at)->second;
}

ChartSeries percentiles_of(const char* name, const Distribution& d, Unit unit) {
  ChartSeries series{.name = name, .x = {}, .y = {}};
  const double n = std::max(1.0, static_cast<double>(d.count));
  // What the curve can tell: it may be of chosen values alone.
  const double told = std::min(n, static_cast<double>(d.curve.size()));
  for (const double p : kCurvePercentiles) {
    if (p != 0 && 100 > told * (100 - p) * (1 + 1e-9)) continue;
    series.x.push_back(p);
    series.y.push_back(value_at(d, p / 100));
  }
  series.x.push_back(100 * (1 - 1 / (std::min(n, kCurveMost) + 1)));
  series.y.push_back(d.max);
  series.end_label = "max " + show(d.max, unit);
  return series;
}

void times(const Population& of, std::vector<Chart>& charts) {
  const auto& metrics = of.report.profile->metrics;
  for (const std::string_view unit : {"s", "ms"}) {
    Chart chart{.title = fmt::format("{} by percentile, {}",
                                     unit == "s" ? "Latency" : "Token times", of.name()),
                .x = {.label = "percentile", .scale = Axis::Scale::percentile},
                .y = {.label = {}, .unit = unit_of_word(unit)}};
    double least = std::numeric_limits<double>::infinity(), greatest = 0;
    for (std::size_t i = 0; i < metrics.size(); ++i) {
      const Distribution* const d = of.of(i);
      if (metrics[i].kind != MetricKind::values || metrics[i].unit != unit || d == nullptr)
        continue;
      // A time that was never taken is 0 for all: guidellm's word for absent.
      if (d->max == 0 || chart.series.size() == kChartColours) continue;
      chart.series.push_back(percentiles_of(metrics[i].name, *d, chart.y.unit));
      least = std::min({least, d->percentiles[kMedian], d->min > 0 ? d->percentiles[kMedian] : 0});
      greatest = std::max(greatest, d->max);
    }
    if (least > 0 && greatest > kLogFrom * least) chart.y.scale = Axis::Scale::log;
    if (!chart.series.empty()) charts.push_back(std::move(chart));
  }
}

void tokens(const GenerationReport& report, std::vector<Chart>& charts) {
  const auto& metrics = report.profile->metrics;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const std::string_view name = metrics[i].name;
    if (name != "prompt_token_count" && name != "output_token_count") continue;
    const StatusDistributions& all = report.summary.metrics[i];
    if (all.total.count == 0) continue;
    Chart chart{
        .title = name == "prompt_token_count" ? "Tokens of the prompt" : "Tokens of the output",
        .x = {.label = "tokens", .from_zero = false, .whole = true},
        .y = {.label = "requests", .whole = true},
        .stacked = true};
    const ValueBins bins = value_bins(all.total.min, all.total.max, true);
    const bool of_one = bins.edges.size() > 1 && bins.edges[1] - bins.edges[0] == 1;
    for (std::size_t status = 0; status < kStatusCount; ++status) {
      const Distribution& d = all.by_status[status];
      if (d.curve.empty()) continue;
      ChartSeries series{.name = kStatuses[status],
                         .x = bins.edges,
                         .y = {},
                         .shape = ChartSeries::Shape::bars,
                         .colour = status_colour(static_cast<Status>(status))};
      for (std::size_t k = 0; k + 1 < bins.edges.size(); ++k) {
        const double part = part_below(d, bins.edges[k + 1]) - part_below(d, bins.edges[k]);
        series.y.push_back(std::round(part * static_cast<double>(d.count)));
      }
      for (double& edge : series.x) edge -= of_one ? 0.5 : 0;
      chart.series.push_back(std::move(series));
    }
    charts.push_back(std::move(chart));
  }
}

// A step at each level or rate, as high as the share of the time that was at most so busy.
void shares(const Population& of, MetricKind kind, std::string_view unit, std::string title,
            std::vector<Chart>& charts) {
  Chart chart{.title = title + ", " + of.name(),
              .x = {.label = std::string(unit)},
              .y = {.label = "share of the time at or below", .suffix = "%"}};
  const auto& metrics = of.report.profile->metrics;
  bool log = true, heavy = false;
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const Distribution* const d = of.of(i);
    if (metrics[i].kind != kind || metrics[i].unit != unit || d == nullptr) continue;
    ChartSeries series{
        .name = metrics[i].name, .x = {}, .y = {}, .shape = ChartSeries::Shape::step};
    series.x.push_back(d->curve.front().first);
    series.y.push_back(0);
    for (const auto& [value, part] : d->curve) {
      series.x.push_back(value);
      series.y.push_back(100 * part);
    }
    const double median = d->percentiles[kMedian];
    log = log && median > 0;
    heavy = heavy || d->max > kLogFrom * median;
    chart.series.push_back(std::move(series));
  }
  if (log && heavy) chart.x.scale = Axis::Scale::log;
  if (chart.series.size() == 1) chart.series.front().name = "share";
  if (!chart.series.empty()) charts.push_back(std::move(chart));
}

void starts(const GenerationReport& report, std::vector<Chart>& charts) {
  if (!report.starts) return;
  Chart chart{.title = "When requests began",
              .x = {.label = "since the first start", .scale = Axis::Scale::elapsed},
              .y = {.label = "requests", .whole = true},
              .stacked = true};
  for (std::size_t status = 0; status < kStatusCount; ++status) {
    if (report.summary.requests[status] == 0) continue;
    const auto& counts = report.starts->counts(static_cast<Status>(status));
    ChartSeries series{.name = kStatuses[status],
                       .x = {0},
                       .y = {},
                       .shape = ChartSeries::Shape::bars,
                       .colour = status_colour(static_cast<Status>(status))};
    for (std::size_t k = 0; k < counts.size(); ++k) {
      series.x.push_back(static_cast<double>(k + 1) * report.starts->seconds());
      series.y.push_back(static_cast<double>(counts[k]));
    }
    chart.series.push_back(std::move(series));
  }
  if (!chart.series.empty()) charts.push_back(std::move(chart));
}

}  // namespace

Unit unit_of_word(std::string_view word) {
  return word == "s" ? Unit::seconds : word == "ms" ? Unit::milliseconds : Unit::none;
}

std::vector<Chart> generation_charts(const GenerationReport& report) {
  std::vector<Chart> charts;
  const Population of(report);
  times(of, charts);
  starts(report, charts);
  tokens(report, charts);
  shares(of, MetricKind::concurrency, "requests", "Requests under way", charts);
  shares(of, MetricKind::rate, "1/s", "Requests a second", charts);
  shares(of, MetricKind::rate, "tokens/s", "Tokens a second", charts);
  return charts;
}

}  // namespace millrace
