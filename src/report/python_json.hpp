// SPDX-License-Identifier: Apache-2.0
//
// JSON to the byte as Python's json.dumps writes it, for files that must stay equal to llmeter's
// and guidellm's.
//
//   std::string text = python_json(stats, 4);       // json.dumps(stats, indent=4)
//   std::string line = python_json(record);         // json.dumps(record)
//
// Text      ASCII only, \uXXXX for the rest. A byte that is no UTF-8 becomes the surrogate that
//           Python's file system encoding gives it (\udc80 to \udcff).
// Lists     Those that memory does not hold come from LongLists; the text then is written in pieces of
//           64 KiB, whatever its length.
// Numbers   Integers without a point; doubles as repr() writes them: the shortest digits that read
//           back the same, 1e-05 and 1e+16 outside [1e-4, 1e16). NaN, Infinity, -Infinity bare.
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json.hpp>

#include "report/long_lists.hpp"

namespace millrace {

/// indent: blanks per level, one value a line; nullopt: one line with ", " and ": ".
std::string python_json(const nlohmann::ordered_json& value,
                        std::optional<int> indent = std::nullopt);

/// The same, on one line, piece by piece.
Result<void> write_python_json(const nlohmann::ordered_json& value, const LongLists& lists,
                               const WriteText& write);

/// repr() of a float; nan, inf and -inf as JSON's words NaN, Infinity, -Infinity.
std::string python_float(double value);

}  // namespace millrace
