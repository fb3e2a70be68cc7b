// SPDX-License-Identifier: Apache-2.0
//
// Reads the small JSON files that Python programs leave beside their records: JSON as json.dumps
// writes it, with the bare words NaN, Infinity and -Infinity.
//
//   auto summary = read_python_json_file("run/summary.json");
//   if (!summary) note(summary.error().message);
//
// Keys     In the file's order; of two equal ones the last value stands in the first one's place,
//          as in a Python dict.
// Numbers  Whole ones stay whole while they fit in 64 bits.
// Limits   1 MiB, nested 100 deep; the top is an object.
#pragma once

#include <filesystem>
#include <string_view>

#include <nlohmann/json.hpp>

#include "millrace/result.hpp"

namespace millrace {

Result<nlohmann::ordered_json> read_python_json(std::string_view text);

/// Errors: not_found, io, limit, format; the message names the file.
Result<nlohmann::ordered_json> read_python_json_file(const std::filesystem::path& file);

}  // namespace millrace
