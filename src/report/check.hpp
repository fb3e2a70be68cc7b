// SPDX-License-Identifier: Apache-2.0
//
// Checks: thresholds on final numbers, in k6's words.
//
//   Check::parse("time_to_first_token:p(99)<500ms")
//   Check::parse("ttft{status:ok}:avg<=0.2s")   Check::parse("error_rate<1%")
//
// Grammar   SUBJECT[{status:S} or {label:L}][:FIGURE] OP NUMBER[UNIT]
//           FIGURE  p(99) p99.9 avg mean med median min max sum count sd
//           OP      < <= > >= == !=
//           without a metric: count, error_rate (a fraction, or with %), requests_per_second,
//           requests_per_minute, goodput (fraction of good records)
// Samples   A percentile is refused when the sample is smaller than least_sample_for() says: its
//           bound is then not known with 95 % confidence. allow_small_samples lifts that.
#pragma once

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
  static Result<Check> parse(std::string_view text);

  struct Verdict {
    bool passed = false;
    bool refused = false;  // the sample is too small: not passed
    double value = 0;      // in the metric's unit; NaN when there is none
    std::string source;    // the check as it was given
    std::string text;      // one line for people
  };
  /// Errors: a metric, status or label that is not there; a unit that does not fit.
  [[nodiscard]] Result<Verdict> evaluate(const StreamSummary& stream,
                                         const std::optional<Rates>& rates, Rule rule,
                                         bool allow_small_samples) const;
  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  enum class Figure { percentile, mean, min, max, sum, count, deviation, of_stream };
  enum class Op { less, less_equal, greater, greater_equal, equal, not_equal };

  [[nodiscard]] Result<double> stream_figure(const StreamSummary& stream, const Selection& selection,
                                             const std::optional<Rates>& rates) const;
  [[nodiscard]] bool holds(double value, double limit) const noexcept;

  std::string text_;
  std::string subject_;
  std::optional<std::string> status_, label_;
  Figure figure_ = Figure::of_stream;
  double percentile_ = 0;
  Op op_ = Op::less;
  std::string limit_;
};

/// "ttft:500ms e2e:5s": metric and limit, for StreamOptions::goodput.
Result<std::vector<Limit>> parse_goodput(std::string_view text, const Schema& schema);

}  // namespace millrace
