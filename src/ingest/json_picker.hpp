// SPDX-License-Identifier: Apache-2.0
//
// JsonPicker: the values at a set of JSON Pointers out of a line of JSON, in one walk.
//
//   JsonPicker picker(tree);
//   if (const char* reason = picker.pick(line, notes)) return reason;   // not JSON: ...
//   picker[slot].kind                                                   // what tree.add() numbered
//
// Strict    The whole line is checked, values that nobody asked for, too: a line is either JSON, as
//           RFC 8259 has it, to its last byte, or it is bad. Beyond RFC 8259 the words NaN,
//           Infinity and -Infinity are numbers, as Python's json module writes them. Nesting ends at
//           kDepthMax. Of a repeated key the last value counts. A text with half of a surrogate
//           pair, which no UTF-8 has, stays as the line has it, with its escapes.
// Cost      One allocation when a line is longer than all before; none otherwise.
// Threads   One per object.
//
// Includes simdjson, which is slow to compile: for .cpp files only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include <simdjson.h>

#include "ingest/line_format.hpp"
#include "ingest/pointer_tree.hpp"

namespace millrace {

struct JsonValue {
  enum class Kind : std::uint8_t { absent, null, boolean, number, text, composite };
  Kind kind = Kind::absent;
  double number = 0;      // of a number; infinite when it is too large for a double
  std::string_view text;  // of a text; of a number and a boolean, as written; else empty
};

/// `token` as a number of JSON, or one of the three words.
bool parse_json_number(std::string_view token, double& number) noexcept;

class JsonPicker {
 public:
  static constexpr int kDepthMax = 64;

  /// `tree` must outlive the picker.
  explicit JsonPicker(const PointerTree& tree);

  /// `line` has LineParser::kPadding readable bytes behind it. Returns nullptr, or why it is bad.
  const char* pick(std::string_view line, LineNotes& notes);

  /// Valid until the next pick(), which must have returned nullptr.
  const JsonValue& operator[](std::uint16_t slot) const noexcept { return values_[slot]; }

 private:
  using Value = simdjson::ondemand::value;
  const char* walk(simdjson::ondemand::object object, std::uint16_t node, int depth);
  const char* walk(simdjson::ondemand::array array, std::uint16_t node, int depth);
  const char* visit(Value value, std::uint16_t node, int depth);
  const char* read_scalar(Value& value, JsonValue* to);
  void forget(std::uint16_t node);

  const PointerTree& tree_;
  simdjson::ondemand::parser parser_;
  std::vector<JsonValue> values_;    // by slot
  std::vector<std::uint64_t> seen_;  // by node: the line in which it was met
  std::uint64_t line_ = 0;
  LineNotes* notes_ = nullptr;  // of the line in work
};

}  // namespace millrace
