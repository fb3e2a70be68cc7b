// SPDX-License-Identifier: Apache-2.0
//
// The page by a profile of guidellm.
#include <array>
#include <utility>

#include <fmt/format.h>

#include "report/generation_charts.hpp"
#include "report/html_frame.hpp"
#include "report/html_report.hpp"
#include "report/quantity.hpp"
#include "report/report_lines.hpp"

namespace millrace {
namespace {

constexpr std::size_t kP90 = 7, kP95 = 8, kP99 = 9;  // of kDistributionPermille

struct Row {
  std::string name;
  Unit unit;
  const StatusDistributions* of;
};

HtmlTable table_of(const std::vector<Row>& rows, std::string caption, auto&& distribution) {
  HtmlTable table{.caption = std::move(caption),
                  .header = {"metric", "count", "mean", "mode", "sd", "min", "median", "p90", "p95",
                             "p99", "max"}};
  for (const Row& row : rows) {
    const Distribution& d = distribution(*row.of);
    if (d.count == 0) continue;
    std::vector<HtmlCell> cells = {{row.name}, HtmlCell::of(d.count)};
    for (const double value :
         {d.mean, d.mode, d.deviation, d.min, d.percentiles[kMedian], d.percentiles[kP90],
          d.percentiles[kP95], d.percentiles[kP99], d.max}) {
      cells.push_back(HtmlCell::of(value, row.unit));
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

// By status, and of all where there are several.
void tables(HtmlPage& page, const std::vector<Row>& rows) {
  constexpr std::array kCaptions = {"Successful requests", "Errored requests",
                                    "Incomplete requests"};
  std::size_t statuses = 0;
  const auto add = [&](const HtmlTable& table) {
    if (table.rows.empty()) return;
    ++statuses;
    page.table(table);
  };
  for (std::size_t status = 0; status < kStatusCount; ++status) {
    add(table_of(
        rows, kCaptions[status], [&](const StatusDistributions& d) -> auto& {
          return d.by_status[status];
        }));
  }
  if (statuses < 2) return;
  add(table_of(
      rows, "All requests", [](const StatusDistributions& d) -> auto& { return d.total; }));
}

std::vector<Row> metric_rows(const GenerationReport& report) {
  std::vector<Row> rows;
  for (std::size_t i = 0; i < report.summary.metrics.size(); ++i) {
    const GenerationMetric& metric = report.profile->metrics[i];
    rows.push_back({metric.name, unit_of_word(metric.unit), &report.summary.metrics[i]});
  }
  return rows;
}

std::vector<Row> modality_rows(const GenerationReport& report) {
  std::vector<Row> rows;
  for (std::size_t m = 0; report.modalities && m < kModalities.size(); ++m) {
    const auto& [input, output, total] = report.modalities->of[m];
    for (const auto& [name, side] : {std::pair{"input_", &input}, std::pair{"output_", &output},
                                     std::pair{"total_", &total}}) {
      if (!*side) continue;
      const std::string what = std::string(name) + kModalities[m].name;
      const Unit unit = kModalities[m].unit;
      rows.push_back({what, unit, &(*side)->value});
      rows.push_back({what + "_per_second", unit, &(*side)->per_second});
      rows.push_back({what + "_concurrency", unit, &(*side)->concurrency});
    }
  }
  return rows;
}

void modalities(HtmlPage& page, const GenerationReport& report) {
  const std::vector<Row> rows = modality_rows(report);
  if (rows.empty()) return;
  page.heading(3, "Texts, images, video, audio and tool calls");
  tables(page, rows);
  page.notes(
      "per_second: what requests brought that ended, over half of the way to either neighbour; "
      "concurrency: what was under way at one time");
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
    tables(page, metric_rows(generation));
    page.notes(
        "percentiles: the least value at which the weights reach that part of their sum; "
        "docs/definitions.md has each metric's formula, weight and population");
    for (const Chart& chart : generation_charts(generation)) page.figure(chart);
    modalities(page, generation);
  }
  end_page(page, report);
  return std::move(page).finish();
}

}  // namespace millrace
