// SPDX-License-Identifier: Apache-2.0
#include "report/text_report.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "report/quantity.hpp"
#include "report/report_lines.hpp"
#include "report/series_report.hpp"
#include "report/table.hpp"

namespace millrace {
namespace {

constexpr std::size_t kNameMax = 72;  // characters
constexpr std::size_t kWorkersShown = 16;

void add(std::string& out, const Table& table) {
  out += '\n';
  out += table.text();
}

void head(std::string& out, const Report& report, const StreamSummary& stream) {
  const std::uint64_t n = stream.count();
  out += fmt::format("{}  {}", printable(stream.name()), plural(n, "record"));
  for (const Status status : {Status::ok, Status::error, Status::incomplete}) {
    const std::uint64_t part = stream.count({.status = status, .label = {}});
    if (status == Status::ok || part != 0) {
      out += fmt::format("   {} {}", show_count(part), to_string(status));
    }
  }
  if (const std::uint64_t ok = stream.count({.status = Status::ok, .label = {}}); ok != n) {
    out += fmt::format("   {} failed", show_part(n - ok, n));
  }
  if (stream.left_out().notices != 0) out += "   and " + notices_text(stream);
  out += "\n" + population_lines(report, stream);
}

std::vector<std::string> header_of(std::string first, const Report& report) {
  std::vector<std::string> header = {std::move(first), "count", "mean", "sd", "min"};
  for (const double p : report.percentiles) header.push_back(percentile_name(p));
  header.emplace_back("max");
  return header;
}

// `error`: raised to that of the least exact percentile.
std::vector<std::string> row_of(std::string first, const MetricSummary& metric,
                                const Report& report, double& error) {
  const Unit unit = metric.metric().unit;
  std::vector<std::string> cells = {std::move(first), show_count(metric.count()),
                                    show(metric.mean(), unit), show(metric.deviation(), unit),
                                    show(metric.min(), unit)};
  for (const auto& p : metric.percentiles(report.percentiles, report.rule)) {
    cells.push_back(p ? show(p->value, unit) : "-");
    if (p) error = std::max(error, p->relative_error);
  }
  cells.push_back(show(metric.max(), unit));
  return cells;
}

// One row a metric, or with --by one table a metric and one row a status or label: what is to be
// compared stands in one column. Gives the bound of the percentiles' relative error.
double metrics(std::string& out, const Report& report, const StreamSummary& stream) {
  const std::vector<std::string> labels = stream.labels();
  const std::vector<Section> sections = sections_of(stream, report.by, labels);
  if (report.by == By::label) {
    Table table({"records", "all", "ok", "failed"});
    for (const Section& part : sections) {
      const std::uint64_t n = stream.count(part.selection);
      const std::uint64_t ok = stream.count({.status = Status::ok, .label = part.selection.label});
      table.row(
          {printable(part.name, kNameMax), show_count(n), show_count(ok), show_part(n - ok, n)});
    }
    add(out, table);
  }
  Table all(header_of("", report));
  double error = 0;
  bool any = false;
  std::string empty;
  for (const Metric& m : stream.schema().metrics) {
    const MetricSummary metric = stream.metric(m.name);
    if (metric.count() == 0) {
      empty += fmt::format("{}{}", empty.empty() ? "" : ", ", printable(m.name));
      continue;
    }
    any = true;
    all.row(row_of(m.name, metric, report, error));
    if (report.by == By::none) continue;
    Table table(header_of(m.name, report));
    for (const Section& part : sections) {
      const MetricSummary of_part = stream.metric(m.name, part.selection);
      if (of_part.count() == 0) continue;
      table.row(row_of(printable(part.name, kNameMax), of_part, report, error));
    }
    add(out, table);
  }
  if (any && report.by == By::none) add(out, all);
  if (!empty.empty()) out += fmt::format("{}no values: {}\n", any ? "" : "\n", empty);
  return error;
}

void rates(std::string& out, const Report& report, const StreamSummary& stream) {
  const auto rates = rates_of(stream, report.given);
  if (!rates) {
    out += "\nno rates: the records do not tell how long the test was; --total-test-time says it\n";
    return;
  }
  Table table(
      {fmt::format("rates over {} ({})", show(rates->window_s, Unit::seconds), rates->basis),
       "a second", "a minute"});
  const auto row = [&](std::string name, double per_second, Unit unit) {
    table.row({std::move(name), show(per_second, unit), show(per_second * 60, unit)});
  };
  const auto given = report.given.total_requests;
  row(given ? fmt::format("requests ({}, as given)", show_count(*given)) : "requests",
      rates->requests_per_second, Unit::none);
  for (const auto& [metric, per_second] : rates->metrics) {
    row(metric, per_second, stream.metric(metric).metric().unit);
  }
  add(out, table);
}

void errors(std::string& out, const StreamSummary& stream) {
  const auto shown = shown_errors(stream);
  if (shown.empty()) return;
  Table table({"error", "records"});
  for (const auto& [name, count] : shown) table.row({name, show_count(count)});
  add(out, table);
}

void account(std::string& out, const Report& report) {
  out += "\n" + account_line(report);
  if (report.input != nullptr || report.live) return;  // a file's workers are its parsers
  Table table(
      {"worker", "attempted", "accepted", "ring full", "closed", "reentrant", "aggregated"});
  const auto& workers = report.summary.workers();
  for (const WorkerAccount& worker : workers) {
    if (worker.worker > kWorkersShown) continue;
    const Accounting& w = worker.accounting;
    table.row({fmt::format("{} {}", worker.stream, worker.worker), show_count(w.attempted()),
               show_count(w.accepted), show_count(w.rejected_full), show_count(w.rejected_closed),
               show_count(w.rejected_reentrant), show_count(w.aggregated)});
  }
  out += table.text();
  if (workers.size() > kWorkersShown) {
    out += fmt::format("{} in --format json\n",
                       plural(workers.size() - kWorkersShown, "further worker"));
  }
}

}  // namespace

std::string text_report(const Report& report) {
  std::string out;
  prepare(report);
  if (report.interrupted) out += "INTERRUPTED: the numbers below cover what was done until then\n";
  for (const StreamSummary& stream : report.summary.streams()) {
    if (&stream != &report.summary.streams().front()) out += "\n";
    head(out, report, stream);
    if (stream.count() == 0) continue;
    const double error = metrics(out, report, stream);
    rates(out, report, stream);
    out += "\n" + remark_lines(report, stream, error);
    errors(out, stream);
    if (const auto at = report.series.find(stream.name()); at != report.series.end()) {
      out += fmt::format("\nevery {}\n{}",
                         show(static_cast<double>(at->second.every_ns), Unit::nanoseconds),
                         series_table(at->second, stream.schema()));
    }
  }
  account(out, report);
  out += source_lines(report);
  for (const Check::Verdict& check : report.checks) {
    out += fmt::format("check {}\n", printable(check.text));
  }
  return out;
}

}  // namespace millrace
