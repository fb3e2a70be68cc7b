// SPDX-License-Identifier: Apache-2.0
//
// What Python's str() and repr() make of JSON, for tables that must stay equal to guidellm's.
//
//   python_repr(Json{{"a", nullptr}})     // {'a': None}
//
// Text      Characters beyond ASCII stand as they are, but for C1 controls and bytes that are no UTF-8.
#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace millrace {

std::string python_repr(const nlohmann::ordered_json& value);
/// A text without quotes.
std::string python_str(const nlohmann::ordered_json& value);

/// Of a time in seconds since 1970 by the local clock, as strftime has it; "" where there is none.
std::string local_time(const nlohmann::ordered_json& seconds, const char* format);

}  // namespace millrace
