// SPDX-License-Identifier: Apache-2.0
#include "report/text_report.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "report/log_report.hpp"
#include "report/quantity.hpp"
#include "report/series_report.hpp"
#include "report/table.hpp"

namespace millrace {
namespace {

// When results count, and which of them; "": all.
std::string measured_words(const StreamSummary& stream) {
  constexpr auto kEver = std::numeric_limits<std::int64_t>::max();
  std::string words;
  if (const auto window = stream.window()) {
    const double seconds =
        (static_cast<double>(window->end_ns) - static_cast<double>(window->begin_ns)) / 1e9;
    words = window->end_ns == kEver
                ? "after the warmup"
                : "over " + show(std::max(seconds, 0.0), Unit::seconds);
  }
  if (const auto range = stream.range()) {
    if (!words.empty()) words += ", ";
    words += fmt::format("from result {}", show_count(range->first));
    if (range->last != ResultRange{}.last) words += " to " + show_count(range->last);
  }
  return words;
}

constexpr std::size_t kErrorsShown = 10;
constexpr std::size_t kNameMax = 72;  // characters
constexpr std::size_t kWorkersShown = 16;

std::string percent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? "-" : show_percent(static_cast<double>(part) / static_cast<double>(whole));
}

std::string plural(std::uint64_t n, const char* thing) {
  return fmt::format("{} {}{}", show_count(n), thing, n == 1 ? "" : "s");
}

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
    out += fmt::format("   {} failed", percent(n - ok, n));
  }
  const LeftOut left_out = stream.left_out();
  if (left_out.notices != 0) {
    out += fmt::format("   and {} of requests that were scheduled, started or withdrawn",
                       plural(left_out.notices, "notice"));
  }
  out += "\n";
  const std::string measured = measured_words(stream);
  if (!measured.empty()) {
    out += fmt::format("measured {}; left out: {} before it, {} after it", measured,
                       show_count(left_out.before), show_count(left_out.after));
    if (left_out.untimed != 0) {
      out += fmt::format(", {} whose time is not known", show_count(left_out.untimed));
    }
    out += "\n";
  }
  if (stream.good()) {
    out += fmt::format("goodput  {} of {} ({}):", show_count(*stream.good()), show_count(n),
                       percent(*stream.good(), n));
    for (const Limit& limit : limits_of(report, stream)) {
      out += fmt::format("  {} <= {}", printable(limit.metric),
                         show(limit.at_most, stream.metric(limit.metric).metric().unit));
    }
    out += "\n";
  }
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
          {printable(part.name, kNameMax), show_count(n), show_count(ok), percent(n - ok, n)});
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

// What a reader must know about the numbers above: the rule, their error, what they leave out.
void remarks(std::string& out, const Report& report, const StreamSummary& stream, double error) {
  out += "\n";
  for (const Metric& m : stream.schema().metrics) {
    const MetricSummary metric = stream.metric(m.name);
    if (metric.invalid() != 0) {
      out += fmt::format("{}: {} left out (negative or infinite)\n", printable(m.name),
                         plural(metric.invalid(), "invalid value"));
    }
  }
  out += fmt::format("percentiles: {}, {}\n", to_string(report.rule),
                     error == 0 ? "exact"
                                : fmt::format("from histograms, within {:.2g} %: {}", error * 100,
                                              why_approximate(report)));
  const std::uint64_t ok = stream.count({.status = Status::ok, .label = {}});
  if (report.by == By::none && ok != 0 && ok != stream.count()) {
    out += "records that failed are included above; --by status tells them apart\n";
  }
}

void errors(std::string& out, const StreamSummary& stream) {
  auto sorted = stream.errors();
  if (sorted.empty()) return;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  Table table({"error", "records"});
  std::uint64_t rest = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const auto& [name, count] = sorted[i];
    if (i < kErrorsShown) {
      table.row({printable(name.empty() ? "(empty text)" : name, kNameMax), show_count(count)});
    } else {
      rest += count;
    }
  }
  if (rest != 0) {
    table.row({fmt::format("{} further", sorted.size() - kErrorsShown), show_count(rest)});
  }
  add(out, table);
}

void account(std::string& out, const Report& report) {
  const Accounting& a = report.summary.accounting();
  out += fmt::format(
      "\naccounting: {} attempted = {} accepted + {} rejected; {} aggregated, {} in flight\n",
      show_count(a.attempted()), show_count(a.accepted), show_count(a.rejected()),
      show_count(a.aggregated), show_count(a.in_flight()));
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

void account_of_input(std::string& out, const Report& report) {
  const FileReplay& input = *report.input;
  out += fmt::format("input: {}, {} = {} + {} damaged", report.format, plural(input.lines, "line"),
                     plural(input.records, "record"), show_count(input.damaged));
  if (input.torn != 0) out += fmt::format(" ({} cut off at the end)", show_count(input.torn));
  if (input.blank != 0) out += fmt::format("; {} blank", show_count(input.blank));
  out += "\n";
  for (const Error& error : input.input_errors)
    out += fmt::format("input: {}\n", printable(error.message));
  const LineNotes& n = input.notes;
  const std::pair<std::uint64_t, const char*> notes[] = {
      {n.nonfinite_words, "NaN or Infinity words, not JSON but read all the same"},
      {n.duplicate_keys, "duplicate keys, of which the last counts"},
      {n.unknown_keys, "lines with unknown keys"},
      {n.missing_keys, "lines with missing keys"},
      {n.mid_stream_errors, "failed records that carry timings"}};
  for (const auto& [count, what] : notes) {
    if (count != 0) out += fmt::format("note: {}: {}\n", what, show_count(count));
  }
  for (const std::string& note : report.notes) out += fmt::format("note: {}\n", printable(note));
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
    remarks(out, report, stream, error);
    errors(out, stream);
    if (const auto at = report.series.find(stream.name()); at != report.series.end()) {
      out += fmt::format("\nevery {}\n{}",
                         show(static_cast<double>(at->second.every_ns), Unit::nanoseconds),
                         series_table(at->second, stream.schema()));
    }
  }
  account(out, report);
  if (report.input != nullptr) account_of_input(out, report);
  if (report.log != nullptr) {
    out += log_text(*report.log);
  } else if (report.summary.log()) {
    out += log_text(*report.summary.log());
  }
  if (const auto digest = digest_of(report)) out += fmt::format("digest {}\n", *digest);
  for (const Check::Verdict& check : report.checks) {
    out += fmt::format("check {}\n", printable(check.text));
  }
  return out;
}

}  // namespace millrace
