// SPDX-License-Identifier: Apache-2.0
//
// Percentile rules. "p99" has several meanings; each is named, computed from order statistics
// x(1) <= .. <= x(n), and printed beside its number.
//
//   metric.percentile(99);                            // nearest rank
//   metric.percentile(99, millrace::Rule::linear);    // as numpy and k6 do
//
// Source   Hyndman and Fan, "Sample quantiles in statistical packages", The American Statistician
//          50 (1996): types 1, 7 and 6.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "millrace/export.hpp"

namespace millrace {

enum class Rule : std::uint8_t {
  nearest_rank,       // x(ceil(p/100 n)): always an observed value (type 1; guidellm, HdrHistogram)
  linear,             // between the two at (n-1) p/100 (type 7; numpy, k6, vLLM, AIPerf)
  exclusive,          // at (n+1) p/100 (type 6; Python's statistics, llmeter): extrapolates beyond
                      // the least and the greatest value of a small sample
  exclusive_clamped,  // the same, kept within [min, max]
};
MILLRACE_API std::string_view to_string(Rule rule) noexcept;
MILLRACE_API std::optional<Rule> rule_from(std::string_view name) noexcept;

struct Percentile {
  double value = 0;
  double relative_error = 0;  // bound; 0: exact
};

}  // namespace millrace
