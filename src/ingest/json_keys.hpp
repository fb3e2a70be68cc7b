// SPDX-License-Identifier: Apache-2.0
//
// each_json_key: the keys at the beginning of a text that may be JSON and may be cut off anywhere, to
// tell what it is.
//
//   each_json_key(first_bytes, [](const JsonKey& key) {
//     if (key.depth == 1 && key.name == "benchmarks" && key.value.starts_with('[')) ...
//   });
//
// A key is a text that a colon follows; what is no JSON gives some keys or none.
#pragma once

#include <algorithm>
#include <string_view>

namespace millrace {

struct JsonKey {
  int depth = 0;           // 1: of the outermost object
  std::string_view name;   // as it is written
  std::string_view value;  // all that follows the colon, without blanks before it
};

template <typename Use>
void each_json_key(std::string_view text, Use&& use) {
  constexpr std::string_view kBlanks = " \t\r\n";
  int depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    depth += (c == '{' || c == '[') - (c == '}' || c == ']');
    if (c != '"') continue;
    const std::size_t begin = at + 1;
    for (++at; at < text.size() && text[at] != '"'; ++at) at += text[at] == '\\';
    if (at >= text.size()) return;
    const std::size_t colon = text.find_first_not_of(kBlanks, at + 1);
    if (colon == std::string_view::npos || text[colon] != ':') continue;
    const std::size_t value = std::min(text.find_first_not_of(kBlanks, colon + 1), text.size());
    use(JsonKey{depth, text.substr(begin, at - begin), text.substr(value)});
  }
}

/// `first_bytes` without a byte order mark and blanks before it.
inline std::string_view json_begin(std::string_view first_bytes) {
  if (first_bytes.starts_with("\xEF\xBB\xBF")) first_bytes.remove_prefix(3);
  first_bytes.remove_prefix(std::min(first_bytes.find_first_not_of(" \t\r\n"), first_bytes.size()));
  return first_bytes;
}

}  // namespace millrace
