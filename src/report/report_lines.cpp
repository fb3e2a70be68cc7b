// SPDX-License-Identifier: Apache-2.0
#include "report/report_lines.hpp"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "report/log_report.hpp"
#include "report/quantity.hpp"
#include "report/table.hpp"

namespace millrace {
namespace {

constexpr std::size_t kErrorsShown = 10;
constexpr std::size_t kNameMax = 72;  // characters

// When results count, and which of them; "": all.
std::string measured_words(const StreamSummary& stream) {
  constexpr auto kEver = std::numeric_limits<std::int64_t>::max();
  std::string words;
  if (const auto window = stream.window()) {
    const double seconds =
        (static_cast<double>(window->end_ns) - static_cast<double>(window->begin_ns)) / 1e9;
    words = window->end_ns == kEver ? "after the warmup"
                                    : "over " + show(std::max(seconds, 0.0), Unit::seconds);
  }
  if (const auto range = stream.range()) {
    if (!words.empty()) words += ", ";
    words += fmt::format("from result {}", show_count(range->first));
    if (range->last != ResultRange{}.last) words += " to " + show_count(range->last);
  }
  return words;
}

std::string input_lines(const Report& report) {
  const FileReplay& input = *report.input;
  std::string out =
      fmt::format("input: {}, {} = {} + {} damaged", report.format, plural(input.lines, "line"),
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
  return out;
}

}  // namespace

std::string notices_text(const StreamSummary& stream) {
  return plural(stream.left_out().notices, "notice") +
         " of requests that were scheduled, started or withdrawn";
}

std::string population_lines(const Report& report, const StreamSummary& stream) {
  std::string out;
  const LeftOut left_out = stream.left_out();
  if (const std::string measured = measured_words(stream); !measured.empty()) {
    out += fmt::format("measured {}; left out: {} before it, {} after it", measured,
                       show_count(left_out.before), show_count(left_out.after));
    if (left_out.untimed != 0) {
      out += fmt::format(", {} whose time is not known", show_count(left_out.untimed));
    }
    out += "\n";
  }
  if (stream.good()) {
    out += fmt::format("goodput  {} of {} ({}):", show_count(*stream.good()),
                       show_count(stream.count()), show_part(*stream.good(), stream.count()));
    for (const Limit& limit : limits_of(report, stream)) {
      out += fmt::format("  {} <= {}", printable(limit.metric),
                         show(limit.at_most, stream.metric(limit.metric).metric().unit));
    }
    out += "\n";
  }
  return out;
}

std::string remark_lines(const Report& report, const StreamSummary& stream, double error) {
  std::string out;
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
  return out;
}

std::string account_line(const Report& report) {
  const Accounting& a = report.summary.accounting();
  return fmt::format(
      "accounting: {} attempted = {} accepted + {} rejected; {} aggregated, {} in flight\n",
      show_count(a.attempted()), show_count(a.accepted), show_count(a.rejected()),
      show_count(a.aggregated), show_count(a.in_flight()));
}

std::string left_out_lines(const GenerationReport& generation) {
  const auto& modalities = generation.modalities;
  const std::uint64_t beyond_count = modalities ? modalities->beyond_count : 0;
  std::string out;
  if (generation.modalities_unmatched != 0) {
    out += plural(generation.modalities_unmatched, "record") +
           " of modalities with no request, or several, of the same id\n";
  }
  if (beyond_count != 0) {
    out += fmt::format("{} of modalities beyond {}, and taken as that in rates and concurrency\n",
                       plural(beyond_count, "count"),
                       show_count(static_cast<std::uint64_t>(kModalCountMost)));
  }
  if (generation.summary.beyond_time != 0) {
    out +=
        plural(generation.summary.beyond_time, "time") + " beyond the time axis and in no rate\n";
  }
  return out;
}

std::string source_lines(const Report& report) {
  std::string out;
  if (report.input != nullptr) out += input_lines(report);
  if (report.log != nullptr) {
    out += log_text(*report.log);
  } else if (report.summary.log()) {
    out += log_text(*report.summary.log());
  }
  if (const auto digest = digest_of(report)) out += fmt::format("digest {}\n", *digest);
  return out;
}

std::vector<std::pair<std::string, std::uint64_t>> shown_errors(const StreamSummary& stream) {
  auto sorted = stream.errors();
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::vector<std::pair<std::string, std::uint64_t>> shown;
  std::uint64_t rest = 0;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    const auto& [name, count] = sorted[i];
    if (i < kErrorsShown) {
      shown.emplace_back(printable(name.empty() ? "(empty text)" : name, kNameMax), count);
    } else {
      rest += count;
    }
  }
  if (rest != 0) shown.emplace_back(fmt::format("{} further", sorted.size() - kErrorsShown), rest);
  return shown;
}

}  // namespace millrace
