// SPDX-License-Identifier: Apache-2.0
//
// JsonlMap: where in a line of JSON the numbers are. Read from a TOML file, or put together from
// flags:
//
//   [fields]                                          --start /ts:iso8601
//   start   = { path = "/ts", type = "time", unit = "iso8601" }
//   latency = { path = "/op/took_us", unit = "us" }   --metric latency=/op/took_us:us
//   status  = { path = "/http/code", type = "int" }
//   error   = "/failure"                              --error /failure
//   [ok]
//   when = "status < 400"                             --ok '/http/code < 400'
//   [labels]
//   host = "/host"                                    --label host=/host
//
// Fields    type is metric (a number to make statistics of; the default), int (a whole number; a
//           metric, too, unless the ok rule reads it: then it is a code), text (for the ok rule),
//           time (start and end only). Paths are JSON Pointers.
// Units     ns us (also µs) ms s B (also bytes) tokens, or none. Values keep the file's unit:
//           converting would move percentiles. Of times: iso8601 s ms us ns, or auto (the default;
//           see TimeUnit::any).
// Names     start, end and error have the meaning they have on the left, whatever their order.
// Errors    Say the flag, or file and line; an unknown key is one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "millrace/result.hpp"
#include "millrace/schema.hpp"

#include "ingest/ok_rule.hpp"
#include "ingest/timestamp.hpp"

namespace millrace {

struct JsonlField {
  enum class Kind : std::uint8_t { metric, integer, text };
  std::string name;
  std::string pointer;
  Kind kind = Kind::metric;
  Unit unit = Unit::none;
};

struct JsonlTime {
  std::string pointer;
  TimeUnit unit = TimeUnit::any;
};

struct JsonlLabel {
  std::string name;
  std::string pointer;
};

struct JsonlMap {
  std::vector<JsonlField> fields;
  std::optional<JsonlTime> start, end;
  std::optional<OkRule> ok;  // none: a line is ok unless it has an error text
  std::vector<JsonlLabel> labels;
  std::optional<std::string> error;  // pointer to a text, e.g. "/error/message"
};

Result<JsonlMap> read_jsonl_map(const std::string& path);
/// `name` is what messages call the text.
Result<JsonlMap> parse_jsonl_map(std::string_view toml, std::string_view name);

// One for each flag; they add to a map, or replace what it has one of. `flag` is the flag's value.
Result<void> add_metric(JsonlMap& map, std::string_view flag);  // NAME=POINTER[:UNIT]
Result<void> set_start(JsonlMap& map, std::string_view flag);   // POINTER[:UNIT]
Result<void> set_end(JsonlMap& map, std::string_view flag);     // POINTER[:UNIT]
Result<void> set_ok(JsonlMap& map, std::string_view flag);      // RULE
Result<void> add_label(JsonlMap& map, std::string_view flag);   // NAME=POINTER
Result<void> set_error(JsonlMap& map, std::string_view flag);   // POINTER

std::optional<Unit> unit_from(std::string_view text) noexcept;
std::optional<TimeUnit> time_unit_from(std::string_view text) noexcept;
/// A metric's or label's name: 1 to 120 bytes, no control characters, not used before.
Result<void> check_new_name(const JsonlMap& map, std::string_view name);

}  // namespace millrace
