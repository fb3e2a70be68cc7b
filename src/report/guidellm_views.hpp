// SPDX-License-Identifier: Apache-2.0
//
// What guidellm's CSV and console tables take from a benchmark of its benchmarks.json in the same way.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "report/python_text.hpp"

namespace millrace {

/// Else it is 0.2.1's.
inline bool is_0_7_3(const nlohmann::ordered_json& document) {
  return document.contains("metadata");
}

/// "synchronous"; "-" where nobody said it.
std::string strategy_type_of(const nlohmann::ordered_json& benchmark);
/// With its rate, as 0.2.1 names it: "concurrent@4", "constant@2.50".
std::string strategy_of(const nlohmann::ordered_json& benchmark);

/// "queued_time_avg": "Queued Time Avg".
std::string title_of(std::string name);

/// As 0.7.3 has it: "N/A" of times that cannot be.
inline std::string time_or_na(const nlohmann::ordered_json& seconds, const char* format) {
  constexpr double kLast = 2147483648;
  const bool is_time =
      seconds.is_number() && seconds.get<double>() >= 0 && seconds.get<double>() <= kLast;
  return is_time ? local_time(seconds, format) : "N/A";
}

}  // namespace millrace
