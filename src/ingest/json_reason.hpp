// SPDX-License-Identifier: Apache-2.0
//
// json_reason: why a line is not JSON, as a constant text for people.
//
//   if (const auto error = document.get_object().get(object)) return json_reason(error);
//
// Includes simdjson, which is slow to compile: for .cpp files only.
#pragma once

#include <simdjson.h>

namespace millrace {

/// "not JSON: a string is not closed"; never null, also for SUCCESS.
const char* json_reason(simdjson::error_code error) noexcept;

}  // namespace millrace
