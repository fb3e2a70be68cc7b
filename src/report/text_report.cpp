// SPDX-License-Identifier: Apache-2.0
#include "report/text_report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "report/quantity.hpp"
#include "report/table.hpp"

namespace millrace {
namespace {

constexpr std::size_t kErrorsShown = 10;
constexpr std::size_t kErrorTextMax = 72;

std::string percent(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return "-";
  return fmt::format("{:.4g} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

std::string plural(std::uint64_t n, const char* thing) {
  return fmt::format("{} {}{}", show_count(n), thing, n == 1 ? "" : "s");
}

// Names come from files: what would move a terminal's cursor is shown, not obeyed.
std::string printable(std::string_view text, std::size_t max) {
  std::string shown;
  for (const char c : text.substr(0, max)) shown += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
  while (text.size() > max && !shown.empty() && (shown.back() & 0x80) != 0) shown.pop_back();
  return text.size() > max ? shown + "..." : shown;
}

void head(std::string& out, const Report& report, const StreamSummary& stream) {
  const std::uint64_t n = stream.count();
  out += fmt::format("{}  {}", stream.name(), plural(n, "record"));
  for (const Status status : {Status::ok, Status::error, Status::incomplete}) {
    const std::uint64_t part = stream.count({.status = status, .label = {}});
    if (status == Status::ok || part != 0) {
      out += fmt::format("   {} {}", show_count(part), to_string(status));
    }
  }
  if (const std::uint64_t ok = stream.count({.status = Status::ok, .label = {}}); ok != n) {
    out += fmt::format("   {} failed", percent(n - ok, n));
  }
  out += "\n";
  if (const auto rates = rates_of(stream, report.given)) {
    out += fmt::format("rates  {} s ({}):  {} requests/s   {} requests/min", show_number(rates->window_s),
                       rates->basis, show_number(rates->requests_per_second),
                       show_number(rates->requests_per_second * 60));
    for (const auto& metric : rates->metrics) {
      out += fmt::format("   {} {}/s", show_number(metric.per_second), metric.metric);
    }
    out += "\n";
  }
  if (stream.good()) {
    out += fmt::format("goodput  {} of {} ({}):", show_count(*stream.good()), show_count(n),
                       percent(*stream.good(), n));
    for (const Limit& limit : report.goodput) {
      const auto metric = stream.metric(limit.metric);
      out += fmt::format("  {} <= {}", limit.metric, show(limit.at_most, metric.metric().unit));
    }
    out += "\n";
  }
}

void section(std::string& out, const Report& report, const StreamSummary& stream,
             const Section& part) {
  std::vector<std::string> header = {report.by == By::none ? "" : printable(part.name, 48), "count", "mean",
                                     "sd", "min"};
  for (const double p : report.percentiles) header.push_back(percentile_name(p));
  header.emplace_back("max");
  Table table(std::move(header));
  for (const Metric& m : stream.schema().metrics) {
    const MetricSummary metric = stream.metric(m.name, part.selection);
    if (metric.count() == 0 && metric.invalid() == 0 && report.by != By::none) continue;
    const Unit unit = m.unit;
    std::vector<std::string> cells = {m.name, show_count(metric.count()), show(metric.mean(), unit),
                                      show(metric.deviation(), unit), show(metric.min(), unit)};
    for (const auto& p : metric.percentiles(report.percentiles, report.rule)) {
      cells.push_back(p ? show(p->value, unit) : "-");
    }
    cells.push_back(show(metric.max(), unit));
    table.row(std::move(cells));
  }
  out += "\n" + table.text();
}

// What a reader must know about the numbers above: the rule, their error, what they leave out.
void remarks(std::string& out, const Report& report, const StreamSummary& stream) {
  double error = 0;
  for (const Metric& m : stream.schema().metrics) {
    const MetricSummary metric = stream.metric(m.name, {});
    error = std::max(error, metric.relative_error());
    if (metric.invalid() != 0) {
      out += fmt::format("{}: {} left out (negative or infinite)\n", m.name,
                         plural(metric.invalid(), "invalid value"));
    }
  }
  if (report.by == By::label && error > 0) error = 1.0 / 64;
  out += fmt::format("percentiles: {}, {}\n", to_string(report.rule),
                     error == 0 ? "exact"
                                : fmt::format("from histograms, within {:.2g} %: the cap of exact "
                                              "memory was passed", error * 100));
  const std::uint64_t n = stream.count();
  const std::uint64_t ok = stream.count({.status = Status::ok, .label = {}});
  if (report.by == By::none && ok != n && ok != 0) {
    out += "records that failed are included above; --by status tells them apart\n";
  }
  const auto errors = stream.errors();
  if (errors.empty()) return;
  out += "\n";
  Table table({"error", "records"});
  auto sorted = errors;
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::uint64_t rest = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i < kErrorsShown) {
      const std::string& name = sorted[i].first;
      table.row({name.empty() ? "(empty text)" : printable(name, kErrorTextMax), show_count(sorted[i].second)});
    } else {
      rest += sorted[i].second;
    }
  }
  if (rest != 0) {
    table.row({fmt::format("{} further classes", sorted.size() - kErrorsShown), show_count(rest)});
  }
  out += table.text();
}

void account(std::string& out, const Report& report) {
  const Accounting& a = report.summary.accounting();
  out += fmt::format("accounting: {} attempted = {} accepted + {} rejected", show_count(a.attempted()),
                     show_count(a.accepted), show_count(a.rejected()));
  if (a.rejected() != 0) {
    out += fmt::format(" (ring full {}, closed {}, reentrant {})", show_count(a.rejected_full),
                       show_count(a.rejected_closed), show_count(a.rejected_reentrant));
  }
  out += fmt::format("; {} aggregated, {} in flight\n", show_count(a.aggregated),
                     show_count(a.in_flight()));
  if (report.input == nullptr) return;
  const FileReplay& input = *report.input;
  out += fmt::format("input: {}, {}: {} records + {} damaged", report.format,
                     plural(input.lines, "line"), show_count(input.records),
                     show_count(input.damaged));
  if (input.torn != 0) out += fmt::format(" ({} cut off at the end)", input.torn);
  if (input.blank != 0) out += fmt::format("; {} blank", show_count(input.blank));
  out += "\n";
  const LineNotes& n = input.notes;
  const std::pair<std::uint64_t, const char*> notes[] = {
      {n.nonfinite_words, "NaN or Infinity words (not JSON, read all the same)"},
      {n.duplicate_keys, "duplicate keys (the last one counts)"},
      {n.unknown_keys, "lines with unknown keys"},
      {n.missing_keys, "lines with missing keys"},
      {n.mid_stream_errors, "failed records that carry timings"}};
  for (const auto& [count, what] : notes) {
    if (count != 0) out += fmt::format("note: {} {}\n", show_count(count), what);
  }
  for (const std::string& note : report.notes) out += fmt::format("note: {}\n", note);
}

}  // namespace

std::string text_report(const Report& report) {
  std::string out;
  if (report.interrupted) out += "INTERRUPTED: the numbers below cover what was done until then\n";
  for (const StreamSummary& stream : report.summary.streams()) {
    if (&stream != &report.summary.streams().front()) out += "\n";
    head(out, report, stream);
    const std::vector<std::string> labels = stream.labels();
    for (const Section& part : sections_of(stream, report.by, labels)) {
      section(out, report, stream, part);
    }
    out += "\n";
    remarks(out, report, stream);
  }
  account(out, report);
  for (const Check::Verdict& check : report.checks) out += fmt::format("check {}\n", check.text);
  return out;
}

}  // namespace millrace
