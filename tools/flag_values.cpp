// SPDX-License-Identifier: Apache-2.0
#include "flag_values.hpp"

#include <cmath>

#include <fmt/format.h>

#include "report/quantity.hpp"

namespace millrace {

Result<std::int64_t> time_of_flag(const char* flag, const std::string& text) {
  const bool bare = text.find_first_not_of("0123456789.eE+-") == std::string::npos;
  const auto ns = parse_quantity(text + (bare ? "s" : ""), Unit::nanoseconds);
  if (ns && *ns >= 0 && *ns < 9e18) return std::llround(*ns);
  return failure(Errc::invalid_argument,
                 fmt::format("{}: '{}' is no time, such as 10s or 500ms", flag, text));
}

}  // namespace millrace
