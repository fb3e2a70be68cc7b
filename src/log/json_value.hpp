// SPDX-License-Identifier: Apache-2.0
//
// JsonValue: a JSON text as a tree.
//
// Memory    Nothing of it allocates when it goes. nlohmann's own tree does, in a destructor, where a lack
//           of memory ends the process.
// Input     parse() recurses nowhere, its destructor as deep as the text is nested: who parses foreign
//           text bounds that first.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace millrace::log {

struct JsonValue {
  enum class Kind { null, boolean, count, negative, number, text, list, object };

  Kind kind = Kind::null;
  bool truth = false;
  std::uint64_t count = 0;    // from 0 to 2^64 - 1, else it is a number
  std::int64_t negative = 0;  // from -2^63 to -1
  double number = 0;          // of these, too
  std::string text = {};
  std::vector<JsonValue> items = {};   // of a list or an object
  std::vector<std::string> keys = {};  // of an object's items

  /// nullopt: it is no JSON.
  static std::optional<JsonValue> parse(std::string_view text);
  /// Of two with one key the last. nullptr: not there, or this is no object.
  [[nodiscard]] const JsonValue* find(std::string_view key) const noexcept;
};

}  // namespace millrace::log
