// SPDX-License-Identifier: Apache-2.0
#include "report_options.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "exit_code.hpp"
#include "report/html_report.hpp"
#include "report/json_report.hpp"
#include "report/metric_charts.hpp"
#include "report/quantity.hpp"
#include "report/series_report.hpp"
#include "report/text_report.hpp"

namespace millrace {

namespace {

std::string is_percentile(const std::string& text) {
  double p = -1;
  const bool number = CLI::detail::lexical_cast(text, p);
  return number && p >= 0 && p <= 100 ? ""
                                      : fmt::format("'{}' is no percentile from 0 to 100", text);
}

}  // namespace

void ReportOptions::declare_shown(CLI::App& app, const std::vector<std::string>& further) {
  std::vector<std::string> formats = {"text", "json", "html"};
  formats.insert(formats.end(), further.begin(), further.end());
  app.add_option("-p,--percentiles", percentiles, "Percentiles to show, e.g. 50,90,99,99.9")
      ->delimiter(',')
      ->allow_extra_args(false)  // what follows is an input
      ->check(is_percentile);
  app.add_option("--rule", rule, "How a percentile is made of the ordered values")
      ->check(CLI::IsMember({"nearest-rank", "linear", "exclusive", "exclusive-clamped"}));
  app.add_option("--by", by, "A table for each status or label")
      ->check(CLI::IsMember({"status", "label"}));
  std::string words =
      "text, json (docs/json-schema.md), or html: a page with charts, all in one file";
  if (further.size() > 0) words += "; csv with --every";
  if (further.size() > 1) {
    words += ";\nwith --profile guidellm-... guidellm's files (docs/guidellm.md), json is its json";
  }
  app.add_option("--format", format, words)->check(CLI::IsMember(formats));
  app.add_option("-o,--output", output, "Write the report to this file instead of stdout")
      ->type_name("FILE");
}

void ReportOptions::declare(CLI::App& app, const std::vector<std::string>& further) {
  std::vector<std::string> formats = {"csv"};
  formats.insert(formats.end(), further.begin(), further.end());
  declare_shown(app, formats);
  app.add_option("--every", every,
                 "And interval by interval, e.g. 1s: results, failures, percentiles");
  app.add_option("--check", checks,
                 "A threshold, e.g. 'time_to_first_token:p(99)<500ms'; several may be given;\n"
                 "exit code 99 if one fails")
      ->allow_extra_args(false);
  app.add_option("--goodput", goodput,
                 "Count records that are ok and within all limits, e.g. 'ttft:500ms e2e:5s'");
  app.add_flag("--allow-small-samples", allow_small_samples,
               "Check percentiles of samples that are too small to know them");
}

Result<std::vector<Check>> ReportOptions::parse_checks(std::span<const Schema> streams) const {
  std::vector<Check> parsed;
  for (const std::string& text : checks) {
    auto check = Check::parse(text, streams.front());
    for (std::size_t i = 1; !check && i < streams.size(); ++i) {
      // The first stream's error is told, unless another one has the metric.
      if (auto other = Check::parse(text, streams[i])) check = std::move(other);
    }
    if (!check) return tl::unexpected(check.error());
    if (check->needs_goodput() && !goodput) {
      return failure(Errc::invalid_argument,
                     fmt::format("check '{}': --goodput must say what is good, such as "
                                 "'ttft:500ms e2e:5s'",
                                 check->text()));
    }
    parsed.push_back(std::move(*check));
  }
  return parsed;
}

Result<std::vector<Limit>> ReportOptions::parse_limits(const Schema& schema) const {
  if (!goodput) return std::vector<Limit>{};
  return parse_goodput(*goodput, schema);
}

Result<std::optional<std::int64_t>> ReportOptions::interval() const {
  if (every.empty()) {
    if (format != "csv") return std::nullopt;
    return failure(Errc::invalid_argument,
                   "--format csv has the intervals of --every; all records are had from "
                   "'millrace export --format csv'");
  }
  // A bare number is seconds, as in --warmup.
  const bool bare = every.find_first_not_of("0123456789.") == std::string::npos;
  const auto ns = parse_quantity(every + (bare ? "s" : ""), Unit::nanoseconds);
  if (ns && *ns >= 1e6 && *ns <= 1e18) return std::optional(std::llround(*ns));
  return failure(
      Errc::invalid_argument,
      fmt::format("--every: '{}' is no time of a millisecond or more, such as 1s", every));
}

std::vector<double> ReportOptions::wanted_percentiles(const std::vector<Check>& parsed) const {
  std::vector<double> wanted = percentiles;
  const auto add = [&](double p) {
    if (std::find(wanted.begin(), wanted.end(), p) == wanted.end()) wanted.push_back(p);
  };
  for (const Check& check : parsed) {
    if (const auto p = check.percentile()) add(*p);
  }
  // Not of each label: no curve shows them, and labels may be many.
  if (format == "html" && by != "label")
    std::for_each(kCurvePercentiles.begin(), kCurvePercentiles.end(), add);
  return wanted;
}

void ReportOptions::apply(Report& report) const {
  report.percentiles = percentiles;
  report.rule = *rule_from(rule);
  report.by = by == "status" ? By::status : by == "label" ? By::label : By::none;
}

void ReportOptions::evaluate(const std::vector<Check>& parsed, Report& report) const {
  const auto& streams = report.summary.streams();
  for (const Check& check : parsed) {
    auto stream = std::find_if(streams.begin(), streams.end(), [&](const StreamSummary& s) {
      return check.metric().empty() || s.schema().find_metric(check.metric()).has_value();
    });
    if (stream == streams.end()) stream = streams.begin();
    const auto rates = rates_of(*stream, report.given);
    report.checks.push_back(check.evaluate(*stream, rates, report.rule, allow_small_samples));
  }
}

std::string ReportOptions::text(const Report& report) const {
  if (format == "csv") return series_csv(report);
  if (format == "html") return html_report(report);
  return format == "json" ? json_report(report) : text_report(report);
}

int verdict_of(const Report& report) {
  const bool passed = std::all_of(report.checks.begin(), report.checks.end(),
                                  [](const Check::Verdict& v) { return v.passed; });
  return passed ? kOk : kThresholdFailed;
}

}  // namespace millrace
