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

HtmlTable table_of(const GenerationReport& report, std::string caption, auto&& distribution) {
  HtmlTable table{.caption = std::move(caption),
                  .header = {"metric", "count", "mean", "mode", "sd", "min", "median", "p90", "p95",
                             "p99", "max"}};
  for (std::size_t i = 0; i < report.summary.metrics.size(); ++i) {
    const GenerationMetric& metric = report.profile->metrics[i];
    const Distribution& d = distribution(report.summary.metrics[i]);
    if (d.count == 0) continue;
    std::vector<HtmlCell> row = {{metric.name}, HtmlCell::of(d.count)};
    for (const double value :
         {d.mean, d.mode, d.deviation, d.min, d.percentiles[kMedian], d.percentiles[kP90],
          d.percentiles[kP95], d.percentiles[kP99], d.max}) {
      row.push_back(HtmlCell::of(value, unit_of_word(metric.unit)));
    }
    table.rows.push_back(std::move(row));
  }
  return table;
}

void tables(HtmlPage& page, const GenerationReport& report) {
  constexpr std::array kCaptions = {"Successful requests", "Errored requests",
                                    "Incomplete requests"};
  std::size_t statuses = 0;
  for (std::size_t status = 0; status < kStatusCount; ++status) {
    if (report.summary.requests[status] == 0) continue;
    ++statuses;
    page.table(table_of(
        report, kCaptions[status], [&](const StatusDistributions& d) -> auto& {
          return d.by_status[status];
        }));
  }
  if (statuses < 2) return;
  page.table(table_of(
      report, "All requests", [](const StatusDistributions& d) -> auto& { return d.total; }));
}

}  // namespace

std::string html_report(const GenerationReport& generation, const LogReplay& log) {
  const GenerationSummary& summary = generation.summary;
  const StreamSummary& stream = log.summary[generation.stream];
  Report report{.summary = log.summary};
  report.interrupted = log.interrupted;
  report.log = &log;

  HtmlPage page = begin_page(report);
  page.heading(2,
               fmt::format("{}, by {}'s definitions", generation.stream, generation.profile->name));
  page.quiet(span_text(stream.times()));
  page.tiles({{"requests", show_count(summary.total())},
              {"successful", show_count(summary.requests[0])},
              {"errored", show_count(summary.requests[1])},
              {"incomplete", show_count(summary.requests[2])}});
  std::string notes = population_lines(report, stream);
  if (stream.count() > summary.total()) {
    notes +=
        show_count(stream.count() - summary.total()) + " results left out by warmup and cooldown\n";
  }
  page.notes(notes + left_out_lines(generation));
  if (summary.total() == 0) {
    page.quiet("There are no requests.");
  } else {
    tables(page, generation);
    page.notes(
        "percentiles: the least value at which the weights reach that part of their sum; "
        "docs/definitions.md has each metric's formula, weight and population");
    for (const Chart& chart : generation_charts(generation)) page.figure(chart);
  }
  end_page(page, report);
  return std::move(page).finish();
}

}  // namespace millrace
