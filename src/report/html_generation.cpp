// SPDX-License-Identifier: Apache-2.0
//
// The page by a profile of guidellm.
#include <fmt/format.h>

#include "report/generation_charts.hpp"
#include "report/html_frame.hpp"
#include "report/html_report.hpp"
#include "report/quantity.hpp"
#include "report/report_lines.hpp"

namespace millrace {
namespace {

constexpr std::size_t kP90 = 7, kP95 = 8, kP99 = 9;  // of kDistributionPermille

HtmlCell number(double value) { return {fmt::format("{:.6g}", value), value}; }

std::vector<HtmlCell> row_of(const GenerationMetric& metric, const char* status,
                             const Distribution& d) {
  return {{metric.name},
          {status},
          {metric.unit},
          HtmlCell::of(d.count),
          number(d.mean),
          number(d.mode),
          number(d.deviation),
          number(d.min),
          number(d.percentiles[kMedian]),
          number(d.percentiles[kP90]),
          number(d.percentiles[kP95]),
          number(d.percentiles[kP99]),
          number(d.max)};
}

HtmlTable table_of(const GenerationReport& report) {
  constexpr std::array kStatuses = {"successful", "errored", "incomplete"};
  HtmlTable table{.header = {"metric", "requests", "unit", "count", "mean", "mode", "sd", "min",
                             "median", "p90", "p95", "p99", "max"}};
  for (std::size_t i = 0; i < report.summary.metrics.size(); ++i) {
    const GenerationMetric& metric = report.profile->metrics[i];
    const StatusDistributions& d = report.summary.metrics[i];
    std::size_t statuses = 0;
    for (std::size_t status = 0; status < kStatusCount; ++status) {
      if (d.by_status[status].count == 0) continue;
      table.rows.push_back(row_of(metric, kStatuses[status], d.by_status[status]));
      ++statuses;
    }
    if (statuses > 1) table.rows.push_back(row_of(metric, "all", d.total));
  }
  return table;
}

}  // namespace

std::string html_report(const GenerationReport& generation, const LogReplay& log) {
  const GenerationSummary& summary = generation.summary;
  const StreamSummary& stream = log.summary[generation.stream];
  Report report{.summary = log.summary};
  report.interrupted = log.interrupted;
  report.log = &log;

  HtmlPage page = begin_page(report);
  page.heading(2, fmt::format("{}, by {}'s definitions", generation.stream, generation.profile->name));
  page.quiet(span_text(stream.times()));
  page.tiles({{"requests", show_count(summary.total())},
              {"successful", show_count(summary.requests[0])},
              {"errored", show_count(summary.requests[1])},
              {"incomplete", show_count(summary.requests[2])}});
  std::string notes = population_lines(report, stream);
  if (stream.count() > summary.total()) {
    notes += show_count(stream.count() - summary.total()) + " results left out by warmup and cooldown\n";
  }
  if (summary.beyond_time != 0) {
    notes += show_count(summary.beyond_time) + " times are beyond the time axis and in no rate\n";
  }
  page.notes(notes);
  const HtmlTable table = table_of(generation);
  if (table.rows.empty()) {
    page.quiet("There are no requests.");
  } else {
    page.table(table);
    page.notes("percentiles: the least value at which the weights reach that part of their sum; "
               "docs/definitions.md has each metric's formula, weight and population");
    for (const Chart& chart : generation_charts(generation)) page.figure(chart);
  }
  end_page(page, report);
  return std::move(page).finish();
}

}  // namespace millrace
