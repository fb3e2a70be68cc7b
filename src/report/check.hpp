// SPDX-License-Identifier: Apache-2.0
//
// Checks: thresholds on final numbers, in k6's words.
//
//   auto check = Check::parse("time_to_first_token:p(99)<500ms", schema);
//   auto check = Check::parse("ttft{status:ok}:avg<=0.2s", schema);
//   auto check = Check::parse("error_rate<1%", schema);
//
// Grammar   SUBJECT[{status:S} or {label:L}][:FIGURE] OP NUMBER[UNIT]
//           FIGURE  p(99) p99.9 avg mean med median min max sum count sd
//           OP      < <= > >= == !=
//           without a figure: count, error_rate (a fraction, or with %), and of all records
//           requests_per_second, requests_per_minute, goodput (fraction of good records, or %)
// Absent    A number that is not there (no such values, no time window) fails its check.
// Samples   A percentile is refused when the sample is smaller than least_sample_for() says: its
//           bound is then not known with 95 % confidence. allow_small_samples lifts that.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/options.hpp"
#include "millrace/result.hpp"
#include "millrace/summary.hpp"

#include "report/rates.hpp"

namespace millrace {

class Check {
 public:
  /// Errors: what is not of the grammar; a metric that the schema does not have; a unit that does
  /// not fit.
  static Result<Check> parse(std::string_view text, const Schema& schema);

  struct Verdict {
    bool passed = false;
    bool refused = false;  // the sample is too small: not passed
    double value = 0;      // in the metric's unit; NaN when there is none
    std::string source;    // the check as it was given
    std::string text;      // one line for people
  };
  [[nodiscard]] Verdict evaluate(const StreamSummary& stream, const std::optional<Rates>& rates,
                                 Rule rule, bool allow_small_samples) const;

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// As the schema has it; empty: it asks for none.
  [[nodiscard]] const std::string& metric() const noexcept { return metric_; }
  /// Whether it asks for a number that only --goodput's limits give.
  [[nodiscard]] bool needs_goodput() const noexcept { return figure_ == Figure::goodput; }
  /// The percentile that it asks for.
  [[nodiscard]] std::optional<double> percentile() const noexcept {
    return figure_ == Figure::percentile ? std::optional(percentile_) : std::nullopt;
  }

 private:
  // The last ones stand without a metric.
  enum class Figure {
    percentile,
    mean,
    min,
    max,
    sum,
    count,
    deviation,
    records,
    error_rate,
    goodput,
    requests_per_second,
    requests_per_minute
  };
  enum class Op { less, less_equal, greater, greater_equal, equal, not_equal };

  Result<void> parse_selector(std::string_view selector);
  Result<void> parse_subject(std::string_view subject, std::string_view figure,
                             const Schema& schema);
  Result<void> parse_limit(std::string_view limit);
  [[nodiscard]] double value_of(const StreamSummary& stream, const MetricSummary& metric,
                                const std::optional<Rates>& rates, Rule rule) const;
  [[nodiscard]] bool holds(double value) const noexcept;
  [[nodiscard]] std::string why_absent(const StreamSummary& stream) const;
  [[nodiscard]] Selection selection() const { return {.status = status_, .label = label_}; }

  std::string text_;
  std::string metric_;  // its name in the schema; empty: figure_ has none
  Unit unit_ = Unit::none;
  std::optional<Status> status_;
  std::optional<std::string> label_;
  Figure figure_ = Figure::records;
  double percentile_ = 0;
  Op op_ = Op::less;
  double limit_ = 0;  // in unit_, or in percent
  bool in_percent_ = false;
};

/// "ttft:500ms e2e:5s", "ttft:500ms,e2e:5s": metrics and limits, for StreamOptions::goodput.
Result<std::vector<Limit>> parse_goodput(std::string_view text, const Schema& schema);

}  // namespace millrace
