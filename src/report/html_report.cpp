// SPDX-License-Identifier: Apache-2.0
#include "report/html_report.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "report/html_frame.hpp"
#include "report/html_page.hpp"
#include "report/metric_charts.hpp"
#include "report/quantity.hpp"
#include "report/report_lines.hpp"
#include "report/series_charts.hpp"

namespace millrace {
namespace {

void tiles(HtmlPage& page, const Report& report, const StreamSummary& stream) {
  const std::uint64_t n = stream.count();
  const std::uint64_t ok = stream.count({.status = Status::ok, .label = {}});
  std::vector<std::pair<std::string, std::string>> tiles = {{"records", show_count(n)}};
  for (const Status status : {Status::ok, Status::error, Status::incomplete}) {
    tiles.emplace_back(to_string(status),
                       show_count(stream.count({.status = status, .label = {}})));
  }
  if (ok != n) tiles.emplace_back("failed", show_part(n - ok, n));
  if (const auto rates = rates_of(stream, report.given)) {
    tiles.emplace_back("requests a second", show(rates->requests_per_second, Unit::none));
    tiles.emplace_back(rates->basis, show(rates->window_s, Unit::seconds));
  }
  page.tiles(tiles);
}

std::vector<std::string> header_of(std::string first, const Report& report) {
  std::vector<std::string> header = {std::move(first), "count", "mean", "sd", "min"};
  for (const double p : report.percentiles) header.push_back(percentile_name(p));
  header.emplace_back("max");
  return header;
}

// `error`: raised to that of the least exact percentile, which has a sign before it.
std::vector<HtmlCell> row_of(std::string first, const MetricSummary& metric, const Report& report,
                             double& error) {
  const Unit unit = metric.metric().unit;
  std::vector<HtmlCell> cells = {{std::move(first)},
                                 HtmlCell::of(metric.count()),
                                 HtmlCell::of(metric.mean(), unit),
                                 HtmlCell::of(metric.deviation(), unit),
                                 HtmlCell::of(metric.min(), unit)};
  for (const auto& p : metric.percentiles(report.percentiles, report.rule)) {
    cells.push_back(p ? HtmlCell::of(p->value, unit) : HtmlCell{"-"});
    if (!p || p->relative_error == 0) continue;
    cells.back().text.insert(0, "\u2248\u00a0");
    error = std::max(error, p->relative_error);
  }
  cells.push_back(HtmlCell::of(metric.max(), unit));
  return cells;
}

// Gives the bound of the percentiles' relative error.
double tables(HtmlPage& page, const Report& report, const StreamSummary& stream) {
  const std::vector<std::string> labels = stream.labels();
  const std::vector<Section> sections = sections_of(stream, report.by, labels);
  if (report.by == By::label) {
    HtmlTable table{.header = {"records", "all", "ok", "failed"}};
    for (const Section& part : sections) {
      const std::uint64_t n = stream.count(part.selection);
      const std::uint64_t ok = stream.count({.status = Status::ok, .label = part.selection.label});
      table.rows.push_back(
          {{part.name}, HtmlCell::of(n), HtmlCell::of(ok), {show_part(n - ok, n)}});
    }
    page.table(table);
  }
  double error = 0;
  std::string empty;
  HtmlTable all{.header = header_of("metric", report)};
  for (const Metric& m : stream.schema().metrics) {
    const MetricSummary metric = stream.metric(m.name);
    if (metric.count() == 0) {
      empty += (empty.empty() ? "no values: " : ", ") + m.name;
      continue;
    }
    all.rows.push_back(row_of(m.name, metric, report, error));
    if (report.by == By::none) continue;
    HtmlTable table{.header = header_of(m.name, report)};
    for (const Section& part : sections) {
      const MetricSummary of_part = stream.metric(m.name, part.selection);
      if (of_part.count() != 0) table.rows.push_back(row_of(part.name, of_part, report, error));
    }
    page.table(table);
  }
  if (!all.rows.empty() && report.by == By::none) page.table(all);
  page.notes(empty);
  return error;
}

// Metrics of one unit share a curve: service and response time want to be compared.
void charts(HtmlPage& page, const Report& report, const StreamSummary& stream) {
  std::vector<std::pair<Unit, std::vector<std::string>>> by_unit;
  for (const Metric& m : stream.schema().metrics) {
    if (stream.metric(m.name).count() == 0) continue;
    auto at = std::find_if(by_unit.begin(), by_unit.end(), [&](const auto& group) {
      return group.first == m.unit && group.second.size() < kChartColours;
    });
    if (at == by_unit.end()) at = by_unit.insert(at, {m.unit, {}});
    at->second.push_back(m.name);
  }
  for (const auto& [unit, metrics] : by_unit) {
    page.figure(percentile_chart(stream, metrics, report.rule));
  }
  for (const auto& [unit, metrics] : by_unit) {
    for (const std::string& name : metrics) {
      page.figure(histogram_chart(stream, name, report.rule));
    }
  }
}

void rates(HtmlPage& page, const Report& report, const StreamSummary& stream) {
  const auto rates = rates_of(stream, report.given);
  if (!rates) {
    page.notes(
        "no rates: the records do not tell how long the test was; --total-test-time says it");
    return;
  }
  HtmlTable table{.caption = fmt::format("Rates over {} ({})", show(rates->window_s, Unit::seconds),
                                         rates->basis),
                  .header = {"", "a second", "a minute"}};
  const auto row = [&](std::string name, double per_second, Unit unit) {
    table.rows.push_back(
        {{std::move(name)}, HtmlCell::of(per_second, unit), HtmlCell::of(per_second * 60, unit)});
  };
  const auto given = report.given.total_requests;
  row(given ? fmt::format("requests ({}, as given)", show_count(*given)) : "requests",
      rates->requests_per_second, Unit::none);
  for (const auto& [metric, per_second] : rates->metrics) {
    row(metric, per_second, stream.metric(metric).metric().unit);
  }
  page.table(table);
}

void stream_section(HtmlPage& page, const Report& report, const StreamSummary& stream) {
  page.heading(2, stream.name());
  page.quiet(span_text(stream.times()));
  tiles(page, report, stream);
  if (stream.left_out().notices != 0) page.notes("and " + notices_text(stream));
  page.notes(population_lines(report, stream));
  if (stream.count() == 0) return page.quiet("There are no records.");
  const double error = tables(page, report, stream);
  page.notes(remark_lines(report, stream, error));
  charts(page, report, stream);
  if (const auto at = report.series.find(stream.name()); at != report.series.end()) {
    for (const Chart& chart : series_charts(at->second, stream.schema())) page.figure(chart);
  }
  rates(page, report, stream);
  HtmlTable table{.header = {"error", "records"}};
  for (const auto& [name, count] : shown_errors(stream)) {
    table.rows.push_back({{name}, HtmlCell::of(count)});
  }
  if (!table.rows.empty()) page.table(table);
}

}  // namespace

std::string html_report(const Report& report) {
  prepare(report);
  report.summary.prepare(kCurvePercentiles, report.rule);
  HtmlPage page = begin_page(report);
  for (const StreamSummary& stream : report.summary.streams()) stream_section(page, report, stream);
  end_page(page, report);
  return std::move(page).finish();
}

}  // namespace millrace
