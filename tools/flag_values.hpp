// SPDX-License-Identifier: Apache-2.0
//
// Values of flags that several commands take alike.
#pragma once

#include <cstdint>
#include <string>

#include <CLI/CLI.hpp>

#include "millrace/result.hpp"

namespace millrace {

/// A time such as 10s or 500ms, in nanoseconds; a bare number is seconds. `flag` names it in the error.
Result<std::int64_t> time_of_flag(const char* flag, const std::string& text);

/// Of a count: CLI11 would take -1 for 2^64 - 1.
inline CLI::Validator not_negative() {
  return {[](std::string& text) {
            return text.starts_with('-') ? "'" + text + "' is less than 0" : std::string();
          },
          ""};
}

/// Of a path: an empty one is as a rule an unset variable.
inline CLI::Validator not_empty() {
  return {[](std::string& text) { return text.empty() ? std::string("names nothing") : ""; }, ""};
}

}  // namespace millrace
