// SPDX-License-Identifier: Apache-2.0
//
// The generic JSONL format: one JSON object or array a line, and a map that says where the numbers
// are.
//
//   JsonlMap map = read_jsonl_map("map.toml").value();
//   LineFormat format = make_jsonl_format(map).value();
//   auto parser = format.parser();                        // one per thread
//
// Records   status, label, error class, start and end (ns), then one f64 for each metric. With
//           start and end and no metric named latency there is one: end - start.
// Values    A metric is a number, or a text that holds one ("0.123"); null, "", "-" and a missing
//           key are absent. NaN, Infinity and -Infinity are taken as Python writes them, and noted.
// Status    As the ok rule says; without one a line is ok unless it has an error text. The error
//           class is the error text, if it has one.
// Labels    The text of the chosen one; of several without a choice "op=/v1/chat,host=h0". Numbers
//           and truth values are taken as they are written.
// Errors    A line that is not JSON to its last byte, or in which something mapped has the wrong
//           type, is bad; see JsonPicker and the reasons in jsonl_format.cpp.
// Cost      Over 1 GB/s a core on lines of 1.7 KB; bench/ has the numbers.
#pragma once

#include <cstddef>
#include <string_view>

#include "millrace/result.hpp"

#include "ingest/jsonl_map.hpp"
#include "ingest/line_format.hpp"

namespace millrace {

inline constexpr std::size_t kJsonlMetricsMax = 32;

/// `label_choice`: which of the map's labels records carry; empty: the only one, or all of them
/// joined.
Result<LineFormat> make_jsonl_format(const JsonlMap& map, std::string_view label_choice = {});

}  // namespace millrace
